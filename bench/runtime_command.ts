/**
 * How a script is started on a runtime.
 *
 * @module
 */

/**
 * The command line that runs a script.
 *
 * @param runtime `deno`, `bun` or `node`.
 * @param script Path of the script.
 * @param args Its arguments.
 * @returns The program and its arguments.
 */
export function runtimeCommand(
  runtime: string,
  script: string,
  args: readonly string[],
): string[] {
  if (runtime === "deno") return [Deno.execPath(), "run", "--allow-all", script, ...args];
  return [runtime, script, ...args];
}
