/**
 * Runs one test file in a process of its own, with a report that a program can read.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RuntimeName } from "../pins.ts";
import { ROOT } from "../project.ts";
import {
  executableOf,
  packageArguments,
  type RuntimeCommand,
  type Toolchain,
} from "../runtime_command.ts";
import { IMPORTS_VARIABLE } from "../resolve_mode.ts";
import { runChild } from "./child_run.ts";
import { type FileResult, judge } from "./file_result.ts";
import { STRAY_ERRORS_VARIABLE } from "./stray_errors.ts";

/** What to run, and how. */
export interface FileRun {
  /** The runtime to run it on. */
  runtime: RuntimeName;
  /** Path of the file, relative to the root, with slashes. */
  file: string;
  /** After so many milliseconds the run is killed. */
  timeLimitMs: number;
  /** Further arguments for the runtime's test runner. */
  runnerArgs: readonly string[];
  /** An existing folder for reports. */
  reportFolder: string;
}

const NODE_REPORTER = new URL("./node_reporter.mjs", import.meta.url).href;
const STRAY_ERRORS = fileURLToPath(new URL("./stray_errors.ts", import.meta.url));

/** Runs one test file and judges the run. */
export async function runFile(toolchain: Toolchain, what: FileRun): Promise<FileResult> {
  const base = join(what.reportFolder, `${what.runtime}_${what.file.replaceAll(/[^\w.]/g, "_")}`);
  const reportPath = `${base}.report`;
  const strayPath = `${base}.stray`;
  const run = await runChild(
    {
      command: executableOf(toolchain, what.runtime),
      args: testArguments(toolchain, what, reportPath),
      env: {
        NO_COLOR: "1",
        [IMPORTS_VARIABLE]: toolchain.imports,
        [STRAY_ERRORS_VARIABLE]: strayPath,
        // Node strips and compiles sixty modules for every thread and process that a test starts. The files of one run
        // share what came of it; it goes with the reports.
        NODE_COMPILE_CACHE: join(what.reportFolder, "compiled"),
        // What tests put into temporary files goes too: at the end of a run Deno does not tell them.
        TMPDIR: what.reportFolder,
        TEMP: what.reportFolder,
        TMP: what.reportFolder,
      },
    } satisfies RuntimeCommand,
    ROOT,
    what.timeLimitMs,
  );
  return judge({
    runtime: what.runtime,
    file: what.file,
    run,
    report: await textOf(reportPath),
    strayErrors: await textOf(strayPath) ?? "",
  });
}

function testArguments(toolchain: Toolchain, what: FileRun, reportPath: string): string[] {
  const packages = packageArguments(toolchain, what.runtime);
  const file = `./${what.file}`;
  switch (what.runtime) {
    case "deno":
      return [
        "test",
        "--allow-all",
        "--no-check", // `deno task check` does that, once for all files.
        ...packages,
        "--preload",
        STRAY_ERRORS,
        "--junit-path",
        reportPath,
        ...what.runnerArgs,
        file,
      ];
    case "bun":
      return [
        "test",
        ...packages,
        "--timeout", // Five seconds by default, which no other runtime has.
        String(what.timeLimitMs),
        "--reporter=junit",
        "--reporter-outfile",
        reportPath,
        ...what.runnerArgs,
        file,
      ];
    case "node":
      return [
        ...packages,
        "--test",
        "--test-reporter=spec",
        "--test-reporter-destination=stdout",
        `--test-reporter=${NODE_REPORTER}`,
        `--test-reporter-destination=${reportPath}`,
        ...what.runnerArgs,
        file,
      ];
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
