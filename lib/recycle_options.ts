/**
 * When a gate recycles its lanes.
 *
 * @module
 */

import type { RecyclePolicy } from "./gate/retirement.ts";
import { checkKeys, checkType, readDuration, readNumber } from "./options.ts";

/**
 * When a lane is recycled: retired, and started anew when there is work for it. Each bound is looked at between calls, so a lane may run some more calls than
 * that, and lanes that are due at the same time leave one after the other.
 */
export interface RecycleOptions {
  /** After how many calls. Default: never. */
  readonly afterTokens?: number;
  /** How long after it was ready, in ms; an idle one too. Default: never. */
  readonly afterMs?: number;
  /**
   * When its heap is larger than this, in bytes, garbage that was not collected yet included. A lane looks at its heap between calls, every 100 ms at most, on every
   * runtime: a call that takes more than there is cannot be stopped by it. On Node the bound `maxOldGenerationSizeMb` of `resourceLimits` ends
   * the lane then; Deno and Bun have no such bound for a worker. Default: never.
   */
  readonly heapBytes?: number;
}

/**
 * @param subject what the options are for
 * @param options what was passed as `recycle`
 * @returns the bounds; undefined when there are none
 * @throws {TypeError} when it is no object, a key is unknown, or a value has the wrong type
 * @throws {RangeError} when a number is out of bounds
 */
export function readRecycleOptions(
  subject: string,
  options: RecycleOptions | undefined,
): RecyclePolicy | undefined {
  if (options === undefined) return undefined;
  checkType(subject, "recycle", options, "object");
  const own = `recycle of ${subject}`;
  checkKeys(own, options, ["afterTokens", "afterMs", "heapBytes"]);
  const count = { min: 1, max: Number.MAX_SAFE_INTEGER, isWhole: true };
  const policy: RecyclePolicy = {
    afterTokens: readNumber(own, "afterTokens", options.afterTokens, count) ?? Infinity,
    afterMs: readDuration(own, "afterMs", options.afterMs) ?? Infinity,
    heapBytes: readNumber(own, "heapBytes", options.heapBytes, { ...count, unit: "bytes" }) ??
      Infinity,
  };
  const { afterTokens, afterMs, heapBytes } = policy;
  return Math.min(afterTokens, afterMs, heapBytes) < Infinity ? policy : undefined;
}
