/**
 * The wave benchmark: runs the waves on each runtime, in fresh processes one after the other, and prints the tables.
 *
 * See `--help` for the options and `wave_runner.ts` for what is timed.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { machineFacts } from "./machine.ts";
import { Progress } from "./progress.ts";
import { runOn, type RuntimeRun } from "./runtime_run.ts";
import { formatMeasure, formatPercent } from "./table.ts";
import { bold, print, printError, red, terminalWidth } from "./terminal.ts";
import { EXPLANATION, runtimeTable, sideBySide } from "./wave_tables.ts";
import { disagreements, totalsLine, waveTotals } from "./wave_totals.ts";
import { HELP, readOptions, type WavesOptions, writeOptions } from "./waves_options.ts";

/** Exit code for arguments that cannot be used. */
const WRONG_ARGUMENTS = 2;

function printRun(run: RuntimeRun, lanes: number): void {
  const others = formatPercent(run.othersPart ?? NaN);
  print(
    `${bold(`${run.title}, ${lanes} lanes`)}; other programs used ${others} of the processors`,
  );
  for (const line of runtimeTable(run.rows)) print(line);
  for (const problem of run.problems) print(red(`${run.title}: ${problem}`));
  print();
}

function printSummary(
  runs: readonly RuntimeRun[],
  waves: readonly number[],
  disagreeing: readonly string[],
): void {
  print(bold("Side by side"));
  for (const line of sideBySide(runs, waves)) print(line);
  print();
  for (const run of runs) print(totalsLine(run));
  for (const line of disagreeing) print(red(line));
  print();
  for (const line of EXPLANATION) print(line);
  print();
}

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
  const command = `deno task waves ${writeOptions(options).join(" ")}`;
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const machine = machineFacts();
  const progress = new Progress(Deno.stderr, terminalWidth);
  const runs: RuntimeRun[] = [];
  for (const runtime of options.runtimes) {
    const run = await runOn(runtime, options, progress);
    runs.push(run);
    printRun(run, options.lanes);
  }
  const elapsedMs = performance.now() - startMs;
  const disagreeing = disagreements(runs);
  const passed = disagreeing.length === 0 && runs.every((run) => run.problems.length === 0);

  printSummary(runs, options.waves, disagreeing);
  const { cores, cpu, memoryGiB, system } = machine;
  const versions = runs.map((run) => run.title).join(", ");
  print(`Machine: ${cores} cores, ${cpu}, ${memoryGiB} GiB, ${system}; ${versions}`);
  print(`Command: ${command} (${formatMeasure(elapsedMs / 1_000)} s)`);
  if (!passed) print(red("FAILED: see the lines above"));

  if (options.json !== undefined) {
    const runtimes = runs.map(({ rows, ...run }) => ({
      ...run,
      totals: waveTotals(rows),
      waves: rows,
    }));
    const report = { command, startedAt, elapsedMs, machine, passed, disagreeing, runtimes };
    await Deno.writeTextFile(options.json, JSON.stringify(report, null, 2) + "\n");
  }
  return passed ? 0 : 1;
}

if (import.meta.main) Deno.exitCode = await main();
