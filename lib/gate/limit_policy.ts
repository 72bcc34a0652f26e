/**
 * What the three time limits of a token mean at a given moment. Pure, so that each case can be read, and tried, by itself.
 *
 * @module
 */

import { ADMITTED, type CallToken } from "../call_token.ts";
import type { TokenLimit } from "../errors.ts";

/**
 * @param token a token that has not settled
 * @param nowMs now, in ms since the epoch
 * @param startedMs when its function started, in ms since the epoch; NaN when it has not
 * @returns the limit that has run out, or undefined
 */
export function expiredLimit(
  token: CallToken,
  nowMs: number,
  startedMs: number,
): TokenLimit | undefined {
  const { timeoutMs, queueTimeoutMs, deadlineMs } = token.limits;
  const hasStarted = !Number.isNaN(startedMs);
  if (deadlineMs !== undefined && token.submittedMs + deadlineMs <= nowMs) return "deadlineMs";
  if (hasStarted) {
    return timeoutMs !== undefined && startedMs + timeoutMs <= nowMs ? "timeoutMs" : undefined;
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
  const { timeoutMs, queueTimeoutMs, deadlineMs } = token.limits;
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
  return nextMs;
}
