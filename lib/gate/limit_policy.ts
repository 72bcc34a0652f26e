/**
 * What the three time limits of a token mean at a given moment. Pure, so that each case can be read, and tried, by itself.
 *
 * @module
 */

import { ADMITTED, type CallToken } from "../call_token.ts";
import type { TokenLimit } from "../errors.ts";

/** A token is not looked at more often than this, in ms. */
const LEAST_WAIT_MS = 1;

/**
 * @param token a token that has not settled
 * @param nowMs now, in ms since the epoch
 * @param startedMs when its function started, in ms since the epoch; NaN when it has not
 * @param endedMs when its function ended, in ms since the epoch; NaN when it has not. From then on its time stands still: the
 * answer may be held up by others, which is no time of its own
 * @returns the limit that has run out, or undefined
 */
export function expiredLimit(
  token: CallToken,
  nowMs: number,
  startedMs: number,
  endedMs: number,
): TokenLimit | undefined {
  const { timeoutMs, deadlineMs } = token.limits;
  const queueTimeoutMs = queueLimit(token);
  const untilMs = Number.isNaN(endedMs) ? nowMs : endedMs;
  if (deadlineMs !== undefined && token.submittedMs + deadlineMs <= untilMs) return "deadlineMs";
  if (!Number.isNaN(startedMs)) {
    return timeoutMs !== undefined && startedMs + timeoutMs <= untilMs ? "timeoutMs" : undefined;
  }
  const isLate = queueTimeoutMs !== undefined && token.submittedMs + queueTimeoutMs <= nowMs;
  return isLate ? "queueTimeoutMs" : undefined;
}

/**
 * @param token a token of which no limit has run out
 * @param nowMs now, in ms since the epoch
 * @param startedMs when its function started, in ms since the epoch; NaN when it has not
 * @returns the first moment at which a limit may run out, in ms since the epoch; infinite when none may
 */
export function nextCheck(token: CallToken, nowMs: number, startedMs: number): number {
  const { timeoutMs, deadlineMs } = token.limits;
  const queueTimeoutMs = queueLimit(token);
  // Most calls have none: V8 makes an object of what is computed below, and of this constant none.
  if (timeoutMs === undefined && deadlineMs === undefined && queueTimeoutMs === undefined) {
    return Infinity;
  }
  const hasStarted = !Number.isNaN(startedMs);
  let nextMs = Infinity;
  if (deadlineMs !== undefined) nextMs = token.submittedMs + deadlineMs;
  if (queueTimeoutMs !== undefined && !hasStarted) {
    nextMs = Math.min(nextMs, token.submittedMs + queueTimeoutMs);
  }
  // Nobody tells when a function starts. One that has not started by now cannot be over time any sooner than this.
  if (timeoutMs !== undefined && token.code === ADMITTED) {
    nextMs = Math.min(nextMs, (hasStarted ? startedMs : nowMs) + timeoutMs);
  }
  // Not at this very moment again: a tiny limit is lost in the rounding, and one that stands still is due for ever.
  return Math.max(nextMs, nowMs + LEAST_WAIT_MS);
}

/** The limit of the time to its start: a token that was tried before has started in time. */
function queueLimit(token: CallToken): number | undefined {
  return token.retries === undefined ? token.limits.queueTimeoutMs : undefined;
}
