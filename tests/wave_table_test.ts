import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { median, originalColumns, percentile } from "../lib/cli/statistics.ts";
import {
  formatCount,
  formatMeasure,
  formatPercent,
  formatRatio,
  formatTable,
} from "../lib/cli/table.ts";
import {
  anotherRound,
  formatWaves,
  parseCount,
  parseWaves,
  tokensOfWave,
  WAVES,
} from "../lib/cli/waves/plan.ts";
import { rowPassed, type WaveRounds, type WaveRow, waveRow } from "../lib/cli/waves/report.ts";
import { runtimeTable, sideBySide } from "../lib/cli/waves/tables.ts";
import { disagreements, problemsOf, totalsLine, waveTotals } from "../lib/cli/waves/totals.ts";

/** Two rounds of wave 2 on two lanes, with numbers that can be worked out by hand. */
function example(changes: Partial<WaveRounds> = {}): WaveRounds {
  const pair = { ok: 8, failed: 0, lost: 0, mismatches: 0, checksumGate: "0000beef" };
  return {
    runtime: "deno",
    version: "2.9.6",
    lanes: 2,
    wave: 2,
    tokens: 8,
    pairs: [
      { ...pair, serialMs: 12, wallMs: 10, gatherMs: 8, insideMs: 14 },
      { ...pair, serialMs: 24, wallMs: 12, gatherMs: 8, insideMs: 18 },
    ],
    checksumSerial: "0000beef",
    latenciesMs: Float64Array.from([8, 7, 6, 5, 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 11]),
    othersPart: NaN,
    errors: [],
    firstLatencyMs: 4,
    ...changes,
  };
}

function row(changes: Partial<WaveRow> = {}): WaveRow {
  return { ...waveRow(example()), ...changes };
}

test("median takes the middle, or the mean of the two in the middle", () => {
  assertStrictEquals(median([5]), 5);
  assertStrictEquals(median([10, 9, 2]), 9);
  assertStrictEquals(median([4, 1, 3, 2]), 2.5);
  assertThrows(() => median([]), RangeError);
});

test("median leaves its values as they were", () => {
  const values = [3, 1, 2];
  median(values);
  assertEquals(values, [3, 1, 2]);
});

test("percentile is the value at the nearest rank", () => {
  const values = [15, 20, 35, 40, 50];
  assertStrictEquals(percentile(values, 0.05), 15);
  assertStrictEquals(percentile(values, 0.3), 20);
  assertStrictEquals(percentile(values, 0.4), 20);
  assertStrictEquals(percentile(values, 0.5), 35);
  assertStrictEquals(percentile(values, 1), 50);
  assertStrictEquals(percentile([7], 0.99), 7);
  assert(Number.isNaN(percentile([], 0.5)));
  assertThrows(() => percentile(values, 0), RangeError);
  assertThrows(() => percentile(values, 95), RangeError);
});

test("originalColumns follows the original's formulas", () => {
  assertEquals(
    originalColumns({ tokens: 8, gatherMs: 8, insideMs: 16, firstLatencyMs: 4 }),
    { latencyMs: 1, concurrency: 4, overlap: 2 },
  );
  assertStrictEquals(
    originalColumns({ tokens: 8, gatherMs: 8, insideMs: 16, firstLatencyMs: undefined })
      .concurrency,
    null,
  );
});

test("waveRow takes medians of the rounds and ratios of the medians", () => {
  const made = row();
  assertStrictEquals(made.wallMs, 11);
  assertStrictEquals(made.serialMs, 18);
  assertStrictEquals(made.speedUp, 18 / 11);
  assertStrictEquals(made.speedUpLeast, 1.2);
  assertStrictEquals(made.speedUpMost, 2);
  assertStrictEquals(made.tokensPerSecond, 8 / 11 * 1_000);
  assertStrictEquals(made.insideMs, 16);
  assertStrictEquals(made.efficiency, 16 / 22);
  assertStrictEquals(made.p50Ms, 5);
  assertStrictEquals(made.p95Ms, 11);
  assertStrictEquals(made.latencyMs, 1);
  assertStrictEquals(made.concurrency, 4);
  assertStrictEquals(made.overlap, 2);
  assertStrictEquals(made.rounds, 2);
  assert(rowPassed(made));
});

test("waveRow shows the worst round, and such a wave has not passed", () => {
  const bad = { failed: 2, ok: 5, lost: 1, checksumGate: null };
  const [first, second] = example().pairs;
  const made = waveRow(example({ pairs: [first!, { ...second!, ...bad }] }));
  assertStrictEquals(made.ok, 5);
  assertStrictEquals(made.fail, 2);
  assertStrictEquals(made.lost, 1);
  assertStrictEquals(made.checksumGate, null);
  assert(!rowPassed(made));
});

test("a wave with one wrong result in one round has not passed", () => {
  const [first, second] = example().pairs;
  const made = waveRow(
    example({ pairs: [first!, { ...second!, mismatches: 1, checksumGate: "deadbeef" }] }),
  );
  assertStrictEquals(made.ok, 8);
  assertStrictEquals(made.checksumGate, "deadbeef");
  assert(!rowPassed(made));
});

test("waves double from 4 tokens to 65,536, which are 131,068 in all", () => {
  assertStrictEquals(tokensOfWave(1), 4);
  assertStrictEquals(tokensOfWave(WAVES), 65_536);
  let sum = 0;
  for (let wave = 1; wave <= WAVES; wave++) sum += tokensOfWave(wave);
  assertStrictEquals(sum, 131_068);
});

test("a wave has one round at least, and no more when its rounds or its time are over", () => {
  assert(anotherRound(0, 1, 99, 10));
  assert(anotherRound(1, 3, 9, 10));
  assert(!anotherRound(1, 3, 10, 10));
  assert(!anotherRound(3, 3, 0, 10));
});

test("parseWaves reads the first waves, lists and ranges", () => {
  assertEquals(parseWaves("3"), [1, 2, 3]);
  assertEquals(parseWaves("15").length, 15);
  assertEquals(parseWaves("4-6"), [4, 5, 6]);
  assertEquals(parseWaves("15-15"), [15]);
  assertEquals(parseWaves("5,3"), [3, 5]);
  assertEquals(parseWaves("1, 3 - 4, 3"), [1, 3, 4]);
});

test("parseWaves refuses anything else and says what it received", () => {
  for (const text of ["", "0", "16", "-1", "6-4", "1-16", "1,", "a", "1.5", "1-2-3", "1e1"]) {
    assertThrows(() => parseWaves(text), RangeError, `received "${text}"`);
  }
});

test("formatWaves writes what parseWaves reads", () => {
  assertStrictEquals(formatWaves([1, 2, 3, 7, 9, 10]), "1-3,7-7,9-10");
  for (const waves of [[1], [15], [2, 4], [1, 2, 3], [1, 2, 3, 7, 9, 10]]) {
    assertEquals(parseWaves(formatWaves(waves)), waves);
  }
});

test("parseCount reads positive integers only", () => {
  assertStrictEquals(parseCount("--lanes", "12"), 12);
  for (const text of ["", "0", "-1", "1.5", "two", "1e3"]) {
    assertThrows(() => parseCount("--lanes", text), RangeError, `--lanes: received "${text}"`);
  }
});

test("numbers are written with about three digits that mean something", () => {
  assertEquals([0.0004, 0.2134, 0.9996, 4.807, 9.996, 37.25, 99.96, 1204.4].map(formatMeasure), [
    "0.000",
    "0.213",
    "1.00",
    "4.81",
    "10.0",
    "37.3",
    "100",
    "1,204",
  ]);
  assertEquals([0, 999, 1_000, 131_068, 1_234_567].map(formatCount), [
    "0",
    "999",
    "1,000",
    "131,068",
    "1,234,567",
  ]);
  assertStrictEquals(formatRatio(1.005), "1.00");
  assertStrictEquals(formatPercent(0.826), "83%");
  assertEquals([formatRatio(null), formatMeasure(NaN), formatCount(Infinity), formatPercent(NaN)], [
    "-",
    "-",
    "-",
    "-",
  ]);
});

test("formatTable aligns to the right and widens a column for the heading above it", () => {
  assertEquals(
    formatTable(["a", "bb", "c"], [["1", "2", "333"], ["10", "20", "30"]], {
      groups: [{ heading: "", columns: 1 }, { heading: "wide heading", columns: 2 }],
    }),
    [
      "    wide heading",
      " a  bb         c",
      "--  --  --------",
      " 1   2       333",
      "10  20        30",
    ],
  );
});

test("runtimeTable has a line for each wave and no range for a single round", () => {
  const [, , line] = runtimeTable([row()]);
  assertEquals(line!.trim().split(/\s+/), [
    "2",
    "8",
    "8",
    "0",
    "0",
    "11.0",
    "727",
    "5.00",
    "11.0",
    "11.0",
    "18.0",
    "1.64",
    "1.20-2.00",
    "73%",
    "2",
    "1.00",
    "4.00",
    "2.00",
  ]);
  assert(runtimeTable([row({ rounds: 1 })])[2]!.includes(" -  "));
});

test("sideBySide shows dashes for a wave that a runtime has not run", () => {
  const lines = sideBySide(
    [{ title: "deno 2", rows: [row()] }, { title: "bun 1", rows: [row({ wave: 3, ok: 7 })] }],
    [2, 3],
  );
  assert(lines[0]!.includes("deno 2") && lines[0]!.includes("bun 1"));
  assertEquals(lines[3]!.trim().split(/\s+/), [
    "2",
    "8",
    ...["8", "11.0", "727", "1.64", "73%"],
    ...["-", "-", "-", "-", "-"],
  ]);
  assertEquals(lines[4]!.trim().split(/\s+/).slice(0, 8), [
    "3",
    "16",
    ...["-", "-", "-", "-", "-"],
    "7",
  ]);
});

test("totals add up the waves, and efficiency weighs them by their time", () => {
  const rows = [
    row(),
    row({ wave: 3, tokens: 16, ok: 16, wallMs: 33, serialMs: 22, insideMs: 40 }),
  ];
  const totals = waveTotals(rows);
  assertStrictEquals(totals.tokens, 24);
  assertStrictEquals(totals.ok, 24);
  assertStrictEquals(totals.submitted, 48);
  assertStrictEquals(totals.speedUp, 40 / 44);
  assertStrictEquals(totals.efficiency, 56 / 88);
  assert(totals.checksumsEqual);
  const line = totalsLine({ title: "node 24", rows });
  assert(line.startsWith("node 24: 24 ok, 0 failed, 0 lost, checksums equal;"), line);
  assertStrictEquals(totalsLine({ title: "bun", rows: [] }), "bun: no waves were run");
});

test("a wave that has not passed is a problem that names its errors", () => {
  assertEquals(problemsOf([row()]), []);
  const broken = row({
    ok: 6,
    fail: 2,
    checksumGate: null,
    errors: [{ name: "TypeError", message: "no", count: 2, token: 5 }],
  });
  const lines = problemsOf([row(), broken]);
  assertStrictEquals(lines.length, 2);
  assert(lines[0]!.includes("6 ok, 2 failed, 0 lost"), lines[0]);
  assert(lines[1]!.includes("2 x TypeError: no, first for token 5"), lines[1]);
  assert(totalsLine({ title: "bun", rows: [broken] }).includes("checksums NOT EQUAL"));
});

test("runtimes whose loops disagree are named", () => {
  const deno = { title: "deno", rows: [row(), row({ wave: 3 })] };
  assertEquals(disagreements([deno, { title: "bun", rows: [row()] }]), []);
  const [line, ...more] = disagreements([
    deno,
    { title: "bun", rows: [row({ checksumSerial: "0badcafe" })] },
  ]);
  assert(line!.includes("wave 2") && line!.includes("bun 0badcafe"), line);
  assertEquals(more, []);
});
