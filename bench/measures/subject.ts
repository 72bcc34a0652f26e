/**
 * What is measured in a process: the loop, the ceiling, or a pool.
 *
 * @module
 */

import type { Ceiling } from "../peers/ceiling.ts";
import type { Contender } from "../peers/contender.ts";

/** What is measured. */
export type Subject =
  | { readonly kind: "loop" }
  | { readonly kind: "ceiling"; readonly ceiling: Ceiling }
  | { readonly kind: "pool"; readonly pool: Contender; readonly lanes: number };

/** What a measure gives: a number for each of its metrics. */
export type Metrics = Record<string, number>;

/** What a measure gives back: its metrics, and the check-sum of the results where it is to be compared. */
export interface Measured {
  metrics: Metrics;
  checksum?: string;
}

/** Rest before each clock, in milliseconds, so that what one step left to do is not charged to the next. */
const REST_MS = 5;

/** Waits a little. */
export function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, REST_MS));
}

/**
 * How long a contender is warmed up, in milliseconds: the code that is measured is the code that a program runs in the long term. A loop has one thread's code to compile, a pool
 * that of three, and on two cores a compiler takes what the lanes need: on Bun up to a third of all processor time for the first ten thousand calls.
 */
export const WARM_UP_MS = 1_500;

/**
 * Has code compiled, here or in the lanes.
 *
 * @param forMs How long, in milliseconds.
 * @param run Runs what is to be measured; once at least.
 */
export async function warmUp(forMs: number, run: () => Promise<unknown> | unknown): Promise<void> {
  const untilMs = performance.now() + forMs;
  do await run(); while (performance.now() < untilMs);
}

/**
 * Takes times until there are enough or they have taken long enough; there is always one.
 *
 * @param most How many at most.
 * @param budgetMs Time after which no further one is taken, in milliseconds.
 * @param time Takes one, in milliseconds.
 * @returns The times.
 */
export async function repeat(
  most: number,
  budgetMs: number,
  time: () => Promise<number> | number,
): Promise<number[]> {
  const times: number[] = [];
  const startMs = performance.now();
  do {
    await rest();
    times.push(await time());
  } while (times.length < most && performance.now() - startMs < budgetMs);
  return times;
}

/**
 * Submits calls 0 to n-1 at once and waits for all of them. The clock starts before the first submission.
 *
 * @param tokens Number of calls.
 * @param submit Submits a call.
 * @returns The time in milliseconds, and the results in order.
 */
export async function timeAll(
  tokens: number,
  submit: (i: number) => PromiseLike<unknown>,
): Promise<{ elapsedMs: number; results: unknown[] }> {
  const calls: PromiseLike<unknown>[] = new Array(tokens);
  const startMs = performance.now();
  for (let i = 0; i < tokens; i++) calls[i] = submit(i);
  const results = await Promise.all(calls);
  return { elapsedMs: performance.now() - startMs, results };
}

/**
 * Whether calls of `noop` gave what they were called with.
 *
 * @param results Their results.
 * @throws {Error} When one did not.
 */
export function checkNoops(results: readonly unknown[]): void {
  for (let i = 0; i < results.length; i++) {
    if (results[i] !== i) throw new Error(`call ${i} gave the result ${String(results[i])}`);
  }
}
