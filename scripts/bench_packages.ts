/**
 * Makes the packages of the comparison available, in an ignored folder of their own: `bench/` has no `package.json`, since
 * Deno would then resolve names by it, and nothing there could be checked before they are installed.
 *
 * @module
 */
import { join } from "node:path";
import { npmInstall } from "./npm_install.ts";
import { BENCH_PINS } from "./pins.ts";
import { note, type Report, RUNTIMES_FOLDER } from "./project.ts";
import { lockFolder } from "./runtimes.ts";

/** Absolute path of the folder they are installed in. */
export const BENCH_PACKAGES_FOLDER: string = join(RUNTIMES_FOLDER, "peers");

/**
 * Installs what is missing or of another version than its pin.
 *
 * @param report receives lines of progress; by default they go to the standard error
 * @param names the packages wanted; by default all of them
 * @throws {Error} when one can neither be found nor installed
 */
export async function ensureBenchPackages(
  report: Report = note,
  names: readonly string[] = Object.keys(BENCH_PINS),
): Promise<void> {
  if ((await missing(names)).length === 0) return;
  const release = await lockFolder(report);
  try {
    // Somebody else may have installed them while we waited for the lock.
    for (const name of await missing(names)) {
      const wanted = { name, version: BENCH_PINS[name]!, label: name };
      await npmInstall(wanted, report, BENCH_PACKAGES_FOLDER);
    }
  } finally {
    release();
  }
}

async function missing(names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    if (await installedVersion(name) !== BENCH_PINS[name]) found.push(name);
  }
  return found;
}

async function installedVersion(name: string): Promise<string | undefined> {
  try {
    const path = join(BENCH_PACKAGES_FOLDER, "node_modules", name, "package.json");
    return JSON.parse(await Deno.readTextFile(path)).version;
  } catch {
    return undefined; // Not there, or half written by an installation that was killed.
  }
}
