/**
 * Lists files, without what is installed or built.
 *
 * @module
 */
import { join } from "node:path";
import { ROOT } from "./project.ts";

const SKIPPED: ReadonlySet<string> = new Set([
  ".git",
  ".runtimes",
  "coverage",
  "node_modules",
  "npm",
]);

/**
 * Lists the files of a folder, at any depth.
 *
 * @param folder path relative to the root; one that does not exist has no files
 * @returns absolute paths, sorted
 */
export async function walkFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  const folders = [join(ROOT, folder)];
  for (let path = folders.pop(); path !== undefined; path = folders.pop()) {
    try {
      for await (const entry of Deno.readDir(path)) {
        if (SKIPPED.has(entry.name)) continue;
        const inside = join(path, entry.name);
        if (entry.isDirectory) folders.push(inside);
        else if (entry.isFile) found.push(inside);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found.sort();
}
