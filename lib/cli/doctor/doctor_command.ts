/**
 * `tokengate doctor`: what works on this machine, with this runtime, and with what this process may do.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- what the gate warns of while it is examined is in the report
import process from "node:process";
import type { Command, CommandInput } from "../command.ts";
import { thisRuntime } from "../environment.ts";
import { DONE, FAILED } from "../exit_code.ts";
import { Progress } from "../progress.ts";
import { bold, print, red, terminalWidth } from "../terminal.ts";
import { UsageError } from "../usage_error.ts";
import { VERSION } from "../version.ts";
import type { Finding } from "./finding.ts";
import { checkJsr } from "./jsr_check.ts";
import { checkLanes } from "./lane_checks.ts";
import { checkProcessors, checkSharedMemory, checkTypeScript } from "./machine_checks.ts";

/** The command. */
export const doctorCommand: Command = {
  synopsis: "[options]",
  description:
    `Says what works here: how many lanes there are and why, whether memory is shared, how long a call takes, how a loop is stopped in
a thread and in a process, and whether JSR can be reached. It takes some seconds.

Exits with 1 when threads cannot be used as lanes; everything else there is a way around.`,
  flags: {},
  run,
};

async function run(input: CommandInput): Promise<number> {
  const [unexpected] = input.positionals;
  if (unexpected !== undefined) {
    throw new UsageError(`Cannot use "${unexpected}": see "tokengate doctor --help"`);
  }
  const progress = new Progress(process.stderr, terminalWidth);
  progress.step("looking at this machine");
  const findings = await quietly(examine);
  progress.clear();
  const works = findings.find(({ check }) => check === "thread lane")?.works === true;
  const { name, version } = thisRuntime();
  const system = `${process.platform} ${process.arch}`;
  if (input.json) {
    print(
      JSON.stringify({ version: VERSION, runtime: { name, version }, system, works, findings }),
    );
  } else {
    print(`${bold(`tokengate ${VERSION}`)} on ${name} ${version}, ${system}`);
    print();
    for (const line of linesOf(findings)) print(line);
  }
  return works ? DONE : FAILED;
}

/** One after the other, since they are timed; only JSR is asked meanwhile, and waited for last. */
async function examine(): Promise<Finding[]> {
  const jsr = checkJsr();
  return [
    checkProcessors(),
    await checkSharedMemory(),
    ...await checkLanes("thread"),
    ...await checkLanes("process"),
    checkTypeScript(),
    await jsr,
  ];
}

function linesOf(findings: readonly Finding[]): string[] {
  const width = Math.max(...findings.map(({ check }) => check.length));
  return findings.flatMap(({ check, works, text, advice }) => {
    const line = `${check.padEnd(width)}  ${text}`;
    const lines = [works === false ? red(line) : line];
    if (advice !== undefined) lines.push(`${" ".repeat(width)}  -> ${advice}`);
    return lines;
  });
}

async function quietly<T>(body: () => Promise<T>): Promise<T> {
  const { warn } = console;
  console.warn = (): void => {};
  try {
    return await body();
  } finally {
    console.warn = warn;
  }
}
