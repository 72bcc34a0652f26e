/**
 * The versions every command of this repository runs with. This is the only place that decides them: `check_release.ts`
 * refuses a `deno.json`, a README or a CI script that says something else.
 *
 * @module
 */

/** Pinned versions of the three runtimes, as their npm platform packages are numbered. */
export const RUNTIME_PINS: Readonly<Record<RuntimeName, string>> = {
  deno: "2.9.6",
  bun: "1.4.5",
  node: "24.21.0",
};

/** A runtime the package is tested and measured on. */
export type RuntimeName = "deno" | "bun" | "node";

/** All runtimes, in the order in which they are tested. */
export const RUNTIME_NAMES: readonly RuntimeName[] = ["deno", "bun", "node"];

/** Pinned version of the one test-time npm package. `deno.json` names the same. */
export const FAST_CHECK_PIN = "4.10.2";

/** The oldest Node that runs the sources: it strips types without a flag. */
export const OLDEST_SOURCE_NODE = "22.18.0";
