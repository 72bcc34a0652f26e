/**
 * A wave dealt out to lanes beforehand, as evenly as can be: what a perfect dispatcher without any cost would do.
 *
 * @module
 */

/** What the calls cost about, in microseconds; only the proportions matter, and they are alike on all runtimes. */
const CRUNCH = 0.3;
const TRANSFORM = 5;
const SORT_OF_ELEMENT = 0.13;
const HASH_OF_ROUND = 0.7;

/**
 * Deals out a wave: the largest call that is left always goes to the lane with the least work.
 *
 * @param tokens Tokens of the wave.
 * @param lanes Number of lanes.
 * @returns The tokens of each lane, in ascending order.
 */
export function splitWave(tokens: number, lanes: number): number[][] {
  const costs = Float64Array.from({ length: tokens }, (_, i) => costOf(i));
  const order = Array.from({ length: tokens }, (_, i) => i).sort((a, b) => costs[b]! - costs[a]!);
  const loads = new Float64Array(lanes);
  const shares: number[][] = Array.from({ length: lanes }, () => []);
  for (const token of order) {
    const lane = loads.indexOf(Math.min(...loads));
    shares[lane]!.push(token);
    loads[lane]! += costs[token]!;
  }
  for (const share of shares) share.sort((a, b) => a - b);
  return shares;
}

/**
 * Deals out calls that all cost the same.
 *
 * @param tokens Number of calls.
 * @param lanes Number of lanes.
 * @returns The calls of each lane, in ascending order.
 */
export function splitEvenly(tokens: number, lanes: number): number[][] {
  const shares: number[][] = Array.from({ length: lanes }, () => []);
  for (let i = 0; i < tokens; i++) shares[i % lanes]!.push(i);
  return shares;
}

function costOf(i: number): number {
  switch (i % 4) {
    case 0:
      return CRUNCH;
    case 1:
      return TRANSFORM;
    case 2:
      return SORT_OF_ELEMENT * (400 + i % 300);
    default:
      return HASH_OF_ROUND * (120 + i % 80);
  }
}
