/**
 * Trying again: which failed attempt is followed by another one, and when. All attempts belong to one token, which settles with the last of them.
 *
 * A function that may have run is run again only when its operation says that this does no harm (`idempotent`), except where the failure itself is the function's: then its
 * owner has asked for it. What was ended by its owner is never tried again. Arguments that were moved to a lane are gone with the first attempt.
 *
 * @module
 */

import { movesArguments } from "../bridge/transfer.ts";
import type { Attempt } from "../token.ts";
import type { CallToken, TokenAttempts } from "../call_token.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import type { RandomSource } from "../runtime/random.ts";
import { withAttempts } from "./attempts.ts";
import type { Desk } from "./desk.ts";
import type { CallRequest } from "./engine_parts.ts";
import { delayMs, type RetryPolicy, wantsRetry } from "./retry_policy.ts";

/** The attempts of one token. */
class Attempts implements TokenAttempts {
  readonly failed: Attempt[] = [];
  timer: Timer = undefined;
  lastDelayMs = 0;
}

/** Plans further attempts. */
export class Retrying {
  readonly #clock: Clock;
  readonly #random: RandomSource;
  readonly #again: (token: CallToken) => void;

  /** @param clock the time @param random the chance of the delays @param again called with a token whose time has come */
  constructor(clock: Clock, random: RandomSource, again: (token: CallToken) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#again = again;
  }

  /**
   * @param token a token whose attempt has failed
   * @param isLost whether its lane was lost, so that nobody knows what the function has done
   * @returns whether another attempt is possible, as far as can be said without asking its owner
   */
  isPossible(token: CallToken, isLost: boolean): boolean {
    const retry = policyOf(token);
    if (retry === undefined || token.isSettled) return false;
    const made = (token.retries?.failed.length ?? 0) + 1;
    if (made >= retry.attempts || movesArguments(token) || token.hasItems) return false;
    return !isLost || (token.desk as Desk).policy.isIdempotent;
  }

  /**
   * Plans another attempt. Asks the owner whether there is to be one, which may do anything to the token.
   *
   * @param token a token that waits, and for which it is possible
   * @param error what the attempt failed with
   * @param isLost whether its lane was lost
   * @returns whether it was planned; when not, the token may have settled meanwhile
   */
  plan(token: CallToken, error: unknown, isLost: boolean): boolean {
    const policy = policyOf(token)!;
    const attempts = (token.retries ??= new Attempts()) as Attempts;
    const number = attempts.failed.length + 1;
    const { isIdempotent } = (token.desk as Desk).policy;
    if (!wantsRetry(policy, isIdempotent, isLost, error, number) || token.isSettled) return false;
    const nowMs = this.#clock.now();
    const waitMs = delayMs(policy, number, attempts.lastDelayMs, this.#random);
    if (token.isSettled) return false;
    const { deadlineMs } = token.limits;
    if (deadlineMs !== undefined && token.submittedMs + deadlineMs <= nowMs + waitMs) return false;
    attempts.lastDelayMs = waitMs;
    attempts.failed.push({
      startedMs: Number.isNaN(token.startedMs) ? undefined : token.startedMs,
      endedMs: Number.isNaN(token.endedMs) ? nowMs : token.endedMs,
      error,
    });
    // Not quiet: with all lanes down nothing else may keep the process alive.
    attempts.timer = this.#clock.setTimer(
      () => {
        attempts.timer = undefined;
        this.#again(token);
      },
      waitMs,
      false,
    );
    return true;
  }

  /** A token settles. */
  remove(token: CallToken): void {
    const attempts = token.retries as Attempts | undefined;
    if (attempts?.timer === undefined) return;
    this.#clock.clearTimer(attempts.timer);
    attempts.timer = undefined;
  }
}

/** @param token a token @param error what its last attempt failed with @returns the error to settle it with: the same, and what the attempts before failed with */
export function finalError(token: CallToken, error: unknown): unknown {
  const failed = token.retries?.failed;
  if (failed === undefined || failed.length === 0) return error;
  return withAttempts(error, failed.map((attempt) => attempt.error));
}

function policyOf(token: CallToken): RetryPolicy | undefined {
  return (token.limits as CallRequest).retry;
}
