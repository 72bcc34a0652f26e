/**
 * Writing to the terminal. Colours only where somebody sees them, and has not asked for none by `NO_COLOR`.
 *
 * @module
 */

import process from "node:process";
import { variable } from "./environment.ts";

/** Writes a line of results. */
export function print(line = ""): void {
  // deno-lint-ignore no-console -- The results are what the programs that use this are for.
  console.log(line);
}

/** Writes a line about what goes on, or goes wrong. */
export function printError(message: string): void {
  // Not console.error, which Bun prints in red.
  process.stderr.write(message + "\n");
}

const isColourless = (variable("NO_COLOR") ?? "") !== "";

/** @returns the text, in bold where there are colours */
export function bold(text: string): string {
  return hasColours(process.stdout) ? `\x1b[1m${text}\x1b[22m` : text;
}

/** @param text a text @param output where it is going to be written @returns the text, in red where there are colours */
export function red(text: string, output: { readonly isTTY?: boolean } = process.stdout): string {
  return hasColours(output) ? `\x1b[31m${text}\x1b[39m` : text;
}

function hasColours(output: { readonly isTTY?: boolean }): boolean {
  return output.isTTY === true && !isColourless;
}

/** @returns the width of the terminal in columns; some say 0 when they do not know */
export function terminalWidth(): number {
  return process.stderr.columns || 80;
}

/** Writes a line, and resolves when it is out: a process that ends must not take its last line with it. */
export function printWhole(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(line + "\n", (error) => error ? reject(error) : resolve());
  });
}

/** Ends the process although something in it would go on, when all that was printed is out. */
export async function endProcess(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => void stream.write("", () => resolve()));
  }
  process.exit(code);
}
