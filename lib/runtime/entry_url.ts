/**
 * Where the worker entry is: the one place that spells its path.
 *
 * @module
 */

let bundledUrl: string | undefined;

/**
 * Notes the module of a bundle that holds the worker entry.
 *
 * @param url its URL
 */
export function useBundledEntry(url: string): void {
  bundledUrl = url;
}

/** @param url URL of a worker entry @returns whether it is a part of the program, so that running the program runs the lane */
export function isBundledEntry(url: string): boolean {
  return url === bundledUrl;
}

/**
 * The entry has the extension of this very module: `.ts` from source and from JSR, `.js` in the npm build, where a rewritten import
 * would be followed but a path in a string is not. It is not spelt as `new URL(…, import.meta.url)`, which some bundlers take for a file to copy.
 *
 * @returns the URL of the worker entry
 * @throws {Error} when a bundler has put this module elsewhere, and no entry with it
 */
export function workerEntryUrl(): string {
  const { url } = import.meta;
  const entry = url.replace(/\/lib\/runtime\/entry_url(\.[jt]s)$/, "/workers/entry$1");
  if (entry !== url) return entry;
  if (bundledUrl !== undefined) return bundledUrl;
  throw new Error(
    `Cannot find the worker entry: this package was bundled into ${url}; ` +
      'add import "@tokengate/tokengate/bundled"; to the program, or set "workerUrl" of its gates',
  );
}

/**
 * Never called: an import that can be seen keeps the entry in the graph of the program's modules, so that what fetches or compiles them takes it along
 * (`deno cache`, `deno compile`). A bundler drops it with this function.
 *
 * @returns what importing the entry here would give
 */
export function entryInGraph(): Promise<unknown> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ "../../workers/entry.ts");
}
