/**
 * What the board has learned of an operation: whether its arguments can go on the board at all, and how long its calls take.
 *
 * @module
 */

/** After so many refusals in a row the next calls are not tried. */
const STREAK = 4;
/** How many calls are not tried then. */
const SKIPPED_CALLS = 64;
/** How much of a new run goes into the mean. */
const SHARE = 1 / 16;

/** What is known of one operation. */
export class OperationHabit {
  /** How long its calls run, in ms: a mean in which the recent ones count for more; infinite before the first. */
  meanMs: number = Infinity;
  #refusals = 0;
  #skipsLeft = 0;

  /** @returns whether the next call goes to a mailbox untried */
  skips(): boolean {
    if (this.#skipsLeft === 0) return false;
    this.#skipsLeft--;
    return true;
  }

  /** Records whether the arguments of a call were taken. */
  noteTaken(isTaken: boolean): void {
    if (isTaken) this.#refusals = 0;
    else if (++this.#refusals >= STREAK) this.#skipsLeft = SKIPPED_CALLS;
  }

  /** Records how long a call ran, in ms. */
  noteRun(tookMs: number): void {
    if (this.meanMs === Infinity) this.meanMs = tookMs;
    else this.meanMs += (tookMs - this.meanMs) * SHARE;
  }
}
