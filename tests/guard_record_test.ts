import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { GuardRecord } from "../lib/gate/guard_record.ts";

test("the record counts the runs of its window, and of these the last", () => {
  const step = fc.record({
    passes: fc.nat(30),
    action: fc.constantFrom("success", "failure", "failure", "look", "clear"),
  });
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 100 }),
    fc.integer({ min: 1, max: 12 }),
    fc.array(step, { maxLength: 60, size: "max" }),
    (windowMs, maxRuns, steps) => {
      const record = new GuardRecord(windowMs, maxRuns);
      let model: [endedMs: number, isFailure: boolean][] = [];
      let nowMs = 1_000;
      for (const { passes, action } of steps) {
        nowMs += passes;
        if (action === "clear") {
          record.clear();
          model = [];
        } else if (action !== "look") {
          record.record(action === "failure", nowMs);
          model.push([nowMs, action === "failure"]);
        }
        const seen = model.filter(([endedMs]) => nowMs - endedMs < windowMs).slice(-maxRuns);
        const failures = seen.filter(([, isFailure]) => isFailure).length;
        assertEquals(record.runs(nowMs), seen.length);
        assertEquals(record.failures(nowMs), failures);
        assertEquals(record.failureRate(nowMs), seen.length === 0 ? 0 : failures / seen.length);
      }
    },
  ));
});

test("health is judged from five runs on, by the share that succeeded", () => {
  const health = (runs: number, failures: number): string => {
    const record = new GuardRecord();
    for (let n = 0; n < runs; n++) record.record(n < failures, 0);
    return record.health(0);
  };
  assertEquals(health(0, 0), "unknown");
  assertEquals(health(4, 4), "unknown");
  assertEquals(health(5, 0), "excellent");
  assertEquals(health(20, 1), "excellent");
  assertEquals(health(100, 6), "healthy");
  assertEquals(health(5, 1), "healthy");
  assertEquals(health(100, 21), "at-risk");
  assertEquals(health(10, 5), "at-risk");
  assertEquals(health(100, 51), "problematic");
  assertEquals(health(5, 5), "problematic");
});

test("health becomes unknown again when the runs are out of date", () => {
  const record = new GuardRecord(1_000);
  for (let n = 0; n < 5; n++) record.record(true, n);
  assertEquals(record.health(999), "problematic");
  assertEquals(record.health(1_000), "unknown");
});

test("a window without length, or without room, is refused", () => {
  assertThrows(() => new GuardRecord(0), RangeError, "a window of 0 ms");
  assertThrows(() => new GuardRecord(NaN), RangeError, "a window of NaN ms");
  assertThrows(() => new GuardRecord(1, 0), RangeError, "a length of 0 runs");
  assertThrows(() => new GuardRecord(1, 1.5), RangeError, "a length of 1.5 runs");
});

test("a run that is told after a later one leaves with it, and holds up nobody", () => {
  const record = new GuardRecord(100, 8);
  record.record(true, 50);
  record.record(true, 10);
  record.record(false, 60);
  assertEquals([record.runs(149), record.failures(149)], [3, 2]);
  assertEquals([record.runs(150), record.failures(150)], [1, 0]);
});
