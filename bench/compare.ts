/**
 * Makes the report of a comparison that was written to a file. See `--help`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import type { BenchResult } from "./bench_result.ts";
import { writeReport } from "./report.ts";
import { print, printError } from "../lib/cli/terminal.ts";

/** Exit code for arguments that cannot be used. */
const WRONG_ARGUMENTS = 2;
const DEFAULT_FOLDER = "coverage/bench";

const HELP =
  `Makes report.html, one page without scripts, and report.md of a file written by deno task bench.

Usage: deno task compare FILE [options]

  --report DIR  where to write  [default: ${DEFAULT_FOLDER}]
  --help        print this`;

function readArguments(args: string[]): { file: string; folder: string; help: boolean } {
  const parsed = parseArgs(args, {
    string: ["report"],
    boolean: ["help"],
    default: { report: DEFAULT_FOLDER },
    unknown: (arg: string): boolean => {
      if (arg.startsWith("-")) throw new RangeError(`Cannot use "${arg}": see --help`);
      return true;
    },
  });
  if (!parsed.help && parsed._.length !== 1) {
    throw new RangeError(`Cannot compare: received ${parsed._.length} files, expected one`);
  }
  if (parsed.report === "") throw new RangeError("Cannot write --report: received no folder");
  return { file: String(parsed._[0] ?? ""), folder: parsed.report, help: parsed.help };
}

async function readResult(file: string): Promise<BenchResult> {
  const result = JSON.parse(await Deno.readTextFile(file)) as BenchResult;
  if (result.format === 1) return result;
  throw new RangeError(`Cannot compare: "${file}" was not written by this version of the bench`);
}

async function main(): Promise<number> {
  let request;
  let result;
  try {
    request = readArguments(Deno.args);
    if (request.help) {
      print(HELP);
      return 0;
    }
    result = await readResult(request.file);
  } catch (error) {
    printError(error instanceof Error ? error.message : String(error));
    return WRONG_ARGUMENTS;
  }
  for (const path of await writeReport(result, request.folder)) print(path);
  return 0;
}

if (import.meta.main) Deno.exitCode = await main();
