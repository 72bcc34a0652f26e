import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStrictEquals,
} from "@std/assert";
import { test } from "node:test";
import { checksumOfWave } from "../lib/cli/waves/checksum.ts";
import { mulberry32 } from "../lib/runtime/random.ts";
import {
  argumentsOf,
  callNth,
  cpuCrunch,
  dataSort,
  hashChain,
  stringTransform,
  type WaveCalls,
  waveOperations,
} from "../lib/cli/waves/operations.ts";

const here: WaveCalls<unknown> = {
  cpuCrunch: cpuCrunch.local,
  stringTransform: stringTransform.local,
  dataSort: dataSort.local,
  hashChain: hashChain.local,
};

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Sum of the primes below `n` by the sieve of Eratosthenes. */
function sieve(n: number): number {
  const composite = new Uint8Array(n);
  let sum = 0;
  for (let i = 2; i < n; i++) {
    if (composite[i] === 1) continue;
    sum += i;
    for (let multiple = i * i; multiple < n; multiple += i) composite[multiple] = 1;
  }
  return sum;
}

test("mulberry32 gives the numbers of an independent implementation", () => {
  for (
    const [seed, expected] of [
      [0, [0.26642920868471265, 0.0003297457005828619, 0.2232720274478197]],
      [1, [0.6270739405881613, 0.002735721180215478, 0.5274470399599522]],
      [155, [0.3683399942237884, 0.2005015010945499]],
    ] as const
  ) {
    const random = mulberry32(seed);
    assertEquals(expected.map(() => random()), [...expected]);
  }
});

test("cpuCrunch sums the primes that a sieve finds", () => {
  for (const n of [0, 1, 2, 3, 4, 5, 10, 1_000]) assertStrictEquals(cpuCrunch.local(n), sieve(n));
  for (let n = 60; n < 85; n++) assertStrictEquals(cpuCrunch.local(n), sieve(n));
  assertStrictEquals(cpuCrunch.local(60), 440);
});

test("stringTransform gives 300 letters without A, E and I", () => {
  for (const seed of [0, 1, 31, 2_031_585]) {
    const text = stringTransform.local(seed) as string;
    assertMatch(text, /^[B-DF-HJ-Z134]{300}$/);
    assertStrictEquals(stringTransform.local(seed), text);
    assertNotEquals(stringTransform.local(seed + 1), text);
  }
});

test("stringTransform reverses its letters and writes 4, 3 and 1 for A, E and I", () => {
  const drawn = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const written = "4BCD3FGH1JKLMNOPQRSTUVWXYZ";
  for (const seed of [31, 155]) {
    const text = stringTransform.local(seed) as string;
    const random = mulberry32(seed);
    for (let i = 299; i >= 0; i--) {
      const letter = Math.floor(random() * 52) % drawn.length;
      assertStrictEquals(text[i], written[letter], `${drawn[letter]} at ${i}`);
    }
  }
  // From an independent implementation.
  const text = stringTransform.local(31) as string;
  assertStrictEquals(text.slice(0, 24), "CMORTLCUWJ4TBSLV3OYJ4U3U");
  assertStrictEquals(text.slice(-24), "PORTORNLCLVDLQ1QWDRVCMR1");
});

test("dataSort sorts the integers it draws, none lost and none added", () => {
  for (const count of [1, 400, 557, 699]) {
    const random = mulberry32(count);
    const counts = new Map<number, number>();
    for (let i = 0; i < count; i++) {
      const value = Math.floor(random() * 100_001);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const sorted = dataSort.local(count) as number[];
    assertStrictEquals(sorted.length, count);
    for (let i = 0; i < count; i++) {
      const value = sorted[i]!;
      assert(Number.isInteger(value) && value >= 0 && value <= 100_000);
      assert(i === 0 || sorted[i - 1]! <= value, `not in order at ${i}`);
      counts.set(value, (counts.get(value) ?? 0) - 1);
    }
    for (const [value, left] of counts) assertStrictEquals(left, 0, `of ${value}`);
  }
});

test("hashChain hashes the digest before, as web crypto does", async () => {
  // The first is the example of the standard.
  assertStrictEquals(
    hashChain.local("abc", 1),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  for (const [seed, rounds] of [["wave_seed_3", 123], ["wave_seed_7", 127], ["", 2]] as const) {
    let digest = new TextEncoder().encode(seed);
    for (let i = 0; i < rounds; i++) digest = await sha256(digest);
    assertStrictEquals(hashChain.local(seed, rounds), hex(digest));
  }
});

test("argumentsOf goes round the four operations and wraps each argument", () => {
  assertEquals([0, 1, 2, 3].map(argumentsOf), [[60], [31], [402], ["wave_seed_3", 123]]);
  assertEquals(argumentsOf(24), [84]);
  assertEquals(argumentsOf(100), [60]);
  assertEquals(argumentsOf(65_533), [31 * 65_533]);
  assertEquals(argumentsOf(298), [698]);
  assertEquals(argumentsOf(302), [402]);
  assertEquals(argumentsOf(79), ["wave_seed_79", 199]);
  assertEquals(argumentsOf(83), ["wave_seed_83", 123]);
});

test("callNth makes the call that argumentsOf lists", () => {
  for (let i = 0; i < 8; i++) {
    const operation = waveOperations[i % 4]!.local as (...args: readonly unknown[]) => unknown;
    assertEquals(callNth(i, here), operation(...argumentsOf(i)));
  }
});

test("the waves have the check-sums of an independent implementation", () => {
  const sums = [4, 8, 16, 32, 64, 128, 256, 512].map((tokens) =>
    checksumOfWave(Array.from({ length: tokens }, (_, i) => callNth(i, here)))
  );
  assertEquals(sums, [
    "70543cdb",
    "20454797",
    "a42421b8",
    "1a85964a",
    "d7ae209f",
    "80075568",
    "c0f5577c",
    "6ae2d1fa",
  ]);
});
