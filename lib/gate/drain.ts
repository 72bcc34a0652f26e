/**
 * The first half of closing: waiting until what was called is finished, or may no longer take its time.
 *
 * @module
 */

import type { Clock, Timer } from "../runtime/clock.ts";

/** A wait that ends when there is nothing to wait for, when it was cut short, or when its time is up. */
export class Drain {
  /** Resolves when the wait has ended. */
  readonly ended: Promise<void>;
  readonly #clock: Clock;
  readonly #timers: Timer[] = [];
  #resolve!: () => void;
  #hasEnded = false;

  /** @param clock the time */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.ended = new Promise((resolve) => this.#resolve = resolve);
  }

  /** Ends the wait in some time at the latest. @param timeoutMs the time, in ms; infinite for no limit */
  limit(timeoutMs: number): void {
    if (this.#hasEnded || timeoutMs === Infinity) return;
    this.#timers.push(this.#clock.setTimer(() => this.end(), timeoutMs, false));
  }

  /** Ends the wait. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const timer of this.#timers) this.#clock.clearTimer(timer);
    this.#timers.length = 0;
    this.#resolve();
  }
}
