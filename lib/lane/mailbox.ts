/**
 * A lane's mailbox: which call is in which slot, and in what order they were sent. A slot stays taken until the lane answers for
 * it, even when its call was recalled or released before, since the lane still writes to that slot.
 *
 * @module
 */

import type { LaneCall } from "../bridge/contract.ts";

/** A fixed number of slots for the calls that a lane holds. */
export class Mailbox {
  /** Number of slots. */
  readonly capacity: number;
  readonly #calls: (LaneCall | undefined)[];
  readonly #sequences: Float64Array;
  readonly #free: Int32Array;
  #freeCount: number;
  #nextSequence = 0;
  #held = 0;

  /** @param capacity number of slots */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.#calls = new Array(capacity).fill(undefined);
    this.#sequences = new Float64Array(capacity);
    this.#free = new Int32Array(capacity);
    for (let slot = 0; slot < capacity; slot++) this.#free[slot] = capacity - 1 - slot;
    this.#freeCount = capacity;
  }

  /** Slots taken, the recalled and released ones included. */
  get occupied(): number {
    return this.capacity - this.#freeCount;
  }

  /** Calls that are here and were not given up. */
  get held(): number {
    return this.#held;
  }

  /** Puts a call in a free slot, and writes the slot to it. @throws {RangeError} when the mailbox is full */
  put(call: LaneCall): number {
    if (this.#freeCount === 0) {
      throw new RangeError(
        `Cannot put a call in the mailbox: all ${this.capacity} slots are taken`,
      );
    }
    const slot = this.#free[--this.#freeCount]!;
    this.#calls[slot] = call;
    this.#held++;
    this.#sequences[slot] = this.#nextSequence++;
    call.slot = slot;
    return slot;
  }

  /** The call in a slot; undefined when it was given up. */
  at(slot: number): LaneCall | undefined {
    return this.#calls[slot];
  }

  /** Whether the slot is the call's own. */
  holds(call: LaneCall): boolean {
    return this.#calls[call.slot] === call;
  }

  /** Gives up the call in a slot that stays taken. */
  forget(slot: number): void {
    if (this.#calls[slot] !== undefined) this.#held--;
    this.#calls[slot] = undefined;
  }

  /** Frees a slot; returns its call unless that was given up before. */
  take(slot: number): LaneCall | undefined {
    const call = this.#calls[slot];
    this.forget(slot);
    this.#free[this.#freeCount++] = slot;
    return call;
  }

  /** Adds up something of the calls not given up. */
  sum(of: (call: LaneCall) => number): number {
    let sum = 0;
    for (let slot = 0, left = this.#held; left > 0; slot++) {
      const call = this.#calls[slot];
      if (call === undefined) continue;
      sum += of(call);
      left--;
    }
    return sum;
  }

  /** The calls not given up, in the order they were put in. */
  inOrder(): LaneCall[] {
    const held: LaneCall[] = [];
    for (let slot = 0; slot < this.capacity; slot++) {
      const call = this.#calls[slot];
      if (call !== undefined) held.push(call);
    }
    return held.sort((a, b) => this.#sequences[a.slot]! - this.#sequences[b.slot]!);
  }
}
