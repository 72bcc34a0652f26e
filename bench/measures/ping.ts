/**
 * Ping: a call that does nothing, awaited before the next one is made.
 *
 * @module
 */

import { percentile } from "../statistics.ts";
import { work } from "../work.ts";
import { type Measured, rest, type Subject } from "./subject.ts";

const WARM_UP_CALLS = 500;

/**
 * @param subject What to measure; not the ceiling, which takes no calls.
 * @param calls How many calls.
 * @returns Percentiles of the time from a call to its result, in microseconds.
 */
export async function measurePing(subject: Subject, calls: number): Promise<Measured> {
  const call = subject.kind === "pool"
    ? (i: number): PromiseLike<unknown> => subject.pool.call("noop", [i])
    : work.noop;
  const times = new Float64Array(calls);
  for (let i = 0; i < WARM_UP_CALLS; i++) await call(i);
  await rest();
  for (let i = 0; i < calls; i++) {
    const startMs = performance.now();
    const result = await call(i);
    times[i] = (performance.now() - startMs) * 1_000;
    if (result !== i) throw new Error(`call ${i} gave the result ${String(result)}`);
  }
  times.sort();
  return {
    metrics: { "ping.p50Us": percentile(times, 0.5), "ping.p99Us": percentile(times, 0.99) },
  };
}
