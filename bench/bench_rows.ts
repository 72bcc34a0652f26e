/**
 * The figures of a comparison as rows of text, for the terminal and for reports: one row for each thing measured, one cell
 * for each contender.
 *
 * @module
 */

import {
  type BenchResult,
  failureOf,
  isNotOffered,
  type RuntimeResult,
  type Spread,
  spreadOf,
  valuesOf,
} from "./bench_result.ts";
import type { ContenderName } from "./contenders.ts";
import { PAYLOADS } from "./measures/payload.ts";
import { formatCount, formatMeasure, formatPercent, formatTable } from "../lib/cli/table.ts";
import { tokensOfWave } from "../lib/cli/waves/plan.ts";

/** A row: a metric and how it is read. */
export interface MetricRow {
  readonly label: string;
  readonly metric: string;
  /** Whether more or less is better; undefined where neither is. */
  readonly better: "more" | "less" | undefined;
  format(value: number): string;
}

/** Rows that belong together. */
export interface MetricGroup {
  readonly title: string;
  readonly rows: readonly MetricRow[];
}

const MEBIBYTE = 2 ** 20;

/** All groups but the waves, whose rows depend on what was asked for. */
const GROUPS: readonly MetricGroup[] = [
  {
    title: "Calls",
    rows: [
      row("no-op calls per second, the best of", "noop.perSecond", "more", formatCount),
      row("  awaited together by Promise.all", "noop.together.perSecond", "more", formatCount),
      row("  awaited one after the other", "noop.inTurn.perSecond", "more", formatCount),
      row("  one call for the whole list", "noop.list.perSecond", "more", formatCount),
      row("ping, median, µs", "ping.p50Us", "less"),
      row("ping, 99th percentile, µs", "ping.p99Us", "less"),
      row("ping with spinUs 100, median, µs", "ping.spin.p50Us", "less"),
      row("ping with spinUs 100, 99th percentile, µs", "ping.spin.p99Us", "less"),
      row("ping with spinUs 0, median, µs", "ping.parked.p50Us", "less"),
      row("ping with spinUs 0, 99th percentile, µs", "ping.parked.p99Us", "less"),
    ],
  },
  {
    title: "Growth of time per token",
    rows: [
      row("in waves of 1,024, µs", "growth.smallUs", "less"),
      row("in a wave of 65,536 between them, µs", "growth.largeUs", "less"),
      row("the one over the other", "growth.ratio", "less"),
    ],
  },
  {
    title: "50 ms tasks",
    rows: [
      row("all of them, ms", "heavy.ms", "less"),
      row("one of them inside, ms", "heavy.insideMs", undefined),
      row("efficiency: inside / (time x lanes)", "heavy.efficiency", "more", formatPercentFinely),
    ],
  },
  {
    title: "Quick calls beside a saturated class of long ones",
    rows: [
      row("quick calls alone, 99th percentile, µs", "classes.aloneP99Us", "less"),
      row("beside the long ones, 99th percentile, µs", "classes.besideP99Us", "less"),
      row("the one over the other", "classes.ratio", "less"),
    ],
  },
  {
    title: "Payloads, µs per call",
    rows: PAYLOADS.map(({ name, label }) => row(label, `payload.${name}.us`, "less")),
  },
  {
    title: "Memory and start-up",
    rows: [
      row("bytes per pending call, heap", "memory.heapBytes", "less", formatCount),
      row("bytes per pending call, process", "memory.residentBytes", "less", formatCount),
      row("start to first result, ms", "startup.firstMs", "less"),
      row("loading the code before, ms", "startup.loadMs", "less"),
      row(
        "memory per lane, MiB",
        "startup.laneBytes",
        "less",
        (bytes) => formatMeasure(bytes / MEBIBYTE),
      ),
    ],
  },
];

function row(
  label: string,
  metric: string,
  better: MetricRow["better"],
  format: (value: number) => string = formatMeasure,
): MetricRow {
  return { label, metric, better, format };
}

/**
 * The groups of a comparison.
 *
 * @param result The comparison.
 * @returns Those of which something was measured, on any runtime.
 */
export function groupsOf(result: BenchResult): MetricGroup[] {
  const waves: MetricGroup = {
    title: "Waves, ms",
    rows: result.waves.map((wave) =>
      row(`wave of ${formatCount(tokensOfWave(wave))}`, `wave.${wave}.ms`, "less")
    ),
  };
  const [calls, ...rest] = GROUPS;
  return [calls!, waves, ...rest]
    .map(({ title, rows }) => ({
      title,
      rows: rows.filter(({ metric }) => result.runtimes.some((each) => wasAsked(each, metric))),
    }))
    .filter(({ rows }) => rows.length > 0);
}

function wasAsked(result: RuntimeResult, metric: string): boolean {
  return result.contenders.some((name) => valuesOf(result, name, metric).length > 0);
}

/** A cell of a row. */
export interface MetricCell {
  text: string;
  spread: Spread | undefined;
  /** Why there is no figure, if the contender failed. */
  error: string | undefined;
}

/**
 * The cell of a contender.
 *
 * @param result A runtime.
 * @param contender Whose.
 * @param of The row.
 * @returns The median, `fails`, `not offered`, or a dash where it was not measured.
 */
export function cellOf(
  result: RuntimeResult,
  contender: ContenderName,
  of: MetricRow,
): MetricCell {
  const failure = failureOf(result, contender, of.metric);
  if (failure !== undefined) return { text: "fails", spread: undefined, error: failure.error };
  if (isNotOffered(result, contender, of.metric)) {
    return { text: "not offered", spread: undefined, error: undefined };
  }
  const spread = spreadOf(valuesOf(result, contender, of.metric));
  return {
    text: spread === undefined ? "-" : of.format(spread.median),
    spread,
    error: undefined,
  };
}

/**
 * How far the rounds of a cell lie apart.
 *
 * @param cell The cell.
 * @param of Its row.
 * @returns Such as `4.1-5.2`; empty where there are not two rounds.
 */
export function rangeOf({ spread }: MetricCell, of: MetricRow): string {
  if (spread === undefined || spread.rounds < 2) return "";
  return `${of.format(spread.least)}-${of.format(spread.most)}`;
}

/**
 * The figures of a runtime as plain text.
 *
 * @param groups From {@linkcode groupsOf}.
 * @param result The runtime.
 * @returns Lines.
 */
export function figureLines(groups: readonly MetricGroup[], result: RuntimeResult): string[] {
  const rows = groups.flatMap((group) => group.rows);
  return formatTable(
    ["median of the rounds", ...result.contenders],
    rows.map((each) => [
      each.label,
      ...result.contenders.map((name) => cellOf(result, name, each).text),
    ]),
  );
}

/**
 * What failed on a runtime, each error once.
 *
 * @param result The runtime.
 * @returns Lines.
 */
export function failureLines(result: RuntimeResult): string[] {
  return result.failures
    .filter(({ error }) => !error.startsWith("not run: "))
    .map(({ contender, what, error }) =>
      what === "all" ? `${contender} fails: ${error}` : `${contender} fails at ${what}: ${error}`
    );
}

/**
 * The micro-benchmarks, the runtimes side by side.
 *
 * @param result The comparison.
 * @returns Cells, a row for each benchmark: its name, then its mean on each runtime in nanoseconds.
 */
export function microRows({ runtimes }: BenchResult): string[][] {
  const names = new Set(runtimes.flatMap(({ micro }) => micro.map(({ name }) => name)));
  return [...names].map((name) => [
    name,
    ...runtimes.map(({ micro }) =>
      formatMeasure(micro.find((row) => row.name === name)?.avgNs ?? NaN)
    ),
  ]);
}

/**
 * The micro-benchmarks as plain text.
 *
 * @param result The comparison.
 * @returns Lines; none when they were not run.
 */
export function microLines(result: BenchResult): string[] {
  const rows = microRows(result);
  if (rows.length === 0) return [];
  return formatTable(["", ...result.runtimes.map(({ runtime }) => runtime)], rows);
}

function formatPercentFinely(part: number): string {
  return part > 0.9 && part < 1 ? `${(part * 100).toFixed(1)}%` : formatPercent(part);
}
