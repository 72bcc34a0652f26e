/**
 * The rounds of one wave: loop and gate in turn, results compared, failures kept.
 *
 * @module
 */

import { checksumOfWave } from "./checksum.ts";
import { CpuMeter } from "../cpu_meter.ts";
import { type ErrorGroup, ErrorTally } from "../error_tally.ts";
import { anotherRound } from "./plan.ts";
import type { RoundPair } from "./report.ts";
import { runGate, runLoop, type WaveToken } from "./round.ts";

const WARM_UP_ROUNDS = 2;
const WARM_UP_TOKENS = 1_024;
/**
 * What a large wave leaves behind is collected when a lane next works: on Deno a wave of 4 tokens then took 20 to 100 ms
 * in place of one. So the warm-up ends with a few small ones.
 */
const LAST_WARM_UPS = 8;
const LAST_WARM_UP_TOKENS = 4;
/** Rest before each clock, in milliseconds, so that what one step left to do is not charged to the next. */
const REST_MS = 5;

/** Makes or submits call `i` of a wave. */
export interface WaveCallers {
  /** Runs the call in this thread and returns its result. */
  callHere: (i: number) => unknown;
  /** Submits the call to the gate. */
  submit: (i: number) => WaveToken;
}

/** What {@linkcode measureWave} is asked to do. */
export interface WaveRequest extends WaveCallers {
  /** Tokens of the wave. */
  tokens: number;
  /** Rounds at most. */
  rounds: number;
  /** Time after which no further round begins, in milliseconds. */
  budgetMs: number;
  /** Called between rounds with the number of rounds done. */
  onRound?: (done: number) => void | Promise<void>;
  /**
   * See {@linkcode runGate}.
   *
   * @default {30000}
   */
  stallMs?: number;
}

/** What {@linkcode measureWave} found. */
export interface MeasuredWave {
  pairs: RoundPair[];
  /** Of the loop's results, the same in every round. */
  checksumSerial: string;
  /** Latencies of all tokens of all rounds, in milliseconds. */
  latenciesMs: Float64Array;
  /** Part of the machine's processors that other programs used; NaN when unknown. */
  othersPart: number;
  errors: ErrorGroup[];
}

/**
 * Runs the calls of a wave as often as needed to have the functions compiled here and in every lane.
 *
 * @param lanes Lanes of the gate.
 * @param callers How to make the calls.
 * @returns When it is done. Failures are left to the measured rounds to find.
 */
export async function warmUp(lanes: number, callers: WaveCallers): Promise<void> {
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    runLoop(WARM_UP_TOKENS, callers.callHere);
    await runGate(WARM_UP_TOKENS * lanes, callers.submit);
  }
  for (let round = 0; round < LAST_WARM_UPS; round++) {
    await rest();
    await runGate(LAST_WARM_UP_TOKENS * lanes, callers.submit);
  }
}

/**
 * Runs all rounds of a wave. Loop and gate swap places from one round to the next, so that a slow phase of the machine
 * falls on both; the first round begins with the loop, whose check-sum every later round is held against.
 *
 * @param request The wave.
 * @returns The rounds; after a round with lost tokens there are no more.
 * @throws {Error} When the loop gives different results in two rounds.
 * @throws {unknown} What a call throws in the loop.
 */
export async function measureWave(request: WaveRequest): Promise<MeasuredWave> {
  const { tokens, rounds } = request;
  const pairs: RoundPair[] = [];
  const latencies: Float64Array[] = [];
  const tally = new ErrorTally();
  let checksumSerial = "";

  async function loop(): Promise<number> {
    await rest();
    const { elapsedMs, results } = runLoop(tokens, request.callHere);
    const checksum = checksumOfWave(results);
    if (checksumSerial === "") checksumSerial = checksum;
    if (checksum !== checksumSerial) {
      throw new Error(`Cannot compare: the loop gave ${checksumSerial}, then ${checksum}`);
    }
    return elapsedMs;
  }

  async function gate(): Promise<Omit<RoundPair, "serialMs">> {
    await rest();
    const round = await runGate(tokens, request.submit, request);
    for (const { token, error } of round.errors) tally.add(error, token);
    latencies.push(round.latenciesMs);
    const checksumGate = round.ok === tokens ? tryChecksum(round.results, tally) : null;
    const { ok, failed, lost, wallMs, gatherMs, insideMs } = round;
    const mismatches = checksumGate === checksumSerial
      ? 0
      : countMismatches(round.results, request.callHere, tally);
    return { ok, failed, lost, wallMs, gatherMs, insideMs, checksumGate, mismatches };
  }

  const meter = new CpuMeter();
  const startMs = performance.now();
  const elapsedMs = (): number => performance.now() - startMs;
  for (let round = 0; anotherRound(round, rounds, elapsedMs(), request.budgetMs); round++) {
    await request.onRound?.(round);
    const loopFirst = round % 2 === 0;
    let serialMs = loopFirst ? await loop() : 0;
    const wave = await gate();
    if (!loopFirst) serialMs = await loop();
    pairs.push({ serialMs, ...wave });
    if (wave.lost > 0) break;
  }
  return {
    pairs,
    checksumSerial,
    latenciesMs: joined(latencies),
    othersPart: meter.othersPart(),
    errors: tally.groups(),
  };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, REST_MS));
}

/** A result of a kind that no operation gives is an error of the wave, not of this program. */
function tryChecksum(results: readonly unknown[], tally: ErrorTally): string | null {
  try {
    return checksumOfWave(results);
  } catch (error) {
    tally.add(error);
    return null;
  }
}

/** Finds the results that are not the loop's. Only a wave that has failed pays for it; missing ones are counted elsewhere. */
function countMismatches(
  results: readonly unknown[],
  callHere: (i: number) => unknown,
  tally: ErrorTally,
): number {
  let count = 0;
  for (let i = 0; i < results.length; i++) {
    if (results[i] === undefined) continue;
    if (tryChecksum([results[i]], tally) === checksumOfWave([callHere(i)])) continue;
    count++;
    tally.add(new Error("The result is not the one that the loop gives"), i);
  }
  return count;
}
