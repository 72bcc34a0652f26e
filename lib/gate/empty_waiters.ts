/**
 * Who waits until an operation, or the gate, has finished what it had.
 *
 * @module
 */

import type { Desk } from "./desk.ts";

/** Waits for the end of all tokens. */
export class EmptyWaiters {
  /** By operation; those of the gate under undefined. */
  readonly #waiters: Map<Desk | undefined, (() => void)[]> = new Map();

  /** Whether anybody waits. */
  get hasAny(): boolean {
    return this.#waiters.size > 0;
  }

  /** @param desk the operation; undefined for the gate @returns resolves when it is told */
  wait(desk: Desk | undefined): Promise<void> {
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(desk);
      if (waiters === undefined) this.#waiters.set(desk, [resolve]);
      else waiters.push(resolve);
    });
  }

  /** No token of it is left. */
  tell(desk: Desk | undefined): void {
    const waiters = this.#waiters.get(desk);
    if (waiters === undefined) return;
    this.#waiters.delete(desk);
    for (const resolve of waiters) resolve();
  }
}
