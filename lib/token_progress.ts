/**
 * The progress of a call where it is looked at: the latest of what its function has reported, and who waits for the next.
 *
 * @module
 */

import type { FollowedToken, TokenFollower } from "./token_follower.ts";

/**
 * What a function reports while it runs, with `current().progress(value)`. Only the latest report is kept: who looks rarely, or reads slowly, misses those between, and
 * nothing piles up. A loop over it ends when the token settles, however it does; what becomes of the call the token tells.
 */
export interface TokenProgress extends AsyncIterable<unknown> {
  /** The latest report; undefined before the first. */
  readonly latest: unknown;
}

/** The reports of one call. */
export class ProgressReports implements TokenProgress, TokenFollower {
  readonly isForResults: boolean = false;
  readonly takesKept: boolean = true;
  latest: unknown = undefined;
  /** How many reports there were. */
  #count = 0;
  #isOver = false;
  #waiters: (() => void)[] = [];

  /** There is a new one. */
  report(value: unknown): void {
    this.latest = value;
    this.#count++;
    this.#wake();
  }

  fulfilled(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** Looking on is no waiting for the result: an error is still nobody's. */
  rejected(_token: FollowedToken): boolean {
    this.fulfilled();
    return false;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void, undefined> {
    for (let seen = 0;;) {
      if (this.#count > seen) {
        seen = this.#count;
        yield this.latest;
      } else if (this.#isOver) return;
      else await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  #wake(): void {
    const waiters = this.#waiters;
    if (waiters.length === 0) return;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
