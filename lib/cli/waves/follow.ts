/**
 * A run of the waves on one runtime, in this process or in another: followed, and judged.
 *
 * @module
 */

import type { Progress } from "../progress.ts";
import { formatCount, formatMeasure, formatRatio } from "../table.ts";
import type { RunnerCommand, RunnerListener, RunnerOutcome } from "./process.ts";
import type { RunnerMessage } from "./report.ts";
import type { RuntimeRows } from "./tables.ts";
import { problemsOf } from "./totals.ts";

/** A runtime and what its run gave. */
export interface RuntimeRun extends RuntimeRows {
  /** Its name. */
  runtime: string;
  /** How the runner was started; null when it was not, or ran in this process. */
  command: RunnerCommand | null;
  /** Start to end, in milliseconds. */
  elapsedMs: number;
  /** Part of the processors used by other programs, 0 to 1; null when unknown. */
  othersPart: number | null;
  /** Everything that is wrong with the run. */
  problems: string[];
}

/** What is to be followed. */
export interface FollowRequest {
  /** Name of the runtime. */
  runtime: string;
  /** How the runner is started; null when it runs in this process. */
  command: RunnerCommand | null;
  /** Numbers of the waves that are asked for. */
  waves: readonly number[];
  /** Shows how far it is. */
  progress: Progress;
  /** Runs the runner to its end. */
  start: (listener: RunnerListener) => Promise<RunnerOutcome>;
}

/**
 * Follows a run.
 *
 * @param request The run.
 * @returns What it gave.
 * @throws {unknown} What starting it throws.
 */
export async function followRun(request: FollowRequest): Promise<RuntimeRun> {
  const { runtime, command, progress } = request;
  let title = runtime;
  let othersPart: number | null = null;
  const outcome = await request.start({
    message: (message: RunnerMessage): void => {
      if (message.type === "start") {
        title = `${runtime} ${message.version}`;
        progress.milestone(`${title}: ${message.lanes} lanes`);
      }
      if (message.type === "progress") {
        const { wave, tokens, done, rounds } = message;
        const what = wave === 0
          ? "warming up"
          : `wave ${wave}, ${formatCount(tokens)} tokens, round ${done + 1} of ${rounds}`;
        progress.step(`${title}: ${what}`);
      }
      if (message.type === "end") othersPart = message.othersPart;
      if (message.type === "wave") {
        const { wave, tokens, wallMs, speedUp } = message;
        progress.milestone(
          `${title}: wave ${wave}, ${formatCount(tokens)} tokens, ${formatMeasure(wallMs)} ms, ` +
            `speed-up ${formatRatio(speedUp)}`,
        );
      }
    },
    text: (line: string): void => progress.line(`${title}: ${line}`),
  });
  progress.clear();
  const { rows, elapsedMs } = outcome;
  const missing = request.waves.filter((wave) => !rows.some((row) => row.wave === wave));
  const problems = [...outcome.problems, ...problemsOf(rows)];
  if (missing.length > 0) problems.push(`waves not run: ${missing.join(", ")}`);
  return { runtime, title, rows, command, elapsedMs, othersPart, problems };
}

/**
 * A runtime that could not be started.
 *
 * @param runtime Its name.
 * @param error Why.
 * @returns A run with that problem.
 */
export function notStarted(runtime: string, error: unknown): RuntimeRun {
  const problems = [`could not be started: ${error instanceof Error ? error.message : error}`];
  return {
    runtime,
    title: runtime,
    rows: [],
    command: null,
    elapsedMs: 0,
    othersPart: null,
    problems,
  };
}
