/**
 * What a comparison needs of a pool, ours or another: the one interface behind which each of them stands.
 *
 * @module
 */

import type { WorkName } from "../work.ts";

/** A pool that has started. */
export interface Contender {
  /**
   * Has a function of the table run on a worker.
   *
   * @param name The function.
   * @param args Its arguments, at most two.
   * @returns Its result, awaitable.
   */
  call(name: WorkName, args: readonly unknown[]): PromiseLike<unknown>;
  /** Has it run once for each list of arguments, and gives the results in their order; undefined where the pool has no such call. */
  readonly callEach?: (name: WorkName, inputs: readonly [unknown][]) => Promise<unknown[]>;
  /** The same with an argument whose memory is handed over; undefined where the pool offers no such thing. */
  readonly callWithTransfer?: (
    name: WorkName,
    bytes: Uint8Array<ArrayBuffer>,
  ) => PromiseLike<unknown>;
  /**
   * Starts the same pool with threads that always look for work for `spinUs` µs before they sleep; undefined where the pool offers no such thing
   * beside its best settings.
   */
  readonly startSpinning?: (spinUs: number) => Promise<Contender>;
  /** Starts the same pool with long calls kept to all lanes but one; undefined where the pool keeps no classes of calls apart. */
  readonly startClasses?: () => Promise<Classes>;
  /** Ends the pool. */
  close(): Promise<unknown>;
}

/** A pool that keeps long calls apart from quick ones. */
export interface Classes {
  /** Calls `noop`. */
  quick(i: number): PromiseLike<unknown>;
  /** Calls `spin`. */
  long(thousands: number): Promise<unknown>;
  /** Ends the long calls. */
  endLong(): void;
  /** Ends the pool. */
  close(): Promise<unknown>;
}

/** Starts a pool of so many workers; the rest of its settings are its best ones. */
export type StartContender = (lanes: number) => Promise<Contender> | Contender;

/** The module of a contender: imported at run time, in the process that measures it. */
export interface ContenderModule {
  /** Loads the pool's own code. */
  load(): Promise<StartContender> | StartContender;
}
