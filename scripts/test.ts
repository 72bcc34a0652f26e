/**
 * `deno task test`: runs every test file on every runtime, each file in a process of its own, and ends with one line,
 * `N passed, N failed`, summed over the runtimes.
 *
 * Processes of their own, because tests count live workers and crash things. At most two at once, for the same reason.
 *
 * @module
 */
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { RUNTIME_NAMES, type RuntimeName } from "./pins.ts";
import { note, ROOT, say } from "./project.ts";
import { executableOf, openToolchain, type Toolchain } from "./runtime_command.ts";
import { versionOf } from "./runtimes.ts";
import { killRunning } from "./testing/child_run.ts";
import type { FileResult } from "./testing/file_result.ts";
import { runFile } from "./testing/run_file.ts";
import {
  excerptOf,
  fileLine,
  lastLine,
  quoted,
  type RuntimeTotals,
  table,
  totalsOf,
} from "./testing/summary.ts";
import { walkFiles } from "./walk_files.ts";

const HELP = `deno task test [options] [-- arguments for the runtimes' test runners]

Runs tests/**/*_test.ts on each runtime, each file in a process of its own.

  --runtimes LIST          runtimes to test on (deno,bun,node)
  --filter TEXT            only files whose path contains TEXT
  --jobs NUMBER            files at once (2)
  --file-minutes NUMBER    kill a file after so many minutes (5)
  --minutes NUMBER         stop a runtime after so many minutes (15)
  --help                   show this

Environment variables reach the tests: TOKENGATE_FUZZ_RUNS and the like.`;

interface Options {
  runtimes: readonly RuntimeName[];
  filter: string;
  jobs: number;
  fileLimitMs: number;
  runtimeLimitMs: number;
  runnerArgs: readonly string[];
}

function parseOptions(args: readonly string[]): Options | undefined {
  const end = args.indexOf("--");
  const { values } = parseArgs({
    args: args.slice(0, end < 0 ? args.length : end),
    options: {
      runtimes: { type: "string", default: RUNTIME_NAMES.join() },
      filter: { type: "string", default: "" },
      jobs: { type: "string", default: "2" },
      "file-minutes": { type: "string", default: "5" },
      minutes: { type: "string", default: "15" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    runtimes: values.runtimes.split(",").map((name) => {
      const known = RUNTIME_NAMES.find((each) => each === name.trim());
      if (known !== undefined) return known;
      throw new TypeError(`Cannot test on "${name}": say some of ${RUNTIME_NAMES.join()}`);
    }),
    filter: values.filter,
    jobs: positive("jobs", values.jobs),
    fileLimitMs: positive("file-minutes", values["file-minutes"]) * 60_000,
    runtimeLimitMs: positive("minutes", values.minutes) * 60_000,
    runnerArgs: end < 0 ? [] : args.slice(end + 1),
  };
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new RangeError(`Cannot use --${name}: received "${text}", not a number above zero`);
}

async function testRuntime(
  toolchain: Toolchain,
  runtime: RuntimeName,
  files: readonly string[],
  options: Options,
): Promise<{ results: FileResult[]; durationMs: number }> {
  const started = performance.now();
  const width = Math.max(...files.map((file) => file.length));
  const reportFolder = await Deno.makeTempDir({ prefix: "tokengate_test_" });
  const results: FileResult[] = [];
  const queue = [...files];
  const worker = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const leftMs = options.runtimeLimitMs - (performance.now() - started);
      const result = await runFile(toolchain, {
        runtime,
        file,
        timeLimitMs: Math.round(Math.max(1, Math.min(options.fileLimitMs, leftMs))),
        runnerArgs: options.runnerArgs,
        reportFolder,
      });
      results.push(result);
      say(fileLine(result, width));
      if (result.failed > 0) {
        for (const name of result.failures) say(`      failed: ${name}`);
        say(quoted(result.output));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, files.length) }, worker));
  await removeFolder(reportFolder);
  return { results, durationMs: performance.now() - started };
}

/** Removes a folder, into which what was killed just now may still have written something. */
async function removeFolder(path: string): Promise<void> {
  for (let left = 10;; left--) {
    try {
      return await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function main(args: readonly string[]): Promise<boolean> {
  const options = parseOptions(args);
  if (options === undefined) {
    say(HELP);
    return true;
  }
  const files = (await walkFiles("tests"))
    .map((path) => relative(ROOT, path).replaceAll("\\", "/"))
    .filter((file) => file.endsWith("_test.ts") && !file.includes("/fixtures/"))
    .filter((file) => file.includes(options.filter))
    .sort();
  if (files.length === 0) {
    note(`test: no test file's path contains "${options.filter}"`);
    say("0 passed, 1 failed");
    return false;
  }

  const toolchain = await openToolchain(options.runtimes);
  const rows: RuntimeTotals[] = [];
  const failures: string[] = [];
  const outputs: string[] = [];
  for (const runtime of options.runtimes) {
    const { results, durationMs } = await testRuntime(toolchain, runtime, files, options);
    const version = await versionOf(executableOf(toolchain, runtime));
    const totals = totalsOf(`${runtime} ${version}`, results, durationMs);
    rows.push(totals);
    for (const result of results) {
      for (const name of result.failures) failures.push(`${runtime}  ${result.file}  ${name}`);
      if (result.failed > 0) outputs.push(`${runtime}  ${result.file}`, excerptOf(result), "");
    }
    if (totals.passed + totals.failed === 0) {
      totals.failed = 1;
      failures.push(`${runtime}  every test was skipped`);
    }
  }

  say("");
  // Once more, since by now it is far above: whoever keeps only the end of this is to know what has failed, and how.
  if (outputs.length > 0) say(outputs.join("\n"));
  if (failures.length > 0) say(["Failed:", ...failures.map((line) => `  ${line}`), ""].join("\n"));
  for (const line of table(rows)) say(line);
  say("");
  say(lastLine(rows));
  return rows.every((row) => row.failed === 0);
}

if (import.meta.main) {
  // The tests run in process groups of their own, which the terminal does not interrupt.
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) {
    Deno.addSignalListener(signal, () => {
      killRunning();
      Deno.exit(130);
    });
  }
  try {
    Deno.exit(await main(Deno.args) ? 0 : 1);
  } catch (error) {
    killRunning();
    note(`test: ${error instanceof Error ? error.message : error}`);
    say("0 passed, 1 failed");
    Deno.exit(1);
  }
}
