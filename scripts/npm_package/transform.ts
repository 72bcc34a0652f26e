/**
 * Turns the sources into the modules and declarations of the npm package, in a folder that is given as the only argument.
 *
 * @module
 */
import { build } from "@deno/dnt";
import { join } from "node:path";
import { ROOT } from "../project.ts";
import type { SourceManifest } from "./manifest.ts";

/** @param outDir the folder of the package */
export async function transform(outDir: string): Promise<void> {
  const source: SourceManifest = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  await build({
    entryPoints: Object.entries(source.exports).map(([name, path]) => ({ name, path })),
    outDir,
    shims: {},
    test: false, // The packed tarball is what is tested, by `deno task test:package`.
    typeCheck: false, // `deno task check` does it for the sources, `deno task test:package` for the declarations.
    scriptModule: false,
    skipSourceOutput: true,
    skipNpmInstall: true,
    polyfills: false, // One of them wraps `import.meta`, by which operations are found.
    compilerOptions: { target: "ES2022" },
    package: { name: source.name, version: source.version }, // Written whole when the modules are there.
  });
}

if (import.meta.main) await transform(Deno.args[0]!);
