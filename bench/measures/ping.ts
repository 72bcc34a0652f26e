/**
 * Ping: a call that does nothing, awaited before the next one is made.
 *
 * @module
 */

import { percentile } from "../../lib/cli/statistics.ts";
import { work } from "../work.ts";
import { type Measured, type Metrics, rest, type Subject } from "./subject.ts";

const WARM_UP_CALLS = 500;

/**
 * @param subject What to measure; not the ceiling, which takes no calls.
 * @param calls How many calls.
 * @returns Percentiles of the time from a call to its result, in microseconds; those of a pool that spins too where there is one.
 */
export async function measurePing(subject: Subject, calls: number): Promise<Measured> {
  if (subject.kind !== "pool") return { metrics: await ping("ping", calls, work.noop) };
  const { pool } = subject;
  const metrics = await ping("ping", calls, (i) => pool.call("noop", [i]));
  const spinning = await pool.startSpinning?.();
  if (spinning === undefined) return { metrics };
  try {
    Object.assign(metrics, await ping("ping.spin", calls, (i) => spinning.call("noop", [i])));
  } finally {
    await spinning.close();
  }
  return { metrics };
}

async function ping(
  name: string,
  calls: number,
  call: (i: number) => PromiseLike<unknown> | number,
): Promise<Metrics> {
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
  return { [`${name}.p50Us`]: percentile(times, 0.5), [`${name}.p99Us`]: percentile(times, 0.99) };
}
