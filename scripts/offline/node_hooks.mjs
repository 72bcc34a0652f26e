// Loaded by Node through `--import`: resolves the names of `import_map.json` that stand for files to these files, and
// its npm names from `.runtimes/`. Node runs it again in every worker thread, so it stays small and synchronous.
//
// Node would also look at every file twice to find out that it is a module, since no `package.json` says so, and ask the
// file system four times where it is. Here all `.ts` files are modules, and names say which: a thread starts in half the time.
import { existsSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";

const mapUrl = new URL("./import_map.json", import.meta.url);
const { imports } = JSON.parse(readFileSync(mapUrl, "utf8"));
const root = new URL("../../", import.meta.url).href;
const installed = new URL(".runtimes/", root).href;
const FORMAT = "module-typescript";

registerHooks({
  // deno-lint-ignore explicit-function-return-type -- this is JavaScript
  resolve(specifier, context, nextResolve) {
    const { parentURL } = context;
    if (specifier.startsWith(".") && specifier.endsWith(".ts") && parentURL?.startsWith(root)) {
      const url = new URL(specifier, parentURL);
      // What is missing is left to Node, which says so in its own words.
      if (existsSync(url)) return { url: url.href, format: FORMAT, shortCircuit: true };
    }
    const target = Object.hasOwn(imports, specifier) ? imports[specifier] : undefined;
    if (target?.startsWith("npm:")) {
      return nextResolve(specifier, { ...context, parentURL: installed });
    }
    const name = target === undefined ? specifier : new URL(target, mapUrl).href;
    const found = nextResolve(name, context);
    const isOurs = found.url.startsWith(root) && found.url.endsWith(".ts");
    return isOurs ? { ...found, format: FORMAT } : found;
  },
});
