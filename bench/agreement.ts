/**
 * Whether several comparisons come to the same verdicts, and which ones all their rounds together give.
 *
 * A verdict is about a median that is known within bounds. Where the limit lies within them, in one comparison at least, another verdict
 * of another comparison says nothing more than that the figure is at the limit; where both are certain, one of them is wrong.
 *
 * @module
 */

import { CLOSE_VERDICT, formatFigure, formatLimit, formatVerdict } from "./bar_table.ts";
import { type Bar, type BarCell, BARS } from "./bars.ts";
import type { BenchResult, RuntimeResult } from "./bench_result.ts";
import type { ContenderName } from "./contenders.ts";
import { formatTable } from "../lib/cli/table.ts";

/** How verdicts stand to one another; `null` where fewer than two comparisons have one. */
export type Agreement = "same" | "close" | "contrary" | null;

/** A bar on one runtime, in several comparisons. */
export interface AgreementRow {
  readonly bar: Bar;
  readonly runtime: string;
  /** One for each comparison, in their order. */
  readonly cells: readonly BarCell[];
  /** What the rounds of all of them give. */
  readonly together: BarCell;
  readonly agreement: Agreement;
}

/**
 * Says how verdicts stand to one another.
 *
 * @param cells The same bar in several comparisons.
 * @returns `same`; `contrary` when one is certain that it passes and another that it misses; else `close`.
 */
export function agreementOf(cells: readonly BarCell[]): Agreement {
  const judged = cells.filter(({ verdict }) => verdict !== null);
  if (judged.length < 2) return null;
  const isCertain = (sought: BarCell["verdict"]): boolean =>
    judged.some(({ verdict, close }) => verdict === sought && !close);
  if (isCertain("pass") && isCertain("miss")) return "contrary";
  return judged.every(({ verdict }) => verdict === judged[0]!.verdict) ? "same" : "close";
}

/**
 * Puts the rounds of several comparisons one after the other, those of one comparison side by side as they were.
 *
 * @param results What each of them measured on a runtime; at least one.
 * @returns The same, as if one comparison had measured all of it.
 */
export function joinRounds(results: readonly RuntimeResult[]): RuntimeResult {
  const joined: RuntimeResult = {
    ...results[0]!,
    contenders: [...new Set(results.flatMap(({ contenders }) => contenders))],
    values: {},
    failures: results.flatMap(({ failures }) => failures),
    notOffered: results.flatMap(({ notOffered }) => notOffered),
  };
  let before = 0;
  for (const { values } of results) {
    let rounds = 0;
    for (const [contender, metrics] of Object.entries(values)) {
      const own = joined.values[contender as ContenderName] ??= {};
      for (const [metric, column] of Object.entries(metrics)) {
        const all = own[metric] ??= [];
        while (all.length < before) all.push(null);
        all.push(...column);
        rounds = Math.max(rounds, column.length);
      }
    }
    before += rounds;
  }
  return joined;
}

/**
 * Lays the bars of several comparisons side by side.
 *
 * @param results The comparisons, at least one.
 * @returns A row for each bar and each runtime that all of them have.
 * @throws {RangeError} When they had not the same number of lanes.
 */
export function agreementRows(results: readonly BenchResult[]): AgreementRow[] {
  const lanes = new Set(results.map((result) => result.lanes));
  if (lanes.size > 1) {
    throw new RangeError(`Cannot compare runs with ${[...lanes].join(" and ")} lanes`);
  }
  const names = results[0]!.runtimes.map(({ runtime }) => runtime);
  const onAll = names.map((name) =>
    results.flatMap(({ runtimes }) => runtimes.filter(({ runtime }) => runtime === name))
  ).filter((each) => each.length === results.length);
  return BARS.flatMap((bar) =>
    onAll.map((each) => {
      const cells = each.map((result) => bar.cell(result));
      const together = bar.cell(joinRounds(each));
      return { bar, runtime: each[0]!.runtime, cells, together, agreement: agreementOf(cells) };
    })
  );
}

/**
 * The bars of several comparisons as plain text.
 *
 * @param rows The rows, in their order.
 * @returns Lines.
 */
export function agreementLines(rows: readonly AgreementRow[]): string[] {
  const measured = rows.filter(({ agreement }) => agreement !== null);
  if (measured.length === 0) return ["No bar was measured by two of them."];
  const runs = measured[0]!.cells.map((_, index) => `run ${index + 1}`);
  const count = (sought: Agreement): number =>
    measured.filter(({ agreement }) => agreement === sought).length;
  const body = measured.map(({ bar, runtime, cells, together, agreement }, index) => [
    measured[index - 1]?.bar === bar ? "" : bar.name,
    runtime,
    formatLimit(bar, together),
    ...[...cells, together].map((cell) => figureAndVerdict(bar, cell)),
    agreement!,
  ]);
  return [
    ...formatTable(["bar", "runtime", "asked", ...runs, "all rounds", "verdicts"], body),
    `Verdicts: ${count("same")} the same, ${count("close")} close, ${count("contrary")} contrary.`,
    CLOSE_VERDICT,
  ];
}

function figureAndVerdict(bar: Bar, cell: BarCell): string {
  return cell.value === null ? "-" : `${formatFigure(bar, cell.value)} ${formatVerdict(cell)}`;
}
