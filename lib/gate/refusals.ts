/**
 * The errors that calls are refused with, worded in one place.
 *
 * @module
 */

import type { OperationReference } from "../bridge/contract.ts";
import { CircuitOpenError, QueueFullError, type QueueLimit, StrandedError } from "../errors.ts";

const WAITING_WORDS: Readonly<Record<QueueLimit, string>> = {
  maxQueue: "calls",
  maxQueueBytes: "bytes of arguments",
};

/**
 * @param operation what was called
 * @param limit the bound that was reached
 * @param max the bound
 * @param waiting what waits: calls, or bytes
 * @returns the error of the call
 */
export function queueFullError(
  operation: OperationReference,
  limit: QueueLimit,
  max: number,
  waiting: number,
): QueueFullError {
  return new QueueFullError(
    `Cannot call "${operation.name}": ${waiting} ${
      WAITING_WORDS[limit]
    } wait already, and ${limit} is ${max}; ` +
      `call it later, or raise the limit`,
    { operation: operation.name, limit, max, waiting },
  );
}

/**
 * @param operation what was called
 * @param retryAfterMs how long its calls are refused, in ms; infinite when it was isolated
 * @returns the error of the call
 */
export function circuitOpenError(
  operation: OperationReference,
  retryAfterMs: number,
): CircuitOpenError {
  const { name } = operation;
  const why = retryAfterMs === Infinity
    ? "it was isolated; reset its breaker to have it back"
    : `it failed too often of late; call it again in ${Math.ceil(retryAfterMs)} ms`;
  return new CircuitOpenError(`Cannot call "${name}": ${why}`, { operation: name, retryAfterMs });
}

/**
 * @param stranded how many threads were told to end and still run
 * @param maxStranded how many there may be
 * @returns the error of calls that would need another thread
 */
export function strandedError(stranded: number, maxStranded: number): StrandedError {
  return new StrandedError(
    `Cannot start a lane: ${stranded} threads were told to end and still run, and maxStranded is ${maxStranded}; ` +
      `let the functions that run for long look at current().aborted`,
    { stranded, maxStranded },
  );
}
