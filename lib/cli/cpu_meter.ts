/**
 * How much of the machine other programs take while something is measured. Lanes and other programs compete for the same
 * processors, and the loop suffers less from it than the lanes do: a table made on a busy machine says so.
 *
 * @module
 */

import { cpus } from "node:os";
import process from "node:process";

/** Processor time since some moment, in milliseconds. */
export interface CpuTimes {
  /** All that passed on all processors, busy or not. */
  totalMs: number;
  /** In which a processor was busy. */
  busyMs: number;
  /** In which it was busy for this process, with all of its threads. */
  ownMs: number;
}

/** Measures from its creation on. The system counts in steps of about 10 ms, so that short spans give no more than a hint. */
export class CpuMeter {
  readonly #start: CpuTimes = readCpuTimes();

  /**
   * The part of the machine that others have used so far.
   *
   * @returns 0 to 1; NaN when the system does not tell or no time has passed.
   */
  othersPart(): number {
    return othersPart(this.#start, readCpuTimes());
  }
}

/**
 * The part of the machine that others have used between two readings.
 *
 * @param start The first reading.
 * @param end The second.
 * @returns 0 to 1; NaN when no time has passed.
 */
export function othersPart(start: CpuTimes, end: CpuTimes): number {
  const totalMs = end.totalMs - start.totalMs;
  if (!(totalMs > 0)) return NaN;
  const othersMs = (end.busyMs - start.busyMs) - (end.ownMs - start.ownMs);
  return Math.min(1, Math.max(0, othersMs / totalMs));
}

function readCpuTimes(): CpuTimes {
  let totalMs = 0;
  let busyMs = 0;
  for (const { times } of cpus()) {
    const busy = times.user + times.nice + times.sys + times.irq;
    busyMs += busy;
    totalMs += busy + times.idle;
  }
  const own = process.cpuUsage();
  return { totalMs, busyMs, ownMs: (own.user + own.system) / 1_000 };
}
