import { assert, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { CpuMeter, othersPart } from "../lib/cli/cpu_meter.ts";

test("others used what was busy and not for this process", () => {
  const start = { totalMs: 1_000, busyMs: 100, ownMs: 40 };
  assertStrictEquals(othersPart(start, { totalMs: 3_000, busyMs: 1_100, ownMs: 540 }), 0.25);
  assertStrictEquals(othersPart(start, { totalMs: 3_000, busyMs: 1_100, ownMs: 1_040 }), 0);
});

test("the part of others stays within 0 and 1 although the counters have different steps", () => {
  const start = { totalMs: 0, busyMs: 0, ownMs: 0 };
  assertStrictEquals(othersPart(start, { totalMs: 100, busyMs: 50, ownMs: 55 }), 0);
  assertStrictEquals(othersPart(start, { totalMs: 100, busyMs: 120, ownMs: 0 }), 1);
  assert(Number.isNaN(othersPart(start, start)));
});

test("a meter reads the machine", () => {
  const part = new CpuMeter().othersPart();
  assert(Number.isNaN(part) || (part >= 0 && part <= 1), String(part));
});
