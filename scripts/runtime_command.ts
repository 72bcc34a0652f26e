/**
 * How to run a TypeScript file of this repository on any of the three runtimes, with its imports resolved.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { RUNTIME_NAMES, type RuntimeName } from "./pins.ts";
import { note, type Report, STAND_IN_IMPORT_MAP } from "./project.ts";
import { IMPORTS_VARIABLE, type ImportSource, resolveMode } from "./resolve_mode.ts";
import { ensureRuntimes, type RuntimePaths } from "./runtimes.ts";

/** The runtimes at hand, and where their imports come from. */
export interface Toolchain {
  /** The executable of each runtime that was asked for. */
  readonly paths: RuntimePaths;
  /** Where Deno takes `@std` from. */
  readonly imports: ImportSource;
}

/** A command ready to be spawned. */
export interface RuntimeCommand {
  /** The executable. */
  command: string;
  /** Its arguments. */
  args: string[];
  /** Variables to add to the environment. */
  env: Record<string, string>;
}

/** Options of {@linkcode runtimeCommand}. */
export interface RuntimeCommandOptions {
  /** Arguments for the script. @default {[]} */
  args?: readonly string[];
  /** Further arguments for the runtime, before the script. @default {[]} */
  runtimeArgs?: readonly string[];
  /**
   * Whether the script may import `@std/*` or `fast-check`. A benchmark that imports neither says `false`: the hooks
   * that Node needs for them run again in every worker thread and would be measured along. @default {true}
   */
  packages?: boolean;
}

/** The TypeScript configuration by which Bun finds the packages. */
export const BUN_TSCONFIG: string = fileURLToPath(
  new URL("./offline/tsconfig.json", import.meta.url),
);

/** The module by whose hooks Node finds the packages. */
export const NODE_HOOKS: string = new URL("./offline/node_hooks.mjs", import.meta.url).href;

/**
 * Makes sure that the runtimes are there, and finds out where their imports come from.
 *
 * @param names the runtimes wanted; all of them by default
 * @param report receives lines of progress; by default they go to the standard error
 * @returns what {@linkcode runtimeCommand} needs
 * @throws {Error} when a runtime can neither be found nor installed; the message says what to do
 */
export async function openToolchain(
  names: readonly RuntimeName[] = RUNTIME_NAMES,
  report: Report = note,
): Promise<Toolchain> {
  return { paths: await ensureRuntimes(names, report), imports: await resolveMode(report) };
}

/**
 * Gives the command that runs a script on a runtime.
 *
 * @param toolchain from {@linkcode openToolchain}
 * @param runtime the runtime to run it on
 * @param script path of the TypeScript file
 * @param options arguments, and whether the script imports packages
 * @returns the command; its `env` is to be added to the current environment
 * @throws {RangeError} when the toolchain was opened without that runtime
 */
export function runtimeCommand(
  toolchain: Toolchain,
  runtime: RuntimeName,
  script: string,
  options: RuntimeCommandOptions = {},
): RuntimeCommand {
  const { args = [], runtimeArgs = [], packages = true } = options;
  const resolution = packages ? packageArguments(toolchain, runtime) : [];
  const before = runtime === "deno" ? ["run", "--allow-all"] : [];
  return {
    command: executableOf(toolchain, runtime),
    args: [...before, ...resolution, ...runtimeArgs, script, ...args],
    env: { [IMPORTS_VARIABLE]: toolchain.imports },
  };
}

/** The arguments by which a runtime finds `@std/*` and `fast-check`. */
export function packageArguments(toolchain: Toolchain, runtime: RuntimeName): string[] {
  switch (runtime) {
    case "deno":
      return toolchain.imports === "jsr" ? [] : ["--import-map", STAND_IN_IMPORT_MAP];
    case "bun":
      // Without a node_modules folder Bun would fetch whatever name it does not know.
      return ["--no-install", "--tsconfig-override", BUN_TSCONFIG];
    case "node":
      return ["--import", NODE_HOOKS];
  }
}

/** The executable of a runtime. @throws {RangeError} when the toolchain was opened without it */
export function executableOf(toolchain: Toolchain, runtime: RuntimeName): string {
  const path = toolchain.paths[runtime];
  if (path === undefined) {
    throw new RangeError(`Cannot run ${runtime}: the toolchain was opened without it`);
  }
  return path;
}
