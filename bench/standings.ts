/**
 * Where we stand: for each figure our place among the pools, and how far the best other one is.
 *
 * @module
 */

import { paired, type RuntimeResult, spreadOf, valuesOf } from "./bench_result.ts";
import { cellOf, type MetricRow } from "./bench_rows.ts";
import type { ContenderName } from "./contenders.ts";

/** Our place in one figure on one runtime. */
export interface Standing {
  /** From 1. */
  place: number;
  /** Pools that have a figure. */
  of: number;
  /** The best other pool. */
  rival: ContenderName;
  /** How much better than the rival we are, by paired rounds: above 1 we are better. */
  advantage: number;
}

/**
 * Our place in a figure.
 *
 * @param result A runtime.
 * @param row The figure.
 * @returns The place; undefined where we or all others have none, or where neither more nor less is better.
 */
export function standingOf(result: RuntimeResult, row: MetricRow): Standing | undefined {
  const { better, metric } = row;
  if (better === undefined) return undefined;
  const medians = new Map<ContenderName, number>();
  for (const name of result.contenders) {
    if (name === "loop" || name === "ceiling") continue;
    const { spread } = cellOf(result, name, row);
    if (spread !== undefined) medians.set(name, spread.median);
  }
  const own = medians.get("tokengate");
  medians.delete("tokengate");
  if (own === undefined || medians.size === 0) return undefined;
  const sign = better === "more" ? 1 : -1;
  const others = [...medians].sort(([, a], [, b]) => sign * (b - a));
  const rival = others[0]![0];
  const columns = [valuesOf(result, "tokengate", metric), valuesOf(result, rival, metric)];
  const ratios = paired(columns, (ours, theirs) => (ours / theirs) ** sign);
  return {
    place: 1 + others.filter(([, value]) => sign * (value - own) > 0).length,
    of: others.length + 1,
    rival,
    advantage: spreadOf(ratios)?.median ?? NaN,
  };
}

/**
 * Writes a place.
 *
 * @param standing The place.
 * @returns Such as `1st of 7; 4.31x poolifier`.
 */
export function formatStanding({ place, of, rival, advantage }: Standing): string {
  const ending = ["th", "st", "nd", "rd"][place] ?? "th";
  return `${place}${ending} of ${of}; ${advantage.toFixed(2)}x ${rival}`;
}
