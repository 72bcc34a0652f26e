/**
 * Memory of this process, as far as the runtimes tell it alike.
 *
 * @module
 */

import process from "node:process";
import type { Measured, Subject } from "./subject.ts";

/** How long the lanes are kept from working, in milliseconds. */
const PARKED_MS = 20_000;
/** Time in which what was submitted goes where it has to wait, in milliseconds. */
const SETTLING_MS = 150;

/** @returns Bytes of memory that the process holds */
export function residentBytes(): number {
  return process.memoryUsage().rss;
}

/** Collects garbage; the process must have been started with the right for it. */
export function collectGarbage(): void {
  const bun = Reflect.get(globalThis, "Bun") as { gc(force: boolean): void } | undefined;
  const gc = Reflect.get(globalThis, "gc") as (() => void) | undefined;
  if (bun !== undefined) bun.gc(true);
  else if (gc !== undefined) gc();
  else throw new Error("garbage cannot be collected: the process was not started for it");
}

/**
 * Memory of calls that wait and whose results nobody awaits yet. The lanes are kept busy, so that all of the calls are
 * pending when they have found the place where they wait.
 *
 * The process is of no use afterwards.
 *
 * @param subject A pool.
 * @param tokens Calls that wait.
 * @returns Bytes per call on the collected heap (with what it holds outside), and of the whole process.
 */
export async function measurePending(subject: Subject, tokens: number): Promise<Measured> {
  if (subject.kind !== "pool") throw new Error("only a pool has pending calls");
  const { pool, lanes } = subject;
  for (let i = 0; i < 1_000; i++) await pool.call("noop", [i]);
  // Held in a list that is there before, so that its own memory is not counted.
  const pending: (PromiseLike<unknown> | undefined)[] = new Array(tokens).fill(undefined);
  let unparked = 0;
  for (let lane = 0; lane < lanes; lane++) {
    pool.call("park", [PARKED_MS]).then(() => unparked++, () => unparked++);
  }
  await settle();
  collectGarbage();
  const heapBefore = heapBytes();
  const residentBefore = residentBytes();
  // The parked calls are pending too: one peer has room for 65,536 in all.
  const count = tokens - lanes;
  for (let i = 0; i < count; i++) pending[i] = pool.call("noop", [i]);
  await settle();
  const resident = residentBytes() - residentBefore;
  collectGarbage();
  const heap = heapBytes() - heapBefore;
  if (unparked > 0) throw new Error("the calls did not stay pending: a lane was not kept busy");
  if (pending[count - 1] === undefined) throw new Error("a call was not made");
  return {
    metrics: { "memory.heapBytes": heap / count, "memory.residentBytes": resident / count },
  };
}

function heapBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLING_MS));
}
