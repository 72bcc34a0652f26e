/**
 * The wave benchmark: runs the waves on each runtime, in fresh processes one after the other, and prints the tables.
 *
 * See `--help` for the options and `wave_runner.ts` for what is timed.
 *
 * @module
 */

import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import type { RuntimeName } from "../scripts/pins.ts";
import { openToolchain, runtimeCommand } from "../scripts/runtime_command.ts";
import { Progress } from "./progress.ts";
import { formatCount, formatMeasure, formatRatio } from "./table.ts";
import type { RunnerMessage } from "./wave_report.ts";
import { type RunnerCommand, runRunner } from "./wave_process.ts";
import { EXPLANATION, type RuntimeRows, runtimeTable, sideBySide } from "./wave_tables.ts";
import { disagreements, problemsOf, totalsLine, waveTotals } from "./wave_totals.ts";
import {
  HELP,
  readOptions,
  runnerArguments,
  type WavesOptions,
  writeOptions,
} from "./waves_options.ts";

const RUNNER = fileURLToPath(new URL("./wave_runner.ts", import.meta.url));

/** A runtime and what its run gave. */
interface RuntimeRun extends RuntimeRows {
  runtime: RuntimeName;
  /** How the runner was started; null when the runtime cannot be had. */
  command: RunnerCommand | null;
  /** Start to end of the process, in milliseconds. */
  elapsedMs: number;
  /** Everything that is wrong with the run. */
  problems: string[];
}

async function runOn(
  runtime: RuntimeName,
  options: WavesOptions,
  progress: Progress,
): Promise<RuntimeRun> {
  let title: string = runtime;
  progress.step(`${runtime}: starting`);
  let command: RunnerCommand;
  try {
    const toolchain = await openToolchain([runtime], (line) => progress.line(line));
    command = runtimeCommand(toolchain, runtime, RUNNER, {
      args: runnerArguments(options),
      packages: false,
    });
  } catch (error) {
    const problems = [`could not be started: ${error instanceof Error ? error.message : error}`];
    return { runtime, title, rows: [], command: null, elapsedMs: 0, problems };
  }
  const outcome = await runRunner(command, {
    message: (message: RunnerMessage): void => {
      if (message.type === "start") {
        title = `${runtime} ${message.version}`;
        progress.milestone(`${title}: ${message.lanes} lanes`);
      }
      if (message.type === "progress") {
        const { wave, tokens, done, rounds } = message;
        const what = wave === 0
          ? "warming up"
          : `wave ${wave}, ${formatCount(tokens)} tokens, round ${done + 1} of ${rounds}`;
        progress.step(`${title}: ${what}`);
      }
      if (message.type === "wave") {
        const { wave, tokens, wallMs, speedUp } = message;
        progress.milestone(
          `${title}: wave ${wave}, ${formatCount(tokens)} tokens, ${formatMeasure(wallMs)} ms, ` +
            `speed-up ${formatRatio(speedUp)}`,
        );
      }
    },
    text: (line: string): void => progress.line(`${title}: ${line}`),
  });
  progress.clear();
  const { rows, elapsedMs } = outcome;
  const missing = options.waves.filter((wave) => !rows.some((row) => row.wave === wave));
  const problems = [...outcome.problems, ...problemsOf(rows)];
  if (missing.length > 0) problems.push(`waves not run: ${missing.join(", ")}`);
  return { runtime, title, rows, command, elapsedMs, problems };
}

interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  system: string;
  /** Average number of running threads in the minute before the run; above 0.5 or so, others were at work. */
  loadBefore: number;
}

function machineFacts(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown processor",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: Deno.build.target,
    loadBefore: loadavg()[0] ?? NaN,
  };
}

function print(line = ""): void {
  // deno-lint-ignore no-console -- The tables are what this program is for.
  console.log(line);
}

async function main(): Promise<number> {
  let options: WavesOptions;
  try {
    options = readOptions(Deno.args, availableParallelism());
  } catch (error) {
    // deno-lint-ignore no-console -- This is a program; its user reads the message.
    console.error(error instanceof RangeError ? error.message : error);
    return 2;
  }
  if (options.help) {
    print(HELP);
    return 0;
  }
  const colour = Deno.stdout.isTerminal() && !Deno.noColor;
  const bold = (text: string): string => colour ? `\x1b[1m${text}\x1b[22m` : text;
  const red = (text: string): string => colour ? `\x1b[31m${text}\x1b[39m` : text;

  const command = `deno task waves ${writeOptions(options).join(" ")}`;
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const machine = machineFacts();
  const progress = new Progress(Deno.stderr, () => Deno.consoleSize().columns);
  const runs: RuntimeRun[] = [];
  for (const runtime of options.runtimes) {
    const run = await runOn(runtime, options, progress);
    runs.push(run);
    print(bold(`${run.title}, ${options.lanes} lanes`));
    for (const line of runtimeTable(run.rows)) print(line);
    for (const problem of run.problems) print(red(`${run.title}: ${problem}`));
    print();
  }
  const disagreeing = disagreements(runs);
  const elapsedMs = performance.now() - startMs;

  print(bold("Side by side"));
  for (const line of sideBySide(runs, options.waves)) print(line);
  print();
  for (const run of runs) print(totalsLine(run));
  for (const line of disagreeing) print(red(line));
  print();
  for (const line of EXPLANATION) print(line);
  print();
  print(
    `Machine: ${machine.cores} cores, ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.system}; ` +
      `load ${formatRatio(machine.loadBefore)} before the run; ${
        runs.map((run) => run.title).join(", ")
      }`,
  );
  print(`Command: ${command} (${formatMeasure(elapsedMs / 1_000)} s)`);
  const passed = disagreeing.length === 0 && runs.every((run) => run.problems.length === 0);
  if (!passed) print(red("FAILED: see the lines above"));

  if (options.json !== undefined) {
    const report = {
      command,
      startedAt,
      elapsedMs,
      machine,
      passed,
      disagreements: disagreeing,
      runtimes: runs.map(({ rows, ...run }) => ({ ...run, totals: waveTotals(rows), waves: rows })),
    };
    await Deno.writeTextFile(options.json, JSON.stringify(report, null, 2) + "\n");
  }
  return passed ? 0 : 1;
}

if (import.meta.main) Deno.exitCode = await main();
