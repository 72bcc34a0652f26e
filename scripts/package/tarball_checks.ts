/**
 * What is said about the tarball itself, without installing it.
 *
 * @module
 */
import { findOffenders } from "../npm_package/contents.ts";
import { readTarball } from "../npm_package/tarball.ts";
import type { Cells } from "./cells.ts";
import type { Scratch } from "./scratch.ts";
import { toolScript } from "./tools.ts";

/** The row. */
export const TARBALL_ROW = "tarball";

/** The columns. */
export const TARBALL_CHECKS: readonly string[] = ["contents", "publint", "attw"];

/**
 * Runs all of them.
 *
 * @param node an executable that runs the checkers
 * @param tarball path of the tarball
 * @param scratch where they are run
 * @param cells receives the results
 */
export async function tryTarball(
  node: string,
  tarball: string,
  scratch: Scratch,
  cells: Cells,
): Promise<void> {
  await cells.try(TARBALL_ROW, "contents", async () => {
    const offenders = findOffenders(await readTarball(tarball));
    return offenders.length === 0 ? undefined : offenders.join("\n");
  });
  await cells.try(TARBALL_ROW, "publint", async () => {
    const { output, problem } = await scratch.run(node, [
      await toolScript("publint"),
      "run",
      tarball,
      "--strict",
    ]);
    return problem ?? (output.endsWith("All good!") ? undefined : output);
  });
  await cells.try(TARBALL_ROW, "attw", async () => {
    // The package is ES modules alone; Node from 20.19 on takes those by `require` too.
    const { problem } = await scratch.run(node, [
      await toolScript("@arethetypeswrong/cli", "attw"),
      tarball,
      "--profile",
      "esm-only",
    ]);
    return problem;
  });
}
