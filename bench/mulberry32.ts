/**
 * The mulberry32 pseudo-random generator: 32 bits of state, the same numbers on every runtime.
 *
 * @module
 */

/** Odd increment of the state: with it the state takes each of the 2^32 values once before it repeats. */
const STEP = 0x6d2b79f5;

/**
 * Makes a generator of numbers that look random and depend on the seed alone.
 *
 * @param seed Its low 32 bits choose the sequence.
 * @returns A function giving the next number of the sequence, in [0, 1).
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
