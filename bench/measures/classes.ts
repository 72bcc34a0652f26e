/**
 * Classes: what quick calls feel of a class of long ones that has more work than its lanes can do. The long ones are kept to all lanes but one.
 *
 * @module
 */

import { percentile } from "../../lib/cli/statistics.ts";
import type { Classes } from "../peers/contender.ts";
import { type Measured, rest, type Subject, WARM_UP_MS, warmUp } from "./subject.ts";

const WARM_UP_CALLS = 500;
const WARM_UP_LONG = 8;
/** With and without the long ones in turn, so that a slow phase of the machine falls on both; so often. */
const BLOCKS = 20;

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
  const classes = await subject.pool.startClasses();
  try {
    const warmUps = new Float64Array(WARM_UP_CALLS);
    await warmUp(WARM_UP_MS, async () => {
      const long = Array.from({ length: WARM_UP_LONG }, () => classes.long(request.thousands));
      await timeCalls(classes, warmUps);
      await Promise.all(long);
    });
    const alone = new Float64Array(request.calls);
    const beside = new Float64Array(request.calls);
    const perBlock = Math.ceil(request.calls / BLOCKS);
    for (let from = 0; from < request.calls; from += perBlock) {
      await rest();
      await timeCalls(classes, alone.subarray(from, from + perBlock));
      await timeBeside(classes, request, beside.subarray(from, from + perBlock));
    }
    const aloneUs = percentile(alone.sort(), 0.99);
    const besideUs = percentile(beside.sort(), 0.99);
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

async function timeBeside(
  classes: Classes,
  { backlog, thousands }: ClassesRequest,
  times: Float64Array,
): Promise<void> {
  let left = backlog;
  const long = Array.from({ length: backlog }, () => classes.long(thousands).then(() => left--));
  await rest();
  await timeCalls(classes, times);
  if (left === 0) {
    throw new Error(`the backlog of ${backlog} long calls ended before the quick ones`);
  }
  classes.endLong();
  await Promise.allSettled(long);
}

/** Makes quick calls, one by one, and notes what each takes, in µs. */
async function timeCalls(classes: Classes, times: Float64Array): Promise<void> {
  for (let i = 0; i < times.length; i++) {
    const startMs = performance.now();
    const result = await classes.quick(i);
    times[i] = (performance.now() - startMs) * 1_000;
    if (result !== i) throw new Error(`call ${i} gave the result ${String(result)}`);
  }
}
