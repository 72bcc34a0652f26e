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
const REPEATS = 40;

/** What is asked for. */
export interface WaveRequest {
  /** Number of the wave. */
  wave: number;
  /** Time after which it is not repeated, in milliseconds. */
  budgetMs: number;
}

interface Timed {
  elapsedMs: number;
  checksum: string;
}

/**
 * Has the functions compiled, here or in the lanes.
 *
 * @param subject What is to be measured.
 */
export async function warmUpWaves(subject: Subject): Promise<void> {
  const time = timerOf(subject);
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
  const { times, checksum } = await timeWaves(subject, tokensOfWave(wave), REPEATS, budgetMs);
  return { metrics: { [`wave.${wave}.ms`]: median(times) }, checksum };
}

/**
 * Runs waves of one size.
 *
 * @param subject What to measure.
 * @param tokens Tokens of each.
 * @param most How many at most.
 * @param budgetMs Time after which no further one is run, in milliseconds.
 * @returns The time of each in milliseconds, and the check-sum of the results, which is the same for all.
 * @throws {Error} When one has other results than the first.
 */
export async function timeWaves(
  subject: Subject,
  tokens: number,
  most: number,
  budgetMs: number,
): Promise<{ times: number[]; checksum: string }> {
  const time = timerOf(subject);
  let checksum: string | undefined;
  const times = await repeat(most, budgetMs, async () => {
    const timed = await time(tokens);
    checksum ??= timed.checksum;
    if (timed.checksum !== checksum) {
      throw new Error(`the wave gave the check-sum ${checksum}, then ${timed.checksum}`);
    }
    return timed.elapsedMs;
  });
  return { times, checksum: checksum! };
}

function timerOf(subject: Subject): (tokens: number) => Promise<Timed> | Timed {
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
