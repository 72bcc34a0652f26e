/**
 * The URL by which a lane imports the module that declares something.
 *
 * @module
 */

import { show } from "./options.ts";

/** Code that was not read from a module has a URL all the same, of these shapes, and nothing is found there. */
const NO_MODULE = /\/(\[eval\d*\]|\[stdin\]|\$deno\$(eval|stdin|repl)[^/]*)$/;

/**
 * @param subject what is declared, as in `operation "resize"`
 * @param module what was passed as `import.meta`
 * @returns the URL of the module
 * @throws {TypeError} when it has none, or none that a lane can import
 */
export function importableUrl(subject: string, module: unknown): string {
  const url = (module as { url?: unknown } | undefined | null)?.url;
  if (typeof url !== "string" || !URL.canParse(url)) {
    throw new TypeError(
      `Cannot declare ${subject}: received ${
        show(module)
      } as its module; pass import.meta of the module that declares it, which must be an ES module, also when it is bundled`,
    );
  }
  if (NO_MODULE.test(url.replaceAll("%5B", "[").replaceAll("%5D", "]").replaceAll("%24", "$"))) {
    throw new TypeError(
      `Cannot declare ${subject} in code that is no file: received ${url}, which a lane cannot import; put it in a module`,
    );
  }
  return url;
}
