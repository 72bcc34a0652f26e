import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  agreementLines,
  agreementOf,
  type AgreementRow,
  agreementRows,
  joinRounds,
} from "../bench/agreement.ts";
import type { BarCell } from "../bench/bars.ts";
import { type BenchResult, valuesOf } from "../bench/bench_result.ts";
import { SAMPLE } from "./fixtures/bench_sample.ts";

function cell(verdict: BarCell["verdict"], close = false): BarCell {
  return { verdict, close, value: 1, least: 1, most: 1, rounds: 5, limit: 1, note: "" };
}

/** The sample, with other rounds of the wave of 1,024 on Node. */
function withWave(ms: (number | null)[]): BenchResult {
  const result = structuredClone(SAMPLE);
  result.runtimes[1]!.values.tokengate!["wave.9.ms"] = ms;
  return result;
}

function rowOf(results: BenchResult[], part: string, runtime = "node"): AgreementRow {
  return agreementRows(results).find((row) =>
    row.bar.name.includes(part) && row.runtime === runtime
  )!;
}

test("verdicts are contrary only when one is certain of a pass and another of a miss", () => {
  assertStrictEquals(agreementOf([cell("pass"), cell("miss")]), "contrary");
  assertStrictEquals(agreementOf([cell("pass"), cell("miss", true), cell("miss")]), "contrary");
  assertStrictEquals(agreementOf([cell("pass"), cell("miss", true)]), "close");
  assertStrictEquals(agreementOf([cell("pass", true), cell("miss")]), "close");
  assertStrictEquals(agreementOf([cell("pass", true), cell("miss", true)]), "close");
});

test("equal verdicts are the same, close or not, and one alone agrees with nothing", () => {
  assertStrictEquals(agreementOf([cell("miss"), cell("miss", true)]), "same");
  assertStrictEquals(agreementOf([cell("pass"), cell(null), cell("pass")]), "same");
  assertStrictEquals(agreementOf([cell("pass"), cell(null)]), null);
  assertStrictEquals(agreementOf([]), null);
});

test("the rounds of two comparisons stay paired, where one lacks some or a whole metric too", () => {
  const [, one] = withWave([50, 40]).runtimes;
  const [, other] = withWave([60, 70, 80]).runtimes;
  other!.values.loop!["wave.2.ms"] = [7];
  const joined = joinRounds([one!, other!]);
  assertEquals(valuesOf(joined, "tokengate", "wave.9.ms"), [50, 40, null, 60, 70, 80]);
  assertEquals(valuesOf(joined, "loop", "wave.9.ms"), [100, 100, 100, 100, 100, 100]);
  assertEquals(valuesOf(joined, "loop", "wave.2.ms"), [null, null, null, 7]);
  assertEquals(one!.values.tokengate!["wave.9.ms"], [50, 40], "what was joined stays as it was");
  assertStrictEquals(joined.failures.length, 2);
});

test("a bar shows what each comparison says, and what all rounds say together", () => {
  const runs = [withWave([50, 50, 50]), withWave([80, 80, 80])];
  const row = rowOf(runs, "wave of 1,024");
  assertEquals(row.cells.map(({ verdict }) => verdict), ["pass", "miss"]);
  assertStrictEquals(row.agreement, "contrary");
  // The median of 2, 2, 2, 1.25, 1.25 and 1.25.
  assertStrictEquals(row.together.value, 1.625);
  assertStrictEquals(row.together.rounds, 6);
  assertStrictEquals(row.together.close, true);
  assertStrictEquals(rowOf(runs, "wave of 1,024", "deno").agreement, "same");
});

test("a verdict that is close to the other one is not contrary to it", () => {
  const runs = [withWave([50, 50, 50]), withWave([60, 80, 80])];
  const row = rowOf(runs, "wave of 1,024");
  assertEquals(row.cells.map(({ verdict, close }) => [verdict, close]), [
    ["pass", false],
    ["miss", true],
  ]);
  assertStrictEquals(row.agreement, "close");
});

test("the lines name what was measured twice, with a count of each kind", () => {
  const lines = agreementLines(agreementRows([withWave([50, 50, 50]), withWave([80, 80, 80])]));
  const head = lines[0]!;
  for (const part of ["run 1", "run 2", "all rounds"]) assert(head.includes(part), part);
  assert(!lines.some((line) => line.includes("50 ms tasks")), "nobody measured it");
  const nodes = lines.find((line) => line.includes("2.00x pass") && line.includes("1.25x miss"))!;
  assert(nodes.includes("1.62x pass, close") || nodes.includes("1.63x pass, close"), nodes);
  assert(nodes.endsWith("contrary"), nodes);
  assert(lines.some((line) => /^Verdicts: \d+ the same, 0 close, 1 contrary\.$/.test(line)));
});

test("a comparison that stands alone has nothing to agree with", () => {
  assertEquals(agreementLines(agreementRows([SAMPLE])), ["No bar was measured by two of them."]);
});

test("a runtime that one comparison lacks is left out", () => {
  const other = structuredClone(SAMPLE);
  other.runtimes.pop();
  assert(agreementRows([SAMPLE, other]).every(({ runtime }) => runtime === "deno"));
});

test("runs with different numbers of lanes are not laid side by side", () => {
  assertThrows(
    () => agreementRows([SAMPLE, { ...SAMPLE, lanes: 4 }]),
    RangeError,
    "Cannot compare runs with 2 and 4 lanes",
  );
});
