/**
 * What the packed package is tested with, in ignored folders of `.runtimes/`: the lines of Node, and the checkers and bundlers.
 *
 * @module
 */
import { join } from "node:path";
import { npmInstall, type NpmPackage, runNpm } from "../npm_install.ts";
import { NODE_LINE_PINS, PACKAGE_TOOL_PINS, RUNTIME_PINS } from "../pins.ts";
import { platformPackage } from "../platform_packages.ts";
import { note, type Report, RUNTIMES_FOLDER } from "../project.ts";
import { ensureRuntimes, lockFolder, thisPlatform, versionOf } from "../runtimes.ts";

/** Absolute path of the folder that the checkers and bundlers are installed in. */
export const TOOLS_FOLDER: string = join(RUNTIMES_FOLDER, "package_tools");

/**
 * Finds the module that a command of a tool is.
 *
 * @param name name of its package
 * @param command name of the command; by default that of the package
 * @returns its absolute path, to be run by Node
 * @throws {Error} when the package has no such command
 */
export async function toolScript(name: string, command: string = name): Promise<string> {
  const folder = join(TOOLS_FOLDER, "node_modules", ...name.split("/"));
  const { bin } = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
  const path: unknown = typeof bin === "string" ? bin : bin?.[command];
  if (typeof path !== "string") throw new Error(`Cannot find the command "${command}" of ${name}`);
  return join(folder, path);
}

/**
 * Makes sure of the checkers and bundlers, in one installation of all of them.
 *
 * @param report receives lines of progress
 * @throws {Error} when they can neither be found nor installed
 */
export async function ensureTools(report: Report = note): Promise<void> {
  const wanted = JSON.stringify({ private: true, dependencies: PACKAGE_TOOL_PINS }, undefined, 2);
  const manifest = join(TOOLS_FOLDER, "package.json");
  // Written last, so that an installation that was killed is done again.
  const stamp = join(TOOLS_FOLDER, "installed.json");
  if (await textOf(stamp) === wanted) return;
  const release = await lockFolder(report);
  try {
    if (await textOf(stamp) === wanted) return;
    report("runtimes: installing the checkers and bundlers for the package from npm");
    await Deno.mkdir(TOOLS_FOLDER, { recursive: true });
    await Deno.writeTextFile(manifest, wanted);
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    await runNpm(["install", "--prefix", TOOLS_FOLDER, "--global=false", ...flags], TOOLS_FOLDER);
    await Deno.writeTextFile(stamp, wanted);
  } finally {
    release();
  }
}

/**
 * Makes sure of one line of Node.
 *
 * @param line its number, as in `scripts/pins.ts`; the environment variable `TOKENGATE_NODE20` and the like name an executable to use instead
 * @param report receives lines of progress
 * @returns its executable
 * @throws {Error} when it can neither be found nor installed; the message says what to do
 */
export async function ensureNodeLine(line: string, report: Report = note): Promise<string> {
  const variable = `TOKENGATE_NODE${line}`;
  const given = Deno.env.get(variable);
  if (given !== undefined && given !== "") return given;
  const version = NODE_LINE_PINS[line]!;
  if (version === RUNTIME_PINS.node) return (await ensureRuntimes(["node"], report)).node!;
  const from = platformPackage("node", thisPlatform());
  if (from === undefined) {
    throw new Error(
      `Cannot provide Node ${version}: npm has no package of it for this platform; set ${variable} to its executable`,
    );
  }
  const folder = join(RUNTIMES_FOLDER, `node-${line}`);
  const path = join(folder, "node_modules", from.name, ...from.executable.split("/"));
  if (await versionOf(path) === version) return path;
  const release = await lockFolder(report);
  try {
    if (await versionOf(path) === version) return path;
    const wanted: NpmPackage = { name: from.name, version, label: `node ${line}` };
    await npmInstall(wanted, report, folder);
    if (Deno.build.os !== "windows") await Deno.chmod(path, 0o755);
  } catch (cause) {
    throw new Error(`Cannot provide Node ${version}: set ${variable} to its executable`, { cause });
  } finally {
    release();
  }
  return path;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
