/**
 * What both forms of the report say.
 *
 * @module
 */

import { CLOSE_VERDICT } from "./bar_table.ts";
import type { BenchResult } from "./bench_result.ts";

/** How the figures are to be read. */
export const READING: readonly string[] = [
  "Every clock starts before the first submission and stops when the last result is back. Results are checked; waves are check-summed against the loop.",
  "Each round has fresh processes; within it everything is measured of all contenders in turn, and who is first changes. Ratios are made within rounds; medians of the rounds are shown.",
  "Peers run the waves above 1,024 tokens and the memory once, payloads in three rounds, and what takes them more than 1.5 s once, unless they may be the best one at what a bar is about.",
  "After the rounds of everything come further ones of what bars are about that are not certain yet, until they are or there have been enough.",
  CLOSE_VERDICT,
  "The loop makes the same calls in the submitting thread. The ceiling is the same work on the same number of workers without any dispatch: nothing can be faster.",
  "Start-up and memory per lane are those of TypeScript sources, which each worker has to translate; the number of source files counts.",
];

/**
 * The title of a report.
 *
 * @param result The comparison.
 * @returns It.
 */
export function titleOf(result: BenchResult): string {
  const names = result.runtimes.map(({ runtime }) =>
    runtime.charAt(0).toUpperCase() + runtime.slice(1)
  );
  return `TokenGate against its peers on ${names.join(", ")}`;
}
