/**
 * The four operations of the waves. What they do is in `functions.ts`, what each token asks in `calls.ts`.
 *
 * @module
 */

import { type Operation, operation } from "../../operation.ts";
import * as functions from "./functions.ts";

export {
  argumentsOf,
  callNth,
  type WaveArguments,
  type WaveCalls,
  type WaveResult,
} from "./calls.ts";

/** Sum of the primes below `n`, by trial division up to the square root. Light. */
export const cpuCrunch: Operation<[n: number], number> = operation(
  import.meta,
  "cpuCrunch",
  functions.cpuCrunch,
);

/** 300 letters drawn from `seed`, reversed, in upper case, with A, E and I written 4, 3 and 1. Light. */
export const stringTransform: Operation<[seed: number], string> = operation(
  import.meta,
  "stringTransform",
  functions.stringTransform,
);

/** `count` integers in 0..100,000, drawn from a generator seeded with `count`, in ascending order. Medium. */
export const dataSort: Operation<[count: number], number[]> = operation(
  import.meta,
  "dataSort",
  functions.dataSort,
);

/** SHA-256 applied `rounds` times, first to the text `seed`, then to the digest before; the last one in hex. Heavy. */
export const hashChain: Operation<[seed: string, rounds: number], string> = operation(
  import.meta,
  "hashChain",
  functions.hashChain,
);

/** The operations in the order in which a wave takes them: token `i` is a call of the one at `i % 4`. */
export const waveOperations: readonly [
  typeof cpuCrunch,
  typeof stringTransform,
  typeof dataSort,
  typeof hashChain,
] = [cpuCrunch, stringTransform, dataSort, hashChain];
