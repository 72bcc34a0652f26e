/**
 * Judges the run of one test file on one runtime. Nothing passes for want of evidence: a file that ran no test, broke
 * off, or ended with an error that no test accounts for, has failed.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import type { RuntimeName } from "../pins.ts";
import type { ChildRun } from "./child_run.ts";
import { parseBunReport, parseDenoReport } from "./junit.ts";
import { parseNodeReport } from "./node_report.ts";
import type { TestCase } from "./test_case.ts";

/** The result of one test file on one runtime. */
export interface FileResult {
  /** The runtime. */
  runtime: RuntimeName;
  /** Path of the file, relative to the root. */
  file: string;
  /** Number of tests that passed. */
  passed: number;
  /** Number of tests that failed, plus one if the file itself has a problem. */
  failed: number;
  /** Number of tests that were skipped, or are marked as still to do. */
  skipped: number;
  /** What failed: the names of tests, and the file's own problem. */
  failures: string[];
  /** What the run wrote. */
  output: string;
  /** How long it took, in milliseconds. */
  durationMs: number;
}

/** What is known of a run. */
export interface FileEvidence {
  /** The runtime. */
  runtime: RuntimeName;
  /** Path of the file, relative to the root. */
  file: string;
  /** How its process ended. */
  run: ChildRun;
  /** The runner's report, if it wrote one. */
  report: string | undefined;
  /** Errors outside of any test, as far as only Deno's preload saw them. */
  strayErrors: string;
}

/** Judges one run. */
export function judge(evidence: FileEvidence): FileResult {
  const { runtime, file, run } = evidence;
  const { cases, complete } = readReport(evidence);
  const failures = cases.filter(({ status }) => status === "failed").map(({ name }) => name);
  const skipped = cases.filter(({ status }) => status === "skipped").length;
  const passed = cases.length - failures.length - skipped;
  const problem = problemOf(evidence, cases.length, failures.length, complete);
  if (problem !== undefined) failures.push(problem);
  return {
    runtime,
    file,
    passed,
    failed: failures.length,
    skipped,
    failures,
    output: stripVTControlCharacters(evidence.strayErrors + run.output),
    durationMs: run.durationMs,
  };
}

function readReport(
  { runtime, report = "" }: FileEvidence,
): { cases: TestCase[]; complete: boolean } {
  switch (runtime) {
    case "deno":
      // Deno lists what a `process.exit` left undone as an error of the test that called it.
      return { cases: parseDenoReport(report), complete: report !== "" };
    case "bun":
      // Bun writes its report at the very end, and none for a file without tests.
      return { cases: parseBunReport(report), complete: report !== "" };
    case "node":
      return parseNodeReport(report);
  }
}

function problemOf(
  { run, strayErrors }: FileEvidence,
  tests: number,
  failed: number,
  complete: boolean,
): string | undefined {
  if (run.timedOut) return `(file) killed after ${Math.round(run.durationMs / 1000)} s`;
  if (run.exitCode === null) return `(file) ended by ${run.signal ?? "a failure to start"}`;
  if (strayErrors !== "") return "(file) an error outside of any test";
  const ended = `ended with exit code ${run.exitCode}`;
  if (tests === 0) return `(file) reported no test, ${ended}`;
  if (!complete) return `(file) broke off before its last test, ${ended}`;
  if (run.exitCode !== 0 && failed === 0) return `(file) ${ended} although no test failed`;
  return undefined;
}
