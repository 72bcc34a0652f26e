/**
 * Classes: what quick calls feel of a class of long ones that has more work than its lanes can do. The long ones are kept to all lanes but one.
 *
 * @module
 */

import { percentile } from "../../lib/cli/statistics.ts";
import { type Measured, rest, type Subject } from "./subject.ts";

const WARM_UP_CALLS = 500;

/** What is asked for. */
export interface ClassesRequest {
  /** How many quick calls, awaited one by one, with and without the long ones. */
  calls: number;
  /** How many long calls wait or run meanwhile. */
  backlog: number;
  /** Amount of work of a long call: see `spin`. */
  thousands: number;
}

/**
 * @param subject What to measure.
 * @param request How many calls, and how long.
 * @returns The 99th percentiles of the quick calls, in microseconds, alone and beside the backlog, and the one over the other; undefined where a pool keeps no classes apart.
 */
export async function measureClasses(
  subject: Subject,
  request: ClassesRequest,
): Promise<Measured | undefined> {
  if (subject.kind !== "pool" || subject.pool.startClasses === undefined) return undefined;
  const { calls, backlog, thousands } = request;
  const classes = await subject.pool.startClasses();
  try {
    await percentileOf(classes.quick, WARM_UP_CALLS);
    await Promise.all(Array.from({ length: 8 }, () => classes.long(thousands)));
    await rest();
    const aloneUs = await percentileOf(classes.quick, calls);
    let left = backlog;
    const long = Array.from({ length: backlog }, () => classes.long(thousands).then(() => left--));
    await rest();
    const besideUs = await percentileOf(classes.quick, calls);
    if (left === 0) {
      throw new Error(`the backlog of ${backlog} long calls ended before the quick ones`);
    }
    classes.endLong();
    await Promise.allSettled(long);
    return {
      metrics: {
        "classes.aloneP99Us": aloneUs,
        "classes.besideP99Us": besideUs,
        "classes.ratio": besideUs / aloneUs,
      },
    };
  } finally {
    await classes.close();
  }
}

async function percentileOf(
  call: (i: number) => PromiseLike<unknown>,
  calls: number,
): Promise<number> {
  const times = new Float64Array(calls);
  for (let i = 0; i < calls; i++) {
    const startMs = performance.now();
    const result = await call(i);
    times[i] = (performance.now() - startMs) * 1_000;
    if (result !== i) throw new Error(`call ${i} gave the result ${String(result)}`);
  }
  times.sort();
  return percentile(times, 0.99);
}
