/**
 * What a comparison has measured, as it is written to a file, and the ways to read it.
 *
 * @module
 */

import type { RuntimeName } from "../scripts/pins.ts";
import type { ContenderName } from "./contenders.ts";
import { median } from "../lib/cli/statistics.ts";

/** Something that a contender could not do. */
export interface Failure {
  contender: ContenderName;
  /** What was measured: a metric, or the part of its name up to a dot. */
  what: string;
  error: string;
}

/** One row of the micro-benchmarks. */
export interface MicroRow {
  name: string;
  /** Nanoseconds. */
  avgNs: number;
  p50Ns: number;
  p99Ns: number;
}

/** What was measured on a runtime. */
export interface RuntimeResult {
  runtime: RuntimeName;
  version: string;
  contenders: ContenderName[];
  /** For each contender and metric the value of each round; null where it was not measured. */
  values: Partial<Record<ContenderName, Record<string, (number | null)[]>>>;
  failures: Failure[];
  /** What a contender does not offer: metrics. */
  notOffered: { contender: ContenderName; what: string }[];
  micro: MicroRow[];
  /** Part of the processors that other programs used, 0 to 1; null when unknown. */
  othersPart: number | null;
  elapsedMs: number;
  /** What is wrong with the run as a whole. */
  problems: string[];
}

/** A whole comparison. */
export interface BenchResult {
  /** Version of this format. */
  format: 1;
  command: string;
  /** ISO 8601. */
  startedAt: string;
  elapsedMs: number;
  machine: { cpu: string; cores: number; memoryGiB: number; system: string };
  lanes: number;
  rounds: number;
  waves: number[];
  /** Versions of the peers. */
  peers: Record<string, string>;
  runtimes: RuntimeResult[];
}

/** The middle of the rounds, and how far they lie apart. */
export interface Spread {
  median: number;
  least: number;
  most: number;
  rounds: number;
}

/**
 * The values of the rounds in short.
 *
 * @param values The values; those that are not finite are left out.
 * @returns Their median, least and most; undefined when there is none.
 */
export function spreadOf(values: readonly (number | null | undefined)[]): Spread | undefined {
  const known = values.filter((value): value is number =>
    typeof value === "number" && Number.isFinite(value)
  );
  if (known.length === 0) return undefined;
  return {
    median: median(known),
    least: Math.min(...known),
    most: Math.max(...known),
    rounds: known.length,
  };
}

/**
 * The values of a metric, by round.
 *
 * @param result A runtime.
 * @param contender Whose.
 * @param metric Its name.
 * @returns The values; none when it was not measured.
 */
export function valuesOf(
  result: RuntimeResult,
  contender: ContenderName,
  metric: string,
): readonly (number | null)[] {
  return result.values[contender]?.[metric] ?? [];
}

/**
 * Combines values of the same round.
 *
 * @param columns Values by round.
 * @param combine Makes one number of one value of each column.
 * @returns A number for each round in which every column has a value.
 */
export function paired(
  columns: readonly (readonly (number | null)[])[],
  combine: (...values: number[]) => number,
): number[] {
  const rounds = Math.min(...columns.map((column) => column.length));
  const combined: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const values = columns.map((column) => column[round]);
    if (values.every((value): value is number => typeof value === "number")) {
      combined.push(combine(...values));
    }
  }
  return combined;
}

/**
 * Why there is no value.
 *
 * @param result A runtime.
 * @param contender Whose.
 * @param metric Its name.
 * @returns The error; undefined when nothing failed.
 */
export function failureOf(
  result: RuntimeResult,
  contender: ContenderName,
  metric: string,
): Failure | undefined {
  return result.failures.find((failure) =>
    failure.contender === contender && covers(failure.what, metric)
  );
}

/** Whether a contender has no such thing. */
export function isNotOffered(
  result: RuntimeResult,
  contender: ContenderName,
  metric: string,
): boolean {
  return result.notOffered.some((each) =>
    each.contender === contender && covers(each.what, metric)
  );
}

function covers(what: string, metric: string): boolean {
  return what === "all" || metric === what || metric.startsWith(`${what}.`);
}
