/**
 * The comparison: runs everything on each runtime and prints the figures and the bars. See `--help`.
 *
 * @module
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { BENCH_PINS, type RuntimeName } from "../scripts/pins.ts";
import { executableOf, openToolchain, runtimeCommand } from "../scripts/runtime_command.ts";
import { versionOf } from "../scripts/runtimes.ts";
import { barLines } from "./bar_table.ts";
import { type BenchOptions, HELP, readOptions, writeOptions } from "./bench_options.ts";
import type { BenchResult, RuntimeResult } from "./bench_result.ts";
import { failureLines, figureLines, groupsOf, microLines } from "./bench_rows.ts";
import { compareOn, type CompareRequest } from "./bench_runtime.ts";
import { machineFacts } from "../lib/cli/machine.ts";
import { runMicro } from "./micro_process.ts";
import { Progress } from "../lib/cli/progress.ts";
import type { RunnerCommand } from "../lib/cli/waves/process.ts";
import { writeReport } from "./report.ts";
import { formatMeasure, formatPercent } from "../lib/cli/table.ts";
import { bold, print, printError, red, terminalWidth } from "../lib/cli/terminal.ts";

/** Exit code for arguments that cannot be used. */
const WRONG_ARGUMENTS = 2;
const MICRO_RUNNER = fileURLToPath(new URL("./micro_runner.ts", import.meta.url));
const RUNNER = fileURLToPath(new URL("./contender_runner.ts", import.meta.url));

/**
 * Arguments of the runtimes: the right to collect garbage; and on Deno the packages of an installed folder, whose CommonJS
 * files it takes for such only in a folder it was told of.
 */
const RUNTIME_ARGUMENTS: Readonly<Record<RuntimeName, readonly string[]>> = {
  deno: ["--no-config", "--node-modules-dir=manual", "--v8-flags=--expose-gc"],
  bun: [],
  node: ["--expose-gc"],
};

async function requestFor(
  runtime: RuntimeName,
  options: BenchOptions,
  progress: Progress,
): Promise<{ compare: CompareRequest; micro: RunnerCommand }> {
  const toolchain = await openToolchain([runtime], (line) => progress.line(line));
  const version = await versionOf(executableOf(toolchain, runtime)) ?? "unknown";
  const settings = { runtimeArgs: RUNTIME_ARGUMENTS[runtime], packages: false };
  const compare: CompareRequest = {
    runtime,
    version,
    options,
    commandOf: (contender) => {
      const args = [contender, String(options.lanes)];
      return runtimeCommand(toolchain, runtime, RUNNER, { args, ...settings });
    },
    step: (text) => progress.step(text),
    milestone: (text) => progress.milestone(text),
  };
  return { compare, micro: runtimeCommand(toolchain, runtime, MICRO_RUNNER, settings) };
}

async function compareAll(options: BenchOptions): Promise<BenchResult> {
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const progress = new Progress(process.stderr, terminalWidth);
  const absents = new Map<RuntimeName, RuntimeResult>();
  const compares: CompareRequest[] = [];
  const micros = new Map<RuntimeName, RunnerCommand>();
  for (const runtime of options.runtimes) {
    try {
      const { compare, micro } = await requestFor(runtime, options, progress);
      compares.push(compare);
      micros.set(runtime, micro);
    } catch (error) {
      absents.set(runtime, absent(runtime, error));
    }
  }
  const results = await compareOn(compares);
  if (options.measures.includes("micro")) {
    for (const result of results) await addMicro(result, micros.get(result.runtime)!, progress);
  }
  progress.clear();
  const runtimes = options.runtimes.map((runtime) =>
    absents.get(runtime) ?? results.find((result) => result.runtime === runtime)!
  );
  return {
    format: 1,
    command: `deno task bench ${writeOptions(options).join(" ")}`,
    startedAt,
    elapsedMs: performance.now() - startMs,
    machine: machineFacts(),
    lanes: options.lanes,
    rounds: options.rounds,
    waves: options.measures.includes("waves") ? options.waves : [],
    peers: Object.fromEntries(options.peers.map((name) => [name, BENCH_PINS[name]!])),
    runtimes,
  };
}

async function addMicro(
  result: RuntimeResult,
  command: RunnerCommand,
  progress: Progress,
): Promise<void> {
  const title = `${result.runtime} ${result.version}: micro-benchmarks`;
  progress.step(title);
  try {
    result.micro = await runMicro(command);
  } catch (error) {
    result.problems.push(`micro-benchmarks: ${error instanceof Error ? error.message : error}`);
  }
  progress.milestone(`${title} done`);
}

function absent(runtime: RuntimeName, error: unknown): RuntimeResult {
  return {
    runtime,
    version: "not found",
    contenders: [],
    values: {},
    failures: [],
    notOffered: [],
    micro: [],
    othersPart: null,
    elapsedMs: 0,
    problems: [`could not be started: ${error instanceof Error ? error.message : error}`],
  };
}

function printResult(result: BenchResult): void {
  const groups = groupsOf(result);
  for (const each of result.runtimes) {
    const others = formatPercent(each.othersPart ?? NaN);
    print(bold(`${each.runtime} ${each.version}, ${result.lanes} lanes`));
    if (groups.length > 0 && each.contenders.length > 0) {
      for (const line of figureLines(groups, each)) print(line);
      print(
        `Other programs used ${others} of the processors.`,
      );
    }
    for (const line of failureLines(each)) print(red(line));
    for (const line of each.problems) print(red(`${each.runtime}: ${line}`));
    print();
  }
  const micro = microLines(result);
  if (micro.length > 0) print(bold("Micro-benchmarks, ns (mean, with mitata)"));
  for (const line of micro) print(line);
  if (micro.length > 0) print();
  print(bold("Bars"));
  for (const line of barLines(result)) print(line);
  print();
  const { cores, cpu, memoryGiB, system } = result.machine;
  print(`Machine: ${cores} cores, ${cpu}, ${memoryGiB} GiB, ${system}`);
  print(`Command: ${result.command} (${formatMeasure(result.elapsedMs / 1_000)} s)`);
}

/** Wrong arguments are told before anything is measured, and so are places that cannot be written to. */
async function readArguments(): Promise<BenchOptions | undefined> {
  try {
    const options = readOptions(Deno.args);
    if (options.help) return options;
    if (options.json !== undefined) {
      const file = await Deno.open(options.json, { create: true, write: true });
      file.close();
    }
    if (options.report !== undefined) await Deno.mkdir(options.report, { recursive: true });
    return options;
  } catch (error) {
    printError(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

/** Peers may fail; what is ours, the loop or the ceiling may not. */
function failed({ runtimes }: BenchResult): boolean {
  return runtimes.some(({ problems, failures }) =>
    problems.length > 0 ||
    failures.some(({ contender }) => ["loop", "ceiling", "tokengate"].includes(contender))
  );
}

async function main(): Promise<number> {
  const options = await readArguments();
  if (options === undefined) return WRONG_ARGUMENTS;
  if (options.help) {
    print(HELP);
    return 0;
  }
  const result = await compareAll(options);
  printResult(result);
  if (options.json !== undefined) {
    await Deno.writeTextFile(options.json, JSON.stringify(result, null, 1) + "\n");
  }
  if (options.report !== undefined) {
    for (const path of await writeReport(result, options.report)) print(`Report: ${path}`);
  }
  return failed(result) ? 1 : 0;
}

if (import.meta.main) Deno.exitCode = await main();
