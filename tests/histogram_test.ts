import { test } from "node:test";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Histogram } from "../lib/observe/histogram.ts";

const DAY_US = 86_400_000_000;

/** Durations of all sizes in µs, whole ones among them, where the steps begin. */
const duration = fc.oneof(
  fc.double({ min: 0, max: Math.log2(DAY_US), noNaN: true }).map((log) => 2 ** log),
  fc.integer({ min: 0, max: 36 }).chain((bit) =>
    fc.integer({ min: -1, max: 1 }).map((off) => 2 ** bit + off)
  ),
  fc.constantFrom(0, DAY_US),
);

/** @param durations in µs @returns a histogram of them */
function filled(durations: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const us of durations) histogram.record(us);
  return histogram;
}

function nearestRank(sorted: readonly number[], q: number): number {
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? 0;
}

function assertNear(seenMs: number, exactMs: number): void {
  // Within 1/64, or half a µs; a little is lost in rounding.
  const mostMs = Math.max(exactMs / 64, 0.0005) * (1 + 1e-9) + 1e-12;
  assert(Math.abs(seenMs - exactMs) <= mostMs, `${seenMs} ms is too far from ${exactMs} ms`);
}

test("a quantile is within 1/64 of the exact one, or half a µs, from 1 µs to a day", () => {
  fc.assert(
    fc.property(
      fc.array(duration, { minLength: 1, maxLength: 60 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (durations, q) => {
        const histogram = filled(durations);
        const sorted = durations.toSorted((a, b) => a - b);
        const longestMs = sorted.at(-1)! / 1_000;
        assertNear(histogram.quantile(q), nearestRank(sorted, q) / 1_000);
        assertEquals(histogram.quantile(1), longestMs);
        assertEquals([histogram.count, histogram.maxMs], [durations.length, longestMs]);
        const sumMs = durations.reduce((total, us) => total + us, 0) / 1_000;
        assertAlmostEquals(histogram.meanMs, sumMs / durations.length, 1e-9 + sumMs * 1e-12);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("quantiles never fall as the share rises, and never exceed the longest", () => {
  fc.assert(fc.property(fc.array(duration, { maxLength: 40 }), (durations) => {
    const histogram = filled(durations);
    let last = 0;
    for (let q = 0; q <= 1; q += 1 / 64) {
      const ms = histogram.quantile(q);
      assert(ms >= last && ms <= histogram.maxMs);
      last = ms;
    }
  }));
});

test("merging gives what recording everything in one place gives", () => {
  const durations = fc.array(duration, { maxLength: 40 });
  fc.assert(fc.property(durations, durations, (here, there) => {
    const merged = filled(here);
    const other = filled(there);
    const before = other.snapshot();
    merged.merge(other);
    const { meanMs, ...counted } = merged.snapshot();
    const { meanMs: wantedMs, ...wanted } = filled([...here, ...there]).snapshot();
    assertEquals(counted, wanted);
    assertAlmostEquals(meanMs, wantedMs, 1e-9 + wantedMs * 1e-9);
    assertEquals(other.snapshot(), before);
  }));
});

test("an empty histogram is all zeros, and so is one that was cleared", () => {
  const empty = { count: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, maxMs: 0, meanMs: 0 };
  const histogram = new Histogram();
  assertEquals(histogram.snapshot(), empty);
  histogram.record(5_000);
  assertEquals(histogram.count, 1);
  histogram.clear();
  assertEquals(histogram.snapshot(), empty);
});

test("the snapshot names the usual quantiles", () => {
  const { count, p50Ms, p90Ms, p99Ms, maxMs, meanMs } = filled(
    Array.from({ length: 1_000 }, (_, n) => (n + 1) * 1_000),
  ).snapshot();
  assertEquals([count, maxMs, meanMs], [1_000, 1_000, 500.5]);
  assertNear(p50Ms, 500);
  assertNear(p90Ms, 900);
  assertNear(p99Ms, 990);
});

test("a negative duration and no duration count as 0, one beyond the range as the longest", () => {
  const histogram = filled([-3, NaN, -Infinity]);
  assertEquals([histogram.count, histogram.maxMs, histogram.meanMs], [3, 0, 0]);
  assertEquals(histogram.quantile(0.5), 0);
  const long = filled([1, 400 * DAY_US, 500 * DAY_US]);
  assertEquals(long.quantile(0.5), 500 * DAY_US / 1_000);
  assertEquals(long.maxMs, 500 * DAY_US / 1_000);
});

test("no counter runs over, however many durations there are", () => {
  const histogram = filled([1_000, 1_000, 1_000, 100_000]);
  // Doubled 40 times: four billion are passed on the way.
  for (let n = 0; n < 40; n++) {
    const same = new Histogram();
    same.merge(histogram);
    histogram.merge(same);
  }
  histogram.record(1_000);
  assertEquals(histogram.count, 4 * 2 ** 40 + 1);
  assertNear(histogram.quantile(0.74), 1);
  assertNear(histogram.quantile(0.76), 100);
  assertAlmostEquals(histogram.meanMs, 25.75, 1e-6);
});

test("no counter runs over by the last record it has room for", () => {
  const histogram = new Histogram();
  const power = filled([1_000]);
  // As many as 32 bits can count.
  for (let bit = 0; bit < 32; bit++) {
    histogram.merge(power);
    const same = new Histogram();
    same.merge(power);
    power.merge(same);
  }
  assertEquals(histogram.count, 2 ** 32 - 1);
  histogram.record(1_000);
  histogram.record(100_000);
  assertNear(histogram.quantile(0.5), 1);
});

test("a share that is none is refused", () => {
  for (const q of [-0.1, 1.1, NaN]) {
    assertThrows(() => new Histogram().quantile(q), RangeError, "not a share from 0 to 1");
  }
});
