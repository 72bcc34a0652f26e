/**
 * `tokengate compare`: the waves on every runtime that is found, each in a process of its own, side by side.
 *
 * @module
 */

import process from "node:process";
import { availableLanes } from "../../runtime/cpu_limits.ts";
import type { Command, CommandInput } from "../command.ts";
import { RUNTIME_NAMES, type RuntimeName } from "../environment.ts";
import { DONE, FAILED } from "../exit_code.ts";
import { listenToInterrupts } from "../interrupts.ts";
import { Progress } from "../progress.ts";
import { commandOn, findRuntime } from "../runtimes.ts";
import { endProcess, print, printError, terminalWidth } from "../terminal.ts";
import { asUsage } from "../usage_error.ts";
import { compareRuntimes } from "./comparison.ts";
import { followRun, notStarted, type RuntimeRun } from "./follow.ts";
import { readWaveOptions, WAVE_FLAGS, type WaveOptions, writeWaveOptions } from "./options.ts";
import {
  type RunnerCommand,
  type RunnerListener,
  type RunnerOutcome,
  runRunner,
} from "./process.ts";

/** The command. */
export const compareCommand: Command = {
  synopsis: "[options]",
  description:
    `Runs the waves on each runtime that is found, one after the other, each in a process of its own, and prints them side
by side. A runtime is found on the path, or by TOKENGATE_DENO, TOKENGATE_BUN and TOKENGATE_NODE, each the path of a program.`,
  flags: {
    runtimes: {
      type: "string",
      value: "LIST",
      help:
        `runtimes that have to be there, such as ${RUNTIME_NAMES.join()}  [default: those that are found]`,
    },
    ...WAVE_FLAGS,
  },
  run,
};

async function run(input: CommandInput): Promise<number> {
  const options = asUsage(() => readWaveOptions(input.values, availableLanes()));
  const chosen = asUsage(() => readRuntimes(input.values["runtimes"]));
  const progress = new Progress(process.stderr, terminalWidth);
  const commands = new Map<RuntimeName, RunnerCommand>();
  const refusals = new Map<RuntimeName, unknown>();
  const args = ["waves", "--json-lines", ...writeWaveOptions(options)];
  for (const name of chosen ?? RUNTIME_NAMES) {
    try {
      const found = await findRuntime(name);
      if (found === undefined) {
        throw new Error(
          `there is no ${name} on the path; install it, or set TOKENGATE_${name.toUpperCase()} to its program`,
        );
      }
      commands.set(name, commandOn(found, input.main, args));
    } catch (error) {
      refusals.set(name, error);
    }
  }
  if (chosen === undefined) {
    // Nobody asked for these: that they are not here is worth a line, and is no failure.
    for (const [name, error] of refusals) {
      printError(`${name} is left out: ${error instanceof Error ? error.message : error}`);
    }
  }
  const runtimes = chosen ?? [...commands.keys()];
  const named = chosen === undefined ? [] : ["--runtimes", chosen.join(",")];
  const comparison = await compareRuntimes({
    command: ["tokengate", "compare", ...named, ...writeWaveOptions(options)].join(" "),
    options,
    runtimes,
    runOn: (runtime) => {
      const command = commands.get(runtime as RuntimeName);
      return command === undefined
        ? Promise.resolve(notStarted(runtime, refusals.get(runtime as RuntimeName)))
        : runInProcess(runtime, command, options, progress);
    },
    prints: !input.json,
    isSideBySide: true,
  });
  if (input.json) print(JSON.stringify(comparison));
  return comparison.passed && runtimes.length > 0 ? DONE : FAILED;
}

/** Runs one of them. It ends with this process, also where the terminal does not interrupt both. */
async function runInProcess(
  runtime: string,
  command: RunnerCommand,
  options: WaveOptions,
  progress: Progress,
): Promise<RuntimeRun> {
  const controller = new AbortController();
  const endListening = listenToInterrupts((_, code) => {
    progress.clear();
    controller.abort();
    void endProcess(code);
  });
  try {
    const { waves } = options;
    const start = (listener: RunnerListener): Promise<RunnerOutcome> =>
      runRunner(command, listener, { signal: controller.signal });
    return await followRun({ runtime, command, waves, progress, start });
  } finally {
    endListening();
  }
}

function readRuntimes(text: string | undefined): RuntimeName[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(",").map((part) => {
    const name = RUNTIME_NAMES.find((candidate) => candidate === part.trim());
    if (name !== undefined) return name;
    throw new RangeError(
      `Cannot run on a runtime: received "${part}", expected any of ${RUNTIME_NAMES.join(", ")}`,
    );
  });
  return [...new Set(names)];
}
