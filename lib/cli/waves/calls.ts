/**
 * What token `i` of a wave asks for. Arguments are small, data is made inside the functions, results come back whole.
 *
 * @module
 */

/** What a call of a wave gives back. */
export type WaveResult = number | string | number[];

/** One way of calling the four operations: here and now, through a gate, or through another pool. */
export interface WaveCalls<T> {
  cpuCrunch(n: number): T;
  stringTransform(seed: number): T;
  dataSort(count: number): T;
  hashChain(seed: string, rounds: number): T;
}

/** Arguments of one call: those of the function at `i % 4`. */
export type WaveArguments = readonly [number] | readonly [seed: string, rounds: number];

/**
 * The arguments of token `i`, for callers that hand them on as a list.
 *
 * @param i Index of the token in its wave, from 0.
 * @returns The arguments of the operation at `i % 4`.
 */
export function argumentsOf(i: number): WaveArguments {
  return callNth<WaveArguments>(i, LISTING);
}

/**
 * Makes call `i` of a wave, round robin over the four operations.
 *
 * @param i Index of the token in its wave, from 0.
 * @param calls How to call each operation.
 * @returns What the call returned.
 */
export function callNth<T>(i: number, calls: WaveCalls<T>): T {
  switch (i % 4) {
    case 0:
      return calls.cpuCrunch(60 + i % 25);
    case 1:
      return calls.stringTransform(31 * i);
    case 2:
      return calls.dataSort(400 + i % 300);
    default:
      return calls.hashChain(`wave_seed_${i}`, 120 + i % 80);
  }
}

const LISTING: WaveCalls<WaveArguments> = {
  cpuCrunch: (n) => [n],
  stringTransform: (seed) => [seed],
  dataSort: (count) => [count],
  hashChain: (seed, rounds) => [seed, rounds],
};
