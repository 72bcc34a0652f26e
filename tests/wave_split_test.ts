import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { checksumOf, checksumOfSums, checksumOfWave } from "../lib/cli/waves/checksum.ts";
import { argumentsOf, callNth } from "../lib/cli/waves/calls.ts";
import * as waveFunctions from "../lib/cli/waves/functions.ts";
import { splitEvenly, splitWave } from "../bench/wave_split.ts";
import { work } from "../bench/work.ts";

test("a wave is dealt out so that each token is on one lane", () => {
  for (const [tokens, lanes] of [[4, 2], [64, 3], [1_024, 2], [2, 4]] as const) {
    for (const split of [splitWave, splitEvenly]) {
      const shares = split(tokens, lanes);
      assertStrictEquals(shares.length, lanes);
      const all = shares.flat().sort((a, b) => a - b);
      assertEquals(all, Array.from({ length: tokens }, (_, i) => i));
    }
  }
});

test("the heavy calls of a wave are spread over the lanes, which dealing in turns would not do", () => {
  const hashes = (share: readonly number[]): number => share.filter((i) => i % 4 === 3).length;
  const [first, second] = splitWave(256, 2);
  assert(Math.abs(hashes(first!) - hashes(second!)) <= 4, `${hashes(first!)}, ${hashes(second!)}`);
  const inTurns = splitEvenly(256, 2);
  assertStrictEquals(hashes(inTurns[0]!), 0);
});

test("sums made elsewhere combine to the check-sum of the wave", () => {
  const results = Array.from({ length: 8 }, (_, i) => callNth<unknown>(i, waveFunctions));
  assertStrictEquals(checksumOfSums(results.map(checksumOf)), checksumOfWave(results));
});

test("the table of work gives a pool the functions of the waves", () => {
  const names = ["cpuCrunch", "stringTransform", "dataSort", "hashChain"] as const;
  for (let i = 0; i < 4; i++) {
    const fn = work[names[i]!] as (...args: readonly unknown[]) => unknown;
    assertEquals(fn(...argumentsOf(i)), callNth<unknown>(i, waveFunctions));
  }
  assertStrictEquals(work.noop(7), 7);
  assertStrictEquals(work.spin(3)[0], work.spin(3)[0]);
  assertStrictEquals(work.readBytes(new Uint8Array([1, 2, 4])), 10);
});
