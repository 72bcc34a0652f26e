/**
 * The wave benchmark: runs the waves on each runtime, in fresh processes one after the other, and prints the tables.
 *
 * See `--help` for the options and `lib/cli/waves/runner.ts` for what is timed. The command `tokengate compare` does the same with the runtimes that a
 * machine has; this one uses the pinned ones.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import process from "node:process";
import { Progress } from "../lib/cli/progress.ts";
import { print, printError, terminalWidth } from "../lib/cli/terminal.ts";
import { compareRuntimes } from "../lib/cli/waves/comparison.ts";
import type { RuntimeName } from "../scripts/pins.ts";
import { runOn } from "./runtime_run.ts";
import { HELP, readOptions, type WavesOptions, writeOptions } from "./waves_options.ts";

/** Exit code for arguments that cannot be used. */
const WRONG_ARGUMENTS = 2;

/** Wrong arguments are told before anything is measured, and so is a file that cannot be written. */
async function readArguments(): Promise<WavesOptions | undefined> {
  try {
    const options = readOptions(Deno.args, availableParallelism());
    if (options.json !== undefined && !options.help) {
      const file = await Deno.open(options.json, { create: true, write: true });
      file.close();
    }
    return options;
  } catch (error) {
    printError(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

async function main(): Promise<number> {
  const options = await readArguments();
  if (options === undefined) return WRONG_ARGUMENTS;
  if (options.help) {
    print(HELP);
    return 0;
  }
  const progress = new Progress(process.stderr, terminalWidth);
  const comparison = await compareRuntimes({
    command: `deno task waves ${writeOptions(options).join(" ")}`,
    options,
    runtimes: options.runtimes,
    runOn: (runtime) => runOn(runtime as RuntimeName, options, progress),
    prints: true,
    isSideBySide: true,
  });
  if (options.json !== undefined) {
    await Deno.writeTextFile(options.json, JSON.stringify(comparison, null, 2) + "\n");
  }
  return comparison.passed ? 0 : 1;
}

if (import.meta.main) Deno.exitCode = await main();
