/**
 * The bars: what the figures are held against, and whether they pass.
 *
 * @module
 */

import type { RuntimeName } from "../scripts/pins.ts";
import { medianInterval } from "./confidence.ts";
import { failureOf, paired, type RuntimeResult, spreadOf, valuesOf } from "./bench_result.ts";
import { type ContenderName, PEER_NAMES } from "./contenders.ts";
import { formatCount } from "../lib/cli/table.ts";
import { tokensOfWave } from "../lib/cli/waves/plan.ts";

/** Whether a figure passes; `null` when it was not measured, or not all of it. */
export type Verdict = "pass" | "miss" | null;

/** A bar on one runtime. */
export interface BarCell {
  verdict: Verdict;
  /** Whether another comparison may well come to the other verdict. */
  close: boolean;
  /** The median over the rounds of the paired figure; null when it was not measured. */
  value: number | null;
  least: number | null;
  most: number | null;
  /** Number of rounds in which it was measured. */
  rounds: number;
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
  /**
   * What has to be measured in further rounds before the verdict is certain.
   *
   * @returns Steps of a round, by what they measure; none when it is certain.
   */
  openSteps(result: RuntimeResult): string[];
}

interface Figure {
  /** One for each round; none when it was not measured. */
  values: readonly number[];
  /** What it was held against. */
  note: string;
  /** The wave it is about, of several that all have to reach the limit. */
  wave?: number;
  /** The steps of a round in which it is measured. */
  steps: readonly string[];
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
    (result) => eachWave(result, [3, 4, 5], speedUp),
  ),
  bar(
    "wave of 1,024 / loop",
    "at least",
    "x",
    { node: 1.4, bun: 1.3, deno: 1.5 },
    (result) => [{ values: speedUp(result, 9), note: "", steps: [stepOfWave(9)] }],
  ),
  bar(
    "waves from 4,096 on, share of the ceiling",
    "at least",
    "%",
    0.92,
    (result) => eachWave(result, [11, 12, 13, 14, 15], shareOfCeiling),
  ),
  bar(
    "50 ms tasks, efficiency",
    "at least",
    "part",
    0.98,
    (result) => own(result, "heavy.efficiency"),
  ),
  bar(
    "bytes per pending token, not awaited",
    "at most",
    "bytes",
    400,
    (result) => own(result, "memory.heapBytes"),
  ),
  bar(
    "p99 beside a saturated class / alone",
    "at most",
    "x",
    2,
    (result) => own(result, "classes.ratio"),
  ),
  bar("growth of time per token, 1,024 to 65,536, / the loop's", "at most", "x", 1.05, growth),
];

function bar(
  name: string,
  direction: Bar["direction"],
  unit: Bar["unit"],
  limits: Limits,
  figuresOf: (result: RuntimeResult) => Figure[],
): Bar {
  const judged = (result: RuntimeResult): { figure: Figure; cell: BarCell }[] => {
    const limit = typeof limits === "number" ? limits : limits[result.runtime];
    return figuresOf(result).map((figure) => {
      return { figure, cell: judge(figure.values, direction, limit, figure.note) };
    });
  };
  const openSteps = (result: RuntimeResult): string[] => {
    const all = judged(result);
    if (all.some(({ cell }) => cell.verdict === "miss" && !cell.close)) return [];
    return all.filter(({ cell }) => cell.close).flatMap(({ figure }) => figure.steps);
  };
  const cell = (result: RuntimeResult): BarCell => {
    const all = judged(result);
    const worst = all.reduce((a, b) => isWorse(b.cell, a.cell, direction) ? b : a).cell;
    const missing = all.filter(({ cell }) => cell.value === null);
    if (worst.value === null || missing.length === 0) {
      const close = openSteps(result).length > 0;
      if (!close || worst.close) return { ...worst, close };
      const others = wavesText(all.filter(({ cell }) => cell.close));
      return { ...worst, close, note: `${worst.note}; close at ${others}` };
    }
    // What is only measured in part can miss, but not pass.
    const verdict = worst.verdict === "pass" ? null : worst.verdict;
    return { ...worst, verdict, note: `${worst.note}; without ${wavesText(missing)}` };
  };
  return { name, direction, unit, cell, openSteps };
}

function wavesText(all: readonly { figure: Figure }[]): string {
  return all.map(({ figure }) => tokensText(figure.wave!)).join(", ");
}

function isWorse(one: BarCell, other: BarCell, direction: Bar["direction"]): boolean {
  if (one.value === null) return false;
  if (other.value === null) return true;
  return direction === "at least" ? one.value < other.value : one.value > other.value;
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
    const nothing = { value: null, least: null, most: null, rounds: 0 };
    return { verdict: null, close: false, ...nothing, limit, note };
  }
  const reaches = (value: number): boolean =>
    direction === "at least" ? value >= limit : value <= limit;
  const { least, most } = medianInterval(values);
  const verdict = reaches(spread.median) ? "pass" : "miss";
  const { median: value, ...rest } = spread;
  return { verdict, close: reaches(least) !== reaches(most), value, ...rest, limit, note };
}

/**
 * What has to be measured further before all verdicts are certain.
 *
 * @param result A runtime.
 * @returns Steps of a round, each once, by what they measure.
 */
export function openSteps(result: RuntimeResult): Set<string> {
  return new Set(BARS.flatMap((each) => each.openSteps(result)));
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
): Figure[] {
  const peer = bestPeer(result, best);
  const steps = [stepOf(best.metric)];
  if (peer === undefined) return [{ values: [], note: "", steps }];
  const columns = [valuesOf(result, "tokengate", ownMetric), valuesOf(result, peer, best.metric)];
  return [{ values: paired(columns, (ours, theirs) => ours / theirs), note: peer, steps }];
}

function own(result: RuntimeResult, metric: string): Figure[] {
  const values = paired([valuesOf(result, "tokengate", metric)], (value) => value);
  return [{ values, note: "", steps: [stepOf(metric)] }];
}

/** Each of them has to reach the limit. */
function eachWave(
  result: RuntimeResult,
  waves: readonly number[],
  figure: (result: RuntimeResult, wave: number) => number[],
): Figure[] {
  return waves.map((wave) => {
    const note = `wave of ${tokensText(wave)}`;
    return { values: figure(result, wave), note, wave, steps: [stepOfWave(wave)] };
  });
}

function tokensText(wave: number): string {
  return formatCount(tokensOfWave(wave));
}

/** The step of a round that measures a metric, waves aside: they have one each. */
function stepOf(metric: string): string {
  return metric.split(".")[0]!;
}

function stepOfWave(wave: number): string {
  return `wave.${wave}`;
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

function growth(result: RuntimeResult): Figure[] {
  const columns = [
    valuesOf(result, "tokengate", "growth.ratio"),
    valuesOf(result, "loop", "growth.ratio"),
  ];
  const values = paired(columns, (ours, loop) => ours / loop);
  return [{ values, note: "", steps: [stepOf("growth.ratio")] }];
}
