/**
 * How sure a median is.
 *
 * @module
 */

import { median } from "../lib/cli/statistics.ts";

/** How often an interval is to hold the true median. */
export const CONFIDENCE: number = 0.95;

/** An interval. */
export interface Interval {
  readonly least: number;
  readonly most: number;
}

/**
 * Between which bounds the true median lies with a confidence of 95 %. From six values on it rests on their order alone, so
 * that it holds for figures of any distribution: each value is below the true median as likely as above it (the sign test;
 * W. J. Conover, Practical Nonparametric Statistics, 3.2).
 *
 * Fewer values are all on one side of it too often for that: five of five once in sixteen times. So their bounds are twice as
 * far from their median as the outermost values are: a rule of thumb, which for five values of a normal distribution
 * holds it in 98.7 of 100 cases, for three in 88.
 *
 * @param values At least one number, in any order.
 * @returns The interval.
 * @throws {RangeError} When there is no value.
 */
export function medianInterval(values: readonly number[]): Interval {
  if (values.length === 0) throw new RangeError("Cannot bound a median: received no values");
  const sorted = [...values].sort((a, b) => a - b);
  const cut = valuesToCut(sorted.length);
  if (cut !== NOT_EVEN_ALL) return { least: sorted[cut]!, most: sorted[sorted.length - 1 - cut]! };
  const middle = median(sorted);
  return { least: 2 * sorted[0]! - middle, most: 2 * sorted.at(-1)! - middle };
}

/** In place of how many values may be left out: the range of all is not sure enough either. */
const NOT_EVEN_ALL = -1;

/** How many values may be left out at either end. */
function valuesToCut(count: number): number {
  let cut = NOT_EVEN_ALL;
  // The chance that just `next` of the values are above the median, and the chance that at most so many are.
  let exactly = 2 ** -count;
  let oneSided = 0;
  for (let next = 0; 2 * next < count; next++) {
    oneSided += exactly;
    if (1 - 2 * oneSided < CONFIDENCE) break;
    cut = next;
    exactly *= (count - next) / (next + 1);
  }
  return cut;
}
