/**
 * Threads that were told to end and run on, because the runtime cannot stop a loop (Deno). They are counted until their loop has come to its end, and
 * never hidden.
 *
 * A thread in a loop cannot be terminated, and one that was told to end starts nothing more. So it is left as it is, with a message in its queue: when its event
 * loop takes that, the loop is over, whatever the function that had it is going to do, and the worker is terminated for good.
 *
 * @module
 */

import type { ControlBlock } from "../bridge/control_block.ts";
import type { Clock } from "../runtime/clock.ts";

/** How often they are looked after, in ms. */
const LOOK_MS = 50;

interface StrandedThread {
  readonly control: ControlBlock;
  /** The message that it has not taken. */
  readonly serial: number;
  readonly terminate: () => void;
}

/** The stranded threads of one gate. */
export class StrandedThreads {
  readonly #clock: Clock;
  readonly #onFirst: () => void;
  #threads: StrandedThread[] = [];
  #hasAny = false;
  #isLookPlanned = false;

  /** @param clock the time @param onFirst called when the first thread is stranded, and never again */
  constructor(clock: Clock, onFirst: () => void) {
    this.#clock = clock;
    this.#onFirst = onFirst;
  }

  /**
   * Counts a thread.
   *
   * @param control its control block
   * @param serial the abort message that it has not taken
   * @param terminate ends its worker, when that can be done
   */
  add(control: ControlBlock, serial: number, terminate: () => void): void {
    if (!this.#hasAny) this.#onFirst();
    this.#hasAny = true;
    this.#threads.push({ control, serial, terminate });
    this.#planLook();
  }

  /** A thread has told its end after all: it had ended itself, by `process.exit`, and that was not told yet when it was given up. @param control its control block */
  ended(control: ControlBlock): void {
    this.#threads = this.#threads.filter((thread) => thread.control !== control);
  }

  /** How many still run. */
  count(): number {
    const threads = this.#threads;
    if (threads.length === 0) return 0;
    const left = threads.filter(({ control, serial }) => control.abortSerial < serial);
    if (left.length === threads.length) return left.length;
    this.#threads = left;
    for (const thread of threads) if (!left.includes(thread)) thread.terminate();
    return left.length;
  }

  #planLook(): void {
    if (this.#isLookPlanned) return;
    this.#isLookPlanned = true;
    this.#clock.setTimer(
      () => {
        this.#isLookPlanned = false;
        if (this.count() > 0) this.#planLook();
      },
      LOOK_MS,
      true,
    );
  }
}
