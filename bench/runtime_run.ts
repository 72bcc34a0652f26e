/**
 * The waves on one of the pinned runtimes: the runner of the command `tokengate`, started in a process of its own.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { followRun, notStarted, type RuntimeRun } from "../lib/cli/waves/follow.ts";
import { writeWaveOptions } from "../lib/cli/waves/options.ts";
import { type RunnerCommand, runRunner } from "../lib/cli/waves/process.ts";
import type { Progress } from "../lib/cli/progress.ts";
import type { RuntimeName } from "../scripts/pins.ts";
import { openToolchain, runtimeCommand } from "../scripts/runtime_command.ts";
import type { WavesOptions } from "./waves_options.ts";

const RUNNER = fileURLToPath(new URL("../lib/cli/main.ts", import.meta.url));

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
  progress.step(`${runtime}: starting`);
  let command: RunnerCommand;
  try {
    const toolchain = await openToolchain([runtime], (line) => progress.line(line));
    command = runtimeCommand(toolchain, runtime, RUNNER, {
      args: ["waves", "--json-lines", ...writeWaveOptions(options)],
      packages: false,
    });
  } catch (error) {
    progress.clear();
    return notStarted(runtime, error);
  }
  return await followRun({
    runtime,
    command,
    waves: options.waves,
    progress,
    start: (listener) => runRunner(command, listener),
  });
}
