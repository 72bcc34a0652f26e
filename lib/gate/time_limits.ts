/**
 * The tokens that have a time limit, by the moment at which each is to be looked at next. One timer serves them all.
 *
 * A binary heap, the moments in an array beside it, with the place of each token kept on the token: a token that settles leaves at once, so that a service with long deadlines and
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
  /** By place in the heap: when the token there is to be looked at, in ms since the epoch. */
  readonly #times: number[] = [];
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

  /** When a token is to be looked at, in ms since the epoch; infinite when it is not. */
  nextMs(token: CallToken): number {
    return token.heapIndex < 0 ? Infinity : this.#times[token.heapIndex]!;
  }

  /** Sets when a token is to be looked at, in ms since the epoch. */
  set(token: CallToken, atMs: number): void {
    if (token.heapIndex < 0) {
      token.heapIndex = this.#heap.length;
      this.#heap.push(token);
      this.#times.push(atMs);
    } else this.#times[token.heapIndex] = atMs;
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
    const lastMs = this.#times.pop()!;
    if (last !== token) {
      this.#place(last, lastMs, index);
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
      if (token === undefined || this.#times[0]! > nowMs) break;
      this.remove(token);
      this.#check(token, nowMs);
    }
    this.#arm();
  }

  #arm(): void {
    // A timer that fires early finds nothing due and is set anew; re-arming at each change would cost more.
    if (this.#heap.length === 0 || this.#times[0]! >= this.#timerMs) return;
    this.#disarm();
    this.#timerMs = this.#times[0]!;
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

  #place(token: CallToken, atMs: number, index: number): void {
    this.#heap[index] = token;
    this.#times[index] = atMs;
    token.heapIndex = index;
  }

  #rise(start: number): void {
    const token = this.#heap[start]!;
    const atMs = this.#times[start]!;
    let index = start;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parentMs = this.#times[parentIndex]!;
      if (parentMs <= atMs) break;
      this.#place(this.#heap[parentIndex]!, parentMs, index);
      index = parentIndex;
    }
    this.#place(token, atMs, index);
  }

  #sink(start: number): void {
    const times = this.#times;
    const token = this.#heap[start]!;
    const atMs = times[start]!;
    let index = start;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= times.length) break;
      if (childIndex + 1 < times.length && times[childIndex + 1]! < times[childIndex]!) {
        childIndex++;
      }
      if (times[childIndex]! >= atMs) break;
      this.#place(this.#heap[childIndex]!, times[childIndex]!, index);
      index = childIndex;
    }
    this.#place(token, atMs, index);
  }
}
