/**
 * Which runtime this is, and what its environment says, without asking anybody for a permission.
 *
 * @module
 */

import process from "node:process";

/** A runtime the package runs on. */
export type RuntimeName = "deno" | "bun" | "node";

/** All runtimes, in the order in which they are shown. */
export const RUNTIME_NAMES: readonly RuntimeName[] = ["deno", "bun", "node"];

/** A runtime and its version. */
export interface RuntimeVersion {
  readonly name: RuntimeName;
  readonly version: string;
}

/** The parts of Deno that say what a program may do. */
interface DenoPermissions {
  readonly permissions: {
    querySync(descriptor: { name: string; variable?: string }): { readonly state: string };
  };
}

/** @returns the runtime that runs this; Bun and Deno also answer to Node's name */
export function thisRuntime(): RuntimeVersion {
  const { versions } = process;
  const name = RUNTIME_NAMES.find((candidate) => candidate in versions) ?? "node";
  return { name, version: versions[name] ?? "unknown" };
}

/** @param name name of an environment variable @returns its value; undefined where it is not set, or may not be read */
export function variable(name: string): string | undefined {
  return isGranted({ name: "env", variable: name }) ? process.env[name] : undefined;
}

/**
 * Whether something may be done without a question to the user. Deno would ask in the middle of a program that has other things to say.
 *
 * @param descriptor the permission, as Deno names it
 * @returns always true where there are no permissions
 */
export function isGranted(descriptor: { name: string; variable?: string }): boolean {
  const deno = Reflect.get(globalThis, "Deno") as DenoPermissions | undefined;
  return deno === undefined || deno.permissions.querySync(descriptor).state === "granted";
}
