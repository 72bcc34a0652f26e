/**
 * The option for how often an operation may start.
 *
 * @module
 */

import type { RateLimitSettings } from "./gate/rate_limit.ts";
import { checkKeys, readNumber } from "./options.ts";

/**
 * How many calls of an operation may go to lanes in how long. Calls above wait; no window of `perMs`, wherever it begins, ever has more. A call that was given to a lane
 * starts there when the lane is free, so behind long calls starts may come closer together than that.
 */
export interface RateLimitOptions {
  /** How many calls may start within any `perMs`: a whole number from 1 to 1,000,000,000. Required. */
  readonly count: number;
  /** The length of the window, in ms, up to 86,400,000, a day. Default: 1,000. */
  readonly perMs?: number;
}

const KEYS: readonly (keyof RateLimitOptions)[] = ["count", "perMs"];
const MOST_COUNT = 1_000_000_000;
/** The longest window, in ms: a day. */
const MOST_MS = 86_400_000;

/**
 * @param subject what the option is for, as in `operation "resize"`
 * @param value what was passed as `rateLimit`
 * @returns the rate; undefined when there is none
 * @throws {TypeError} when a key is unknown, `count` is missing, or a value has the wrong type
 * @throws {RangeError} when a number is out of bounds
 */
export function readRateLimitOptions(
  subject: string,
  value: unknown,
): RateLimitSettings | undefined {
  if (value === undefined) return undefined;
  const about = `the rate limit of ${subject}`;
  checkKeys(about, value, KEYS);
  const given = value as Readonly<Record<keyof RateLimitOptions, unknown>>;
  const count = readNumber(about, "count", given.count, { min: 1, max: MOST_COUNT, isWhole: true });
  if (count === undefined) {
    throw new TypeError(`Cannot set ${about}: received no "count"; say how many calls may start`);
  }
  // Shorter than a ms no timer can wait.
  const range = { min: 1, max: MOST_MS, unit: "ms" };
  return { count, perMs: readNumber(about, "perMs", given.perMs, range) ?? 1_000 };
}
