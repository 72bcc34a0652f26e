/**
 * The children that ran in their leads' lanes, counted over lanes and their lives.
 *
 * @module
 */

import {
  CHILD_ROWS,
  type ChildTable,
  ENTERED,
  FAILED_HERE,
  IDLE,
  KILLED_HERE,
  RETURNED_WELL,
  TIMED_OUT,
} from "./child_table.ts";

/** What the children of one operation have come to. */
export interface TalliedOperation {
  readonly url: string;
  readonly name: string;
  submitted: number;
  waiting: number;
  executing: number;
  completed: number;
  failed: number;
  killed: number;
  timeout: number;
}

/** Where the operations are told that have no row of their own. */
const OTHERS = { url: "", name: "others" };

/** Sums of what tables say. */
export class ChildTally {
  readonly #operations: Map<string, TalliedOperation> = new Map();

  /**
   * Adds a table.
   *
   * @param table the table
   * @param names the operations of its rows
   * @param isLost whether its lane is gone, and what had not ended with it
   */
  add(table: ChildTable, names: readonly ChildOperationName[], isLost: boolean): void {
    for (let row = 0; row < CHILD_ROWS; row++) {
      // Before the count of all: a child that comes in between is one that runs, and never one that is missing.
      const waiting = table.read(row, IDLE);
      const completed = table.read(row, RETURNED_WELL);
      const failed = table.read(row, FAILED_HERE);
      const killed = table.read(row, KILLED_HERE);
      const timeout = table.read(row, TIMED_OUT);
      const submitted = table.read(row, ENTERED);
      if (submitted === 0) continue;
      const sum = this.#of(names[row] ?? OTHERS);
      const live = submitted - completed - failed - killed - timeout;
      sum.submitted += submitted;
      sum.completed += completed;
      sum.failed += failed;
      sum.timeout += timeout;
      sum.killed += isLost ? killed + live : killed;
      if (isLost) continue;
      sum.waiting += waiting;
      sum.executing += live - waiting;
    }
  }

  /** Adds another tally. */
  merge(other: ChildTally): void {
    for (const from of other.operations()) {
      const sum = this.#of(from);
      sum.submitted += from.submitted;
      sum.waiting += from.waiting;
      sum.executing += from.executing;
      sum.completed += from.completed;
      sum.failed += from.failed;
      sum.killed += from.killed;
      sum.timeout += from.timeout;
    }
  }

  /** @returns the sums, by operation */
  operations(): Iterable<TalliedOperation> {
    return this.#operations.values();
  }

  #of({ url, name }: ChildOperationName): TalliedOperation {
    const key = `${url}\n${name}`;
    let sum = this.#operations.get(key);
    if (sum === undefined) {
      sum = {
        url,
        name,
        submitted: 0,
        waiting: 0,
        executing: 0,
        completed: 0,
        failed: 0,
        killed: 0,
        timeout: 0,
      };
      this.#operations.set(key, sum);
    }
    return sum;
  }
}

/** What a row stands for. */
export interface ChildOperationName {
  readonly url: string;
  readonly name: string;
}
