/**
 * Writing to the terminal, as the programs of `bench/` do.
 *
 * @module
 */

/** Writes a line of results. */
export function print(line = ""): void {
  // deno-lint-ignore no-console -- The tables are what these programs are for.
  console.log(line);
}

/** Writes a message about wrong arguments. */
export function printError(message: string): void {
  // deno-lint-ignore no-console -- This is a program; its user reads the message.
  console.error(message);
}

const colour = Deno.stdout.isTerminal() && !Deno.noColor;

/** @returns the text, in bold where there are colours */
export function bold(text: string): string {
  return colour ? `\x1b[1m${text}\x1b[22m` : text;
}

/** @returns the text, in red where there are colours */
export function red(text: string): string {
  return colour ? `\x1b[31m${text}\x1b[39m` : text;
}

/** @returns the width of the terminal in columns; some say 0 when they do not know */
export function terminalWidth(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}
