/**
 * Makes the report of a comparison that was written to a file, or says whether several come to the same verdicts. See `--help`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { agreementLines, type AgreementRow, agreementRows } from "./agreement.ts";
import type { BenchResult } from "./bench_result.ts";
import { writeReport } from "./report.ts";
import { print, printError } from "../lib/cli/terminal.ts";

/** Exit code for arguments that cannot be used. */
const WRONG_ARGUMENTS = 2;
const DEFAULT_FOLDER = "coverage/bench";

const HELP =
  `Makes report.html, one page without scripts, and report.md of a file written by deno task bench; of
several files prints what each of them says of the bars, and what all their rounds together say.

Usage: deno task compare FILE [options]
       deno task compare FILE FILE...

  --report DIR  where to write  [default: ${DEFAULT_FOLDER}]
  --help        print this

Exit codes: 0; 1 when one of several is certain that a bar is passed and another that it is missed;
2 for arguments that cannot be used.`;

interface CompareArguments {
  files: string[];
  /** Where the report is written to. */
  folder: string;
  help: boolean;
}

function readArguments(args: string[]): CompareArguments {
  const parsed = parseArgs(args, {
    string: ["report", "_"],
    boolean: ["help"],
    unknown: (arg: string): boolean => {
      if (arg.startsWith("-")) throw new RangeError(`Cannot use "${arg}": see --help`);
      return true;
    },
  });
  const files = parsed._.map(String);
  if (!parsed.help && files.length === 0) {
    throw new RangeError("Cannot compare: received no file, expected one or more");
  }
  if (parsed.report === "") throw new RangeError("Cannot write --report: received no folder");
  if (parsed.report !== undefined && files.length > 1) {
    throw new RangeError(`Cannot write --report of ${files.length} files: it is about one`);
  }
  return { files, folder: parsed.report ?? DEFAULT_FOLDER, help: parsed.help };
}

async function readResult(file: string): Promise<BenchResult> {
  const result = JSON.parse(await Deno.readTextFile(file)) as BenchResult;
  if (result.format === 1) return result;
  throw new RangeError(`Cannot compare: "${file}" was not written by this version of the bench`);
}

async function main(): Promise<number> {
  let request;
  let results;
  let rows: AgreementRow[] = [];
  try {
    request = readArguments(Deno.args);
    if (request.help) {
      print(HELP);
      return 0;
    }
    results = await Promise.all(request.files.map(readResult));
    if (results.length > 1) rows = agreementRows(results);
  } catch (error) {
    printError(error instanceof Error ? error.message : String(error));
    return WRONG_ARGUMENTS;
  }
  if (results.length === 1) {
    for (const path of await writeReport(results[0]!, request.folder)) print(path);
    return 0;
  }
  for (const line of agreementLines(rows)) print(line);
  return rows.some(({ agreement }) => agreement === "contrary") ? 1 : 0;
}

if (import.meta.main) Deno.exitCode = await main();
