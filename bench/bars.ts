/**
 * The bars: what the figures are held against, and whether they pass.
 *
 * @module
 */

import type { RuntimeName } from "../scripts/pins.ts";
import { failureOf, paired, type RuntimeResult, spreadOf, valuesOf } from "./bench_result.ts";
import { type ContenderName, PEER_NAMES } from "./contenders.ts";
import { tokensOfWave } from "../lib/cli/waves/plan.ts";

/** Whether a figure passes; `null` when it was not measured, or not all of it. */
export type Verdict = "pass" | "miss" | null;

/** A bar on one runtime. */
export interface BarCell {
  verdict: Verdict;
  /** The median over the rounds of the paired figure; null when it was not measured. */
  value: number | null;
  least: number | null;
  most: number | null;
  /** What it has to reach. */
  limit: number;
  /** What it was held against, or why there is none: the best peer, the worst wave, an error. */
  note: string;
}

/** A bar. */
export interface Bar {
  readonly name: string;
  /** Whether the figure has to be at least, or at most, the limit. */
  readonly direction: "at least" | "at most";
  /** How the figure is written. */
  readonly unit: "x" | "%" | "bytes" | "part";
  cell(result: RuntimeResult): BarCell;
}

interface Figure {
  values: readonly number[];
  note: string;
  /** Whether only part of what the bar is about was measured: that can miss, but not pass. */
  partial?: boolean;
}

/** A metric of which the best peer's is wanted. */
export interface BestOf {
  readonly metric: string;
  readonly better: "more" | "less";
}

/** The best peer's no-op throughput. */
export const BEST_NOOP: BestOf = { metric: "noop.perSecond", better: "more" };
/** The best peer's ping. */
export const BEST_PING: BestOf = { metric: "ping.p50Us", better: "less" };

/** Peers this near to the best one may come to be the best. */
const AMONG_BEST = 1.25;

type Limits = number | Readonly<Record<RuntimeName, number>>;

/** All bars. */
export const BARS: readonly Bar[] = [
  bar(
    "no-op throughput / best peer",
    "at least",
    "x",
    10,
    (result) => againstBestPeer(result, BEST_NOOP),
  ),
  bar(
    "ping p50 / best peer",
    "at most",
    "x",
    { node: 0.5, bun: 0.8, deno: 0.5 },
    (result) => againstBestPeer(result, BEST_PING),
  ),
  bar(
    "ping p50 with spinUs / best peer",
    "at most",
    "x",
    { node: 0.3, bun: 0.5, deno: 0.3 },
    (result) => againstBestPeer(result, BEST_PING, "ping.spin.p50Us"),
  ),
  bar(
    "waves of 16 to 64 / loop",
    "at least",
    "x",
    1.2,
    (result) => worstWave(result, [3, 4, 5], speedUp),
  ),
  bar(
    "wave of 1,024 / loop",
    "at least",
    "x",
    { node: 1.4, bun: 1.3, deno: 1.5 },
    (result) => worstWave(result, [9], speedUp),
  ),
  bar(
    "waves from 4,096 on, share of the ceiling",
    "at least",
    "%",
    0.92,
    (result) => worstWave(result, [11, 12, 13, 14, 15], shareOfCeiling),
  ),
  bar("50 ms tasks, efficiency", "at least", "part", 0.98, (result) => ({
    values: paired([valuesOf(result, "tokengate", "heavy.efficiency")], (value) => value),
    note: "",
  })),
  bar("bytes per pending token, not awaited", "at most", "bytes", 400, (result) => ({
    values: paired([valuesOf(result, "tokengate", "memory.heapBytes")], (value) => value),
    note: "",
  })),
  bar("p99 beside a saturated class / alone", "at most", "x", 2, (result) => ({
    values: paired([valuesOf(result, "tokengate", "classes.ratio")], (value) => value),
    note: "",
  })),
  bar("growth of time per token, 1,024 to 65,536, / the loop's", "at most", "x", 1.05, growth),
];

function bar(
  name: string,
  direction: Bar["direction"],
  unit: Bar["unit"],
  limits: Limits,
  figure: (result: RuntimeResult) => Figure | undefined,
): Bar {
  return {
    name,
    direction,
    unit,
    cell(result: RuntimeResult): BarCell {
      const limit = typeof limits === "number" ? limits : limits[result.runtime];
      const found = figure(result);
      const cell = judge(found?.values ?? [], direction, limit, found?.note ?? "");
      return found?.partial && cell.verdict === "pass" ? { ...cell, verdict: null } : cell;
    },
  };
}

/**
 * Judges the values of a bar.
 *
 * @param values One for each round.
 * @param direction Whether the median has to be at least or at most the limit.
 * @param limit What it has to reach.
 * @param note What it was held against.
 * @returns The cell; without values there is no verdict.
 */
export function judge(
  values: readonly number[],
  direction: Bar["direction"],
  limit: number,
  note: string,
): BarCell {
  const spread = spreadOf(values);
  if (spread === undefined) {
    return { verdict: null, value: null, least: null, most: null, limit, note };
  }
  const { median: value, least, most } = spread;
  const passes = direction === "at least" ? value >= limit : value <= limit;
  return { verdict: passes ? "pass" : "miss", value, least, most, limit, note };
}

/**
 * The peer with the best median of a metric.
 *
 * @param result A runtime.
 * @param best The metric.
 * @returns Its name; undefined when no peer was measured.
 */
export function bestPeer(result: RuntimeResult, best: BestOf): ContenderName | undefined {
  let name: ContenderName | undefined;
  for (const peer of PEER_NAMES) {
    if (timesWorse(result, peer, name, best) < 1) name = peer;
  }
  return name;
}

/**
 * Whether a peer may come to be the best one of a metric when more rounds are measured.
 *
 * @param result A runtime.
 * @param peer The peer.
 * @param best The metric.
 * @returns Whether its median is near to that of the best.
 */
export function isAmongBest(result: RuntimeResult, peer: ContenderName, best: BestOf): boolean {
  return timesWorse(result, peer, bestPeer(result, best), best) <= AMONG_BEST;
}

/** How many times worse a peer's median is than another's: not at all where the other has none, infinitely where it has none itself. */
function timesWorse(
  result: RuntimeResult,
  peer: ContenderName,
  other: ContenderName | undefined,
  best: BestOf,
): number {
  const own = medianOf(result, peer, best.metric);
  if (own === undefined) return Infinity;
  const others = other === undefined ? undefined : medianOf(result, other, best.metric);
  if (others === undefined) return 0;
  return best.better === "more" ? others / own : own / others;
}

function medianOf(result: RuntimeResult, peer: ContenderName, metric: string): number | undefined {
  if (failureOf(result, peer, metric) !== undefined) return undefined;
  return spreadOf(valuesOf(result, peer, metric))?.median;
}

function againstBestPeer(
  result: RuntimeResult,
  best: BestOf,
  ownMetric: string = best.metric,
): Figure | undefined {
  const peer = bestPeer(result, best);
  if (peer === undefined) return undefined;
  const columns = [valuesOf(result, "tokengate", ownMetric), valuesOf(result, peer, best.metric)];
  return { values: paired(columns, (ours, theirs) => ours / theirs), note: peer };
}

/** The wave with the smallest median decides; to pass, all of them must have been measured. */
function worstWave(
  result: RuntimeResult,
  waves: readonly number[],
  figure: (result: RuntimeResult, wave: number) => number[],
): Figure | undefined {
  let worst: { median: number; figure: Figure } | undefined;
  const missing: number[] = [];
  for (const wave of waves) {
    const values = figure(result, wave);
    const middle = spreadOf(values)?.median;
    if (middle === undefined) missing.push(wave);
    else if (worst === undefined || middle < worst.median) {
      const note = waves.length === 1
        ? ""
        : `wave of ${tokensOfWave(wave).toLocaleString("en-US")}`;
      worst = { median: middle, figure: { values, note } };
    }
  }
  if (worst === undefined || missing.length === 0) return worst?.figure;
  const left = missing.map((wave) => tokensOfWave(wave).toLocaleString("en-US")).join(", ");
  return { ...worst.figure, note: `${worst.figure.note}; without ${left}`, partial: true };
}

/**
 * How much faster than the loop a wave is.
 *
 * @param result A runtime.
 * @param wave Number of the wave.
 * @param contender Whose wave; ours by default.
 * @returns A ratio for each round.
 */
export function speedUp(
  result: RuntimeResult,
  wave: number,
  contender: ContenderName = "tokengate",
): number[] {
  const metric = `wave.${wave}.ms`;
  const columns = [valuesOf(result, "loop", metric), valuesOf(result, contender, metric)];
  return paired(columns, (loop, own) => loop / own);
}

function shareOfCeiling(result: RuntimeResult, wave: number): number[] {
  const metric = `wave.${wave}.ms`;
  const columns = [valuesOf(result, "ceiling", metric), valuesOf(result, "tokengate", metric)];
  return paired(columns, (ceiling, own) => ceiling / own);
}

function growth(result: RuntimeResult): Figure | undefined {
  const [small, large] = [9, 15];
  const columns = (["tokengate", "loop"] as const).flatMap((name) =>
    [large, small].map((wave) => valuesOf(result, name, `wave.${wave}.ms`))
  );
  return {
    values: paired(
      columns,
      (ours, oursSmall, loop, loopSmall) => (ours! / oursSmall!) / (loop! / loopSmall!),
    ),
    note: "",
  };
}
