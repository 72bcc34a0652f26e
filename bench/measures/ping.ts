/**
 * Ping: a call that does nothing, awaited before the next one is made.
 *
 * @module
 */

import { percentile } from "../../lib/cli/statistics.ts";
import { work } from "../work.ts";
import { type Measured, type Metrics, rest, type Subject, warmUp } from "./subject.ts";

/** The clock of the warm-up is looked at after so many calls. */
const WARM_UP_CALLS = 500;

/** How long the threads of those pools look for work that can be told to. */
const SPINNING = [{ name: "ping.spin", spinUs: 100 }, { name: "ping.parked", spinUs: 0 }];

/** What is asked for. */
export interface PingRequest {
  /** How many calls are timed. */
  calls: number;
  /** How long is warmed up, in milliseconds. */
  warmUpMs: number;
}

/**
 * @param subject What to measure; not the ceiling, which takes no calls.
 * @param request How many calls, after which warm-up.
 * @returns Percentiles of the time from a call to its result, in microseconds; those of pools that are told how long to look for work too where there are such.
 */
export async function measurePing(subject: Subject, request: PingRequest): Promise<Measured> {
  if (subject.kind !== "pool") return { metrics: await ping("ping", request, work.noop) };
  const { pool } = subject;
  const metrics = await ping("ping", request, (i) => pool.call("noop", [i]));
  for (const { name, spinUs } of SPINNING) {
    const spinning = await pool.startSpinning?.(spinUs);
    if (spinning === undefined) continue;
    try {
      Object.assign(metrics, await ping(name, request, (i) => spinning.call("noop", [i])));
    } finally {
      await spinning.close();
    }
  }
  return { metrics };
}

async function ping(
  name: string,
  { calls, warmUpMs }: PingRequest,
  call: (i: number) => PromiseLike<unknown> | number,
): Promise<Metrics> {
  const times = new Float64Array(calls);
  await warmUp(warmUpMs, async () => {
    for (let i = 0; i < WARM_UP_CALLS; i++) await call(i);
  });
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
