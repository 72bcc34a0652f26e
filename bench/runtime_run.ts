/**
 * The waves on one runtime: the runner started in a process of its own, followed, and judged.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { RuntimeName } from "../scripts/pins.ts";
import { openToolchain, runtimeCommand } from "../scripts/runtime_command.ts";
import type { Progress } from "./progress.ts";
import { formatCount, formatMeasure, formatRatio } from "./table.ts";
import { type RunnerCommand, runRunner } from "./wave_process.ts";
import type { RunnerMessage } from "./wave_report.ts";
import type { RuntimeRows } from "./wave_tables.ts";
import { problemsOf } from "./wave_totals.ts";
import { runnerArguments, type WavesOptions } from "./waves_options.ts";

const RUNNER = fileURLToPath(new URL("./wave_runner.ts", import.meta.url));

/** A runtime and what its run gave. */
export interface RuntimeRun extends RuntimeRows {
  runtime: RuntimeName;
  /** How the runner was started; null when the runtime cannot be had. */
  command: RunnerCommand | null;
  /** Start to end of the process, in milliseconds. */
  elapsedMs: number;
  /** Part of the processors used by other programs, 0 to 1; null when unknown. */
  othersPart: number | null;
  /** Everything that is wrong with the run. */
  problems: string[];
}

/**
 * Runs the waves on a runtime.
 *
 * @param runtime The runtime.
 * @param options What is asked for.
 * @param progress Shows how far it is.
 * @returns The run. It never rejects: a runtime that cannot be had is a problem like others.
 */
export async function runOn(
  runtime: RuntimeName,
  options: WavesOptions,
  progress: Progress,
): Promise<RuntimeRun> {
  let title: string = runtime;
  progress.step(`${runtime}: starting`);
  let command: RunnerCommand;
  try {
    const toolchain = await openToolchain([runtime], (line) => progress.line(line));
    command = runtimeCommand(toolchain, runtime, RUNNER, {
      args: runnerArguments(options),
      packages: false,
    });
  } catch (error) {
    progress.clear();
    const problems = [`could not be started: ${error instanceof Error ? error.message : error}`];
    return { runtime, title, rows: [], command: null, elapsedMs: 0, othersPart: null, problems };
  }
  let othersPart: number | null = null;
  const outcome = await runRunner(command, {
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
  const missing = options.waves.filter((wave) => !rows.some((row) => row.wave === wave));
  const problems = [...outcome.problems, ...problemsOf(rows)];
  if (missing.length > 0) problems.push(`waves not run: ${missing.join(", ")}`);
  return { runtime, title, rows, command, elapsedMs, othersPart, problems };
}
