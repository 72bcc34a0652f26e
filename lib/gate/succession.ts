/**
 * Succession: what waits for nothing but a permit of its own operation is laid out on the board, so that the lane that ends a call of that operation can go on with it
 * at once, and need not wait for the gate to hear of the end.
 *
 * To the gate such a token waits as before, first in its line, until it has its permit by the end of another one; then it is admitted as any other, but is on
 * the board already, and mostly has started. It is taken back when another token comes before it, and when what it waits for is changed. A lane may
 * have started it by then: in that case it is admitted late, out of its turn, with a permit that its predecessor holds too until the gate hears of that one's end.
 *
 * How gate and lanes agree on it is told in `successors.ts`.
 *
 * @module
 */

import type { Board } from "../bridge/contract.ts";
import { type CallToken, LAID_OUT, NOWHERE } from "../call_token.ts";
import type { Desk } from "./desk.ts";

/** What succession has to do with the rest of its group. */
export interface SuccessionParts {
  readonly board: Board;
  /** Counts a token as given to a lane. @param startedMs when it started, in ms since the epoch; NaN when it has not, or that is not known */
  readonly admit: (token: CallToken, startedMs: number) => void;
}

/** Lays out the next tokens of one group. */
export class Succession {
  readonly #parts: SuccessionParts;
  /** Those that lack a permit of their own, and of which something is laid out or may be. */
  readonly #desks: Set<Desk> = new Set();

  /** @param parts what it has to do with the rest */
  constructor(parts: SuccessionParts) {
    this.#parts = parts;
  }

  /** The next token of an operation needs a permit that there is not. */
  lacksPermit(desk: Desk): void {
    this.#desks.add(desk);
  }

  /** Lays out what is next, once nothing else may go on. */
  layOut(): void {
    if (this.#desks.size === 0) return;
    const { board } = this.#parts;
    for (const desk of this.#desks) {
      if (desk.ahead !== undefined) continue;
      // Something may stand in for the operation by now, where nothing is laid out.
      const token = desk.group.succession === this ? desk.successor : undefined;
      if (token === undefined) this.#desks.delete(desk);
      else if (board.room > 0) this.#layOut(desk, token);
    }
  }

  #layOut(desk: Desk, token: CallToken): void {
    desk.ahead = token;
    token.lane = LAID_OUT;
    const isLaidOut = this.#parts.board.layOut(token);
    // Reading the arguments may run accessors of the user's, which may have ended it, or have made one that comes before it.
    if (desk.ahead !== token || (isLaidOut && !token.isSettled)) return;
    desk.ahead = undefined;
    token.lane = NOWHERE;
    this.#desks.delete(desk);
  }

  /** Takes back what is laid out of an operation; it waits in its place. @returns false when it has started, and is admitted */
  withdraw(desk: Desk): boolean {
    const token = desk.ahead;
    if (token === undefined) return true;
    const { board } = this.#parts;
    // Arguments that cannot be read have ended it while it was being laid out; the board has it no more.
    if (!token.isSettled && !board.recall(token)) {
      this.begun(token, board.startedMs(token));
      return false;
    }
    desk.ahead = undefined;
    token.lane = NOWHERE;
    return true;
  }

  /** Takes back all that is laid out. */
  withdrawAll(): void {
    for (const desk of this.#desks) this.withdraw(desk);
  }

  /**
   * A lane has started what was laid out, and that is to count before the gate has heard of the predecessor's end.
   *
   * @param startedMs when it started, in ms since the epoch; NaN when that is not known
   */
  begun(token: CallToken, startedMs: number): void {
    const desk = token.desk as Desk;
    token.queue!.remove(token);
    desk.begun(token);
    this.admitted(token, startedMs);
  }

  /** A token that is laid out has its permit. @param startedMs when it started, in ms since the epoch; NaN when it has not, or that is not known */
  admitted(token: CallToken, startedMs: number): void {
    (token.desk as Desk).ahead = undefined;
    this.#parts.admit(token, startedMs);
    this.#parts.board.enlist(token);
  }
}
