import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { barLines, formatCell } from "../bench/bar_table.ts";
import { type BarCell, BARS, BEST_NOOP, BEST_PING, bestPeer, judge } from "../bench/bars.ts";
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
  // 80 times the time for 64 times the tokens, where the loop takes 64 times the time.
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
