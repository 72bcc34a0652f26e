/**
 * The time limits of tokens: when each is to be looked at, and what follows when one has run out.
 *
 * @module
 */

import { ADMITTED, type CallToken, TIMEOUT } from "../call_token.ts";
import type { Clock } from "../runtime/clock.ts";
import { expiredLimit, nextCheck } from "./limit_policy.ts";
import { finalError, type Retrying } from "./retrying.ts";
import { TimeLimits } from "./time_limits.ts";
import { timeoutError } from "./token_errors.ts";
import type { TokenGroups } from "./token_groups.ts";

/** What checking limits has to do with the rest of its engine. */
export interface LimitChecksParts {
  readonly clock: Clock;
  readonly retrying: Retrying;
  /** Takes a token back from where it was given; false means that its function has started. */
  readonly recall: (token: CallToken) => boolean;
  /** Ends a token from outside, wherever it is. */
  readonly end: (token: CallToken, code: number, error: Error) => void;
  /** Settles a token with an error. */
  readonly reject: (token: CallToken, code: number, error: Error) => void;
  /** An attempt has failed. */
  readonly attemptFailed: (
    token: CallToken,
    code: number,
    error: Error,
    isLost: boolean,
  ) => void;
  /** Plans to give out what waits. */
  readonly planTurn: () => void;
}

/** Holds tokens to their time limits. */
export class LimitChecks {
  readonly #parts: LimitChecksParts;
  readonly #limits: TimeLimits;
  #groups!: TokenGroups;

  /** @param parts what it has to do with the rest */
  constructor(parts: LimitChecksParts) {
    this.#parts = parts;
    this.#limits = new TimeLimits(parts.clock, (token, nowMs) => this.#check(token, nowMs));
  }

  /** From now on tokens may be given out. */
  look(groups: TokenGroups): void {
    this.#groups = groups;
  }

  /** A token waits from now on: anew, or for its next attempt. */
  begin(token: CallToken): void {
    const atMs = nextCheck(token, token.submittedMs, NaN);
    if (atMs < Infinity) this.#limits.set(token, atMs);
  }

  /**
   * A token was given out. Nobody tells when its function starts, so the limit of its run time is first looked at when it may have run out at the earliest.
   */
  limitRun(token: CallToken): void {
    const { timeoutMs } = token.limits;
    if (timeoutMs === undefined || token.isSettled) return;
    const atMs = token.admittedMs + timeoutMs;
    if (atMs < this.#limits.nextMs(token)) this.#limits.set(token, atMs);
  }

  /** A token settles, or begins anew. */
  remove(token: CallToken): void {
    this.#limits.remove(token);
  }

  #check(token: CallToken, nowMs: number): void {
    const { planTurn, recall, reject, retrying, end, attemptFailed } = this.#parts;
    // What is done is done, also when nobody has told yet.
    for (const group of this.#groups.lanes) if (group.collect()) planTurn();
    if (token.isSettled) return;
    const holder = token.code === ADMITTED ? this.#groups.holderOf(token) : undefined;
    const hasStarted = holder?.isStarted(token) ?? false;
    const startedMs = hasStarted ? holder!.startedMs(token) : NaN;
    const endedMs = hasStarted ? holder!.endedMs(token) : NaN;
    const limit = expiredLimit(token, nowMs, startedMs, endedMs);
    if (limit === undefined) {
      const nextMs = nextCheck(token, nowMs, startedMs);
      if (nextMs < Infinity) this.#limits.set(token, nextMs);
      return;
    }
    const error = timeoutError(token.operation, limit, token.limits[limit]!);
    if (limit === "timeoutMs" && retrying.isPossible(token, false)) {
      token.startedMs = startedMs;
      this.#groups.placeOf(token).giveUp(token, error);
      return attemptFailed(token, TIMEOUT, error, false);
    }
    if (limit !== "queueTimeoutMs") return end(token, TIMEOUT, finalError(token, error) as Error);
    // It may start this very moment; then it has made it after all.
    if (!recall(token)) return this.#check(token, nowMs);
    reject(token, TIMEOUT, error);
    planTurn();
  }
}
