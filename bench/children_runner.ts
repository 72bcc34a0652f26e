/**
 * What a call costs that is made inside of an operation, beside one that the program makes, on the runtime that this is started with. Prints one line of JSON.
 *
 * @module
 */

import process from "node:process";
import { TokenGate } from "../mod.ts";
import { allAtOnce, oneByOne, same } from "./children_operations.ts";
import { WARM_UP_MS, warmUp } from "./measures/subject.ts";
import { median } from "../lib/cli/statistics.ts";

const ROUNDS = 7;
const CALLS = 5_000;
const SPREAD_CALLS = 500;

/** Median times of one call, in µs. */
export interface ChildrenResult {
  /** Awaited one after the other. */
  readonly oneByOne: ChildrenTimes;
  /** All at once. */
  readonly allAtOnce: ChildrenTimes;
}

/** By who calls. */
export interface ChildrenTimes {
  /** The program. */
  readonly program: number;
  /** An operation, in its lane. */
  readonly inLane: number;
  /** An operation, through the gate. */
  readonly spread: number;
}

async function programOneByOne(gate: TokenGate): Promise<number> {
  const startMs = performance.now();
  for (let n = 0; n < CALLS; n++) {
    if (await gate.call(same, n) !== n) throw new Error(`call ${n} gave another result`);
  }
  return (performance.now() - startMs) * 1_000 / CALLS;
}

async function programAllAtOnce(gate: TokenGate): Promise<number> {
  const startMs = performance.now();
  await Promise.all(Array.from({ length: CALLS }, (_, n) => gate.call(same, n)));
  return (performance.now() - startMs) * 1_000 / CALLS;
}

/** In turn, so that a slow phase of the machine falls on all. */
async function measure(
  program: () => Promise<number>,
  inLane: () => PromiseLike<number>,
  spread: () => PromiseLike<number>,
): Promise<ChildrenTimes> {
  const times: [number[], number[], number[]] = [[], [], []];
  // Both sides are to be compiled.
  for (const run of [program, inLane, spread]) await warmUp(WARM_UP_MS, run);
  for (let round = 0; round < ROUNDS; round++) {
    times[0].push(await program());
    times[1].push(await inLane());
    times[2].push(await spread());
  }
  return { program: median(times[0]), inLane: median(times[1]), spread: median(times[2]) };
}

const gate = new TokenGate({ lanes: 2 });
await gate.started();
const result: ChildrenResult = {
  oneByOne: await measure(
    () => programOneByOne(gate),
    () => gate.call(oneByOne, CALLS, "never"),
    () => gate.call(oneByOne, SPREAD_CALLS, "always"),
  ),
  allAtOnce: await measure(
    () => programAllAtOnce(gate),
    () => gate.call(allAtOnce, CALLS, "never"),
    () => gate.call(allAtOnce, SPREAD_CALLS, "always"),
  ),
};
await gate.close();
process.stdout.write(`${JSON.stringify(result)}\n`);
