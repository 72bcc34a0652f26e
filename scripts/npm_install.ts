/**
 * One `npm install` into `.runtimes/` or a folder in it, told apart from the project around it.
 *
 * @module
 */
import { join } from "node:path";
import { type Report, RUNTIMES_FOLDER } from "./project.ts";

/** What to install. */
export interface NpmPackage {
  /** Name on the npm registry. */
  name: string;
  /** Exact version. */
  version: string;
  /** What to call it in lines of progress. */
  label: string;
  /** Whether to install what it only wishes for, as the executables for this platform. @default {false} */
  optional?: boolean;
}

const GIVE_UP_MS = 15 * 60_000;
const SAY_AGAIN_MS = 10_000;

/**
 * Installs one package, without running any install script, and reports while it lasts.
 *
 * @param wanted the package
 * @param report receives lines of progress
 * @param folder where to install it; it is created when it is not there
 * @throws {Error} when npm is missing or fails; the message holds what npm said
 */
export async function npmInstall(
  wanted: NpmPackage,
  report: Report,
  folder: string = RUNTIMES_FOLDER,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  // With a manifest of its own in the folder, npm looks for none further up.
  const manifest = join(folder, "package.json");
  try {
    await Deno.writeTextFile(manifest, '{ "private": true }\n', { createNew: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }

  // What is there does not serve, or nobody would ask; npm would look at its version only and leave it so.
  await Deno.remove(join(folder, "node_modules", ...wanted.name.split("/")), {
    recursive: true,
  }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });

  const what = `${wanted.label} ${wanted.version}`;
  report(`runtimes: installing ${what} from npm (${wanted.name})`);
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  const again = setInterval(
    () => report(`runtimes: still installing ${what}, ${seconds()} s`),
    SAY_AGAIN_MS,
  );
  try {
    await runNpm([
      "install",
      "--prefix",
      folder,
      "--global=false",
      "--ignore-scripts",
      ...(wanted.optional ? [] : ["--omit=optional"]),
      "--save-exact",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      `${wanted.name}@${wanted.version}`,
    ], folder);
  } finally {
    clearInterval(again);
  }
  report(`runtimes: ${what} installed in ${seconds()} s`);
}

/**
 * Runs npm.
 *
 * @param args its arguments
 * @param folder where to run it
 * @param env variables to add to the environment
 * @returns what it wrote to its standard output
 * @throws {Error} when it is missing or fails; the message holds what it said
 */
export async function runNpm(
  args: readonly string[],
  folder: string,
  env: Record<string, string> = {},
): Promise<string> {
  const { success, stdout, stderr } = await spawnNpm(args, folder, env);
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new Error(`npm failed: ${(decoder.decode(stderr) + decoder.decode(stdout)).trim()}`);
}

async function spawnNpm(
  args: readonly string[],
  folder: string,
  env: Record<string, string>,
): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command(Deno.build.os === "windows" ? "npm.cmd" : "npm", {
      args: [...args],
      cwd: folder,
      env,
      stdin: "null",
      signal: AbortSignal.timeout(GIVE_UP_MS),
    }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("npm was not found on the path; it comes with Node (any version)", {
      cause: error,
    });
  }
}
