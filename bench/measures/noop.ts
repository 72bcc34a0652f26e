/**
 * No-op throughput: so many calls at once that nothing counts but dispatch.
 *
 * @module
 */

import { median } from "../../lib/cli/statistics.ts";
import { runLoop } from "../../lib/cli/waves/round.ts";
import { work } from "../work.ts";
import { checkNoops, type Measured, repeat, type Subject, timeAll } from "./subject.ts";

const WARM_UPS = 2;
const WARM_UP_CALLS = 5_000;
const REPEATS = 5;
const BUDGET_MS = 300;

/**
 * @param subject What to measure.
 * @param tokens Calls at once.
 * @returns Calls per second.
 */
export async function measureNoop(subject: Subject, tokens: number): Promise<Measured> {
  const time = timerOf(subject);
  for (let i = 0; i < WARM_UPS; i++) await time(WARM_UP_CALLS);
  const times = await repeat(REPEATS, BUDGET_MS, () => time(tokens));
  return { metrics: { "noop.perSecond": tokens / median(times) * 1_000 } };
}

function timerOf(subject: Subject): (tokens: number) => Promise<number> | number {
  switch (subject.kind) {
    case "loop":
      return (tokens) => {
        const { elapsedMs, results } = runLoop(tokens, work.noop);
        checkNoops(results);
        return elapsedMs;
      };
    case "ceiling":
      return async (tokens) => (await subject.ceiling.run({ kind: "noop", tokens })).wallMs;
    case "pool": {
      const { pool } = subject;
      return async (tokens) => {
        const { elapsedMs, results } = await timeAll(tokens, (i) => pool.call("noop", [i]));
        checkNoops(results);
        return elapsedMs;
      };
    }
  }
}
