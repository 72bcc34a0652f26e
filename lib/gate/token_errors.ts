/**
 * The errors that tokens reject with, worded in one place.
 *
 * @module
 */

import type { LaneCall, LaneLoss, OperationReference } from "../bridge/contract.ts";
import { movesArguments } from "../bridge/transfer.ts";
import {
  DependencyError,
  GateClosedError,
  LaneCrashError,
  NotCloneableError,
  PayloadTooLargeError,
  type QueueFullError,
  TokenCancelledError,
  type TokenLimit,
  TokenTimeoutError,
} from "../errors.ts";
import { BOUND } from "./bound_calls.ts";

const LIMIT_WORDS: Readonly<Record<TokenLimit, string>> = {
  timeoutMs: "ran longer than",
  queueTimeoutMs: "did not start within",
  deadlineMs: "did not settle within",
};

/** @param action what was tried, as in "call" @returns the error of a gate that is closing or closed */
export function closedError(action: string): GateClosedError {
  return new GateClosedError(`Cannot ${action} this gate: it is closed`);
}

/** @param operation what was called @param cause what a call would have been refused with @returns the error of a token that made room for a newer one */
export function droppedError(
  operation: OperationReference,
  cause: QueueFullError,
): TokenCancelledError {
  return new TokenCancelledError(
    `"${operation.name}" was dropped: the queue was full, and it had waited longest`,
    { cause },
  );
}

/** @param operation what was called @param reason why it was cancelled @returns the error of the token */
export function cancelledError(
  operation: OperationReference,
  reason: unknown,
): TokenCancelledError {
  const why = typeof reason === "string" ? `: ${reason}` : "";
  return new TokenCancelledError(`"${operation.name}" was cancelled${why}`, { cause: reason });
}

/**
 * @param operation what was called
 * @param place which of its arguments is a token that gives no result, from 0
 * @param source the operation of that token
 * @param wasKilled whether it was killed; else it failed, or ran out of time
 * @param cause what it rejects with
 * @returns the error of the token
 */
export function argumentError(
  operation: OperationReference,
  place: number,
  source: OperationReference,
  wasKilled: boolean,
  cause: unknown,
): Error {
  const which = `its argument ${place + 1}, a call of "${source.name}"`;
  if (wasKilled) {
    return new TokenCancelledError(`"${operation.name}" was cancelled: ${which}, was cancelled`, {
      cause,
    });
  }
  return new DependencyError(
    `"${operation.name}" did not run: ${which}, failed${saying(cause)}`,
    { cause, argument: place },
  );
}

function saying(cause: unknown): string {
  return cause instanceof Error && cause.message !== "" ? `: ${cause.message}` : "";
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
  if (call.transfer === BOUND) return boundLossError(call, lane, loss);
  const how = loss.exitCode === undefined ? "" : ` with exit code ${loss.exitCode}`;
  const what = movesArguments(call)
    ? `may have been running, or had its arguments transferred there`
    : `may have been running`;
  return new LaneCrashError(
    `Lane ${lane} ended${how} while "${call.operation.name}" ${what}`,
    { lane, exitCode: loss.exitCode, cause: loss.cause },
  );
}

/** @param call what was to run in one lane and no other @param lane its number @param loss how it ended @returns the error of the token */
export function boundLossError(call: LaneCall, lane: number, loss: LaneLoss): LaneCrashError {
  const how = loss.exitCode === undefined ? "" : ` with exit code ${loss.exitCode}`;
  return new LaneCrashError(
    `Lane ${lane} ended${how} before "${call.operation.name}" had come to its end there, as it was to do in every lane`,
    { lane, exitCode: loss.exitCode, cause: loss.cause },
  );
}

/** @param operation what was called @param bytes how large its arguments are @param maxBytes how large they may be @returns the error of the token */
export function tooLargeError(
  operation: OperationReference,
  bytes: number,
  maxBytes: number,
): PayloadTooLargeError {
  return new PayloadTooLargeError(
    `Cannot send the arguments of "${operation.name}" to a lane: received some ${bytes} bytes or more, ` +
      `and maxPayloadBytes is ${maxBytes}; transfer what is large, or raise the limit`,
    { bytes, maxBytes },
  );
}

/** @param operation what was called @returns the error of a stream that nobody would read */
export function unreadError(operation: OperationReference): TypeError {
  return new TypeError(
    `Cannot gather the results of "${operation.name}": its function is a generator; call it by itself, and read its token with for await`,
  );
}

/** @param operation what was called @param cause what the codec of a class threw @returns the error of the token */
export function unpackableError(operation: OperationReference, cause: unknown): NotCloneableError {
  return new NotCloneableError(
    `Cannot send the arguments of "${operation.name}" to a lane: the codec of a revivable class threw`,
    { cause },
  );
}
