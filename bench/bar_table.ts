/**
 * The table of the bars: what is asked, what was reached on each runtime, and whether it passes.
 *
 * @module
 */

import { type Bar, type BarCell, BARS } from "./bars.ts";
import type { BenchResult } from "./bench_result.ts";
import { CONFIDENCE } from "./confidence.ts";
import { formatCount, formatPercent, formatRatio, formatTable } from "../lib/cli/table.ts";

/** A bar with its cells. */
export interface BarRow {
  readonly bar: Bar;
  /** One for each runtime, in their order. */
  readonly cells: readonly BarCell[];
}

/**
 * The bars of a comparison.
 *
 * @param result The comparison.
 * @returns All bars, those that were not measured too.
 */
export function barRows(result: BenchResult): BarRow[] {
  return BARS.map((bar) => ({ bar, cells: result.runtimes.map((each) => bar.cell(each)) }));
}

/**
 * Writes a figure of a bar.
 *
 * @param bar The bar.
 * @param value The figure.
 * @returns It, with its unit.
 */
export function formatFigure(bar: Bar, value: number): string {
  switch (bar.unit) {
    case "x":
      return `${formatRatio(value)}x`;
    case "%":
      return `${(value * 100).toFixed(1)}%`;
    case "part":
      return value.toFixed(3);
    case "bytes":
      return formatCount(value);
  }
}

/**
 * Writes what a cell has to reach.
 *
 * @param bar The bar.
 * @param cell The cell.
 * @returns Such as `>= 10.00x`.
 */
export function formatLimit(bar: Bar, cell: BarCell): string {
  return `${bar.direction === "at least" ? ">=" : "<="} ${formatFigure(bar, cell.limit)}`;
}

/**
 * Writes a cell.
 *
 * @param bar The bar.
 * @param cell The cell.
 * @returns The figure with the range of the rounds, and what it was held against.
 */
export function formatCell(bar: Bar, cell: BarCell): string {
  if (cell.value === null) return "not measured";
  const { value, least, most, rounds, note } = cell;
  const range = least === most
    ? ""
    : ` (${formatFigure(bar, least!)} to ${formatFigure(bar, most!)} in ${rounds} rounds)`;
  return `${formatFigure(bar, value)}${range}${note === "" ? "" : `, ${note}`}`;
}

/**
 * Writes a verdict.
 *
 * @param cell The cell.
 * @returns Whether it passes, and whether that is close; nothing when there is none.
 */
export function formatVerdict({ verdict, close }: BarCell): string {
  if (verdict === null) return "";
  return close ? `${verdict}, close` : verdict;
}

/** What a close verdict is; said beside the bars. */
export const CLOSE_VERDICT: string =
  `Close: the limit is within the bounds between which the true median lies with a confidence of ${
    formatPercent(CONFIDENCE)
  }.`;

/**
 * The bars as plain text.
 *
 * @param result The comparison.
 * @returns Lines.
 */
export function barLines(result: BenchResult): string[] {
  const all = barRows(result);
  const measured = all.filter(({ cells }) => cells.some(({ value }) => value !== null));
  if (measured.length === 0) return ["None of them was measured."];
  const rest = all.filter((row) => !measured.includes(row)).map(({ bar }) => bar.name);
  const rows = measured.flatMap(({ bar, cells }) =>
    cells.map((cell, index) => [
      index === 0 ? bar.name : "",
      result.runtimes[index]!.runtime,
      formatLimit(bar, cell),
      formatCell(bar, cell),
      formatVerdict(cell) || "-",
    ])
  );
  return [
    ...formatTable(["bar", "runtime", "asked", "median (range of the rounds)", ""], rows),
    ...(measured.some(({ cells }) => cells.some(({ close }) => close)) ? [CLOSE_VERDICT] : []),
    ...(rest.length === 0 ? [] : [`Not measured: ${rest.join("; ")}.`]),
    ...warningLines(result),
  ];
}

/** Part of the processors that others may use before the figures are called in doubt. */
const TOLERATED_PART = 0.05;

/**
 * What to keep in mind about the figures of a machine that was not idle.
 *
 * @param result The comparison.
 * @returns Lines; none when nothing else ran.
 */
export function warningLines(result: BenchResult): string[] {
  return result.runtimes
    .filter(({ othersPart }) => (othersPart ?? 0) > TOLERATED_PART)
    .map(({ runtime, othersPart }) =>
      `Not to be trusted on ${runtime}: other programs used ${
        formatPercent(othersPart!)
      } of the processors, which costs the lanes more than it costs the loop.`
    );
}
