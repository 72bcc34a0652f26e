/**
 * Runners: programs that measure on the runtime they are started with, and print one line of JSON.
 *
 * @module
 */

import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { RuntimeName } from "../scripts/pins.ts";
import { runtimeCommand, type Toolchain } from "../scripts/runtime_command.ts";

/** Time for one runtime where nothing else is said, in ms. */
const LIMIT_MS = 60_000;

/**
 * Starts a runner in a fresh process, and reads what it prints.
 *
 * @param toolchain the runtimes
 * @param runtime the one to run on
 * @param script name of the runner's file in this folder
 * @param args its arguments
 * @param limitMs after so many ms it is killed
 * @returns what it printed, as its type says
 * @throws {Error} when it fails, or takes too long
 */
export async function runRunner<T>(
  toolchain: Toolchain,
  runtime: RuntimeName,
  script: string,
  args: readonly string[] = [],
  limitMs: number = LIMIT_MS,
): Promise<T> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const started = runtimeCommand(toolchain, runtime, path, { args, packages: false });
  const { stdout } = await promisify(execFile)(started.command, started.args, {
    env: { ...process.env, ...started.env },
    timeout: limitMs,
    killSignal: "SIGKILL",
  });
  return JSON.parse(stdout) as T;
}
