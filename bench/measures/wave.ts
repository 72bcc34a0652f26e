/**
 * A wave: the four operations round robin, submitted at once.
 *
 * @module
 */

import { checksumOfWave } from "../../lib/cli/waves/checksum.ts";
import { median } from "../../lib/cli/statistics.ts";
import { callNth, type WaveCalls } from "../../lib/cli/waves/calls.ts";
import * as waveFunctions from "../../lib/cli/waves/functions.ts";
import { tokensOfWave } from "../../lib/cli/waves/plan.ts";
import { runLoop } from "../../lib/cli/waves/round.ts";
import { type Measured, repeat, type Subject, timeAll, WARM_UP_MS, warmUp } from "./subject.ts";

const WARM_UP_TOKENS = 2_048;
/** Small waves at the end of the warm-up clear away what the large ones left: see `wave_measurement.ts`. */
const LAST_WARM_UPS = 8;
const LAST_WARM_UP_TOKENS = 8;

/** How often a wave is repeated in a round: small ones are short and noisy. */
const REPEATS = 15;

/** What is asked for. */
export interface WaveRequest {
  /** Number of the wave. */
  wave: number;
  /** Time after which it is not repeated, in milliseconds. */
  budgetMs: number;
}

/** A wave that was run. */
export interface TimedWave {
  elapsedMs: number;
  checksum: string;
}

/** Runs waves of as many tokens as it is given. */
export type WaveTimer = (tokens: number) => Promise<TimedWave> | TimedWave;

/**
 * Has the functions compiled, here or in the lanes.
 *
 * @param subject What is to be measured.
 */
export async function warmUpWaves(subject: Subject): Promise<void> {
  const time = waveTimerOf(subject);
  await warmUp(WARM_UP_MS, () => time(WARM_UP_TOKENS));
  for (let i = 0; i < LAST_WARM_UPS; i++) await time(LAST_WARM_UP_TOKENS);
}

/**
 * @param subject What to measure.
 * @param request The wave.
 * @returns The median time of the wave in milliseconds, and the check-sum of its results.
 */
export async function measureWave(subject: Subject, request: WaveRequest): Promise<Measured> {
  const { wave, budgetMs } = request;
  const time = waveTimerOf(subject);
  let checksum: string | undefined;
  const times = await repeat(REPEATS, budgetMs, async () => {
    const timed = await time(tokensOfWave(wave));
    checksum ??= timed.checksum;
    if (timed.checksum !== checksum) {
      throw new Error(`the wave gave the check-sum ${checksum}, then ${timed.checksum}`);
    }
    return timed.elapsedMs;
  });
  return { metrics: { [`wave.${wave}.ms`]: median(times) }, checksum: checksum! };
}

/**
 * @param subject What is to be measured.
 * @returns Runs a wave of it.
 */
export function waveTimerOf(subject: Subject): WaveTimer {
  switch (subject.kind) {
    case "loop":
      return (tokens) => {
        const { elapsedMs, results } = runLoop(tokens, (i) => callNth<unknown>(i, waveFunctions));
        return { elapsedMs, checksum: checksumOfWave(results) };
      };
    case "ceiling":
      return async (tokens) => {
        const { wallMs, checksum } = await subject.ceiling.run({ kind: "wave", tokens });
        return { elapsedMs: wallMs, checksum };
      };
    case "pool": {
      const { pool } = subject;
      const calls: WaveCalls<PromiseLike<unknown>> = {
        cpuCrunch: (n) => pool.call("cpuCrunch", [n]),
        stringTransform: (seed) => pool.call("stringTransform", [seed]),
        dataSort: (count) => pool.call("dataSort", [count]),
        hashChain: (seed, rounds) => pool.call("hashChain", [seed, rounds]),
      };
      return async (tokens) => {
        const { elapsedMs, results } = await timeAll(tokens, (i) => callNth(i, calls));
        return { elapsedMs, checksum: checksumOfWave(results) };
      };
    }
  }
}
