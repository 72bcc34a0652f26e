// Loaded by Node through `--import`: resolves the names of `import_map.json` that stand for files to these files, and
// its npm names from `.runtimes/`. Node runs it again in every worker thread, so it stays small and synchronous.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

const mapUrl = new URL("./import_map.json", import.meta.url);
const { imports } = JSON.parse(readFileSync(mapUrl, "utf8"));
const installed = new URL("../../.runtimes/", import.meta.url).href;

registerHooks({
  // deno-lint-ignore explicit-function-return-type -- this is JavaScript
  resolve(specifier, context, nextResolve) {
    const target = Object.hasOwn(imports, specifier) ? imports[specifier] : undefined;
    if (target === undefined) return nextResolve(specifier, context);
    if (target.startsWith("npm:")) {
      return nextResolve(specifier, { ...context, parentURL: installed });
    }
    return nextResolve(new URL(target, mapUrl).href, context);
  },
});
