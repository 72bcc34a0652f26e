/**
 * What the board has learned of an operation: whether its arguments can go on the board at all, and how long its calls take.
 *
 * @module
 */

/** After so many refusals in a row the next calls are not tried. */
const STREAK = 4;
/** How many calls are not tried then. */
const SKIPPED_CALLS = 64;
/** How fast the memory of a long run fades, per run. */
const FADING = 0.98;

/** What is known of one operation. */
export class OperationHabit {
  /** Longest of its recent runs, in ms, one that is long ago counting for less; infinite before the first. */
  slowestMs: number = Infinity;
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
    const before = this.slowestMs === Infinity ? 0 : this.slowestMs * FADING;
    this.slowestMs = tookMs > before ? tookMs : before;
  }
}
