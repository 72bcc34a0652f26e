/**
 * The version of the package, for programs that run from it and cannot read its manifest. `deno task check` holds it against `deno.json`.
 *
 * @module
 */

/** The version of the package. */
export const VERSION = "0.1.0";
