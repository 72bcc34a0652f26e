/**
 * The test script judges all other tests, so it is judged by reports that the runners really wrote, all three of the
 * same file: `fixtures/runner_reports/`.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type ChildRun, runChild } from "../scripts/testing/child_run.ts";
import { type FileEvidence, judge } from "../scripts/testing/file_result.ts";
import { parseBunReport, parseDenoReport } from "../scripts/testing/junit.ts";
import { parseNodeReport } from "../scripts/testing/node_report.ts";
import { lastLine, table, totalsOf } from "../scripts/testing/summary.ts";
import type { TestCase } from "../scripts/testing/test_case.ts";

const denoXml = sample("deno.xml");
const bunXml = sample("bun.xml");
const nodeLines = sample("node.jsonl");

function sample(name: string): string {
  return readFileSync(new URL(`./fixtures/runner_reports/${name}`, import.meta.url), "utf8");
}

/** The cases by status, each list sorted. */
function byStatus(cases: readonly TestCase[]): Record<string, string[]> {
  const lists: Record<string, string[]> = { passed: [], failed: [], skipped: [] };
  for (const { name, status } of cases) lists[status]!.push(name);
  for (const list of Object.values(lists)) list.sort();
  return lists;
}

const LEAVES = {
  passed: [
    "fails by itself > good",
    "fails through a test it holds > good",
    "holds tests that pass > one",
    "holds tests that pass > two > deep",
    "passes",
    'passes with <odd> & "quoted" letters',
    "suite > inside passes",
  ],
  failed: [
    "fails",
    "fails by itself",
    "fails through a test it holds > bad",
    "suite > nested > inside fails",
  ],
  skipped: ["is skipped", "is still to do"],
};

test("a report of deno test counts the tests that hold no others", () => {
  assertEquals(byStatus(parseDenoReport(denoXml)), LEAVES);
});

test("a report of node --test counts the same tests", () => {
  const { cases, complete } = parseNodeReport(nodeLines);
  assertEquals(byStatus(cases), LEAVES);
  assertEquals(complete, true);
});

test("a report of bun test counts a test with subtests as one", () => {
  assertEquals(byStatus(parseBunReport(bunXml)), {
    passed: [
      "holds tests that pass",
      "passes",
      'passes with <odd> & "quoted" letters',
      "suite > inside passes",
    ],
    failed: [
      "fails",
      "fails by itself",
      "fails through a test it holds",
      "suite > nested > inside fails",
    ],
    skipped: LEAVES.skipped,
  });
});

test("a report of Node that was cut off gives what it has and is not complete", () => {
  const { cases, complete } = parseNodeReport(nodeLines.slice(0, 500));
  assertEquals(complete, false);
  assertEquals(cases.filter(({ status }) => status === "failed"), []);
  assertEquals(cases[0], { name: "passes", status: "passed" });
});

const CLEAN: ChildRun = {
  exitCode: 0,
  signal: null,
  timedOut: false,
  output: "said",
  durationMs: 1_000,
};

function evidence(changes: Partial<FileEvidence>, run: Partial<ChildRun> = {}): FileEvidence {
  const report = '<testsuites><testsuite name="f"><testcase name="a"/></testsuite></testsuites>';
  return {
    runtime: "bun",
    file: "tests/a_test.ts",
    report,
    strayErrors: "",
    ...changes,
    run: { ...CLEAN, ...run },
  };
}

test("a file passes with a complete report, exit code zero and no stray error", () => {
  const { passed, failed, skipped, failures, output } = judge(evidence({}));
  assertEquals({ passed, failed, skipped, failures, output }, {
    passed: 1,
    failed: 0,
    skipped: 0,
    failures: [],
    output: "said",
  });
});

test("a failed test accounts for the exit code and is counted once", () => {
  const { failed, failures } = judge(evidence({ report: bunXml }, { exitCode: 1 }));
  assertEquals(failed, 4);
  assertEquals(failures.length, 4);
});

const problems: [string, FileEvidence, RegExp][] = [
  ["was killed for its time", evidence({}, { timedOut: true, exitCode: null }), /killed after 1 s/],
  ["was ended by a signal", evidence({}, { signal: "SIGSEGV", exitCode: null }), /by SIGSEGV/],
  ["could not be started", evidence({ report: undefined }, { exitCode: null }), /failure to start/],
  ["wrote no report", evidence({ report: undefined }), /reported no test/],
  ["holds no test", evidence({ runtime: "node", report: '{"type":"end"}\n' }), /reported no test/],
  ["exited before its end", {
    ...evidence({ runtime: "node", report: nodeLines.replace('{"type":"end"}', "") }),
  }, /broke off/],
  ["failed outside of its tests", evidence({}, { exitCode: 1 }), /although no test failed/],
  ["let an error stray", evidence({ strayErrors: "unhandled rejection: x\n" }), /outside of any/],
];
for (const [what, given, reason] of problems) {
  test(`a file that ${what} fails`, () => {
    const { failures, failed } = judge(given);
    assertMatch(failures.at(-1)!, reason);
    assertEquals(failed, failures.length);
  });
}

test("the last line sums over the runtimes", () => {
  const one = judge(evidence({}));
  const bad = judge(evidence({ report: bunXml }, { exitCode: 1 }));
  const rows = [totalsOf("deno 1.2.3", [one, one], 1_234), totalsOf("bun 1.2.3", [bad], 10)];
  assertEquals(lastLine(rows), "6 passed, 4 failed");
  assertEquals(table(rows), [
    "runtime     passed  failed  skipped   time",
    "deno 1.2.3       2       0        0  1.2 s",
    "bun 1.2.3        4       4        2  0.0 s",
  ]);
});

test("a command's exit code and both of its outputs are kept", async () => {
  const run = await runChild(
    selfEvaluating('console.log("a"); console.error("b"); throw 1'),
    ".",
    60_000,
  );
  assertEquals(run.timedOut, false);
  assertEquals(run.exitCode === 0, false);
  assertStringIncludes(run.output, "a\n");
  assertStringIncludes(run.output, "b\n");
});

test("a command that does not end is killed", async () => {
  const run = await runChild(selfEvaluating("for (;;);"), ".", 500);
  assertEquals(run.timedOut, true);
  assertEquals(run.exitCode, null);
});

test("a command that cannot be started is told from one that ends", async () => {
  const nowhere = { command: "./no/such/program", args: [], env: {} };
  const run = await runChild(nowhere, ".", 60_000);
  assertEquals([run.exitCode, run.signal, run.timedOut], [null, null, false]);
  assertStringIncludes(run.output, "Cannot start ./no/such/program");
});

/** The command that evaluates a program on the runtime this test runs on. */
function selfEvaluating(
  program: string,
): { command: string; args: string[]; env: Record<string, string> } {
  const args = "Deno" in globalThis ? ["eval", program] : ["-e", program];
  return { command: process.execPath, args, env: {} };
}
