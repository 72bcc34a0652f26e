/**
 * No-op throughput: so many calls at once that nothing counts but dispatch.
 *
 * There are several ways to wait for them: all together by `Promise.all`, one after the other in the order of the calls, and, where a pool has it, one call for
 * a whole list of inputs. A thenable and a promise do not cost the same in the first two, so each way is measured, and the best one of a contender stands for it.
 *
 * @module
 */

import { median } from "../../lib/cli/statistics.ts";
import { runLoop } from "../../lib/cli/waves/round.ts";
import { work } from "../work.ts";
import type { Contender } from "../peers/contender.ts";
import {
  checkNoops,
  type Measured,
  type Metrics,
  repeat,
  type Subject,
  warmUp,
} from "./subject.ts";

/** A burst takes from 70 to 160 % of the usual in one process: five of them were not enough. */
const REPEATS = 15;
const BUDGET_MS = 600;

/** What is asked for. */
export interface NoopRequest {
  /** Calls at once. */
  tokens: number;
  /** How long is warmed up, in milliseconds, with bursts of the full size. */
  warmUpMs: number;
}

/** Makes so many calls and waits for all of them. */
type Burst = (tokens: number) => Promise<unknown[]> | unknown[];

/**
 * @param subject What to measure.
 * @param request How many calls, after which warm-up.
 * @returns Calls per second: the best way of waiting for them, and each by itself.
 */
export async function measureNoop(subject: Subject, request: NoopRequest): Promise<Measured> {
  const { tokens, warmUpMs } = request;
  if (subject.kind !== "pool") {
    const time = timerOfPlain(subject);
    await warmUp(warmUpMs, () => time(tokens));
    return { metrics: { "noop.perSecond": await perSecond(tokens, time) } };
  }
  const ways = Object.entries(waysOf(subject.pool)).map(([way, burst]) => {
    return { way, time: timerOf(burst) };
  });
  await warmUp(warmUpMs, async () => {
    for (const { time } of ways) await time(tokens);
  });
  const metrics: Metrics = {};
  for (const { way, time } of ways) {
    metrics[`noop.${way}.perSecond`] = await perSecond(tokens, time);
  }
  return { metrics: { "noop.perSecond": Math.max(...Object.values(metrics)), ...metrics } };
}

function timerOfPlain(
  subject: Exclude<Subject, { kind: "pool" }>,
): (tokens: number) => Promise<number> {
  if (subject.kind === "loop") return timerOf((tokens) => runLoop(tokens, work.noop).results);
  return async (tokens) => (await subject.ceiling.run({ kind: "noop", tokens })).wallMs;
}

function waysOf(pool: Contender): Record<string, Burst> {
  const submit = (tokens: number): PromiseLike<unknown>[] => {
    const calls: PromiseLike<unknown>[] = new Array(tokens);
    for (let i = 0; i < tokens; i++) calls[i] = pool.call("noop", [i]);
    return calls;
  };
  const ways: Record<string, Burst> = {
    together: (tokens) => Promise.all(submit(tokens)),
    inTurn: async (tokens) => {
      const calls = submit(tokens);
      const results: unknown[] = new Array(tokens);
      for (let i = 0; i < tokens; i++) results[i] = await calls[i];
      return results;
    },
  };
  const { callEach } = pool;
  if (callEach === undefined) return ways;
  ways["list"] = (tokens) => {
    const inputs: [number][] = new Array(tokens);
    for (let i = 0; i < tokens; i++) inputs[i] = [i];
    return callEach("noop", inputs);
  };
  return ways;
}

/** The clock starts before the first submission. */
function timerOf(burst: Burst): (tokens: number) => Promise<number> {
  return async (tokens) => {
    const startMs = performance.now();
    const results = await burst(tokens);
    const elapsedMs = performance.now() - startMs;
    if (results.length !== tokens) throw new Error(`${results.length} results of ${tokens} calls`);
    checkNoops(results);
    return elapsedMs;
  };
}

async function perSecond(
  tokens: number,
  time: (tokens: number) => Promise<number>,
): Promise<number> {
  const times = await repeat(REPEATS, BUDGET_MS, () => time(tokens));
  return tokens / median(times) * 1_000;
}
