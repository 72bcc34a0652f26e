/**
 * Where the worker entry is: the one place that spells its path.
 *
 * @module
 */

/**
 * The entry has the extension of this very module: `.ts` from source and from JSR, `.js` in the npm build, where a rewritten import
 * would be followed but a path in a string is not.
 *
 * @returns the URL of the worker entry
 */
export function workerEntryUrl(): string {
  const extension = new URL(import.meta.url).pathname.endsWith(".ts") ? "ts" : "js";
  return new URL(`../../workers/entry.${extension}`, import.meta.url).href;
}
