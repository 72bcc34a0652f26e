import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { barLines, CLOSE_VERDICT, formatCell, formatVerdict } from "../bench/bar_table.ts";
import { type BarCell, BARS, BEST_NOOP, BEST_PING, bestPeer, judge } from "../bench/bars.ts";
import { medianInterval } from "../bench/confidence.ts";
import { paired, spreadOf } from "../bench/bench_result.ts";
import { SAMPLE } from "./fixtures/bench_sample.ts";

const [deno, node] = SAMPLE.runtimes;

function cell(part: string, on = node!): BarCell {
  return BARS.find(({ name }) => name.includes(part))!.cell(on);
}

test("values are paired by round, and a round that one lacks is left out", () => {
  assertEquals(paired([[10, 20, null, 40], [5, 4, 3]], (a, b) => a / b), [2, 5]);
  assertEquals(paired([[1, 2], []], (a, b) => a + b), []);
});

test("the spread of the rounds is their median, least and most", () => {
  assertEquals(spreadOf([4, null, 2, undefined, 9]), { median: 4, least: 2, most: 9, rounds: 3 });
  assertStrictEquals(spreadOf([null]), undefined);
});

test("a figure that is just reached passes, in either direction", () => {
  assertStrictEquals(judge([1.2], "at least", 1.2, "").verdict, "pass");
  assertStrictEquals(judge([1.19], "at least", 1.2, "").verdict, "miss");
  assertStrictEquals(judge([400], "at most", 400, "").verdict, "pass");
  assertStrictEquals(judge([401], "at most", 400, "").verdict, "miss");
  assertStrictEquals(judge([], "at most", 400, "").verdict, null);
});

test("an interval for the median leaves out as many values at either end as a coin would allow", () => {
  const values = [9, 1, 8, 2, 7, 3, 6, 4, 5, 15, 11, 14, 12, 13, 10];
  // Of 15, four at either end may be left out: P(at most 3 heads of 15) is 0.0176, at most 4 0.0592.
  assertEquals(medianInterval(values), { least: 4, most: 12 });
  // P(at most 1 head of 9) is 0.0195, of 8 it is 0.0352; P(no head of 6) is 0.0156, of 5 it is 0.0313.
  assertEquals(medianInterval([9, 3, 1, 2, 8, 7, 6, 5, 4]), { least: 2, most: 8 });
  assertEquals(medianInterval([3, 1, 2, 8, 7, 6, 5, 4]), { least: 1, most: 8 });
  assertEquals(medianInterval([3, 1, 2, 6, 5, 4]), { least: 1, most: 6 });
});

test("fewer than six values bound a median at twice their distance from theirs", () => {
  assertEquals(medianInterval([9, 3, 4, 5, 4]), { least: 2, most: 14 });
  assertEquals(medianInterval([4, 2]), { least: 1, most: 5 });
  assertEquals(medianInterval([3]), { least: 3, most: 3 });
});

test("a verdict is close when the limit lies within the interval", () => {
  assertStrictEquals(judge([1, 1.3, 1.3, 1.3, 1.4], "at least", 1.2, "").close, true);
  assertStrictEquals(judge([1.24, 1.3, 1.3, 1.3, 1.4], "at least", 1.2, "").close, true);
  assertStrictEquals(judge([1.25, 1.3, 1.3, 1.3, 1.8], "at least", 1.2, "").close, false);
  assertStrictEquals(judge([1.2, 1.3, 1.3, 1.3, 1.4, 1.4], "at least", 1.2, "").close, false);
  assertStrictEquals(judge([390, 395, 399, 402, 410], "at most", 400, "").close, true);
  assertStrictEquals(judge([402, 403, 410, 420, 430], "at most", 400, "").close, true);
  assertStrictEquals(judge([406, 407, 410, 420, 430], "at most", 400, "").close, false);
  assertStrictEquals(judge([], "at most", 400, "").close, false);
});

test("a close verdict is written as one, with what that is", () => {
  const close = judge([1, 1.3, 1.3, 1.3, 1.4], "at least", 1.2, "");
  assertStrictEquals(formatVerdict(close), "pass, close");
  assertStrictEquals(formatVerdict({ ...close, close: false }), "pass");
  assertStrictEquals(formatVerdict({ ...close, verdict: null }), "");
  const linesFor = (loopMs: number[]): string[] => {
    const values = {
      loop: { "wave.9.ms": loopMs },
      tokengate: { "wave.9.ms": loopMs.map(() => 10) },
    };
    return barLines({ ...SAMPLE, runtimes: [{ ...node!, values }] });
  };
  const certain = linesFor([15, 16, 15]);
  assert(certain.some((line) => line.endsWith(" pass")), certain.join("\n"));
  assert(!certain.includes(CLOSE_VERDICT));
  const uncertain = linesFor([15, 10, 15]);
  assert(uncertain.some((line) => line.endsWith(" pass, close")), uncertain.join("\n"));
  assert(uncertain.includes(CLOSE_VERDICT));
});

test("what is not certain is measured further, and nothing once one wave surely misses", () => {
  const bar = BARS.find(({ name }) => name.includes("16 to 64"))!;
  const result = structuredClone(node!);
  for (const wave of [3, 4, 5]) {
    result.values.loop![`wave.${wave}.ms`] = [12, 12, 12, 12, 12];
    result.values.tokengate![`wave.${wave}.ms`] = [9, 9, 9, 9, 9];
  }
  assertEquals(bar.openSteps(result), []);
  result.values.tokengate!["wave.4.ms"] = [9, 9, 9, 9, 11];
  result.values.tokengate!["wave.5.ms"] = [9, 9, 11, 11, 11];
  assertEquals(bar.openSteps(result), ["wave.4", "wave.5"]);
  assertEquals([bar.cell(result).verdict, bar.cell(result).close], ["miss", true]);
  result.values.tokengate!["wave.5.ms"] = [9.5, 9.5, 9.5, 9.5, 9.5];
  const { note, close, value } = bar.cell(result);
  assertEquals([close, value], [true, 12 / 9.5]);
  assertStrictEquals(note, "wave of 64; close at 32");
  result.values.tokengate!["wave.5.ms"] = [11, 11, 11, 11, 11];
  assertEquals(bar.openSteps(result), []);
  assertEquals([bar.cell(result).verdict, bar.cell(result).close], ["miss", false]);
});

test("the best peer is the one with the best median, and one that failed is none", () => {
  assertStrictEquals(bestPeer(node!, BEST_NOOP), "piscina");
  assertStrictEquals(bestPeer(node!, BEST_PING), "piscina");
  const failed = {
    ...node!,
    failures: [{ contender: "piscina" as const, what: "noop", error: "x" }],
  };
  assertStrictEquals(bestPeer(failed, BEST_NOOP), "comlink");
  assertStrictEquals(bestPeer(node!, { metric: "heavy.ms", better: "less" }), undefined);
});

test("ratios of a bar are made within the rounds", () => {
  const throughput = cell("no-op");
  assertEquals([throughput.value, throughput.least, throughput.most], [20, 10, 40]);
  assertStrictEquals(throughput.verdict, "pass");
  const ping = cell("ping p50 /");
  assertEquals([ping.value, ping.least, ping.most], [0.5, 0.4, 10 / 15]);
  assertStrictEquals(ping.verdict, "pass");
  // A gate that spins is held against the best peer as that is.
  const spinning = cell("with spinUs");
  assertEquals([spinning.value, spinning.verdict], [0.3, "pass"]);
});

test("a limit may differ by runtime", () => {
  assertStrictEquals(cell("wave of 1,024", node).limit, 1.4);
  assertStrictEquals(cell("wave of 1,024", deno).limit, 1.5);
});

test("the wave that does worst decides; where some are not measured it can miss but not pass", () => {
  const small = cell("16 to 64");
  assertStrictEquals(small.value, 1.2);
  assertStrictEquals(small.verdict, null);
  assertStrictEquals(small.note, "wave of 16; without 32, 64");
  const share = cell("ceiling");
  assertStrictEquals(share.value, 0.95);
  assertStrictEquals(share.verdict, null);
  const slower = structuredClone(node!);
  slower.values.tokengate!["wave.15.ms"] = [8000, 8000, 8000];
  assertStrictEquals(cell("ceiling", slower).verdict, "miss");
  const complete = structuredClone(node!);
  for (const wave of [4, 5]) {
    complete.values.loop![`wave.${wave}.ms`] = [9];
    complete.values.tokengate![`wave.${wave}.ms`] = [3];
  }
  assertStrictEquals(cell("16 to 64", complete).verdict, "pass");
});

test("growth is relative to the loop's own", () => {
  assertStrictEquals(cell("growth").value, 1.25);
  assertStrictEquals(cell("growth").verdict, "miss");
});

test("what was not measured has no verdict and says so", () => {
  const heavy = cell("50 ms");
  assertStrictEquals(heavy.verdict, null);
  assertStrictEquals(
    formatCell(BARS.find(({ name }) => name.startsWith("50 ms"))!, heavy),
    "not measured",
  );
  const lines = barLines(SAMPLE);
  const unmeasured = lines.find((line) => line.startsWith("Not measured: "));
  assert(unmeasured?.includes("50 ms tasks, efficiency"), unmeasured);
  assert(lines.at(-1)!.startsWith("Not to be trusted on node: other programs used 10%"));
  assertStrictEquals(lines.filter((line) => line.includes("pass")).length, 10);
  assertStrictEquals(lines.filter((line) => line.includes("miss")).length, 2);
});
