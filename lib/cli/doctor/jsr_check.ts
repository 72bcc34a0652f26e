/**
 * Whether JSR can be reached. Deno is asked, since it knows where JSR is and by which way; the other runtimes take the package from npm.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { isGranted } from "../environment.ts";
import { formatMeasure } from "../table.ts";
import { findRuntime } from "../runtimes.ts";
import type { Finding } from "./finding.ts";

const WITHIN_MS = 3_000;
/** A small module that is surely there. */
const SPECIFIER = "jsr:@std/assert@1/equal";

/** @returns whether Deno can fetch a module from JSR within some seconds, not from its cache */
export async function checkJsr(): Promise<Finding> {
  const check = "JSR";
  const notAsked = (why: string): Finding => ({
    check,
    works: null,
    text: `was not asked: ${why}; npm has the package too`,
  });
  if (!isGranted({ name: "run" }) || !isGranted({ name: "env" })) {
    return notAsked("Deno is asked, for which --allow-run and --allow-env are needed");
  }
  const deno = await findRuntime("deno").catch(() => undefined);
  if (deno === undefined) return notAsked("there is no deno on the path");
  const beginMs = performance.now();
  const args = ["cache", "--quiet", "--no-config", "--no-lock", `--reload=${SPECIFIER}`, SPECIFIER];
  const isReachable = await runs(deno.executable, args);
  const elapsedMs = performance.now() - beginMs;
  return isReachable
    ? {
      check,
      works: true,
      text: `answers: a module took ${formatMeasure(elapsedMs)} ms`,
      data: { elapsedMs },
    }
    : {
      check,
      works: false,
      text: `does not answer within ${WITHIN_MS / 1_000} s`,
      advice:
        "jsr: imports need what Deno has in its cache, or JSR_URL set to a mirror; npm has the package too",
    };
}

function runs(executable: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(
      executable,
      args,
      { timeout: WITHIN_MS, killSignal: "SIGKILL" },
      (error) => resolve(error === null),
    );
  });
}
