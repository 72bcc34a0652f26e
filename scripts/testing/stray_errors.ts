/**
 * Loaded by `deno test` before the tests. Deno 2.9 says nothing of an error that happens outside of a test once a file
 * has imported `node:test`: neither of a stray rejection nor, which is worse, of a module that throws half way and
 * leaves its other tests undeclared. Bun and Node fail such a file. This writes them down so that the runner can, too.
 *
 * Workers do not load it: their errors are the host's business.
 *
 * @module
 */

/** Names the file to which the errors are appended. */
export const STRAY_ERRORS_VARIABLE = "TOKENGATE_STRAY_ERRORS";

const path = typeof Deno === "undefined" ? undefined : Deno.env.get(STRAY_ERRORS_VARIABLE);
if (path !== undefined) {
  const write = (kind: string, error: unknown): void => {
    const text = error instanceof Error ? error.stack ?? String(error) : String(error);
    Deno.writeTextFileSync(path, `${kind}: ${text}\n`, { append: true });
  };
  addEventListener("unhandledrejection", (event) => write("unhandled rejection", event.reason));
  addEventListener("error", (event) => write("uncaught error", event.error ?? event.message));
}
