/**
 * How soon two threads that sleep are at work when both are woken, on the runtime that this is started with, and nothing else: no gate, no call, no result. Prints one line of
 * JSON.
 *
 * @module
 */

import process from "node:process";
import { Worker } from "node:worker_threads";
import { median } from "../lib/cli/statistics.ts";
import type { WakeThread } from "./wake_worker.ts";

const ROUNDS = 200;
/** Rest before each round, in ms. */
const REST_MS = 5;
/** How long each thread is busy, in ms: about half of a wave of 16. */
const WORK_MS = 0.4;

/** Medians over the rounds, in µs after the first thread was woken. */
export interface WakeTimes {
  readonly first: number;
  readonly second: number;
  /** When both were done. */
  readonly done: number;
  /** How often the second one began after the first one's work was done. */
  readonly partInTurn: number;
}

/** By what the threads are woken. */
export interface WakeResult {
  readonly word: WakeTimes;
  readonly message: WakeTimes;
  /** The first by the word, the second by a message. */
  readonly "word, message": WakeTimes;
}

const nowMs = (): number => performance.timeOrigin + performance.now();
const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function measure(...kinds: readonly [boolean, boolean]): Promise<WakeTimes> {
  const threads = kinds.map((byMessage): WakeThread => ({
    word: new Int32Array(new SharedArrayBuffer(4)),
    times: new Float64Array(new SharedArrayBuffer(16)),
    done: new Int32Array(new SharedArrayBuffer(4)),
    workMs: WORK_MS,
    byMessage,
  }));
  const url = new URL("./wake_worker.ts", import.meta.url);
  const workers = threads.map((workerData) => new Worker(url, { workerData }));
  const wake = (word: 1 | 2): void => {
    threads.forEach((thread, n) => {
      Atomics.store(thread.word, 0, word);
      if (thread.byMessage) workers[n]!.postMessage(0);
      else Atomics.notify(thread.word, 0);
    });
  };
  const rounds: { first: number; second: number; done: number; isInTurn: boolean }[] = [];
  // The first round waits for the threads to be up, and does not count.
  for (let round = 0; round <= ROUNDS; round++) {
    await rest(REST_MS);
    const startMs = nowMs();
    wake(1);
    while (threads.some(({ done }) => Atomics.load(done, 0) <= round)) await rest(1);
    if (round === 0) continue;
    const [one, other] = threads.map(({ times }) => times).sort((a, b) => a[0]! - b[0]!);
    rounds.push({
      first: (one![0]! - startMs) * 1_000,
      second: (other![0]! - startMs) * 1_000,
      done: (Math.max(one![1]!, other![1]!) - startMs) * 1_000,
      isInTurn: other![0]! >= one![1]!,
    });
  }
  const ended = workers.map((worker) => new Promise((resolve) => worker.on("exit", resolve)));
  wake(2);
  await Promise.all(ended);
  return {
    first: median(rounds.map(({ first }) => first)),
    second: median(rounds.map(({ second }) => second)),
    done: median(rounds.map(({ done }) => done)),
    partInTurn: rounds.filter(({ isInTurn }) => isInTurn).length / ROUNDS,
  };
}

const result: WakeResult = {
  word: await measure(false, false),
  message: await measure(true, true),
  "word, message": await measure(false, true),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
