/**
 * Progress on standard error: one line that is written over on a terminal, plain lines elsewhere.
 *
 * @module
 */

/** Where progress is written: the standard error, or a stand-in. */
export interface ProgressOutput {
  /** Whether somebody sees it. */
  readonly isTTY?: boolean;
  /** Writes a text, all of it. */
  write(text: string): unknown;
}

const CLEAR_LINE = "\r\x1b[2K";

/** Shows what is going on. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #isTerminal: boolean;
  readonly #width: () => number;
  #isShown = false;

  /**
   * @param output Where to write.
   * @param width Gives the width of the terminal in columns; a longer line would wrap and could not be written over.
   */
  constructor(output: ProgressOutput, width: () => number) {
    this.#output = output;
    this.#isTerminal = output.isTTY === true;
    this.#width = width;
  }

  /** What is being done now. Only shown on a terminal, in place of what was shown before. */
  step(text: string): void {
    if (!this.#isTerminal) return;
    this.#output.write(CLEAR_LINE + text.slice(0, this.#width() - 1));
    this.#isShown = true;
  }

  /** What has been done. Only written where steps are not. */
  milestone(text: string): void {
    if (!this.#isTerminal) this.#output.write(text + "\n");
  }

  /** A line to keep, such as a message of the program that is run. */
  line(text: string): void {
    this.clear();
    this.#output.write(text + "\n");
  }

  /** Removes the step from the terminal. */
  clear(): void {
    if (this.#isShown) this.#output.write(CLEAR_LINE);
    this.#isShown = false;
  }
}
