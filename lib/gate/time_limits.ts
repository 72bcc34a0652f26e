/**
 * The tokens that have a time limit, by the moment at which each is to be looked at next. One timer serves them all.
 *
 * A binary heap with the place of each token kept on the token: a token that settles leaves at once, so that a service with long deadlines and
 * short calls does not collect the settled ones.
 *
 * @module
 */

import type { CallToken } from "../call_token.ts";
import type { Clock, Timer } from "../runtime/clock.ts";

/** Looks at tokens when their time has come. */
export class TimeLimits {
  readonly #clock: Clock;
  readonly #check: (token: CallToken, nowMs: number) => void;
  readonly #heap: CallToken[] = [];
  readonly #onTimer: () => void;
  #timer: Timer = undefined;
  #timerMs = Infinity;

  /** @param clock the time @param check called with each token that is due; it may set the token again */
  constructor(clock: Clock, check: (token: CallToken, nowMs: number) => void) {
    this.#clock = clock;
    this.#check = check;
    this.#onTimer = () => this.#run();
  }

  /** How many tokens have a limit. */
  get size(): number {
    return this.#heap.length;
  }

  /** Sets when a token is to be looked at, in ms since the epoch. */
  set(token: CallToken, atMs: number): void {
    token.nextCheckMs = atMs;
    if (token.heapIndex < 0) {
      token.heapIndex = this.#heap.length;
      this.#heap.push(token);
    }
    this.#rise(token.heapIndex);
    this.#sink(token.heapIndex);
    this.#arm();
  }

  /** Forgets a token. */
  remove(token: CallToken): void {
    const index = token.heapIndex;
    if (index < 0) return;
    token.heapIndex = -1;
    const last = this.#heap.pop()!;
    if (last !== token) {
      this.#place(last, index);
      this.#rise(index);
      this.#sink(last.heapIndex);
    }
    if (this.#heap.length === 0) this.#disarm();
  }

  #run(): void {
    this.#timer = undefined;
    this.#timerMs = Infinity;
    const nowMs = this.#clock.now();
    for (;;) {
      const token = this.#heap[0];
      if (token === undefined || token.nextCheckMs > nowMs) break;
      this.remove(token);
      this.#check(token, nowMs);
    }
    this.#arm();
  }

  #arm(): void {
    const first = this.#heap[0];
    // A timer that fires early finds nothing due and is set anew; re-arming at each change would cost more.
    if (first === undefined || first.nextCheckMs >= this.#timerMs) return;
    this.#disarm();
    this.#timerMs = first.nextCheckMs;
    this.#timer = this.#clock.setTimer(
      this.#onTimer,
      Math.max(0, this.#timerMs - this.#clock.now()),
      false,
    );
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#timerMs = Infinity;
  }

  #place(token: CallToken, index: number): void {
    this.#heap[index] = token;
    token.heapIndex = index;
  }

  #rise(start: number): void {
    const heap = this.#heap;
    const token = heap[start]!;
    let index = start;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex]!;
      if (parent.nextCheckMs <= token.nextCheckMs) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(token, index);
  }

  #sink(start: number): void {
    const heap = this.#heap;
    const token = heap[start]!;
    let index = start;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= heap.length) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && right.nextCheckMs < heap[childIndex]!.nextCheckMs) childIndex++;
      const child = heap[childIndex]!;
      if (child.nextCheckMs >= token.nextCheckMs) break;
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(token, index);
  }
}
