import { assertEquals, assertNotStrictEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { checksumOf, checksumOfWave } from "../lib/cli/waves/checksum.ts";

test("checksumOf tells values, kinds, lengths and orders apart", () => {
  const values: unknown[] = [
    0,
    -0,
    1,
    -1,
    0.5,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    NaN,
    Infinity,
    "",
    "0",
    "1",
    "ab",
    "ba",
    "a",
    "aa",
    [],
    [0],
    [1],
    [0, 0],
    [1, 2],
    [2, 1],
    [1, 2, 3],
    [2 ** 31, 0],
    [0, 2 ** 31],
    [-(2 ** 31), -(2 ** 31)],
    [0.5],
  ];
  const sums = values.map(checksumOf);
  assertStrictEquals(new Set(sums).size, values.length);
  assertEquals(values.map(checksumOf), sums);
});

test("checksumOfWave depends on the order of the results", () => {
  const sum = checksumOfWave([17, "text", [1, 2]]);
  assertStrictEquals(checksumOfWave([17, "text", [1, 2]]), sum);
  assertNotStrictEquals(checksumOfWave(["text", 17, [1, 2]]), sum);
  assertNotStrictEquals(checksumOfWave([17, "text", [2, 1]]), sum);
  assertNotStrictEquals(checksumOfWave([17, "text"]), sum);
  assertNotStrictEquals(checksumOfWave([17, "text", [1, 2], 0]), sum);
});

test("checksumOf refuses a promise and anything else that is no result", () => {
  assertThrows(() => checksumOf(Promise.resolve(1)), TypeError, "received object");
  assertThrows(() => checksumOf(undefined), TypeError, "received undefined");
  assertThrows(() => checksumOf(null), TypeError, "received null");
  assertThrows(() => checksumOf([1, "2"]), TypeError, "received string at 1");
  assertThrows(() => checksumOf(new Array(2)), TypeError, "received undefined at 0");
});
