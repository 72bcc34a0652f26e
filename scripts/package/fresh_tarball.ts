/**
 * Whether what `deno task npm` has built is still what the sources are.
 *
 * @module
 */
import { join } from "node:path";
import { TEXTS } from "../npm_package/contents.ts";
import { ROOT } from "../project.ts";
import { walkFiles } from "../walk_files.ts";

/** All that goes into the package, or makes it. */
const SOURCES = ["mod.ts", "deno.json", ...TEXTS, "scripts/build_npm.ts"];
const FOLDERS = ["lib", "workers", "scripts/npm_package", "scripts/offline"];

/**
 * Finds a tarball that is newer than every source.
 *
 * @param folder where it is built
 * @returns its path, or undefined when it has to be built
 */
export async function freshTarball(folder: string): Promise<string | undefined> {
  const files = SOURCES.map((name) => join(ROOT, name));
  for (const name of FOLDERS) files.push(...await walkFiles(name));
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (!name.endsWith(".tgz")) continue;
      const built = await modifiedMs(join(folder, name));
      const times = await Promise.all(files.map(modifiedMs));
      if (times.every((each) => each < built)) return join(folder, name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return undefined;
}

async function modifiedMs(path: string): Promise<number> {
  return (await Deno.stat(path)).mtime?.getTime() ?? Infinity;
}
