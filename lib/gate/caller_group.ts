/**
 * The caller's own thread in the place of lanes: for a gate that has none, and for operations that something stands in for. Tokens run one at a time, in
 * their order, each in a microtask of its own, where nothing of the gate is half done.
 *
 * @module
 */

import { CALLER_REFUSED, type CallerLane, type CallHolder } from "../bridge/contract.ts";
import { ADMITTED, type CallToken, NOWHERE, ON_CALLER, WAITING } from "../call_token.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Desk } from "./desk.ts";
import type { Ledger } from "./ledger.ts";
import { Lineup } from "./lineup.ts";
import type { TokenGroup } from "./token_group.ts";

/** What a group on the caller's thread is made of. */
export interface CallerGroupParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly caller: CallerLane;
  /** Plans to give out what waits. */
  readonly planTurn: () => void;
  /** A token was given out. */
  readonly onAdmitted: (token: CallToken) => void;
  /** The arguments of a token cannot be copied. */
  readonly onRefused: (token: CallToken) => void;
}

/** The caller's thread, as a place for whole operations. */
export class CallerGroup implements TokenGroup {
  readonly lineup: Lineup = new Lineup();
  isPaused = false;
  readonly planTurn: () => void;
  readonly #parts: CallerGroupParts;
  readonly #onRun: () => void;
  readonly #onEntered: () => void;
  /** The token that runs, or is about to. */
  #current: CallToken | undefined;

  /** @param parts what it is made of */
  constructor(parts: CallerGroupParts) {
    this.#parts = parts;
    this.planTurn = parts.planTurn;
    this.#onRun = () => parts.caller.enter(this.#onEntered);
    this.#onEntered = () => this.#run();
  }

  turn(): void {
    if (this.isPaused || this.#current !== undefined) return;
    const token = this.lineup.shift();
    if (token === undefined) return;
    const { clock, ledger } = this.#parts;
    this.#current = token;
    ledger.move(token, ADMITTED);
    token.admittedMs = clock.now();
    token.lane = ON_CALLER;
    this.#parts.onAdmitted(token);
    clock.defer(this.#onRun);
  }

  recallAll(): void {
    const token = this.#current;
    if (token === undefined || !this.#parts.caller.recall(token)) return;
    this.left(token);
    this.#parts.ledger.move(token, WAITING);
    token.lane = NOWHERE;
    const { admittedMs } = token;
    token.admittedMs = NaN;
    (token.desk as Desk).putBack(token, admittedMs);
  }

  /** Nothing waits beside the lineup here. */
  recallMail(): void {}

  recall(token: CallToken): boolean {
    return this.#parts.caller.recall(token);
  }

  holderOf(): CallHolder {
    return this.#parts.caller;
  }

  /** Nobody can stop the caller's own thread: it is asked to, and no more. */
  giveUp(token: CallToken, reason: unknown): void {
    this.#parts.caller.release(token, reason);
  }

  left(token: CallToken): void {
    if (token !== this.#current) return;
    this.#current = undefined;
    this.planTurn();
  }

  #run(): void {
    const token = this.#current;
    // It may have been taken back, and another one may run already.
    if (token === undefined || this.#parts.caller.isStarted(token)) return;
    const runMs = this.#parts.caller.run(token);
    if (runMs === CALLER_REFUSED && token === this.#current && !token.isSettled) {
      this.#parts.onRefused(token);
    }
  }
}
