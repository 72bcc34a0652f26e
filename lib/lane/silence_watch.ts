/**
 * Noticing a worker that is loading a module and never comes to the end of it (a top-level await that stays pending, a loop at the top level), or whose channel is
 * broken: it has calls, runs none and says nothing, and would hold its calls for good. One quiet timer looks for that, from the first call on while
 * there are calls, and costs nothing per call.
 *
 * @module
 */

import type { Clock, Timer } from "../runtime/clock.ts";

/** What is watched. */
export interface Watched {
  /** Changes whenever the worker says something, or starts a call. */
  readonly signs: number;
  /** Whether there are calls that it may run. */
  readonly hasCalls: boolean;
  /** Whether it holds what nobody else can do. */
  readonly isExpected: boolean;
  /** Whether it runs something. */
  readonly isAtWork: boolean;
}

/** Watches one worker. */
export class SilenceWatch {
  readonly #clock: Clock;
  readonly #watched: Watched;
  readonly #timeoutMs: number;
  readonly #onSilence: () => void;
  #timer: Timer = undefined;

  /**
   * @param clock the time
   * @param watched what is watched
   * @param timeoutMs how long it may be silent, in ms
   * @param onSilence called when it was
   */
  constructor(clock: Clock, watched: Watched, timeoutMs: number, onSilence: () => void) {
    this.#clock = clock;
    this.#watched = watched;
    this.#timeoutMs = timeoutMs;
    this.#onSilence = onSilence;
  }

  /** There is a call. */
  begin(): void {
    if (this.#timer !== undefined) return;
    const { signs } = this.#watched;
    this.#timer = this.#clock.setTimer(() => this.#look(signs), this.#timeoutMs, true);
  }

  /** It is over. */
  end(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #look(signs: number): void {
    this.#timer = undefined;
    const watched = this.#watched;
    if (!watched.hasCalls) return;
    if (!watched.isExpected || watched.signs !== signs || watched.isAtWork) return this.begin();
    this.#onSilence();
  }
}
