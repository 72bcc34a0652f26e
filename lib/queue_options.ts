/**
 * The options that bound a queue: of a gate, or of one operation.
 *
 * @module
 */

import type { QueuePolicy, WhenFull } from "./gate/desk_policy.ts";
import { show } from "./options.ts";

/** How many tokens may wait, and what happens to the next call. Tokens in lanes are not counted, nor those whose calls were refused. */
export interface QueueOptions {
  /** How many tokens may wait at once: for arguments, a permit, a lane, their next attempt. Default: no limit. */
  readonly maxQueue?: number;
  /**
   * How many bytes the arguments of waiting tokens may have together: about what they take on their way. Counting takes time for each call. The results of
   * tokens among the arguments are not counted. Default: no limit.
   */
  readonly maxQueueBytes?: number;
  /**
   * What happens to a call when there is no room. `"reject"`: it throws a {@linkcode QueueFullError}. `"wait"`: the same, for those that did not wait for
   * room with {@linkcode TokenGate.ready} before. `"drop-oldest"`: the token that has waited longest is killed to make room.
   * Default: `"reject"`.
   */
  readonly whenFull?: WhenFull;
}

/** The names of these options. */
export const QUEUE_KEYS: readonly (keyof QueueOptions)[] = [
  "maxQueue",
  "maxQueueBytes",
  "whenFull",
];

const POLICIES: readonly unknown[] = ["reject", "wait", "drop-oldest"];

/**
 * @param subject what the options are for
 * @param options what was passed
 * @returns the bound; undefined when there is none
 * @throws {TypeError} when a value has the wrong type, or there is nothing that could be full
 * @throws {RangeError} when a limit is out of bounds
 */
export function readQueueOptions(subject: string, options: QueueOptions): QueuePolicy | undefined {
  const { maxQueue, maxQueueBytes, whenFull } = options;
  if (whenFull !== undefined && !POLICIES.includes(whenFull)) {
    throw new TypeError(
      `Cannot set "whenFull" of ${subject}: received ${
        show(whenFull)
      }, not "reject", "wait" or "drop-oldest"`,
    );
  }
  if (maxQueue === undefined && maxQueueBytes === undefined) {
    if (whenFull === undefined) return undefined;
    throw new TypeError(
      `Cannot set "whenFull" of ${subject} without a limit: set maxQueue or maxQueueBytes too`,
    );
  }
  return {
    maxQueue: readCount(subject, "maxQueue", maxQueue),
    maxQueueBytes: readCount(subject, "maxQueueBytes", maxQueueBytes),
    whenFull: whenFull ?? "reject",
  };
}

/**
 * @param subject what the option is for
 * @param key its name
 * @param value what was passed
 * @returns the count; infinite when none was given
 * @throws {TypeError} when it is no number
 * @throws {RangeError} when it is not a whole number above zero, or infinite
 */
export function readCount(subject: string, key: string, value: unknown): number {
  if (value === undefined) return Infinity;
  if (typeof value !== "number") {
    throw new TypeError(`Cannot set "${key}" of ${subject}: received ${show(value)}, not a number`);
  }
  if (value === Infinity || (Number.isInteger(value) && value > 0)) return value;
  throw new RangeError(
    `Cannot set "${key}" of ${subject}: received ${value}, not a whole number above 0`,
  );
}
