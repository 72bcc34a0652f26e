/**
 * The work of the four wave operations, as plain functions: what the lanes of every pool run, and the loop too. No gate is
 * imported here, so that the workers of other pools need not load one.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { mulberry32 } from "../../runtime/random.ts";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const TEXT_LENGTH = 300;
const LARGEST_INTEGER = 100_000;

/** Sum of the primes below `n`, by trial division up to the square root. Light. */
export function cpuCrunch(n: number): number {
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
}

/** 300 letters drawn from `seed`, reversed, in upper case, with A, E and I written 4, 3 and 1. Light. */
export function stringTransform(seed: number): string {
  const random = mulberry32(seed);
  let text = "";
  for (let i = 0; i < TEXT_LENGTH; i++) {
    text += LETTERS.charAt(Math.floor(random() * LETTERS.length));
  }
  return text.split("").reverse().join("").toUpperCase()
    .replaceAll("A", "4").replaceAll("E", "3").replaceAll("I", "1");
}

/** `count` integers in 0..100,000, drawn from a generator seeded with `count`, in ascending order. Medium. */
export function dataSort(count: number): number[] {
  const random = mulberry32(count);
  const values: number[] = [];
  for (let i = 0; i < count; i++) {
    values.push(Math.floor(random() * (LARGEST_INTEGER + 1)));
  }
  return values.sort((a, b) => a - b);
}

/** SHA-256 applied `rounds` times, first to the text `seed`, then to the digest before; the last one in hex. Heavy. */
export function hashChain(seed: string, rounds: number): string {
  let digest: Buffer = Buffer.from(seed);
  for (let round = 0; round < rounds; round++) {
    digest = createHash("sha256").update(digest).digest();
  }
  return digest.toString("hex");
}
