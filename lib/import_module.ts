/**
 * Importing a module of the user: the one place where this package imports what it does not know.
 *
 * @module
 */

/**
 * A URL that is complete, so that nothing is left for an import map, or for whoever bundles this, to resolve: bundlers are told to leave it alone. (`deno publish` warns
 * that it cannot analyze it. It takes no URL that is not known when the package is published, in whatever form it is written.)
 *
 * @param url URL of the module
 * @returns what it exports, when it is evaluated
 */
export async function importModule(url: string): Promise<object> {
  return await import(/* webpackIgnore: true */ /* @vite-ignore */ url);
}
