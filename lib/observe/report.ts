/**
 * What must not go unseen and has no token to carry it: printed once, on the error stream.
 *
 * @module
 */

/**
 * Prints a warning.
 *
 * @param message what happened, and the remedy
 * @param cause an error to print with it
 */
export function warn(message: string, cause?: unknown): void {
  // deno-lint-ignore no-console
  if (cause === undefined) console.warn(`TokenGate: ${message}`);
  // deno-lint-ignore no-console
  else console.warn(`TokenGate: ${message}`, cause);
}
