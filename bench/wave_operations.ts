/**
 * The four operations of the wave benchmark and what token `i` of a wave asks of them. Arguments are small, data is made
 * inside the operation, results come back whole.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type Operation, operation } from "../mod.ts";
import { mulberry32 } from "../lib/runtime/random.ts";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const TEXT_LENGTH = 300;
const LARGEST_INTEGER = 100_000;

/** What an operation of a wave gives back. */
export type WaveResult = number | string | number[];

/** Sum of the primes below `n`, by trial division up to the square root. Light. */
export const cpuCrunch: Operation<[n: number], number> = operation(
  import.meta,
  "cpuCrunch",
  (n: number): number => {
    let sum = 0;
    for (let candidate = 2; candidate < n; candidate++) {
      let prime = true;
      for (let divisor = 2; divisor * divisor <= candidate; divisor++) {
        if (candidate % divisor === 0) {
          prime = false;
          break;
        }
      }
      if (prime) sum += candidate;
    }
    return sum;
  },
);

/** 300 letters drawn from `seed`, reversed, in upper case, with A, E and I written 4, 3 and 1. Light. */
export const stringTransform: Operation<[seed: number], string> = operation(
  import.meta,
  "stringTransform",
  (seed: number): string => {
    const random = mulberry32(seed);
    let text = "";
    for (let i = 0; i < TEXT_LENGTH; i++) {
      text += LETTERS.charAt(Math.floor(random() * LETTERS.length));
    }
    return text.split("").reverse().join("").toUpperCase()
      .replaceAll("A", "4").replaceAll("E", "3").replaceAll("I", "1");
  },
);

/** `count` integers in 0..100,000, drawn from a generator seeded with `count`, in ascending order. Medium. */
export const dataSort: Operation<[count: number], number[]> = operation(
  import.meta,
  "dataSort",
  (count: number): number[] => {
    const random = mulberry32(count);
    const values: number[] = [];
    for (let i = 0; i < count; i++) {
      values.push(Math.floor(random() * (LARGEST_INTEGER + 1)));
    }
    return values.sort((a, b) => a - b);
  },
);

/** SHA-256 applied `rounds` times, first to the text `seed`, then to the digest before; the last one in hex. Heavy. */
export const hashChain: Operation<[seed: string, rounds: number], string> = operation(
  import.meta,
  "hashChain",
  (seed: string, rounds: number): string => {
    let digest: Buffer = Buffer.from(seed);
    for (let round = 0; round < rounds; round++) {
      digest = createHash("sha256").update(digest).digest();
    }
    return digest.toString("hex");
  },
);

/** The operations in the order in which a wave takes them: token `i` is a call of the one at `i % 4`. */
export const waveOperations: readonly [
  typeof cpuCrunch,
  typeof stringTransform,
  typeof dataSort,
  typeof hashChain,
] = [cpuCrunch, stringTransform, dataSort, hashChain];

/** One way of calling the four operations: here and now, through a gate, or through another pool. */
export interface WaveCalls<T> {
  cpuCrunch(n: number): T;
  stringTransform(seed: number): T;
  dataSort(count: number): T;
  hashChain(seed: string, rounds: number): T;
}

/** Arguments of one call: those of the operation at `i % 4` of {@linkcode waveOperations}. */
export type WaveArguments = readonly [number] | readonly [seed: string, rounds: number];

/**
 * The arguments of token `i`, for callers that hand them on as a list.
 *
 * @param i Index of the token in its wave, from 0.
 * @returns The arguments of the operation at `i % 4`.
 */
export function argumentsOf(i: number): WaveArguments {
  return callNth<WaveArguments>(i, LISTING);
}

/**
 * Makes call `i` of a wave, round robin over the four operations.
 *
 * @param i Index of the token in its wave, from 0.
 * @param calls How to call each operation.
 * @returns What the call returned.
 */
export function callNth<T>(i: number, calls: WaveCalls<T>): T {
  switch (i % 4) {
    case 0:
      return calls.cpuCrunch(60 + i % 25);
    case 1:
      return calls.stringTransform(31 * i);
    case 2:
      return calls.dataSort(400 + i % 300);
    default:
      return calls.hashChain(`wave_seed_${i}`, 120 + i % 80);
  }
}

const LISTING: WaveCalls<WaveArguments> = {
  cpuCrunch: (n) => [n],
  stringTransform: (seed) => [seed],
  dataSort: (count) => [count],
  hashChain: (seed, rounds) => [seed, rounds],
};
