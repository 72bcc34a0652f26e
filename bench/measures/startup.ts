/**
 * Start-up: from nothing to the first result, and the memory that the lanes take.
 *
 * @module
 */

import type { ContenderModule } from "../peers/contender.ts";
import { residentBytes } from "./memory.ts";
import { checkNoops, type Measured, rest, type Subject, timeAll } from "./subject.ts";

/** Calls after which every lane has run something, whatever way the pool deals them out. */
const CALLS_PER_LANE = 50;

/**
 * Starts a contender and measures how.
 *
 * @param name Its name.
 * @param lanes Number of its workers.
 * @returns The contender; and the time to load its code, the time from there to the first result, and the memory that the
 * process has gained meanwhile for each lane.
 */
export async function startSubject(
  name: string,
  lanes: number,
): Promise<{ subject: Subject; measured: Measured }> {
  if (name === "loop") return { subject: { kind: "loop" }, measured: { metrics: {} } };
  const startMs = performance.now();
  const load = await loaderOf(name, lanes);
  const loadedMs = performance.now();
  const before = residentBytes();
  const subject = await load();
  const firstMs = performance.now();
  await callAllLanes(subject, lanes);
  const after = residentBytes();
  return {
    subject,
    measured: {
      metrics: {
        "startup.loadMs": loadedMs - startMs,
        "startup.firstMs": firstMs - loadedMs,
        "startup.laneBytes": (after - before) / lanes,
      },
    },
  };
}

async function loaderOf(name: string, lanes: number): Promise<() => Promise<Subject>> {
  if (name === "ceiling") {
    const { Ceiling } = await import("../peers/ceiling.ts");
    return async () => {
      const ceiling = new Ceiling();
      await ceiling.start(lanes);
      await ceiling.run({ kind: "noop", tokens: 1 });
      return { kind: "ceiling", ceiling };
    };
  }
  const module = await import(`../peers/${name}.ts`) as ContenderModule;
  const start = await module.load();
  return async () => {
    const pool = await start(lanes);
    checkNoops([await pool.call("noop", [0])]);
    return { kind: "pool", pool, lanes };
  };
}

async function callAllLanes(subject: Subject, lanes: number): Promise<void> {
  const tokens = CALLS_PER_LANE * lanes;
  if (subject.kind === "ceiling") await subject.ceiling.run({ kind: "noop", tokens });
  if (subject.kind === "pool") {
    checkNoops((await timeAll(tokens, (i) => subject.pool.call("noop", [i]))).results);
  }
  await rest();
}
