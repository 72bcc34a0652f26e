/**
 * Where `@std/*` comes from in this run: from JSR, as `deno.json` says, or from the stand-ins in `scripts/offline/`.
 *
 * This concerns Deno alone. Bun and Node cannot resolve `jsr:` names without a `package.json`, which the project does
 * not have, so they always use the stand-ins.
 *
 * @module
 */
import { join } from "node:path";
import { note, type Report, ROOT } from "./project.ts";

/** Where the packages of JSR come from. */
export type ImportSource = "jsr" | "stand-ins";

/** The environment variable that decides without asking; a script sets it for the scripts it starts. */
export const IMPORTS_VARIABLE = "TOKENGATE_IMPORTS";

const GIVE_UP_MS = 8_000;

/**
 * Finds out whether the JSR packages of `deno.json` can be had, from the network or from Deno's cache, and says so in
 * one line when they cannot.
 *
 * @param report receives that line; by default it goes to the standard error
 * @returns where to take them from
 */
export async function resolveMode(report: Report = note): Promise<ImportSource> {
  const decided = Deno.env.get(IMPORTS_VARIABLE);
  if (decided === "jsr" || decided === "stand-ins") return decided;
  if (decided !== undefined && decided !== "") {
    throw new Error(
      `Cannot use ${IMPORTS_VARIABLE}: received "${decided}"; say "jsr" or "stand-ins"`,
    );
  }
  const { imports } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const wanted = Object.values<string>(imports).filter((target) => target.startsWith("jsr:"));
  if (wanted.length === 0 || await canLoad(wanted)) return "jsr";
  report("imports: JSR does not answer; using the stand-ins of scripts/offline for @std");
  return "stand-ins";
}

async function canLoad(specifiers: readonly string[]): Promise<boolean> {
  const limit = AbortSignal.timeout(GIVE_UP_MS);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", "--no-config", "--no-lock", ...specifiers],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    signal: limit,
  }).output();
  return success && !limit.aborted;
}
