/**
 * Pi by a million tokens, on each runtime, in fresh processes one after the other: how many tokens a second, beside a plain loop. Fails when a digit is wrong, a token is lost, or
 * more tokens are alive than the window allows.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { formatCount, formatMeasure, formatTable } from "../lib/cli/table.ts";
import { print, printError } from "../lib/cli/terminal.ts";
import { RUNTIME_NAMES, type RuntimeName } from "../scripts/pins.ts";
import { openToolchain } from "../scripts/runtime_command.ts";
import { runRunner } from "./runner.ts";
import type { LeibnizResult } from "./leibniz_runner.ts";

const HELP = `deno task leibniz [options]

Adds up the series of Leibniz for pi in a pyramid of tokens: terms, chunks of a thousand, ten
partial sums, one total, each with the tokens below it as its arguments.

  --runtimes LIST   runtimes (deno,bun,node)
  --terms NUMBER    terms, a multiple of 10,000 (1,000,000)
  --help            show this`;

/** Time for one runtime, in ms. */
const LIMIT_MS = 300_000;
const BYTES_PER_MB = 2 ** 20;
/** Terms have to fill chunks, and chunks partial sums. */
const TERMS_STEP = 10_000;

interface Options {
  readonly runtimes: readonly RuntimeName[];
  readonly terms: number;
}

function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runtimes: { type: "string", default: RUNTIME_NAMES.join() },
      terms: { type: "string", default: "1000000" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const terms = Number(values.terms.replaceAll(/[,_]/g, ""));
  if (!(terms > 0 && terms % TERMS_STEP === 0)) {
    throw new RangeError(
      `Cannot use --terms: received "${values.terms}", not a multiple of ${
        formatCount(TERMS_STEP)
      }`,
    );
  }
  const runtimes = values.runtimes.split(",").map((name) => {
    const known = RUNTIME_NAMES.find((each) => each === name.trim());
    if (known !== undefined) return known;
    throw new TypeError(`Cannot run on "${name}": say some of ${RUNTIME_NAMES.join()}`);
  });
  return { runtimes, terms };
}

async function runOn(runtime: RuntimeName, terms: number): Promise<LeibnizResult> {
  const toolchain = await openToolchain([runtime]);
  return await runRunner(toolchain, runtime, "./leibniz_runner.ts", [String(terms)], LIMIT_MS);
}

function rowOf(runtime: string, result: LeibnizResult): string[] {
  const { tokens, elapsedMs, loopMs, mostLive, heapBytes, total, lanes } = result;
  return [
    runtime,
    String(lanes),
    formatCount(tokens),
    formatMeasure(elapsedMs / 1_000),
    formatCount(Math.round(tokens / elapsedMs * 1_000)),
    formatMeasure(loopMs),
    formatMeasure(elapsedMs / loopMs),
    formatCount(mostLive),
    formatMeasure(heapBytes / BYTES_PER_MB),
    String(total),
  ];
}

const HEADINGS: readonly string[] = [
  "runtime",
  "lanes",
  "tokens",
  "s",
  "tokens/s",
  "loop ms",
  "times the loop",
  "most alive",
  "heap MB",
  "total",
];

async function main(): Promise<number> {
  let options: Options | undefined;
  try {
    options = readOptions(Deno.args);
  } catch (error) {
    printError(error instanceof Error ? error.message : String(error));
    return 2;
  }
  if (options === undefined) {
    print(HELP);
    return 0;
  }
  const rows: string[][] = [];
  const problems: string[] = [];
  for (const runtime of options.runtimes) {
    printError(`${runtime}: ${formatCount(options.terms)} terms`);
    try {
      const result = await runOn(runtime, options.terms);
      rows.push(rowOf(runtime, result));
      problems.push(...result.problems.map((problem) => `${runtime}: ${problem}`));
    } catch (error) {
      problems.push(`${runtime}: ${error instanceof Error ? error.message : error}`);
    }
  }
  for (const line of formatTable(HEADINGS, rows)) print(line);
  print();
  print(
    "Each token carries one addition, or one division: what is measured is the way of a token, and the plain loop that does the same without is by far the quicker one.",
  );
  for (const problem of problems) printError(problem);
  print(problems.length === 0 ? "All digits are right." : `${problems.length} problems.`);
  return problems.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exitCode = await main();
