/**
 * Growth: what a token takes in a large wave beside what it takes in small ones.
 *
 * Of all figures of waves this one depends most on when and where it is measured: the machine has slow phases, and a process
 * has a pace of its own for as long as it lives. So both sizes run in one process, right after one another, small waves on either
 * side of the large one.
 *
 * @module
 */

import { median } from "../../lib/cli/statistics.ts";
import { type Measured, rest, type Subject } from "./subject.ts";
import { warmUpWaves, waveTimerOf } from "./wave.ts";

/** What is asked for. */
export interface GrowthRequest {
  /** Tokens of a small wave. */
  smallTokens: number;
  /** Tokens of the large wave. */
  largeTokens: number;
  /** How many small waves run before the large one, and as many after it. */
  smallWaves: number;
}

/**
 * @param subject What to measure; it is warmed up first.
 * @param request Which waves.
 * @returns Microseconds per token in the small waves, their median, and in the large one; the one over the other; the check-sum of the large one.
 */
export async function measureGrowth(subject: Subject, request: GrowthRequest): Promise<Measured> {
  const { smallTokens, largeTokens, smallWaves } = request;
  const time = waveTimerOf(subject);
  const small: number[] = [];
  const timeSmall = async (): Promise<void> => {
    for (let i = 0; i < smallWaves; i++) {
      await rest();
      small.push((await time(smallTokens)).elapsedMs);
    }
  };
  await warmUpWaves(subject);
  await timeSmall();
  await rest();
  const large = await time(largeTokens);
  await timeSmall();
  const smallUs = (median(small) / smallTokens) * 1_000;
  const largeUs = (large.elapsedMs / largeTokens) * 1_000;
  return {
    metrics: {
      "growth.smallUs": smallUs,
      "growth.largeUs": largeUs,
      "growth.ratio": largeUs / smallUs,
    },
    checksum: large.checksum,
  };
}
