/**
 * How sure a median is.
 *
 * @module
 */

/** How often an interval is to hold the true median: of twenty bars, one or two may come out otherwise next time. */
const CONFIDENCE = 0.9;

/** An interval. */
export interface Interval {
  readonly least: number;
  readonly most: number;
}

/**
 * Between which of the values the true median lies with a confidence of 90 %. It rests on the order of the values alone, so
 * that it holds for figures of any distribution: each value is below the true median as likely as above it (the sign test;
 * W. J. Conover, Practical Nonparametric Statistics, 3.2). Of fewer than five values it is their range, and less sure.
 *
 * @param values At least one number, in any order.
 * @returns The interval.
 * @throws {RangeError} When there is no value.
 */
export function medianInterval(values: readonly number[]): Interval {
  if (values.length === 0) throw new RangeError("Cannot bound a median: received no values");
  const sorted = [...values].sort((a, b) => a - b);
  const cut = valuesToCut(sorted.length);
  return { least: sorted[cut]!, most: sorted[sorted.length - 1 - cut]! };
}

/** How many values may be left out at either end. */
function valuesToCut(count: number): number {
  let cut = 0;
  // The chance that at most `cut` of the values are above the median, and the chance that it is just as many.
  let oneSided = 2 ** -count;
  let exactly = oneSided;
  for (let next = 1; 2 * next < count; next++) {
    exactly *= (count - next + 1) / next;
    oneSided += exactly;
    if (1 - 2 * oneSided < CONFIDENCE) break;
    cut = next;
  }
  return cut;
}
