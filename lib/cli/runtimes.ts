/**
 * The runtimes of this machine: this one, and those on the path.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type RuntimeName, thisRuntime, variable } from "./environment.ts";
import type { RunnerCommand } from "./waves/process.ts";

/** A runtime that is here. */
export interface FoundRuntime {
  readonly name: RuntimeName;
  readonly version: string;
  /** Path of its program. */
  readonly executable: string;
}

/** The oldest Node that runs the built package. */
const OLDEST_NODE: readonly [number, number] = [20, 0];
/** The oldest Node that reads TypeScript. */
export const OLDEST_SOURCE_NODE: readonly [number, number] = [22, 18];
const ANSWER_WITHIN_MS = 20_000;

/**
 * Finds a runtime: the one that `TOKENGATE_DENO`, `TOKENGATE_BUN` or `TOKENGATE_NODE` names, else this one if it is that, else the one on the path.
 *
 * @param name the runtime
 * @returns where it is; undefined when it is not here
 * @throws {Error} when the variable names a program that does not run
 */
export async function findRuntime(name: RuntimeName): Promise<FoundRuntime | undefined> {
  const key = `TOKENGATE_${name.toUpperCase()}`;
  const chosen = variable(key);
  if (chosen !== undefined && chosen !== "") {
    const version = await versionOf(chosen, name);
    if (version !== undefined) return { name, version, executable: chosen };
    throw new Error(`Cannot use ${key}: received "${chosen}", which does not run`);
  }
  const own = thisRuntime();
  if (own.name === name) return { name, version: own.version, executable: process.execPath };
  for (const executable of onPath(name)) {
    const version = await versionOf(executable, name);
    if (version !== undefined) return { name, version, executable };
  }
  return undefined;
}

/**
 * The command that runs a module of this package on a runtime.
 *
 * @param runtime the runtime
 * @param main URL of the module
 * @param args arguments for it
 * @returns the command
 * @throws {Error} when that runtime cannot run it; the message says what to do
 */
export function commandOn(
  runtime: FoundRuntime,
  main: string,
  args: readonly string[],
): RunnerCommand {
  const { name, version, executable } = runtime;
  if (name === "deno") {
    // What surrounds the package is none of its business: a configuration there may ask for packages to be installed.
    const before = ["run", "--allow-all", "--quiet", "--no-prompt", "--no-config", "--no-lock"];
    return { command: executable, args: [...before, main, ...args], env: {} };
  }
  if (!main.startsWith("file:")) {
    throw new Error(
      `${name} cannot load this package from ${new URL(main).protocol} as Deno does; ` +
        "install it from npm, and run npx @tokengate/tokengate compare",
    );
  }
  const isSource = main.endsWith(".ts");
  if (name === "node" && !isAtLeast(version, isSource ? OLDEST_SOURCE_NODE : OLDEST_NODE)) {
    const [major, minor] = isSource ? OLDEST_SOURCE_NODE : OLDEST_NODE;
    const what = isSource ? "these are TypeScript sources" : "it is too old";
    throw new Error(`node ${version} cannot run this package: ${what}; use ${major}.${minor}`);
  }
  const before = name === "bun" ? ["--no-install"] : [];
  return { command: executable, args: [...before, fileURLToPath(main), ...args], env: {} };
}

/** The files of that name on the path. A program on Deno finds a `node` there that is Deno, in a folder that Deno puts before the path. */
function onPath(name: string): string[] {
  const suffix = process.platform === "win32" ? ".exe" : "";
  return (variable("PATH") ?? "").split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name + suffix))
    .filter((path) => existsSync(path));
}

/** @param version such as `22.18.0` @returns whether it is as new as that */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split(".").map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** A program that is not there, not executable, made for another machine, or another runtime by that name, has none. */
function versionOf(executable: string, name: RuntimeName): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(executable, ["--version"], { timeout: ANSWER_WITHIN_MS }, (error, stdout) => {
      const isOther = stdout.startsWith("deno ") !== (name === "deno");
      resolve(error !== null || isOther ? undefined : /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0]);
    });
  });
}
