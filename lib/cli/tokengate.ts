/**
 * From arguments to an exit code: which command, its help, its mistakes.
 *
 * @module
 */

import { columns, helpOf, readArguments } from "./arguments.ts";
import { closest } from "./closest.ts";
import { type CommandEntry, COMMANDS } from "./commands.ts";
import { describeError } from "./error_tally.ts";
import { DONE, FAILED, WRONG_ARGUMENTS } from "./exit_code.ts";
import { print, printError } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";
import { VERSION } from "./version.ts";

const HELP =
  `Runs ordinary functions on workers, says what works here, and measures. Deno, Bun and Node.

Usage: tokengate COMMAND [options]

${columns(COMMANDS.map(({ name, summary }) => [name, summary]))}

  --version  print the version
  --help     print this, or with a command, all about that

Exit codes: 0 done, 1 something failed, 2 wrong arguments, 130 interrupted.`;

/**
 * Runs the command.
 *
 * @param args what was typed after its name
 * @param main URL of the module that is the command itself, to be started in other processes
 * @returns the exit code
 */
export async function runTokengate(args: readonly string[], main: string): Promise<number> {
  // Lanes may be unreferenced while they start and end; a process that ends then would look like one that has finished.
  const hold = setInterval(() => {}, 60_000);
  try {
    return await dispatch(args, main);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    if (args.includes("--json")) {
      const { name, message, code } = describeError(error);
      print(JSON.stringify({ error: { name, message: isUsage ? error.message : message, code } }));
    }
    if (isUsage) printError(`tokengate: ${error.message}`);
    else printError(`tokengate: ${error instanceof Error ? error.stack : error}`);
    return isUsage ? WRONG_ARGUMENTS : FAILED;
  } finally {
    clearInterval(hold);
  }
}

async function dispatch(args: readonly string[], main: string): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined) {
    printError(HELP);
    return WRONG_ARGUMENTS;
  }
  if (first === "--help" || first === "-h" || (first === "help" && rest.length === 0)) {
    print(HELP);
    return DONE;
  }
  if (first === "--version" || first === "-v") {
    print(VERSION);
    return DONE;
  }
  const isHelp = first === "help";
  const entry = commandOf(isHelp ? rest[0]! : first);
  const command = await entry.load();
  const input = readArguments(entry.name, command.flags, isHelp ? ["--help"] : rest, main);
  if (input.switches.has("help")) {
    print(helpOf(entry.name, command));
    return DONE;
  }
  return await command.run(input);
}

function commandOf(name: string): CommandEntry {
  const entry = COMMANDS.find((candidate) => candidate.name === name);
  if (entry !== undefined) return entry;
  const names = COMMANDS.map((candidate) => candidate.name);
  const meant = closest(name, names);
  throw new UsageError(
    meant === undefined
      ? `Cannot run "${name}": the commands are ${names.join(", ")}; see "tokengate --help"`
      : `Cannot run "${name}": did you mean "tokengate ${meant}"?`,
  );
}
