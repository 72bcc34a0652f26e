/**
 * `tokengate waves`: the waves on the runtime that runs the command, in this very process.
 *
 * @module
 */

import process from "node:process";
import { availableLanes } from "../../runtime/cpu_limits.ts";
import type { Command, CommandInput } from "../command.ts";
import { thisRuntime } from "../environment.ts";
import { DONE, FAILED } from "../exit_code.ts";
import { Progress } from "../progress.ts";
import { endProcess, print, printWhole, terminalWidth } from "../terminal.ts";
import { asUsage } from "../usage_error.ts";
import { compareRuntimes } from "./comparison.ts";
import { followRun } from "./follow.ts";
import { readWaveOptions, WAVE_FLAGS, type WaveOptions, writeWaveOptions } from "./options.ts";
import type { RunnerListener, RunnerOutcome } from "./process.ts";
import type { WaveRow } from "./report.ts";
import { runWaves } from "./runner.ts";

/** The command. */
export const wavesCommand: Command = {
  synopsis: "[options]",
  description:
    `Runs the waves, 4 to 65,536 tokens of four small operations, on this runtime, against a plain loop over the same
calls. The clock starts before the first submission; the check-sums of all results are compared.`,
  flags: {
    ...WAVE_FLAGS,
    "json-lines": {
      type: "boolean",
      help: "print each step as a JSON object on a line of its own, as it is measured",
    },
  },
  run,
};

async function run(input: CommandInput): Promise<number> {
  const options = asUsage(() => readWaveOptions(input.values, availableLanes()));
  if (input.switches.has("json-lines")) {
    const { passed, lost } = await runWaves(options, (each) => printWhole(JSON.stringify(each)));
    return lost ? await endProcess(FAILED) : passed ? DONE : FAILED;
  }
  const { name } = thisRuntime();
  let isLost = false;
  const comparison = await compareRuntimes({
    command: `tokengate waves ${writeWaveOptions(options).join(" ")}`,
    options,
    runtimes: [name],
    runOn: (runtime) =>
      followRun({
        runtime,
        command: null,
        waves: options.waves,
        progress: new Progress(process.stderr, terminalWidth),
        start: async (listener) => {
          const outcome = await runHere(options, listener);
          isLost = outcome.rows.some((row) => row.lost > 0);
          return outcome;
        },
      }),
    prints: !input.json,
    isSideBySide: false,
  });
  if (input.json) print(JSON.stringify(comparison));
  const code = comparison.passed ? DONE : FAILED;
  return isLost ? await endProcess(code) : code;
}

async function runHere(options: WaveOptions, listener: RunnerListener): Promise<RunnerOutcome> {
  const rows: WaveRow[] = [];
  const problems: string[] = [];
  const startMs = performance.now();
  await runWaves(options, (message) => {
    if (message.type === "wave") rows.push(message);
    if (message.type === "error") {
      const { name, message: text, stack } = message.error;
      problems.push(`could not go on: ${stack ?? `${name}: ${text}`}`);
    }
    listener.message(message);
  });
  return { rows, problems, elapsedMs: performance.now() - startMs };
}
