/**
 * The options of operations and of single calls.
 *
 * @module
 */

import type { CallRequest } from "./gate/engine.ts";
import { checkKeys, readDuration, show } from "./options.ts";

/** Time limits of a call. When one runs out, the token rejects with a `TokenTimeoutError` that names it. */
export interface LimitOptions {
  /** Longest run time, in ms, from the start stamp; waiting does not count. Default: none. */
  readonly timeoutMs?: number;
  /** Longest time from the call to the start of the function, in ms. Default: none. */
  readonly queueTimeoutMs?: number;
  /** Longest time from the call to its settlement, in ms. Default: none. */
  readonly deadlineMs?: number;
}

/** Options of a declared operation: what holds for each call of it. */
export interface OperationOptions extends LimitOptions {}

/** What one call asks for, read once and shared by all calls of the same options. */
export type CallSettings = CallRequest;

const LIMITS: readonly (keyof LimitOptions)[] = ["timeoutMs", "queueTimeoutMs", "deadlineMs"];

/**
 * @param subject what the options are for
 * @param options the options of a declared operation
 * @returns what its calls ask for
 * @throws {TypeError} when a key is unknown or a value has the wrong type
 * @throws {RangeError} when a time is not above zero
 */
export function readOperationOptions(subject: string, options: OperationOptions): CallSettings {
  checkKeys(subject, options, LIMITS);
  return {
    timeoutMs: readDuration(subject, "timeoutMs", options.timeoutMs),
    queueTimeoutMs: readDuration(subject, "queueTimeoutMs", options.queueTimeoutMs),
    deadlineMs: readDuration(subject, "deadlineMs", options.deadlineMs),
    signal: undefined,
  };
}

/**
 * @param subject what the options are for
 * @param base what the calls ask for without these options
 * @param options options of single calls; `gate` is read by the caller
 * @returns what the calls ask for
 * @throws {TypeError} when a key is unknown or a value has the wrong type
 * @throws {RangeError} when a time is not above zero
 */
export function readCallOptions(
  subject: string,
  base: CallSettings,
  options: LimitOptions & { readonly signal?: AbortSignal; readonly gate?: unknown },
): CallSettings {
  checkKeys(subject, options, [...LIMITS, "signal", "gate"]);
  const { signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(
      `Cannot set "signal" of ${subject}: received ${show(signal)}, not an AbortSignal`,
    );
  }
  const read = (key: keyof LimitOptions): number | undefined =>
    options[key] === undefined ? base[key] : readDuration(subject, key, options[key]);
  return {
    timeoutMs: read("timeoutMs"),
    queueTimeoutMs: read("queueTimeoutMs"),
    deadlineMs: read("deadlineMs"),
    signal: signal ?? base.signal,
  };
}
