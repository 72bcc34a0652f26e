/**
 * The lineup: which token is next, over the queues of all operations, by their places in the order of the calls; but for operations whose tokens may not go on now: their
 * queues are left out, and hold nobody else.
 *
 * A binary heap of the desks with a queue, by the place in the order of the first token of each; a desk knows its own place in it. Taking from
 * one of k queues costs log k steps; where all tokens are of one operation, none.
 *
 * @module
 */

import type { CallToken } from "../call_token.ts";
import type { Desk } from "./desk.ts";

/** The desks whose tokens may go on. */
export class Lineup {
  readonly #heap: Desk[] = [];
  #size = 0;

  /** How many tokens wait in the queues that are not left out. */
  get size(): number {
    return this.#size;
  }

  /** The next token, if it may go on. */
  get first(): CallToken | undefined {
    return this.#heap[0]?.queue.first;
  }

  /** Takes the next token that may go on. Desks whose first token may not leave the lineup on the way. */
  shift(): CallToken | undefined {
    for (;;) {
      const desk = this.#heap[0];
      if (desk === undefined) return undefined;
      const token = desk.queue.first!;
      if (desk.isGated && !desk.clears(token)) continue;
      desk.remove(token);
      return token;
    }
  }

  /** The queue of a desk that is here is longer by one token at its end. */
  grew(): void {
    this.#size++;
  }

  /** The queue of a desk is longer by `change` tokens, and may have another first one. */
  changed(desk: Desk, change: number): void {
    if (desk.lineupIndex < 0) return;
    this.#size += change;
    if (desk.queue.size === 0) this.#take(desk);
    else {
      this.#rise(desk.lineupIndex);
      this.#sink(desk.lineupIndex);
    }
  }

  /** Takes a desk in, if it has a queue and is left out. */
  enter(desk: Desk): void {
    if (desk.lineupIndex >= 0 || desk.queue.size === 0) return;
    desk.lineupIndex = this.#heap.length;
    this.#heap.push(desk);
    this.#size += desk.queue.size;
    this.#rise(desk.lineupIndex);
  }

  /** Leaves a desk out. */
  leave(desk: Desk): void {
    if (desk.lineupIndex < 0) return;
    this.#size -= desk.queue.size;
    this.#take(desk);
  }

  #take(desk: Desk): void {
    const index = desk.lineupIndex;
    desk.lineupIndex = -1;
    const last = this.#heap.pop()!;
    if (last === desk) return;
    this.#heap[index] = last;
    last.lineupIndex = index;
    this.#rise(index);
    this.#sink(last.lineupIndex);
  }

  #rise(index: number): void {
    const heap = this.#heap;
    const desk = heap[index]!;
    const { sequence } = desk.queue.first!;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const other = heap[above]!;
      if (other.queue.first!.sequence < sequence) break;
      heap[index] = other;
      other.lineupIndex = index;
      index = above;
    }
    heap[index] = desk;
    desk.lineupIndex = index;
  }

  #sink(index: number): void {
    const heap = this.#heap;
    const desk = heap[index]!;
    const { sequence } = desk.queue.first!;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      if (
        below + 1 < heap.length &&
        heap[below + 1]!.queue.first!.sequence < heap[below]!.queue.first!.sequence
      ) below++;
      const other = heap[below]!;
      if (other.queue.first!.sequence > sequence) break;
      heap[index] = other;
      other.lineupIndex = index;
      index = below;
    }
    heap[index] = desk;
    desk.lineupIndex = index;
  }
}
