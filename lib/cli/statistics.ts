/**
 * The arithmetic of the wave table: medians, percentiles, and the three columns of the original.
 *
 * @module
 */

/**
 * The middle value, or the mean of the two middle ones.
 *
 * @param values At least one number, in any order; it is not changed.
 * @returns The median.
 * @throws {RangeError} When there is no value.
 */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("Cannot take a median: received no values");
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[upper]! : (sorted[upper - 1]! + sorted[upper]!) / 2;
}

/**
 * The smallest value that at least the given part of all values does not exceed (the nearest-rank method), so that a
 * percentile is always a value that was measured.
 *
 * @param sorted Values in ascending order.
 * @param part The part below or at the percentile, in (0, 1]: 0.95 for the 95th.
 * @returns The percentile, or NaN when there is no value.
 * @throws {RangeError} When `part` is outside of (0, 1].
 */
export function percentile(sorted: ArrayLike<number>, part: number): number {
  if (!(part > 0 && part <= 1)) {
    throw new RangeError(`Cannot take a percentile outside of (0, 1]: received ${part}`);
  }
  return sorted[Math.ceil(part * sorted.length) - 1] ?? NaN;
}

/** What the three columns of the original are made from. */
export interface OriginalInput {
  /** Tokens of the wave. */
  tokens: number;
  /** From the *end* of the last submission to the settlement of the last token, in milliseconds: the original's clock. */
  gatherMs: number;
  /** Sum over the tokens of the time from start to end, in milliseconds. */
  insideMs: number;
  /** {@linkcode OriginalColumns.latencyMs} of wave 1, in milliseconds; undefined when wave 1 was not run. */
  firstLatencyMs: number | undefined;
}

/** The original's columns Lat, Conc and Overlap. */
export interface OriginalColumns {
  /** Lat: gather time per token, in milliseconds. */
  latencyMs: number;
  /** Conc: Lat of wave 1 divided by Lat; null when wave 1 was not run. */
  concurrency: number | null;
  /** Overlap: time between start and end, summed over the tokens, per gather time. */
  overlap: number;
}

/**
 * Computes the original's columns with the original's formulas, its late clock included.
 *
 * @param input What was measured.
 * @returns The three columns.
 */
export function originalColumns(input: OriginalInput): OriginalColumns {
  const latencyMs = input.gatherMs / input.tokens;
  const { firstLatencyMs } = input;
  return {
    latencyMs,
    concurrency: firstLatencyMs === undefined ? null : firstLatencyMs / latencyMs,
    overlap: input.insideMs / input.gatherMs,
  };
}
