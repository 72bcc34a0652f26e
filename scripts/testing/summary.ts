/**
 * How results are shown.
 *
 * @module
 */
import type { FileResult } from "./file_result.ts";

/** One line of the final table. */
export interface RuntimeTotals {
  /** The runtime's name and version. */
  label: string;
  /** Number of tests that passed. */
  passed: number;
  /** Number of tests that failed; a file that failed as such counts as one. */
  failed: number;
  /** Number of tests that were skipped. */
  skipped: number;
  /** Time from the first file's start to the last one's end, in milliseconds. */
  durationMs: number;
}

/** One line about one file. */
export function fileLine(result: FileResult, width: number): string {
  const { runtime, file, passed, failed, skipped, durationMs } = result;
  const counts = [
    ...failed > 0 ? [`${failed} FAILED`] : [],
    `${passed} passed`,
    ...skipped > 0 ? [`${skipped} skipped`] : [],
  ];
  return `${runtime.padEnd(4)}  ${file.padEnd(width)}  ${counts.join(", ")}, ${
    seconds(durationMs)
  }`;
}

/** How many lines an excerpt of a run's output has. */
const EXCERPT_LINES = 60;

/** What tests write that have passed: Deno's, Bun's and Node's words for it. */
const PASSED = /^\s*(\(pass\)|✔ )|\.\.\. ok \(/;

/** What a run wrote, set off from the lines around it. */
export function quoted(output: string): string {
  return output.trimEnd().replaceAll(/^/gm, "      | ");
}

/** The end of what a run wrote, without what has passed. */
export function excerptOf({ output }: FileResult): string {
  const lines = output.trimEnd().split("\n").filter((line) => !PASSED.test(line));
  return quoted(lines.slice(-EXCERPT_LINES).join("\n"));
}

/** Adds up the files of one runtime. */
export function totalsOf(
  label: string,
  results: readonly FileResult[],
  durationMs: number,
): RuntimeTotals {
  const totals: RuntimeTotals = { label, passed: 0, failed: 0, skipped: 0, durationMs };
  for (const { passed, failed, skipped } of results) {
    totals.passed += passed;
    totals.failed += failed;
    totals.skipped += skipped;
  }
  return totals;
}

/** The table of all runtimes. */
export function table(rows: readonly RuntimeTotals[]): string[] {
  const cells = [
    ["runtime", "passed", "failed", "skipped", "time"],
    ...rows.map(({ label, passed, failed, skipped, durationMs }) => [
      label,
      String(passed),
      String(failed),
      String(skipped),
      seconds(durationMs),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
    ).join("  ")
  );
}

/** The last line: the sum over all runtimes. */
export function lastLine(rows: readonly RuntimeTotals[]): string {
  const passed = rows.reduce((sum, row) => sum + row.passed, 0);
  const failed = rows.reduce((sum, row) => sum + row.failed, 0);
  return `${passed} passed, ${failed} failed`;
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}
