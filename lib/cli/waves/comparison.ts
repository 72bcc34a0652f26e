/**
 * The waves on one runtime or several, one after the other: measured, printed, and reported whole.
 *
 * @module
 */

import { type Machine, machineFacts } from "../machine.ts";
import { formatMeasure, formatPercent } from "../table.ts";
import { bold, print, red } from "../terminal.ts";
import type { RuntimeRun } from "./follow.ts";
import type { WaveOptions } from "./options.ts";
import type { WaveRow } from "./report.ts";
import { EXPLANATION, runtimeTable, sideBySide } from "./tables.ts";
import { disagreements, totalsLine, type WaveTotals, waveTotals } from "./totals.ts";

/** What is to be compared. */
export interface ComparisonRequest {
  /** The command that asks for the same again. */
  command: string;
  options: WaveOptions;
  /** Names of the runtimes, in order. */
  runtimes: readonly string[];
  /** Runs the waves on one of them. It never rejects: a runtime that cannot be had is a run with a problem. */
  runOn: (runtime: string) => Promise<RuntimeRun>;
  /** Whether to print the tables. */
  prints: boolean;
  /** Whether one of them is the table of the runtimes side by side. */
  isSideBySide: boolean;
}

/** A runtime of a {@linkcode Comparison}. */
export interface ComparedRuntime extends Omit<RuntimeRun, "rows"> {
  totals: WaveTotals;
  waves: readonly WaveRow[];
}

/** Everything that was measured; to be written as JSON. */
export interface Comparison {
  command: string;
  /** When it began, as ISO 8601. */
  startedAt: string;
  elapsedMs: number;
  machine: Machine;
  /** Whether every wave passed on every runtime. */
  passed: boolean;
  /** Waves whose results differ between runtimes. */
  disagreeing: string[];
  runtimes: ComparedRuntime[];
}

/**
 * Runs the waves on each runtime, and prints the tables.
 *
 * @param request What is to be compared.
 * @returns What was measured.
 */
export async function compareRuntimes(request: ComparisonRequest): Promise<Comparison> {
  const { command, options, prints } = request;
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const machine = machineFacts();
  const runs: RuntimeRun[] = [];
  for (const runtime of request.runtimes) {
    const run = await request.runOn(runtime);
    runs.push(run);
    if (prints) printRun(run, options.lanes);
  }
  const elapsedMs = performance.now() - startMs;
  const disagreeing = disagreements(runs);
  const passed = disagreeing.length === 0 && runs.every((run) => run.problems.length === 0);
  if (prints) {
    printSummary(runs, options.waves, disagreeing, request.isSideBySide);
    const { cores, cpu, memoryGiB, system } = machine;
    const versions = runs.map((run) => run.title).join(", ");
    print(`Machine: ${cores} cores, ${cpu}, ${memoryGiB} GiB, ${system}; ${versions}`);
    print(`Command: ${command} (${formatMeasure(elapsedMs / 1_000)} s)`);
    if (!passed) print(red("FAILED: see the lines above"));
  }
  const runtimes = runs.map(({ rows, ...run }) => ({
    ...run,
    totals: waveTotals(rows),
    waves: rows,
  }));
  return { command, startedAt, elapsedMs, machine, passed, disagreeing, runtimes };
}

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
  isSideBySide: boolean,
): void {
  if (isSideBySide) {
    print(bold("Side by side"));
    for (const line of sideBySide(runs, waves)) print(line);
    print();
  }
  for (const run of runs) print(totalsLine(run));
  for (const line of disagreeing) print(red(line));
  print();
  for (const line of EXPLANATION) print(line);
  print();
}
