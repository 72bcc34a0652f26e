/**
 * A thread that sleeps until it is woken, notes when that was, is busy for a time, and notes when it was done.
 *
 * @module
 */

import process from "node:process";
import { parentPort, workerData } from "node:worker_threads";

/** What both sides share. Times are in ms since the epoch. */
export interface WakeThread {
  /** 0 while there is nothing to do, 1 for a round, 2 for the end. */
  readonly word: Int32Array;
  /** When the round began here, and when it was done. */
  readonly times: Float64Array;
  /** Rounds that are done. */
  readonly done: Int32Array;
  /** How long it is busy, in ms. */
  readonly workMs: number;
  /** Whether it is woken by a message; otherwise by the word. */
  readonly byMessage: boolean;
}

const nowMs = (): number => performance.timeOrigin + performance.now();

function work({ times, done, workMs }: WakeThread): void {
  times[0] = nowMs();
  const untilMs = times[0] + workMs;
  while (nowMs() < untilMs);
  times[1] = nowMs();
  Atomics.add(done, 0, 1);
}

if (parentPort !== null) {
  const thread = workerData as WakeThread;
  if (thread.byMessage) {
    parentPort.on("message", () => {
      if (Atomics.load(thread.word, 0) === 2) process.exit();
      work(thread);
    });
  } else {
    for (;;) {
      Atomics.wait(thread.word, 0, 0);
      if (Atomics.exchange(thread.word, 0, 0) === 2) break;
      work(thread);
    }
  }
}
