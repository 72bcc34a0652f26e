/**
 * `tokengate run`: calls an operation, or any exported function, on workers.
 *
 * @module
 */

import process from "node:process";
import { availableLanes } from "../../runtime/cpu_limits.ts";
import type { Command, CommandInput } from "../command.ts";
import { thisRuntime } from "../environment.ts";
import { DONE, FAILED } from "../exit_code.ts";
import { listenToInterrupts } from "../interrupts.ts";
import { Progress } from "../progress.ts";
import { endProcess, print, printError, terminalWidth } from "../terminal.ts";
import { asUsage, UsageError } from "../usage_error.ts";
import { parseCount } from "../waves/plan.ts";
import { type CallOutcome, makeCalls, type RunningCalls } from "./call_run.ts";
import { plainValue, shownValue } from "./plain_value.ts";
import { progressLine, summaryLines } from "./summary.ts";
import { findTarget, type Target } from "./target.ts";

/** How long calls may take to stop after the first Ctrl-C, in ms. */
const GRACE_MS = 2_000;
const REDRAW_MS = 100;

/** The command. */
export const runCommand: Command = {
  synopsis: "MODULE EXPORT [ARGUMENT...] [options]",
  description:
    `Calls what a module exports on workers, and prints the result. MODULE is the path or the URL of a module, EXPORT the name of
an operation or of a function that it exports; each ARGUMENT is JSON, so that a text has quotes of its own: '"text"'.
The module is imported here and in each worker, and runs what is at its top level there.

Ctrl-C tells the calls to stop, and waits up to ${
      GRACE_MS / 1_000
    } s until they have; the next one ends everything at once.`,
  flags: {
    count: {
      type: "string",
      value: "N",
      help: "how many calls, all with these arguments  [default: 1]",
    },
    lanes: {
      type: "string",
      value: "N",
      help: "how many workers at most  [default: the processors it may use]",
    },
    process: { type: "boolean", help: "workers that are child processes, not threads" },
    "timeout-ms": { type: "string", value: "T", help: "stop a call that runs for longer" },
  },
  run,
};

async function run(input: CommandInput): Promise<number> {
  const [specifier, name, ...texts] = input.positionals;
  if (specifier === undefined || name === undefined) {
    throw new UsageError(
      `Cannot run: received no ${specifier === undefined ? "module" : "name of an export"}; ` +
        `as in "tokengate run ./math.ts fibonacci 30"`,
    );
  }
  const args = texts.map(readArgument);
  const { values } = input;
  const count = asUsage(() => parseCount("--count", values["count"] ?? "1"));
  const lanes = asUsage(() => readOptional("--lanes", values["lanes"])) ?? availableLanes();
  const timeoutMs = asUsage(() => readOptional("--timeout-ms", values["timeout-ms"]));
  const target = await findTarget(specifier, name);

  const watch = new Watch(count);
  const items: unknown[] = [];
  const outcome = await makeCalls({
    target,
    args,
    count,
    lanes,
    isolation: input.switches.has("process") ? "process" : "thread",
    timeoutMs,
    graceMs: GRACE_MS,
    begin: (calls) => watch.begin(calls),
    onItem: (item) => {
      if (input.json) return void items.push(plainValue(item));
      watch.clear();
      print(shownValue(item));
    },
  });
  watch.end();
  const { isStream } = target;
  if (input.json) {
    const whole = report(target, args, count, outcome);
    print(JSON.stringify(isStream ? { ...whole, items } : whole));
  } else {
    // Generators seldom return anything.
    const isShown = outcome.ok > 0 && !(isStream && outcome.result === undefined);
    if (isShown) print(shownValue(outcome.result));
    for (const line of summaryLines(target, count, outcome)) printError(line);
  }
  return watch.interruptCode ?? (outcome.failed > 0 ? FAILED : DONE);
}

/** What is seen of the calls while they run, and Ctrl-C. */
class Watch {
  readonly #count: number;
  readonly #progress: Progress = new Progress(process.stderr, terminalWidth);
  #timer: ReturnType<typeof setInterval> | undefined;
  #endListening: () => void = () => {};
  #interruptCode: number | undefined;

  constructor(count: number) {
    this.#count = count;
  }

  /** The exit code, when somebody pressed Ctrl-C. */
  get interruptCode(): number | undefined {
    return this.#interruptCode;
  }

  begin(calls: RunningCalls): void {
    const startMs = performance.now();
    if (process.stderr.isTTY === true) {
      this.#timer = setInterval(() => {
        const elapsedMs = performance.now() - startMs;
        const width = terminalWidth();
        const reported = this.#count === 1 ? calls.progress() : undefined;
        const line = progressLine(calls.stats(), this.#count, elapsedMs, width, reported);
        if (this.#interruptCode === undefined) this.#progress.step(line);
      }, REDRAW_MS);
    }
    this.#endListening = listenToInterrupts((times, code) => {
      this.#interruptCode = code;
      if (times > 1) return void endProcess(code);
      const killed = calls.cancel();
      this.#progress.line(
        `tokengate: stopping ${killed} ${
          killed === 1 ? "call" : "calls"
        }; Ctrl-C again ends them at once`,
      );
    });
  }

  /** Makes room for a line of results. */
  clear(): void {
    this.#progress.clear();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#endListening();
    this.#progress.clear();
  }
}

function readArgument(text: string, index: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(
      `Cannot read argument ${
        index + 1
      }: received ${text}, which is no JSON; a text needs quotes that the shell leaves: '${
        JSON.stringify(text)
      }'`,
      { cause: error },
    );
  }
}

function readOptional(name: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseCount(name, text);
}

/** What `--json` prints; `docs/command-line.md` describes it. */
function report(
  target: Target,
  args: readonly unknown[],
  count: number,
  outcome: CallOutcome,
): object {
  const { url, name, kind } = target;
  const { result, ...rest } = outcome;
  return {
    module: url,
    export: name,
    kind,
    arguments: args,
    runtime: thisRuntime(),
    count,
    ...rest,
    result: plainValue(result),
  };
}
