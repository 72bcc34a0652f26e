/**
 * The caller's own thread in the place of lanes: for a gate that has none, and for operations that something stands in for. Tokens run one at a time, in
 * their order, each in a microtask of its own, where nothing of the gate is half done; but when one of them waits for another that was called by it, those up to
 * that one run beside it, or it would wait for ever.
 *
 * @module
 */

import {
  CALLER_REFUSED,
  type CallerLane,
  type CallHolder,
  type LaneCall,
} from "../bridge/contract.ts";
import { ADMITTED, type CallToken, NOWHERE, ON_CALLER, WAITING } from "../call_token.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Desk } from "./desk.ts";
import type { Ledger } from "./ledger.ts";
import { Keys } from "./keys.ts";
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
  /** Calls run one after the other here; and one that another waits for must not wait for slots. */
  readonly slots: undefined = undefined;
  readonly succession: undefined = undefined;
  /** Here is one place only; what is left is the order of calls that go one after the other. */
  readonly keys: Keys = new Keys(() => {});
  isPaused = false;
  readonly planTurn: () => void;
  readonly #parts: CallerGroupParts;
  readonly #onRun: () => void;
  readonly #onEntered: () => void;
  /** The token that is about to run. */
  #next: CallToken | undefined;
  /** Those that run. */
  readonly #running: Set<CallToken> = new Set();
  /** Those that were called inside of a function that runs here, and have not come to their end. */
  readonly #nested: Set<CallToken> = new Set();

  /** @param parts what it is made of */
  constructor(parts: CallerGroupParts) {
    this.#parts = parts;
    this.planTurn = parts.planTurn;
    this.#onRun = () => parts.caller.enter(this.#onEntered);
    this.#onEntered = () => this.#run();
  }

  /** A token was made that is to run here. */
  submitted(token: CallToken): void {
    const isBusy = this.#running.size > 0 || this.#next !== undefined;
    if (isBusy && this.#parts.caller.isInside) this.#nested.add(token);
  }

  /** Each runs in a microtask of its own. */
  takesNow(): boolean {
    return false;
  }

  turn(): void {
    if (this.isPaused || this.#next !== undefined) return;
    if (this.#isBusy && !this.#isAwaitedInside) return;
    const token = this.lineup.shift();
    if (token === undefined) return;
    const { clock, ledger } = this.#parts;
    this.#next = token;
    ledger.move(token, ADMITTED);
    token.admittedMs = clock.now();
    token.lane = ON_CALLER;
    this.#parts.onAdmitted(token);
    clock.defer(this.#onRun);
  }

  /** Whether a function runs; a generator that waits for its reader does not. */
  get #isBusy(): boolean {
    for (const token of this.#running) if (!this.#parts.caller.isWaiting(token)) return true;
    return false;
  }

  /** Whether a function that runs may be waiting for a token that does not. */
  get #isAwaitedInside(): boolean {
    for (const token of this.#nested) {
      if (token.isSettled) this.#nested.delete(token);
      else if (!this.#running.has(token)) return true;
    }
    return false;
  }

  lineupFor(): Lineup {
    return this.lineup;
  }

  recallAll(): void {
    const token = this.#next;
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

  /** Here calls run one after the other. */
  hasIdle(): boolean {
    return false;
  }

  /** @returns the calls that run here */
  started(): LaneCall[] {
    return this.#parts.caller.started();
  }

  grant(token: CallToken, count: number): void {
    this.#parts.caller.grant(token, count);
  }

  /** Nobody can stop the caller's own thread: it is asked to, and no more. */
  giveUp(token: CallToken, reason: unknown): void {
    this.#parts.caller.release(token, reason);
  }

  left(token: CallToken): void {
    if (token === this.#next) this.#next = undefined;
    else if (!this.#running.delete(token)) return;
    this.planTurn();
  }

  #run(): void {
    const token = this.#next;
    // It may have been taken back.
    if (token === undefined) return;
    const runMs = this.#parts.caller.run(token);
    // It may have settled, or been taken back while its arguments were copied.
    if (this.#next === token) {
      this.#next = undefined;
      if (runMs === CALLER_REFUSED) this.#parts.onRefused(token);
      else this.#running.add(token);
    }
    this.planTurn();
  }
}
