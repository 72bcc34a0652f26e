/**
 * The bound of a queue: how many tokens may wait, of one operation or of the whole gate, and how many places are promised to reservations.
 *
 * What was promised counts as taken, so that a hundred producers that are told at once that there is room never overshoot the bound.
 *
 * @module
 */

import { WAITING } from "../call_token.ts";
import type { QueueLimit } from "../errors.ts";
import type { QueuePolicy } from "./desk_policy.ts";

/** One bound, and what is held against it. */
export class QueueBound {
  readonly policy: QueuePolicy;
  /** Bytes of the tokens that wait. */
  bytes = 0;
  /** Places, and bytes, that are promised. */
  reserved = 0;
  reservedBytes = 0;
  /** Counts of tokens by state, kept by the ledger. */
  readonly #counts: readonly number[];

  /** @param policy the bound @param counts tokens by state code, kept by somebody else */
  constructor(policy: QueuePolicy, counts: readonly number[]) {
    this.policy = policy;
    this.#counts = counts;
  }

  /** How many tokens wait. */
  get waiting(): number {
    return this.#counts[WAITING]!;
  }

  /** Whether the sizes of arguments have to be known. */
  get countsBytes(): boolean {
    return this.policy.maxQueueBytes < Infinity;
  }

  /** Whether half of it, or more, is free. */
  get isHalfEmpty(): boolean {
    const { maxQueue, maxQueueBytes } = this.policy;
    return (this.waiting + this.reserved) * 2 <= maxQueue &&
      (this.bytes + this.reservedBytes) * 2 <= maxQueueBytes;
  }

  /** @param count tokens @param bytes their size @returns the limit for which there is no room for them; undefined when there is room */
  lacks(count: number, bytes: number): QueueLimit | undefined {
    if (this.waiting + this.reserved + count > this.policy.maxQueue) return "maxQueue";
    return this.lacksBytes(bytes) ? "maxQueueBytes" : undefined;
  }

  /** @param bytes size of arguments @returns whether there is no room for so many bytes */
  lacksBytes(bytes: number): boolean {
    return this.bytes + this.reservedBytes + bytes > this.policy.maxQueueBytes;
  }
}
