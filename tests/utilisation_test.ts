import { test } from "node:test";
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Utilisation } from "../lib/observe/utilisation.ts";

test("time in use is each run's overlap with the window", () => {
  const run = fc.record({ passes: fc.nat(40), lasts: fc.nat(150), lateBy: fc.nat(30) });
  fc.assert(fc.property(
    fc.nat(1_000),
    fc.integer({ min: 1, max: 8 }),
    fc.array(run, { maxLength: 40, size: "max" }),
    (sinceMs, buckets, runs) => {
      const bucketMs = 10;
      const windowMs = buckets * bucketMs;
      const utilisation = new Utilisation(sinceMs, windowMs, buckets);
      const model: [number, number][] = [];
      let nowMs = sinceMs;
      for (const { passes, lasts, lateBy } of runs) {
        nowMs += passes;
        const endedMs = nowMs - lateBy;
        utilisation.record(endedMs - lasts, endedMs);
        model.push([endedMs - lasts, endedMs]);
        const newest = Math.floor(nowMs / bucketMs);
        const beginMs = Math.max(sinceMs, (newest - buckets + 1) * bucketMs);
        let busyMs = 0;
        for (const [from, to] of model) {
          busyMs += Math.max(0, Math.min(to, nowMs) - Math.max(from, beginMs));
        }
        assertAlmostEquals(utilisation.busyMs(nowMs), busyMs, 1e-6);
        assertEquals(utilisation.observedMs(nowMs), nowMs - beginMs);
      }
    },
  ));
});

test("the share is use by lanes and time, and fades as the window moves on", () => {
  const utilisation = new Utilisation(0, 1_000, 10);
  utilisation.record(0, 400);
  utilisation.record(200, 400);
  assertAlmostEquals(utilisation.share(400, 2), 600 / 800);
  assertAlmostEquals(utilisation.share(400, 4), 600 / 1_600);
  assertAlmostEquals(utilisation.share(800, 2), 600 / 1_600);
  // The first 200 ms have left: 200 ms by the one run and 200 by the other remain, of 900 observed and a half.
  assertAlmostEquals(utilisation.share(1_150, 2), 400 / (2 * 950));
  assertEquals(utilisation.share(5_000, 2), 0);
});

test("runs that have not ended are brought in by who knows of them", () => {
  const utilisation = new Utilisation(0, 1_000, 10);
  assertEquals(utilisation.share(500, 2), 0);
  assertAlmostEquals(utilisation.share(500, 2, 500), 0.5);
});

test("a share is never above 1, and is 0 where nothing was observed", () => {
  const utilisation = new Utilisation(1_000, 1_000, 10);
  assertEquals(utilisation.share(1_000, 2), 0);
  utilisation.record(1_000, 1_101);
  assertEquals(utilisation.share(1_050, 1), 1);
  assertEquals(utilisation.share(1_050, 0), 0);
});

test("a run that ends before it starts, or has no stamps, is left out", () => {
  const utilisation = new Utilisation(0);
  utilisation.record(10, 5);
  utilisation.record(NaN, 5);
  utilisation.record(5, NaN);
  assertEquals(utilisation.busyMs(20), 0);
});

test("time before observation began counts neither as use nor as idleness", () => {
  const utilisation = new Utilisation(100, 1_000, 10);
  utilisation.record(0, 200);
  assertEquals([utilisation.busyMs(200), utilisation.share(200, 1)], [100, 1]);
});

test("a window of no length or without buckets is refused", () => {
  assertThrows(() => new Utilisation(0, 0), RangeError, "a window of 0 ms");
  assertThrows(() => new Utilisation(0, NaN), RangeError, "a window of NaN ms");
  assertThrows(() => new Utilisation(0, 10, 0), RangeError, "0 buckets");
});
