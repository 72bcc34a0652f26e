/**
 * Results between their coming and their being read: a ring as long as the window, by position. What is read next stands at the head.
 *
 * @module
 */

/** What stands at a position. */
export const NOTHING: number = 0;
/** A result to be read. */
export const RESULT: number = 1;
/** An error to be thrown. */
export const ERROR: number = 2;
/** A call that came to nothing that is to be read. */
export const SKIPPED: number = 3;

/** Results that wait for their reader. */
export class ResultRing {
  readonly #window: number;
  // They grow to the window, and no further.
  readonly #states: number[] = [];
  readonly #values: unknown[] = [];
  #head = 0;

  /** @param window how many positions there are from the head on */
  constructor(window: number) {
    this.#window = window;
  }

  /** What stands at the head. */
  get state(): number {
    return this.#states[this.#head % this.#window] ?? NOTHING;
  }

  /** Puts something at a position that is less than the window from the head. */
  put(position: number, state: number, value: unknown): void {
    const index = position % this.#window;
    while (this.#states.length <= index) {
      this.#states.push(NOTHING);
      this.#values.push(undefined);
    }
    this.#states[index] = state;
    this.#values[index] = value;
  }

  /** Takes what stands at the head. @returns its value */
  take(): unknown {
    const index = this.#head++ % this.#window;
    const value = this.#values[index];
    this.#states[index] = NOTHING;
    this.#values[index] = undefined;
    return value;
  }

  /** Forgets all. */
  clear(): void {
    this.#states.length = 0;
    this.#values.length = 0;
  }
}
