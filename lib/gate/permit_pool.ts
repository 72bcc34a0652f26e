/**
 * Limits with a name, to be shared by operations and by gates.
 *
 * @module
 */

import { show } from "../options.ts";
import { Permits } from "./permits.ts";

/** Gives the gate what the public class does not show. */
let readPermits: (pool: PermitPool) => Permits;

/**
 * So many calls at once, and no more, over all the operations and gates that are given this pool: for what they use together, such as
 * a disk, a database or a service. A call takes its permit before it takes a place in a lane, so one that waits for it keeps no lane from others.
 *
 * A pool counts the calls of the isolate that made it. It is made with a limit, and can be resized at any time.
 *
 * @example
 * ```ts
 * import { inLane, type Operation, operation, PermitPool, TokenGate } from "@tokengate/tokengate";
 *
 * const disk = new PermitPool("disk", 2);
 *
 * export const read: Operation<[file: string], string> = operation(import.meta, "read", (file) => file, {
 *   pools: [disk],
 * });
 *
 * if (!inLane) {
 *   const gate = new TokenGate();
 *   const tokens = ["a", "b", "c"].map((file) => gate.call(read, file)); // two at once
 *   console.log((await Promise.all(tokens)).join("")); // "abc"
 *   console.log(disk.inUse); // 0
 *   await gate.close();
 * }
 * ```
 */
export class PermitPool {
  /** What it is called in statistics. */
  readonly name: string;
  readonly #permits: Permits;

  static {
    readPermits = (pool) => pool.#permits;
  }

  /**
   * Makes a pool, all of whose permits are free.
   *
   * @param name what it is called in statistics
   * @param limit how many calls may have one of its permits at once
   * @throws {TypeError} when the name is no text, or the limit no number
   * @throws {RangeError} when the limit is no whole number above zero
   */
  constructor(name: string, limit: number) {
    if (typeof name !== "string" || name === "") {
      throw new TypeError(`Cannot make a PermitPool: received ${show(name)}, not a name`);
    }
    this.name = name;
    this.#permits = new Permits(checkNumber(name, limit));
  }

  /** How many calls may have a permit at once. */
  get limit(): number {
    return this.#permits.limit;
  }

  /** How many permits are taken, now. After the pool was made smaller this may be above the limit for a while. */
  get inUse(): number {
    return this.#permits.inUse;
  }

  /** How many operations have calls that wait for a permit, now; each gate counts its own. */
  get waiting(): number {
    return this.#permits.waiting;
  }

  /**
   * Changes how many calls may have a permit at once. Made smaller, it takes nothing from the calls that run: no permit is given until
   * enough of them have ended. Made larger, it lets those that wait go on.
   *
   * @param limit how many from now on
   * @throws {TypeError} when it is no number
   * @throws {RangeError} when it is no whole number above zero
   */
  resize(limit: number): void {
    this.#permits.resize(checkNumber(this.name, limit));
  }

  /**
   * Gives the pool as plain data.
   *
   * @returns what it is like now
   */
  toJSON(): { name: string; limit: number; inUse: number; waiting: number } {
    return { name: this.name, limit: this.limit, inUse: this.inUse, waiting: this.waiting };
  }
}

/** Names of the ready-made pools for storage, by how fast it is. */
export type StorageTier = "slow" | "moderate" | "fast" | "insane";

/**
 * Ready-made pools for operations that read or write storage, by how fast it is: slow (10 at once), moderate (25), fast (50) and
 * insane (70). They are shared by all of a program, and can be resized to what a device was measured to bear.
 */
export const storageTiers: Readonly<Record<StorageTier, PermitPool>> = Object.freeze({
  slow: new PermitPool("storage: slow", 10),
  moderate: new PermitPool("storage: moderate", 25),
  fast: new PermitPool("storage: fast", 50),
  insane: new PermitPool("storage: insane", 70),
});

/** @param pool a pool @returns the limit behind it, for the gate to take from */
export function permitsOf(pool: PermitPool): Permits {
  return readPermits(pool);
}

function checkNumber(name: string, limit: number): number {
  if (typeof limit === "number") return limit;
  throw new TypeError(
    `Cannot set the limit of the pool "${name}": received ${show(limit)}, not a number`,
  );
}
