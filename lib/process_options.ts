/**
 * How a gate starts the processes that are its lanes.
 *
 * @module
 */

import { checkKeys, checkType, show } from "./options.ts";
import type { RuntimeAdapter } from "./runtime/adapter.ts";
import type { ProcessPermissions, ProcessSettings } from "./runtime/process.ts";

/** How child processes are started, where lanes are processes. */
export interface ProcessOptions {
  /** Path of the runtime's program. Needed in a program that was compiled together with its runtime. Default: the one that runs this process. */
  readonly executable?: string;
  /**
   * Command-line flags of the runtime, before the module: limits of memory such as `--max-old-space-size=512`, on Deno also `--config` or `--import-map` where this
   * process was started with them. Default: those of this process, where it knows them (Bun, Node); on Deno the `deno.json` that is found from the main module upward.
   */
  readonly flags?: readonly string[];
  /**
   * What the processes may do, on Deno: exactly this, and never what this process may not do itself. They need `read` for the modules of operations that are
   * files. Deno only. Default: each kind of permission that this process has without exception; of one that it has in part, nothing.
   */
  readonly permissions?: ProcessPermissions;
}

const KEYS: readonly (keyof ProcessOptions)[] = ["executable", "flags", "permissions"];
const KINDS: readonly (keyof ProcessPermissions)[] = [
  "read",
  "write",
  "net",
  "env",
  "run",
  "ffi",
  "sys",
  "import",
];

/**
 * @param subject what the options are for
 * @param options what was passed
 * @param adapter the runtime's adapter
 * @returns the options
 * @throws {TypeError} when a key is unknown, a value has the wrong type, or this runtime has no permissions
 */
export function readProcessOptions(
  subject: string,
  options: ProcessOptions | undefined,
  adapter: RuntimeAdapter,
): ProcessSettings {
  if (options === undefined) return {};
  checkType(subject, "process", options, "object");
  const what = `"process" of ${subject}`;
  checkKeys(what, options, KEYS);
  const { executable, flags, permissions } = options;
  checkType(what, "executable", executable, "string");
  if (flags !== undefined && !isTexts(flags)) {
    throw new TypeError(
      `Cannot set "flags" of ${what}: received ${show(flags)}, not an array of strings`,
    );
  }
  if (permissions !== undefined) {
    if (adapter.name !== "Deno") {
      throw new TypeError(
        `Cannot set "permissions" of ${what}: ${adapter.name} has no such setting; leave it out there`,
      );
    }
    checkType(what, "permissions", permissions, "object");
    checkKeys(`"permissions" of ${what}`, permissions, KINDS);
    for (const kind of KINDS) {
      const asked: unknown = permissions[kind];
      if (asked === undefined || typeof asked === "boolean" || isTexts(asked)) continue;
      throw new TypeError(
        `Cannot set "${kind}" of "permissions" of ${what}: received ${
          show(asked)
        }, neither a boolean nor an array of strings`,
      );
    }
  }
  return { executable, flags: flags && [...flags], permissions };
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
