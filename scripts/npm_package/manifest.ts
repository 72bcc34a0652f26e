/**
 * The `package.json` of the npm package. Name, version, licence and entries come from `deno.json`; nothing is said twice.
 *
 * @module
 */

/** The parts of `deno.json` that it is made of. */
export interface SourceManifest {
  /** Name of the package. */
  name: string;
  /** Its version. */
  version: string;
  /** Its licence. */
  license: string;
  /** By entry, the path of its source. */
  exports: Record<string, string>;
}

/** Oldest Node that the built package runs on. */
export const OLDEST_NODE = "20";

/** Folder of the modules in the package, as dnt calls it. */
export const MODULES = "esm";

/** Name of the command that the entry `./cli` is. */
const COMMAND = "tokengate";
const COMMAND_ENTRY = "./cli";

/**
 * The entries that do something when they are imported, so that a bundler must not drop them. Two of them bring the gates, and those say that they are there: a
 * program that only makes bare calls names none.
 */
const SIDE_EFFECTS: ReadonlySet<string> = new Set([
  ".",
  "./operations",
  "./worker",
  "./bundled",
  COMMAND_ENTRY,
]);
/** The module of the gates. */
const GATES = "./lib/token_gate.ts";

/** An entry of the package as npm knows it. */
export interface ExportTarget {
  /** Its declarations. They come first: the first condition that holds is taken. */
  types: string;
  /** Its module. */
  default: string;
}

/**
 * Makes it.
 *
 * @param source `deno.json`
 * @param repository where the sources are, as `owner/name` of GitHub; npm's provenance needs it
 * @returns the manifest
 */
export function npmManifest(
  source: SourceManifest,
  repository: string | undefined,
): { name: string; version: string; [key: string]: unknown } {
  const exports: Record<string, ExportTarget> = {};
  for (const [entry, path] of Object.entries(source.exports)) exports[entry] = targetOf(path);
  const main = exports["."];
  const command = exports[COMMAND_ENTRY];
  return {
    name: source.name,
    version: source.version,
    description:
      "Call an ordinary function, get an awaitable token back at once, and let the work run in parallel on workers: the same on Deno, Bun and Node",
    keywords: ["worker", "worker-threads", "thread-pool", "parallel", "queue", "deno", "bun"],
    license: source.license,
    ...(repository === undefined
      ? {}
      : { repository: { type: "git", url: `git+https://github.com/${repository}.git` } }),
    type: "module",
    ...(main === undefined ? {} : { main: main.default, types: main.types }),
    exports,
    ...(command === undefined ? {} : { bin: { [COMMAND]: command.default.slice(2) } }),
    engines: { node: `>=${OLDEST_NODE}` },
    sideEffects: [
      ...Object.entries(exports)
        .filter(([entry]) => SIDE_EFFECTS.has(entry))
        .map(([, target]) => target.default),
      targetOf(GATES).default,
    ],
  };
}

/** @param path path of a source @returns where its module and its declarations are in the package */
export function targetOf(path: string): ExportTarget {
  const base = `./${MODULES}/${path.replace(/^\.\//, "").replace(/\.ts$/, "")}`;
  return { types: `${base}.d.ts`, default: `${base}.js` };
}
