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
import type { Measured, Subject } from "./subject.ts";
import { timeWaves, warmUpWaves } from "./wave.ts";

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
 * @returns Microseconds per token in the large wave, in the small ones (their median), and the one over the other; with the check-sums.
 */
export async function measureGrowth(subject: Subject, request: GrowthRequest): Promise<Measured> {
  const { smallTokens, largeTokens, smallWaves } = request;
  await warmUpWaves(subject);
  const before = await timeWaves(subject, smallTokens, smallWaves, Infinity);
  const large = await timeWaves(subject, largeTokens, 1, 0);
  const after = await timeWaves(subject, smallTokens, smallWaves, Infinity);
  const smallUs = (median([...before.times, ...after.times]) / smallTokens) * 1_000;
  const largeUs = (large.times[0]! / largeTokens) * 1_000;
  return {
    metrics: {
      "growth.smallUs": smallUs,
      "growth.largeUs": largeUs,
      "growth.ratio": largeUs / smallUs,
    },
    checksum: [before, large, after].map(({ checksum }) => checksum).join(" "),
  };
}
