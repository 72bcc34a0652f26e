/**
 * Tasks of about 50 ms: dispatch should not show at all, and the lanes should never be idle.
 *
 * @module
 */

import { checksumOfWave } from "../../lib/cli/waves/checksum.ts";
import { runLoop } from "../../lib/cli/waves/round.ts";
import { work } from "../work.ts";
import { type Measured, rest, type Subject, timeAll } from "./subject.ts";

/** How long a task should take, in milliseconds. */
const TASK_MS = 50;
const CALIBRATION_THOUSANDS = 5_000;
const CALIBRATIONS = 10;

/** What is asked for. */
export interface HeavyRequest {
  tokens: number;
  lanes: number;
  /** Amount of work of a task: see `spin`. */
  thousands: number;
}

/**
 * Finds the amount of work of a task. The same amount is then asked of every contender.
 *
 * @returns What to ask of `spin` for about 50 ms, in this thread and on this machine.
 */
export function calibrate(): number {
  // The fastest of several: the first ones are not compiled yet, and any may be disturbed.
  let insideMs = Infinity;
  for (let i = 0; i < CALIBRATIONS; i++) {
    insideMs = Math.min(insideMs, work.spin(CALIBRATION_THOUSANDS)[1]);
  }
  return Math.max(1, Math.round(CALIBRATION_THOUSANDS * TASK_MS / insideMs));
}

/**
 * @param subject What to measure.
 * @param request How many tasks, and how large.
 * @returns The time, and the part of the lanes' time that was spent inside the function. The loop is one lane.
 */
export async function measureHeavy(subject: Subject, request: HeavyRequest): Promise<Measured> {
  const { tokens, lanes, thousands } = request;
  await rest();
  if (subject.kind === "ceiling") {
    await subject.ceiling.run({ kind: "spin", tokens: lanes, thousands: 100 });
    const { wallMs, insideMs, checksum } = await subject.ceiling.run({
      kind: "spin",
      tokens,
      thousands,
    });
    return { metrics: metricsOf(wallMs, insideMs, lanes, tokens), checksum };
  }
  if (subject.kind === "loop") {
    const { elapsedMs, results } = runLoop(tokens, () => work.spin(thousands));
    return {
      metrics: metricsOf(elapsedMs, insideOf(results), 1, tokens),
      checksum: sumOf(results),
    };
  }
  const { pool } = subject;
  await timeAll(lanes * 2, () => pool.call("spin", [100]));
  await rest();
  const { elapsedMs, results } = await timeAll(tokens, () => pool.call("spin", [thousands]));
  return {
    metrics: metricsOf(elapsedMs, insideOf(results), lanes, tokens),
    checksum: sumOf(results),
  };
}

function metricsOf(
  wallMs: number,
  insideMs: number,
  lanes: number,
  tokens: number,
): Measured["metrics"] {
  return {
    "heavy.ms": wallMs,
    "heavy.insideMs": insideMs / tokens,
    "heavy.efficiency": insideMs / (wallMs * lanes),
  };
}

function insideOf(results: readonly unknown[]): number {
  return results.reduce((sum: number, result) => sum + (result as readonly number[])[1]!, 0);
}

function sumOf(results: readonly unknown[]): string {
  return checksumOfWave(results.map((result) => (result as readonly number[])[0]!));
}
