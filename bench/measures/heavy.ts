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

/** Tasks that run before the clock, for each lane: their code is compiled in these, on threads that would take time from the lanes. */
const WARM_UPS = 4;

interface Timed {
  wallMs: number;
  /** Sum over the tasks, in milliseconds. */
  insideMs: number;
  checksum: string;
}

/**
 * @param subject What to measure.
 * @param request How many tasks, and how large.
 * @returns The time, and the part of the lanes' time that was spent inside the function. The loop is one lane.
 */
export async function measureHeavy(subject: Subject, request: HeavyRequest): Promise<Measured> {
  const { tokens } = request;
  const lanes = subject.kind === "loop" ? 1 : request.lanes;
  const time = timerOf(subject, request.thousands);
  await time(WARM_UPS * lanes);
  await rest();
  const { wallMs, insideMs, checksum } = await time(tokens);
  return {
    metrics: {
      "heavy.ms": wallMs,
      "heavy.insideMs": insideMs / tokens,
      "heavy.efficiency": insideMs / (wallMs * lanes),
    },
    checksum,
  };
}

function timerOf(subject: Subject, thousands: number): (tokens: number) => Promise<Timed> | Timed {
  switch (subject.kind) {
    case "loop":
      return (tokens) => timed(runLoop(tokens, () => work.spin(thousands)));
    case "ceiling":
      return (tokens) => subject.ceiling.run({ kind: "spin", tokens, thousands });
    case "pool": {
      const { pool } = subject;
      return async (tokens) => timed(await timeAll(tokens, () => pool.call("spin", [thousands])));
    }
  }
}

function timed(run: { elapsedMs: number; results: readonly unknown[] }): Timed {
  const results = run.results as readonly (readonly [value: number, insideMs: number])[];
  return {
    wallMs: run.elapsedMs,
    insideMs: results.reduce((sum, result) => sum + result[1], 0),
    checksum: checksumOfWave(results.map((result) => result[0])),
  };
}
