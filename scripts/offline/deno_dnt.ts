/**
 * Stands in for `@deno/dnt` where JSR is away: builds the same folder of ES modules and declarations with `deno pack`, which
 * only knows the package in the current folder. It understands the options that `scripts/npm_package/transform.ts` uses, and no more.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { readTarball } from "../npm_package/tarball.ts";
import { note } from "../project.ts";

/** One entry of the package. */
export interface EntryPoint {
  /** Whether it is a module to import or a command. @default {"export"} */
  kind?: "bin" | "export";
  /** Its name among the `exports`, or the name of the command. */
  name: string;
  /** Path of its source. */
  path: string;
}

/** Options of {@linkcode build}; the names are those of dnt. */
export interface BuildOptions {
  /** The entries. Every one of them must be among the exports of the package in the current folder. */
  entryPoints: (string | EntryPoint)[];
  /** Where to put the package. */
  outDir: string;
  /** Shims for globals of Deno: none here. */
  shims: Record<string, never>;
  /** The fields of its `package.json`, which is left to others here. */
  package: { name: string; version: string };
  /** Whether to run tests: not here. */
  test: false;
  /** Whether to check types: not here. */
  typeCheck: false;
  /** Whether to write CommonJS too: not here. */
  scriptModule: false;
  /** Whether to leave out the sources: always here. */
  skipSourceOutput: true;
  /** Whether to run npm in the folder: never here. */
  skipNpmInstall: true;
  /** What to add for older runtimes: nothing here. */
  polyfills: false;
  /** What the output is made for. Here it stays what the source is. */
  compilerOptions: { target: "ES2022" };
}

/** What is made of the sources; `deno pack` takes along all that JSR gets. */
const MODULE = /\.(?:js|d\.ts)$/;

/**
 * Builds the package.
 *
 * @param options see there
 * @throws {Error} when `deno pack` fails, or makes no module of an entry
 */
export async function build(options: BuildOptions): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "tokengate_pack_" });
  try {
    const tarball = join(folder, "package.tgz");
    await pack(tarball);
    const made = new Set<string>();
    for (const { path, bytes } of await readTarball(tarball)) {
      if (!MODULE.test(path)) continue;
      const target = join(options.outDir, "esm", path);
      await Deno.mkdir(dirname(target), { recursive: true });
      await Deno.writeFile(target, bytes);
      made.add(path);
    }
    for (const entry of options.entryPoints) {
      const { path } = typeof entry === "string" ? { path: entry } : entry;
      const module = path.replace(/^\.\//, "").replace(/\.ts$/, ".js");
      if (!made.has(module)) throw new Error(`deno pack has made no ${module}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function pack(tarball: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    // Its source maps hold paths of this machine.
    args: ["pack", "--allow-dirty", "--no-source-maps", "--output", tarball],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).output();
  if (success) return;
  // A line for each module that is no entry: it has no declarations, and needs none.
  const lines = new TextDecoder().decode(stderr).split("\n");
  note(lines.filter((line) => !line.startsWith("Could not generate types")).join("\n"));
  throw new Error("deno pack failed");
}
