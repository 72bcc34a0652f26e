import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { RateLimit } from "../lib/gate/rate_limit.ts";
import { readRateLimitOptions } from "../lib/rate_limit_options.ts";

/** The most starts that any window of this length holds; such windows begin with a start. */
function fullest(starts: readonly number[], perMs: number): number {
  let most = 0;
  let first = 0;
  for (let last = 0; last < starts.length; last++) {
    while (starts[first]! + perMs <= starts[last]!) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

const passes = fc.array(fc.oneof(fc.constant(0), fc.nat(30), fc.double({ min: 0, max: 3 })), {
  maxLength: 150,
  size: "max",
});

test("no window ever holds more starts than the limit, and none is held back without need", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 50 }),
    fc.nat(2_000_000_000_000),
    passes,
    (count, perMs, beginMs, passes) => {
      const limit = new RateLimit({ count, perMs });
      const starts: number[] = [];
      let nowMs = beginMs;
      for (const ms of passes) {
        nowMs += Number.isNaN(ms) ? 0 : ms;
        const waitMs = limit.waitMs(nowMs);
        const before = starts.at(-count);
        const isFree = before === undefined || before + perMs <= nowMs;
        assertEquals(waitMs === 0, isFree);
        if (isFree) {
          limit.take(nowMs);
          starts.push(nowMs);
        } else {
          // It says for how long: the start that is in the way is a window old then.
          assertEquals(waitMs, before! + perMs - nowMs);
          assertThrows(() => limit.take(nowMs), RangeError, "before the rate allows");
        }
        assert(fullest(starts, perMs) <= count);
      }
    },
  ));
});

test("starts that did not come about are given back, and no window holds more than the limit of those that did", () => {
  const step = fc.record({ ms: fc.nat(20), givesBack: fc.boolean(), which: fc.nat(40) });
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 8 }),
    fc.integer({ min: 1, max: 50 }),
    fc.array(step, { maxLength: 150, size: "max" }),
    (count, perMs, steps) => {
      const limit = new RateLimit({ count, perMs });
      const starts: number[] = [];
      let nowMs = 0;
      for (const { ms, givesBack, which } of steps) {
        nowMs += ms;
        if (givesBack && starts.length > 0) {
          limit.giveBack(starts.splice(which % starts.length, 1)[0]!, nowMs);
        } else if (limit.waitMs(nowMs) === 0) {
          limit.take(nowMs);
          starts.push(nowMs);
        }
        assert(fullest(starts, perMs) <= count);
      }
    },
  ));
});

test("what is given back may be taken at once, unless it is a window old", () => {
  const limit = new RateLimit({ count: 2, perMs: 100 });
  assertEquals(limit.giveBack(0, 0), false);
  limit.take(0);
  limit.take(10);
  assertEquals(limit.waitMs(20), 80);
  assertEquals([limit.giveBack(10, 20), limit.waitMs(20)], [true, 0]);
  limit.take(20);
  assertEquals(limit.waitMs(20), 90);
  limit.take(110);
  assertEquals([limit.giveBack(10, 110), limit.waitMs(110)], [false, 10]);
});

test("large limits hold as well, and give nearly all of what they allow", () => {
  const counts = fc.oneof(
    fc.constantFrom(1_023, 1_024, 1_025, 2_047, 2_049, 3_000),
    fc.integer({ min: 1_000, max: 12_000 }),
  );
  fc.assert(
    fc.property(counts, fc.infiniteStream(fc.nat(7)), (count, jitter) => {
      const perMs = 1_000;
      const limit = new RateLimit({ count, perMs });
      const starts: number[] = [];
      let nowMs = 0;
      // As many as the limit lets through in five windows, at somewhat irregular moments.
      while (nowMs < 5 * perMs) {
        const waitMs = limit.waitMs(nowMs);
        if (waitMs > 0) nowMs += waitMs;
        else {
          limit.take(nowMs);
          starts.push(nowMs);
          const ms = Number(jitter.next().value);
          if (ms > 5) nowMs += perMs / count;
        }
      }
      assert(fullest(starts, perMs) <= count, "too many");
      assert(starts.length >= 5 * count * 0.99, `${starts.length} of ${5 * count}`);
    }),
    { numRuns: 30 },
  );
});

test("a burst passes at once, and the next call when a whole window has gone by", () => {
  const limit = new RateLimit({ count: 3, perMs: 100 });
  for (let n = 0; n < 3; n++) limit.take(n * 10);
  assertEquals([limit.waitMs(20), limit.waitMs(99.5), limit.waitMs(100)], [80, 0.5, 0]);
  limit.take(100);
  assertEquals(limit.waitMs(100), 10);
});

test("a rate limit's options have a default, and are refused by name", () => {
  assertEquals(readRateLimitOptions("x", undefined), undefined);
  assertEquals(readRateLimitOptions("x", { count: 5 }), { count: 5, perMs: 1_000 });
  assertEquals(readRateLimitOptions("x", { count: 5, perMs: 60 }), { count: 5, perMs: 60 });
  const refuse = (value: unknown, type: typeof TypeError | typeof RangeError, text: string): void =>
    void assertThrows(() => readRateLimitOptions(`operation "f"`, value), type, text);
  refuse(5, TypeError, `options of the rate limit of operation "f": received 5`);
  refuse({}, TypeError, `received no "count"`);
  refuse({ count: "5" }, TypeError, `received "5", not a number`);
  refuse({ count: 0 }, RangeError, "a whole number from 1");
  refuse({ count: 1.5 }, RangeError, "a whole number from 1");
  refuse({ count: 1, perMs: 0 }, RangeError, "a number of ms from 1");
  refuse({ count: 1, perMs: Infinity }, RangeError, `"perMs"`);
  refuse({ count: 1, per: 5 }, TypeError, `Cannot set "per"`);
});
