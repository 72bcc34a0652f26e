/**
 * Threads that were told to end and run on, because the runtime cannot stop a loop (Deno). They are counted until their function
 * returns, and never hidden.
 *
 * @module
 */

import type { ControlBlock } from "../bridge/control_block.ts";

interface StrandedThread {
  readonly control: ControlBlock;
  readonly returnCount: number;
}

/** The stranded threads of one gate. */
export class StrandedThreads {
  readonly #onFirst: () => void;
  #threads: StrandedThread[] = [];
  #hasAny = false;

  /** @param onFirst called when the first thread is stranded, and never again */
  constructor(onFirst: () => void) {
    this.#onFirst = onFirst;
  }

  /** Counts a thread whose function does not return. */
  add(control: ControlBlock): void {
    if (!this.#hasAny) this.#onFirst();
    this.#hasAny = true;
    this.#threads.push({ control, returnCount: control.returnCount });
  }

  /** How many are still running. A thread whose function has returned starts nothing more, and is forgotten. */
  count(): number {
    if (this.#threads.length === 0) return 0;
    this.#threads = this.#threads.filter((thread) =>
      thread.control.returnCount === thread.returnCount
    );
    return this.#threads.length;
  }
}
