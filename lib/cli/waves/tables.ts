/**
 * The rows of the waves as text: one table for a runtime, one with the runtimes side by side, and what the columns mean.
 *
 * @module
 */

import {
  type ColumnGroup,
  formatCount,
  formatMeasure,
  formatPercent,
  formatRatio,
  formatTable,
} from "../table.ts";
import { tokensOfWave } from "./plan.ts";
import type { WaveRow } from "./report.ts";

const HEADINGS = [
  "wave",
  "tokens",
  "ok",
  "fail",
  "lost",
  "ms",
  "tok/s",
  "p50 ms",
  "p95 ms",
  "p99 ms",
  "loop ms",
  "speed-up",
  "(range)",
  "eff.",
  "rounds",
  "Lat(ms)",
  "Conc",
  "Overlap",
] as const;

/** What the columns mean, the original's above all; printed below the tables. */
export const EXPLANATION: readonly string[] = [
  "ms: from before the first submission until the last token has settled; p50 to p99: from submission to settlement.",
  "speed-up: time of a plain loop over the same calls, divided by ms; above 1 the gate is faster. (range): worst and best round.",
  "eff.: time inside functions / (ms x lanes). Times are medians of the rounds, loop and wave in turn.",
  "Lat, Conc and Overlap are the original's, by its formulas and its clock, which starts after the LAST submission. They do",
  "let the tables be laid side by side. They do not measure what they are named after: Lat is time per token, not the latency",
  "of any token; Conc compares with wave 1, not with one token at a time; Overlap leaves out the time of submission, so that",
  "it may exceed the number of lanes. (The original also counts waiting as work in Overlap; here it is only time inside functions.)",
];

/**
 * The table of one runtime.
 *
 * @param rows Its waves.
 * @returns Lines.
 */
export function runtimeTable(rows: readonly WaveRow[]): string[] {
  return formatTable(
    HEADINGS,
    rows.map((row) => [
      String(row.wave),
      formatCount(row.tokens),
      formatCount(row.ok),
      formatCount(row.fail),
      formatCount(row.lost),
      formatMeasure(row.wallMs),
      formatCount(row.tokensPerSecond),
      formatMeasure(row.p50Ms),
      formatMeasure(row.p95Ms),
      formatMeasure(row.p99Ms),
      formatMeasure(row.serialMs),
      formatRatio(row.speedUp),
      row.rounds === 1 ? "-" : `${formatRatio(row.speedUpLeast)}-${formatRatio(row.speedUpMost)}`,
      formatPercent(row.efficiency),
      String(row.rounds),
      formatMeasure(row.latencyMs),
      formatRatio(row.concurrency),
      formatRatio(row.overlap),
    ]),
  );
}

/** The waves of one runtime. */
export interface RuntimeRows {
  /** Name and version, as a heading. */
  title: string;
  rows: readonly WaveRow[];
}

/**
 * The runtimes side by side.
 *
 * @param runtimes Waves of each.
 * @param waves Numbers of the waves that were asked for; one that a runtime has not run shows dashes.
 * @returns Lines.
 */
export function sideBySide(runtimes: readonly RuntimeRows[], waves: readonly number[]): string[] {
  const headings = ["wave", "tokens"];
  const groups: ColumnGroup[] = [{ heading: "", columns: 2 }];
  for (const { title } of runtimes) {
    headings.push("ok", "ms", "tok/s", "speed-up", "eff.");
    groups.push({ heading: title, columns: 5 });
  }
  const rows = waves.map((wave) => {
    const cells = [String(wave), formatCount(tokensOfWave(wave))];
    for (const runtime of runtimes) {
      const row = runtime.rows.find((candidate) => candidate.wave === wave);
      if (row === undefined) {
        cells.push("-", "-", "-", "-", "-");
        continue;
      }
      cells.push(
        formatCount(row.ok),
        formatMeasure(row.wallMs),
        formatCount(row.tokensPerSecond),
        formatRatio(row.speedUp),
        formatPercent(row.efficiency),
      );
    }
    return cells;
  });
  return formatTable(headings, rows, { groups });
}
