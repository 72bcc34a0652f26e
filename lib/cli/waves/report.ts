/**
 * What the runner writes on its standard output, one JSON object a line, and how the rounds of a wave become one row.
 *
 * @module
 */

import type { ErrorGroup } from "../error_tally.ts";
import { median, originalColumns, percentile } from "../statistics.ts";

/** First line of a run. */
export interface StartMessage {
  type: "start";
  /** `deno`, `bun` or `node`. */
  runtime: string;
  version: string;
  lanes: number;
  /** Numbers of the waves that will be run. */
  waves: number[];
}

/** Sent before and between rounds. */
export interface ProgressMessage {
  type: "progress";
  /** Number of the wave; 0 during the warm-up. */
  wave: number;
  tokens: number;
  /** Rounds done. */
  done: number;
  rounds: number;
}

/** Last line of a run that got through. */
export interface EndMessage {
  type: "end";
  /** Whether every wave passed: see {@linkcode rowPassed}. */
  passed: boolean;
  /** Part of the machine's processors that other programs used during the waves, 0 to 1; null when unknown. */
  othersPart: number | null;
}

/** Last line of a run that could not go on. */
export interface ErrorMessage {
  type: "error";
  error: ErrorGroup;
}

/** A line of the runner's standard output. */
export type RunnerMessage = StartMessage | ProgressMessage | WaveRow | EndMessage | ErrorMessage;

/** One wave. Times are medians over the rounds, ratios are made from the medians. */
export interface WaveRow {
  type: "wave";
  runtime: string;
  version: string;
  lanes: number;
  wave: number;
  tokens: number;
  rounds: number;
  /** Tokens that gave a result, in the worst round. */
  ok: number;
  /** Tokens that were rejected or refused, in the worst round. */
  fail: number;
  /** Tokens that never settled, in the worst round. */
  lost: number;
  /** From before the first submission to the last settlement. */
  wallMs: number;
  wallLeastMs: number;
  wallMostMs: number;
  tokensPerSecond: number;
  /** Percentiles from submission to settlement over the tokens of all rounds. */
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** The plain loop over the same calls in the submitting thread. */
  serialMs: number;
  serialLeastMs: number;
  serialMostMs: number;
  /** `serialMs / wallMs`. */
  speedUp: number;
  /** The worst and the best ratio of a round, each loop against the wave next to it. */
  speedUpLeast: number;
  speedUpMost: number;
  /** Sum of the times from start to end of the tokens. */
  insideMs: number;
  /** `insideMs / (wallMs * lanes)`. */
  efficiency: number;
  /** From after the last submission to the last settlement: the original's clock. */
  gatherMs: number;
  /** The original's Lat. */
  latencyMs: number;
  /** The original's Conc; null when wave 1 was not run. */
  concurrency: number | null;
  /** The original's Overlap. */
  overlap: number;
  /** Of the results through the gate, the deviating one if a round deviates; null when results are missing. */
  checksumGate: string | null;
  /** Of the results of the loop. */
  checksumSerial: string;
  /** Tokens whose result was not the loop's, in the worst round. */
  mismatches: number;
  /** Part of the machine's processors that other programs used during the wave, 0 to 1; null when unknown. */
  othersPart: number | null;
  errors: ErrorGroup[];
}

/** A loop and the wave next to it. */
export interface RoundPair {
  serialMs: number;
  wallMs: number;
  gatherMs: number;
  insideMs: number;
  ok: number;
  failed: number;
  lost: number;
  mismatches: number;
  /** Of the results through the gate; null when results are missing. */
  checksumGate: string | null;
}

/** What is known of a wave when its last round is over. */
export interface WaveRounds {
  runtime: string;
  version: string;
  lanes: number;
  wave: number;
  tokens: number;
  /** At least one. */
  pairs: readonly RoundPair[];
  /** Of the results of the loop, the same in every round. */
  checksumSerial: string;
  /** Latencies of all tokens of all rounds, in milliseconds. */
  latenciesMs: Float64Array;
  /** Part of the processors used by others; NaN when unknown. */
  othersPart: number;
  errors: ErrorGroup[];
  /** Lat of wave 1; undefined when it was not run. */
  firstLatencyMs: number | undefined;
}

/**
 * Makes one row out of the rounds of a wave.
 *
 * @param rounds What was measured; its latencies get sorted.
 * @returns The row.
 */
export function waveRow(rounds: WaveRounds): WaveRow {
  const { tokens, lanes, pairs, latenciesMs } = rounds;
  const walls = pairs.map((pair) => pair.wallMs);
  const loops = pairs.map((pair) => pair.serialMs);
  const ratios = pairs.map((pair) => pair.serialMs / pair.wallMs);
  const wallMs = median(walls);
  const serialMs = median(loops);
  const insideMs = median(pairs.map((pair) => pair.insideMs));
  const gatherMs = median(pairs.map((pair) => pair.gatherMs));
  const { checksumSerial } = rounds;
  const deviating = pairs.find((pair) => pair.checksumGate !== checksumSerial) ?? pairs[0]!;
  latenciesMs.sort();
  return {
    type: "wave",
    runtime: rounds.runtime,
    version: rounds.version,
    lanes,
    wave: rounds.wave,
    tokens,
    rounds: pairs.length,
    ok: Math.min(...pairs.map((pair) => pair.ok)),
    fail: Math.max(...pairs.map((pair) => pair.failed)),
    lost: Math.max(...pairs.map((pair) => pair.lost)),
    wallMs,
    wallLeastMs: Math.min(...walls),
    wallMostMs: Math.max(...walls),
    tokensPerSecond: tokens / wallMs * 1_000,
    p50Ms: percentile(latenciesMs, 0.5),
    p95Ms: percentile(latenciesMs, 0.95),
    p99Ms: percentile(latenciesMs, 0.99),
    serialMs,
    serialLeastMs: Math.min(...loops),
    serialMostMs: Math.max(...loops),
    speedUp: serialMs / wallMs,
    speedUpLeast: Math.min(...ratios),
    speedUpMost: Math.max(...ratios),
    insideMs,
    efficiency: insideMs / (wallMs * lanes),
    gatherMs,
    ...originalColumns({ tokens, gatherMs, insideMs, firstLatencyMs: rounds.firstLatencyMs }),
    checksumGate: deviating.checksumGate,
    checksumSerial,
    mismatches: Math.max(...pairs.map((pair) => pair.mismatches)),
    othersPart: finite(rounds.othersPart),
    errors: rounds.errors,
  };
}

/**
 * Whether a wave counts as passed.
 *
 * @param row The wave.
 * @returns True when every token gave a result in every round and the results were those of the loop.
 */
export function rowPassed(row: WaveRow): boolean {
  return row.ok === row.tokens && row.fail === 0 && row.lost === 0 && row.mismatches === 0 &&
    row.checksumGate === row.checksumSerial && row.errors.length === 0;
}

/**
 * A number as JSON can carry it.
 *
 * @param value Any number.
 * @returns The number, or null when it is not finite.
 */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
