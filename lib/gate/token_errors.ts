/**
 * The errors that tokens reject with, worded in one place.
 *
 * @module
 */

import type { LaneCall, LaneLoss, OperationReference } from "../bridge/contract.ts";
import {
  GateClosedError,
  LaneCrashError,
  TokenCancelledError,
  type TokenLimit,
  TokenTimeoutError,
} from "../errors.ts";

const LIMIT_WORDS: Readonly<Record<TokenLimit, string>> = {
  timeoutMs: "ran longer than",
  queueTimeoutMs: "did not start within",
  deadlineMs: "did not settle within",
};

/** @param action what was tried, as in "call" @returns the error of a gate that is closing or closed */
export function closedError(action: string): GateClosedError {
  return new GateClosedError(`Cannot ${action} this gate: it is closed`);
}

/** @param operation what was called @param reason why it was cancelled @returns the error of the token */
export function cancelledError(
  operation: OperationReference,
  reason: unknown,
): TokenCancelledError {
  const why = typeof reason === "string" ? `: ${reason}` : "";
  return new TokenCancelledError(`"${operation.name}" was cancelled${why}`, { cause: reason });
}

/** @param operation what was called @param limit what ran out @param limitMs its length, in ms @returns the error of the token */
export function timeoutError(
  operation: OperationReference,
  limit: TokenLimit,
  limitMs: number,
): TokenTimeoutError {
  const message = `"${operation.name}" ${LIMIT_WORDS[limit]} its ${limit} of ${limitMs} ms`;
  return new TokenTimeoutError(message, { limit, limitMs });
}

/** @param call what may have been running @param lane number of the lane @param loss how it ended @returns the error of the token */
export function crashError(call: LaneCall, lane: number, loss: LaneLoss): LaneCrashError {
  const how = loss.exitCode === undefined ? "" : ` with exit code ${loss.exitCode}`;
  return new LaneCrashError(
    `Lane ${lane} ended${how} while "${call.operation.name}" may have been running; the call is not repeated`,
    { lane, exitCode: loss.exitCode, cause: loss.cause },
  );
}
