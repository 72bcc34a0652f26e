/**
 * Progress on standard error: one line that is written over on a terminal, plain lines elsewhere.
 *
 * @module
 */

/** Where progress is written: Deno's standard error, or a stand-in. */
export interface ProgressOutput {
  isTerminal(): boolean;
  writeSync(bytes: Uint8Array): number;
}

const CLEAR_LINE = "\r\x1b[2K";

/** Shows what is going on. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #terminal: boolean;
  readonly #width: () => number;
  readonly #encoder: TextEncoder = new TextEncoder();
  #shown = false;

  /**
   * @param output Where to write.
   * @param width Gives the width of the terminal in columns; a longer line would wrap and could not be written over.
   */
  constructor(output: ProgressOutput, width: () => number) {
    this.#output = output;
    this.#terminal = output.isTerminal();
    this.#width = width;
  }

  /** What is being done now. Only shown on a terminal, in place of what was shown before. */
  step(text: string): void {
    if (!this.#terminal) return;
    this.#write(CLEAR_LINE + text.slice(0, this.#width() - 1));
    this.#shown = true;
  }

  /** What has been done. Only written where steps are not. */
  milestone(text: string): void {
    if (!this.#terminal) this.#write(text + "\n");
  }

  /** A line to keep, such as a message of the program that is run. */
  line(text: string): void {
    this.clear();
    this.#write(text + "\n");
  }

  /** Removes the step from the terminal. */
  clear(): void {
    if (this.#shown) this.#write(CLEAR_LINE);
    this.#shown = false;
  }

  #write(text: string): void {
    let bytes = this.#encoder.encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(this.#output.writeSync(bytes));
  }
}
