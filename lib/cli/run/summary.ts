/**
 * What is said of the calls: one line while they run, some when they are done.
 *
 * @module
 */

import process from "node:process";
import type { GateStats } from "../../gate/gate_stats.ts";
import { thisRuntime } from "../environment.ts";
import type { ErrorGroup } from "../error_tally.ts";
import { formatCount, formatMeasure, formatPercent, formatRatio } from "../table.ts";
import { red } from "../terminal.ts";
import { shownValue } from "./plain_value.ts";
import type { CallOutcome } from "./call_run.ts";
import type { Target } from "./target.ts";

const WIDEST_BAR = 30;

/**
 * @param stats the counters now
 * @param count how many calls there are going to be
 * @param elapsedMs since when, in ms
 * @param width columns of the terminal
 * @param reported what the call has reported of its progress, if it is the only one and has
 * @returns a bar, and what it stands for
 */
export function progressLine(
  stats: GateStats,
  count: number,
  elapsedMs: number,
  width: number,
  reported?: unknown,
): string {
  const done = stats.completed + stats.failed + stats.timeout + stats.killed + stats.refused;
  const cells = Math.max(5, Math.min(WIDEST_BAR, width - 50));
  const full = Math.floor(done / count * cells);
  const bar = "#".repeat(full) + "-".repeat(cells - full);
  const failed = stats.failed + stats.timeout + stats.refused;
  const parts = [
    `[${bar}] ${formatCount(done)}/${formatCount(count)}`,
    `${stats.executing} running`,
    `${formatMeasure(elapsedMs / 1_000)} s`,
  ];
  if (failed > 0) parts.push(`${formatCount(failed)} failed`);
  if (reported !== undefined) parts.push(shownValue(reported).replaceAll(/\s+/g, " "));
  return parts.join("  ");
}

/**
 * @param target what was called
 * @param count how many calls were asked for
 * @param outcome what became of them
 * @returns lines
 */
export function summaryLines(target: Target, count: number, outcome: CallOutcome): string[] {
  const { name, version } = thisRuntime();
  const { lanes, ok, failed, killed, lanesMs, elapsedMs, run, wait, errors } = outcome;
  const notMade = count - ok - failed - killed;
  const parts = [`${formatCount(ok)} ok`, `${formatCount(failed)} failed`];
  if (killed > 0) parts.push(`${formatCount(killed)} stopped`);
  if (notMade > 0) parts.push(`${formatCount(notMade)} not made`);
  const calls = count === 1 ? "call" : "calls";
  const lines = errors.flatMap((group) => errorLines(group, count));
  lines.push(
    `${formatCount(count)} ${calls} of ${target.name} on ${lanes} ${
      lanes === 1 ? "lane" : "lanes"
    } (${name} ${version}): ${parts.join(", ")}, in ${formatMeasure(elapsedMs)} ms; ${
      lanes === 1 ? "it was" : "they were"
    } started in ${formatMeasure(lanesMs)} ms`,
  );
  if (run.count > 0) {
    const insideMs = run.meanMs * run.count;
    lines.push(
      `inside the function: ${formatMeasure(run.p50Ms)} ms at the median, ${
        formatMeasure(run.maxMs)
      } ms at most; ${formatRatio(insideMs / elapsedMs)} lanes busy on average (${
        formatPercent(insideMs / elapsedMs / lanes)
      })`,
      `before it started, loading the module included: ${
        formatMeasure(wait.p50Ms)
      } ms at the median, ${formatMeasure(wait.maxMs)} ms at most`,
    );
  }
  return lines;
}

/** The stack tells where in the worker; of many calls the messages are enough. */
function errorLines({ name, message, code, count, stack }: ErrorGroup, calls: number): string[] {
  if (calls === 1 && stack !== undefined) return [red(stack, process.stderr)];
  const named = code === undefined ? name : `${name} (${code})`;
  const times = calls === 1 ? "" : `${formatCount(count)} x `;
  return [red(`${times}${named}: ${message}`, process.stderr)];
}
