/**
 * What an operation asks of every gate that runs it, beside what each call asks for.
 *
 * @module
 */

import type { BreakerSettings } from "./breaker.ts";
import type { PermitPool } from "./permit_pool.ts";
import type { RateLimitSettings } from "./rate_limit.ts";

/** What happens to a call when the queue is full. */
export type WhenFull = "reject" | "wait" | "drop-oldest";

/** How many tokens may wait, and what happens to the next one. */
export interface QueuePolicy {
  /** How many tokens may wait. */
  readonly maxQueue: number;
  /** How many bytes their arguments may have together. */
  readonly maxQueueBytes: number;
  readonly whenFull: WhenFull;
}

/** What keeps a call apart from the program: a thread of its own, or a process. */
export type Isolation = "thread" | "process";

/** The policy of an operation. */
export interface DeskPolicy {
  /** The bound of its own queue; undefined for none. */
  readonly queue: QueuePolicy | undefined;
  /** How many of its calls may be in lanes at once. */
  readonly maxConcurrent: number;
  /** Permits that it shares with other operations. */
  readonly pools: readonly PermitPool[];
  readonly rateLimit: RateLimitSettings | undefined;
  readonly breaker: BreakerSettings | undefined;
  /** The kind of lanes its calls run in; undefined for the gate's own kind. */
  readonly isolation: Isolation | undefined;
  /** Whether a call that may have run may be run again. */
  readonly isIdempotent: boolean;
  /** How long a call is said to run, in ms, until some were measured; undefined when nothing was said. */
  readonly costMs?: number | undefined;
}

/** The policy of an operation that asks for nothing. */
export const NO_POLICY: DeskPolicy = {
  queue: undefined,
  maxConcurrent: Infinity,
  pools: [],
  rateLimit: undefined,
  breaker: undefined,
  isolation: undefined,
  isIdempotent: false,
};
