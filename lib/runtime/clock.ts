/**
 * Time as the gate sees it. The real clock is here; the tests of the gate bring a virtual one.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** A timer that can be cancelled. */
export type Timer = unknown;

/** The time, and what is to be done later. */
export interface Clock {
  /** Now, in ms since the epoch, with fractions; never goes back. */
  now(): number;
  /** Runs `task` after `delayMs`; a `quiet` timer does not keep the process alive. */
  setTimer(task: () => void, delayMs: number, quiet: boolean): Timer;
  /** Cancels a timer. */
  clearTimer(timer: Timer): void;
  /** Runs `task` when the current turn's synchronous code has ended. */
  defer(task: () => void): void;
  /** Runs `task` soon, after the event loop has looked for other work. */
  afterTurn(task: () => void): void;
}

/** The longest delay a runtime's timer takes, in ms. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

// Isolates count from different origins; origin plus now is comparable between them.
const originMs = performance.timeOrigin;

/** The runtime's clock. */
export const systemClock: Clock = {
  now: () => originMs + performance.now(),
  setTimer(task: () => void, delayMs: number, quiet: boolean): Timer {
    const timer: unknown = setTimeout(task, Math.min(Math.ceil(delayMs), LONGEST_DELAY_MS));
    if (quiet) unrefTimer(timer);
    return timer;
  },
  clearTimer: (timer: Timer) => clearTimeout(timer as number),
  defer: queueMicrotask,
  afterTurn(task: () => void): void {
    setImmediate(task);
  },
};

function unrefTimer(timer: unknown): void {
  if (typeof timer === "object" && timer !== null && "unref" in timer) {
    (timer as { unref(): void }).unref();
  } else if ("Deno" in globalThis) {
    (Reflect.get(globalThis, "Deno") as { unrefTimer(timer: unknown): void }).unrefTimer(timer);
  }
}
