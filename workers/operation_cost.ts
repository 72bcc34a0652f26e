/**
 * What a lane has learned of how long an operation runs.
 *
 * @module
 */

/** How fast the memory of a slow run fades, per run; more slowly for calls that may be stopped with their lane. */
const FADING = 0.98;
const LIMITED_FADING = 0.999;
/** How much of a new run goes into the mean. */
const SHARE = 1 / 16;

/** The cost of one operation; infinite before its first run, all in ms. */
export interface OperationCost {
  /** The mean of late. */
  meanMs: number;
  /** The slowest run of late, and over a longer time. */
  slowestMs: number;
  limitedSlowestMs: number;
}

/** @returns the cost of an operation that has never run */
export function unknownCost(): OperationCost {
  return { meanMs: Infinity, slowestMs: Infinity, limitedSlowestMs: Infinity };
}

/** Learns from a run. */
export function learn(cost: OperationCost, tookMs: number): void {
  const isFirst = cost.slowestMs === Infinity;
  cost.meanMs = isFirst ? tookMs : cost.meanMs + (tookMs - cost.meanMs) * SHARE;
  cost.slowestMs = Math.max(tookMs, isFirst ? 0 : cost.slowestMs * FADING);
  cost.limitedSlowestMs = Math.max(tookMs, isFirst ? 0 : cost.limitedSlowestMs * LIMITED_FADING);
}
