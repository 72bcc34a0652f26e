/**
 * Everything that is asked of a pool in a comparison, by name. The worker side of each pool serves this table, and imports
 * nothing else of the project.
 *
 * @module
 */

import { cpuCrunch, dataSort, hashChain, stringTransform } from "../lib/cli/waves/functions.ts";

/** The functions that a pool is asked to run. */
export interface Work {
  cpuCrunch(n: number): number;
  stringTransform(seed: number): string;
  dataSort(count: number): number[];
  hashChain(seed: string, rounds: number): string;
  noop(i: number): number;
  park(durationMs: number): number;
  spin(thousands: number): readonly [value: number, insideMs: number];
  readBytes(bytes: Uint8Array): number;
  echo(value: unknown): unknown;
}

/** The name of one of them. */
export type WorkName = keyof Work;

/** Steps of {@linkcode spin} that one call of the hot function inside makes. */
const STEPS_AT_ONCE = 1_000;

/** The functions. */
export const work: Work = {
  cpuCrunch,
  stringTransform,
  dataSort,
  hashChain,
  noop,
  park,
  spin,
  readBytes,
  echo,
};

/** Gives its argument back: nothing is done, and still an answer that went to the wrong call is found out. */
function noop(i: number): number {
  return i;
}

/** Blocks its thread, so that what is queued behind it stays pending. */
function park(durationMs: number): number {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
  return durationMs;
}

/**
 * A fixed amount of arithmetic: a thread that gets less of a processor takes longer for it. The work is done in short calls
 * of one function, since a single long loop was compiled badly in some workers and well in others.
 *
 * @param thousands Amount of work.
 * @returns The number it comes to, and the time inside in milliseconds.
 */
function spin(thousands: number): readonly [value: number, insideMs: number] {
  const startMs = performance.now();
  let value = 1;
  for (let i = 0; i < thousands; i++) value = spinSteps(value);
  return [value, performance.now() - startMs];
}

function spinSteps(value: number): number {
  for (let i = 0; i < STEPS_AT_ONCE; i++) {
    value = (Math.imul(value ^ (value >>> 13), 0x5bd1e995) + i) | 0;
  }
  return value;
}

/** Reads a little of some bytes, enough to see that they came. */
function readBytes(bytes: Uint8Array): number {
  return bytes.length + bytes[0]! + bytes[bytes.length >> 1]! + bytes[bytes.length - 1]!;
}

/** Sends its argument back, as large as it came. */
function echo(value: unknown): unknown {
  return value;
}
