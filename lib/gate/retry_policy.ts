/**
 * Whether a failed attempt is repeated, and when.
 *
 * The jitters are those that Marc Brooker compared in "Exponential Backoff and Jitter" (AWS Architecture Blog, 2015): callers that failed together shall
 * not come back together.
 *
 * @module
 */

import type { RandomSource } from "../runtime/random.ts";
import { askNumber, askVerdict } from "./user_functions.ts";

/** How the delay develops from attempt to attempt. */
export type RetryBackoff = "constant" | "exponential" | ((attempt: number) => number);

/** What chance does to the delay. */
export type RetryJitter = "none" | "full" | "equal" | "decorrelated";

/** What an operation's retries go by. */
export interface RetryPolicy {
  /** How often it is tried in all, the first time included. */
  readonly attempts: number;
  /** The first delay, in ms. */
  readonly delayMs: number;
  /** How the delay develops. */
  readonly backoff: RetryBackoff;
  /** By how much it grows, where it does. */
  readonly factor: number;
  /** What chance does to it. */
  readonly jitter: RetryJitter;
  /** The longest delay, in ms. */
  readonly maxDelayMs: number;
  /** Which errors are worth another attempt; all when undefined. */
  readonly retryIf: ((error: unknown, attempt: number) => boolean) | undefined;
}

/**
 * Tells whether an attempt that failed is repeated. It may run the user's `retryIf`.
 *
 * A kill is no failure: of a killed call this is not asked. Nor is it asked when the deadline, or the time to wait for a start, ran out: they are for all attempts together.
 *
 * @param policy what the operation's retries go by; undefined when it has none
 * @param isIdempotent whether the operation says that running twice does no harm
 * @param isLost whether the lane was lost while the function may have been running, so that nobody knows how far it got
 * @param error what the attempt failed with
 * @param attempt its number, from 1
 * @returns whether there is to be another. A `retryIf` that throws, or gives neither true nor false, counts as false
 */
export function wantsRetry(
  policy: RetryPolicy | undefined,
  isIdempotent: boolean,
  isLost: boolean,
  error: unknown,
  attempt: number,
): boolean {
  if (policy === undefined || attempt >= policy.attempts) return false;
  if (isLost && !isIdempotent) return false;
  const { retryIf } = policy;
  return retryIf === undefined || askVerdict("retryIf", retryIf, error, attempt, false);
}

/**
 * Tells how long to wait before the next attempt.
 *
 * @param policy what the operation's retries go by
 * @param attempt number of the attempt that failed, from 1
 * @param previousDelayMs what this gave for the attempt before, in ms; 0 at the first
 * @param random decides where there is jitter
 * @returns the delay in ms, from 0 to `maxDelayMs`. A `backoff` function that throws, or gives no number, counts as having given `delayMs`
 */
export function delayMs(
  policy: RetryPolicy,
  attempt: number,
  previousDelayMs: number,
  random: RandomSource,
): number {
  const { jitter, maxDelayMs } = policy;
  if (jitter === "decorrelated") return decorrelatedMs(policy, previousDelayMs, random);
  const wholeMs = Math.max(0, Math.min(plannedMs(policy, attempt), maxDelayMs));
  if (jitter === "full") return random.next() * wholeMs;
  if (jitter === "equal") return wholeMs - random.next() * (wholeMs / 2);
  return wholeMs;
}

function plannedMs(policy: RetryPolicy, attempt: number): number {
  const { backoff, delayMs, factor } = policy;
  if (typeof backoff === "function") return askNumber("backoff", backoff, attempt, delayMs);
  if (backoff === "constant") return delayMs;
  // Finite: the factor and the attempts are bounded. Else a delay of nothing would become NaN.
  return delayMs * factor ** (attempt - 1);
}

/** From the first delay to some times the previous one: it grows on average, and each delay hides the one before. */
function decorrelatedMs(
  policy: RetryPolicy,
  previousDelayMs: number,
  random: RandomSource,
): number {
  const { delayMs, factor, maxDelayMs } = policy;
  const mostMs = Math.max(delayMs, previousDelayMs) * factor;
  return Math.min(delayMs + random.next() * (mostMs - delayMs), maxDelayMs);
}
