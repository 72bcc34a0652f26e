/**
 * The command line of the wave benchmark.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { RUNTIME_NAMES, type RuntimeName } from "../scripts/pins.ts";
import { columns } from "../lib/cli/arguments.ts";
import {
  readWaveOptions,
  WAVE_FLAGS,
  type WaveOptions,
  writeWaveOptions,
} from "../lib/cli/waves/options.ts";

/** What `--help` prints. */
export const HELP: string =
  `Runs the waves (4 to 65,536 tokens) on each runtime, against a plain loop over the same calls.

Usage: deno task waves [options]

${
    columns([
      [
        "--runtimes LIST",
        `runtimes to run on, one after the other  [default: ${RUNTIME_NAMES.join(",")}]`,
      ],
      ...Object.entries(WAVE_FLAGS).map(([name, { value, help }]) => [`--${name} ${value}`, help]),
      ["--json FILE", "write everything that was measured to a file as well"],
      ["--help", "print this"],
    ])
  }

Exits with 1 when a token failed, was lost or gave another result than the loop, or when a runtime could not run, and with
2 on wrong arguments.`;

/** What is asked for. */
export interface WavesOptions extends WaveOptions {
  help: boolean;
  /** Each once, in the order asked for. */
  runtimes: RuntimeName[];
  /** File to write to; undefined for none. */
  json: string | undefined;
}

/**
 * Reads the command line.
 *
 * @param args Arguments after the name of the program.
 * @param cores Lanes when none are asked for.
 * @returns The options.
 * @throws {RangeError} When an argument is unknown or has a value that cannot be used.
 */
export function readOptions(args: string[], cores: number): WavesOptions {
  const unknown: string[] = [];
  const parsed = parseArgs(args, {
    string: ["runtimes", "waves", "lanes", "rounds", "budget-ms", "json"],
    boolean: ["help"],
    default: { runtimes: RUNTIME_NAMES.join(",") },
    unknown: (arg: string): boolean => {
      unknown.push(arg);
      return false;
    },
  });
  if (unknown.length > 0) {
    throw new RangeError(`Cannot use ${unknown.map((arg) => `"${arg}"`).join(", ")}: see --help`);
  }
  if (parsed._.length > 0) {
    throw new RangeError(`Cannot use "${parsed._[0]}": see --help`);
  }
  if (parsed.json === "") throw new RangeError("Cannot write --json: received no file name");
  return {
    help: parsed.help,
    runtimes: [...new Set(parsed.runtimes.split(",").map(readRuntime))],
    ...readWaveOptions(parsed, cores),
    json: parsed.json,
  };
}

function readRuntime(text: string): RuntimeName {
  const name = RUNTIME_NAMES.find((candidate) => candidate === text.trim());
  if (name !== undefined) return name;
  throw new RangeError(
    `Cannot run on a runtime: received "${text}", expected any of ${RUNTIME_NAMES.join(", ")}`,
  );
}

/**
 * The arguments that ask for the same measurement again, on any machine.
 *
 * @param options What was asked for.
 * @returns Arguments.
 */
export function writeOptions(options: WavesOptions): string[] {
  return ["--runtimes", options.runtimes.join(","), ...writeWaveOptions(options)];
}
