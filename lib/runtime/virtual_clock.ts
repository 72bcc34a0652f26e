/**
 * Virtual time: nothing happens until the clock is stepped, and then at once. A seed decides the order of what is due at the same moment.
 *
 * @module
 */

import type { Clock, Timer } from "./clock.ts";
import type { RandomSource } from "./random.ts";

interface VirtualTimer {
  readonly task: () => void;
  readonly atMs: number;
  readonly quiet: boolean;
}

/** A clock that stands still until it is stepped. */
export class VirtualClock implements Clock {
  readonly #random: RandomSource;
  #nowMs = 0;
  #timers: VirtualTimer[] = [];
  #deferred: (() => void)[] = [];

  /** @param random decides between tasks that are due at the same moment */
  constructor(random: RandomSource) {
    this.#random = random;
  }

  now(): number {
    return this.#nowMs;
  }

  /** Whether something is to happen before time goes on. */
  get hasDeferred(): boolean {
    return this.#deferred.length > 0;
  }

  /** Whether a timer would keep the process alive. */
  get isLoud(): boolean {
    return this.#timers.some(({ quiet }) => !quiet);
  }

  setTimer(task: () => void, delayMs: number, quiet: boolean = false): Timer {
    const atMs = this.#nowMs + Math.max(0, delayMs);
    const timer: VirtualTimer = { task, atMs, quiet };
    this.#timers.push(timer);
    return timer;
  }

  clearTimer(timer: Timer): void {
    this.#timers = this.#timers.filter((it) => it !== timer);
  }

  defer(task: () => void): void {
    this.#deferred.push(task);
  }

  afterTurn(task: () => void): void {
    this.setTimer(task, 0);
  }

  /** When something happens next, in ms; infinite when nothing is left to happen. */
  get nextMs(): number {
    if (this.#deferred.length > 0) return this.#nowMs;
    let nextMs = Infinity;
    for (const { atMs } of this.#timers) nextMs = Math.min(nextMs, atMs);
    return nextMs;
  }

  /** Lets time pass without anything happening, as while a function runs on the thread that has the clock. @param ms how much, in ms */
  pass(ms: number): void {
    this.#nowMs += ms;
  }

  /**
   * Runs what was deferred or, when nothing was, the next timer.
   *
   * @returns whether there was anything to run
   */
  step(): boolean {
    const deferred = this.#deferred;
    if (deferred.length > 0) {
      this.#deferred = [];
      for (const task of deferred) task();
      return true;
    }
    const next = this.#takeNext();
    if (next === undefined) return false;
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.task();
    return true;
  }

  #takeNext(): VirtualTimer | undefined {
    let first: VirtualTimer | undefined;
    let ties = 0;
    for (const timer of this.#timers) {
      if (first === undefined || timer.atMs < first.atMs) {
        first = timer;
        ties = 1;
      } else if (timer.atMs === first.atMs && this.#random.below(++ties) === 0) first = timer;
    }
    if (first !== undefined) this.#timers = this.#timers.filter((timer) => timer !== first);
    return first;
  }
}
