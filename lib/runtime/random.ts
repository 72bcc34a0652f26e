/**
 * Random numbers from a seed, so that what they decided can be replayed.
 *
 * @module
 */

/** A seeded source of random numbers (mulberry32, by Tommy Ettinger). */
export class RandomSource {
  #state: number;

  /** @param seed a whole number; the same seed gives the same numbers */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** @returns a number from 0 to below 1 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
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
