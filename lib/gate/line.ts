/**
 * A line: tokens of one operation that go on under the same conditions, since they have the same weight and wait in the same lineup. Nearly always an operation has one.
 *
 * @module
 */

import type { CallToken, CallWeight, TokenQueue } from "../call_token.ts";
import type { WaitingFor } from "../token.ts";
import type { Desk } from "./desk.ts";
import { LevelQueue } from "./level_queue.ts";
import type { LineHeap } from "./line_heap.ts";
import type { Lineup } from "./lineup.ts";

/** Tokens of one operation. */
export class Line implements TokenQueue {
  readonly desk: Desk;
  readonly lineup: Lineup;
  /** That of its tokens; undefined when they are light. */
  readonly weight: CallWeight | undefined;
  readonly queue: LevelQueue = new LevelQueue();
  /** Where it is in the lineup. */
  readonly heap: LineHeap;
  /** Its place there; -1 while it is left out. */
  heapIndex = -1;

  /** @param desk the operation @param lineup where it waits @param weight that of its tokens */
  constructor(desk: Desk, lineup: Lineup, weight: CallWeight | undefined) {
    this.desk = desk;
    this.lineup = lineup;
    this.weight = weight;
    this.heap = lineup.heapFor(weight);
    lineup.lines?.add(this);
  }

  get waitingFor(): WaitingFor {
    const { desk, lineup, weight } = this;
    return desk.waitsFor ?? (lineup.holds(weight) ? "weight" : "lane");
  }

  /** Puts a token at the end, or at that of those of its priority. */
  push(token: CallToken): void {
    this.queue.push(token);
    this.#note(token);
  }

  /** Puts a token where it belongs that was taken out before. */
  insert(token: CallToken): void {
    this.queue.insert(token);
    this.#note(token);
  }

  remove(token: CallToken): void {
    const wasFirst = this.queue.first === token;
    this.queue.remove(token);
    if (this.heapIndex >= 0) this.lineup.shrank(this, wasFirst);
    if (this.lineup.lines !== undefined) this.lineup.count(token, -1);
    this.desk.left(this);
  }

  #note(token: CallToken): void {
    token.queue = this;
    const { desk } = this;
    desk.queued++;
    if (this.lineup.lines !== undefined) this.lineup.count(token, 1);
    if (this.heapIndex >= 0) this.lineup.grew(this, this.queue.first === token);
    else if (desk.isOpen) this.lineup.enter(this);
    const { ahead } = desk;
    // What is laid out is next no more.
    const isOvertaken = ahead !== undefined && (ahead.queue !== this || this.queue.first === token);
    if (isOvertaken) desk.group.succession!.withdraw(desk);
  }
}
