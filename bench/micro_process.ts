/**
 * The micro-benchmarks in a process of their own.
 *
 * @module
 */

import { execFile } from "node:child_process";
import process from "node:process";
import type { MicroRow } from "./bench_result.ts";
import type { RunnerCommand } from "../lib/cli/waves/process.ts";

/** Time for all of them, in milliseconds. */
const LIMIT_MS = 60_000;

/**
 * Runs the micro-benchmarks.
 *
 * @param command How to start them.
 * @returns Their rows.
 * @throws {Error} When the process fails or does not end in time.
 */
export function runMicro(command: RunnerCommand): Promise<MicroRow[]> {
  return new Promise((resolve, reject) => {
    execFile(
      command.command,
      [...command.args],
      { env: { ...process.env, ...command.env }, timeout: LIMIT_MS, killSignal: "SIGKILL" },
      (error, stdout, stderr) => {
        if (error === null) resolve(parseRows(stdout));
        else reject(new Error(`${error.message}\n${stderr}`.trim().slice(0, 500)));
      },
    );
  });
}

/** Lines that are no rows are what mitata or the runtime has printed. */
function parseRows(text: string): MicroRow[] {
  return text.split("\n").filter((line) => line.startsWith('{"name":')).map((line) =>
    JSON.parse(line) as MicroRow
  );
}
