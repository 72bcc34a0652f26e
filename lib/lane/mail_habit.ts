/**
 * Learning which operations have arguments that do not go on the board, so that encoding them is not tried in vain each time.
 *
 * @module
 */

/** After so many refusals in a row the next calls are not tried. */
const STREAK = 4;
/** How many calls are not tried then. */
const SKIPPED_CALLS = 64;

/** What is known of one operation. */
export class MailHabit {
  #refusals = 0;
  #skipsLeft = 0;

  /** @returns whether the next call goes to a mailbox untried */
  skips(): boolean {
    if (this.#skipsLeft === 0) return false;
    this.#skipsLeft--;
    return true;
  }

  /** Records whether the arguments of a call were taken. */
  note(isTaken: boolean): void {
    if (isTaken) this.#refusals = 0;
    else if (++this.#refusals >= STREAK) this.#skipsLeft = SKIPPED_CALLS;
  }
}
