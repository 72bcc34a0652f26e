/**
 * Random numbers from a seed, so that what they decided can be replayed.
 *
 * @module
 */

/** Odd increment of the state: with it the state takes each of the 2^32 values once before it repeats. */
const STEP = 0x6d2b79f5;

/**
 * The mulberry32 generator by Tommy Ettinger: 32 bits of state, the same numbers on every runtime.
 *
 * @param seed its low 32 bits choose the sequence
 * @returns a function giving the next number of the sequence, from 0 to below 1
 */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return (): number => {
    state = (state + STEP) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Random choices from a seed. */
export class RandomSource {
  /** @returns a number from 0 to below 1 */
  readonly next: () => number;

  /** @param seed a whole number; the same seed gives the same choices */
  constructor(seed: number) {
    this.next = mulberry32(seed);
  }

  /** @param bound a whole number above zero @returns a whole number from 0 to below the bound */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** @param share from 0 to 1 @returns true in that share of calls */
  chance(share: number): boolean {
    return this.next() < share;
  }
}
