/**
 * The order of tokens: first come, first served, but that those of a higher priority count as submitted earlier, by a fixed time for each step. So a token is
 * overtaken only by what comes within that time after it, and none starves. Compared are numbers that never change; nothing is sorted anew as time passes.
 *
 * Places are counted in sixteenths of a millisecond since the gate was made, and no two tokens get the same one before their priority: in a burst of more than
 * sixteen a millisecond the count runs ahead of the clock, and ageing is by tokens rather than by time.
 *
 * Source: the idea is that of ageing by a virtual deadline, as in earliest-deadline-first scheduling (Liu and Layland, 1973).
 *
 * @module
 */

const TICKS_PER_MS = 16;

/** The highest priority; the lowest is its negative. */
export const MOST_PRIORITY: number = 100;

/** Gives tokens their places. */
export class Ageing {
  readonly #originMs: number;
  readonly #stepTicks: number;
  #last = 0;

  /** @param nowMs the time, in ms since the epoch @param ageMs how long a token is overtaken by those one step above, in ms */
  constructor(nowMs: number, ageMs: number) {
    this.#originMs = nowMs;
    // Small integers, as long as they can be: V8 keeps those in the field.
    this.#stepTicks = Math.round(Math.min(ageMs * TICKS_PER_MS, 2 ** 40));
  }

  /** @param priority that of the token @param submittedMs when it was submitted, in ms since the epoch @returns its place */
  placeOf(priority: number, submittedMs: number): number {
    const ticks = Math.floor((submittedMs - this.#originMs) * TICKS_PER_MS);
    this.#last = ticks > this.#last ? ticks : this.#last + 1;
    return priority === 0 ? this.#last : this.#last - priority * this.#stepTicks;
  }
}
