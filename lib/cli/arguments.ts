/**
 * Reading the arguments of a command, and its help, both from the one table of its options.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { closest } from "./closest.ts";
import type { Command, CommandInput, Flag, Flags } from "./command.ts";
import { UsageError } from "./usage_error.ts";

const COMMON: Flags = {
  json: { type: "boolean", help: "one JSON object on the standard output, whatever comes of it" },
  help: { type: "boolean", help: "print this" },
};

/** What an argument that begins like a negative number is marked with, since none of the options is a digit. */
const NUMBER_MARK = "\0";

/**
 * Reads arguments.
 *
 * @param name name of the command, for messages
 * @param flags its own options
 * @param args what was typed after its name
 * @param main URL of the module that is the command itself
 * @returns what was asked for; `help` is among the switches
 * @throws {UsageError} when an option is unknown, or has a value that it does not take, or none that it needs
 */
export function readArguments(
  name: string,
  flags: Flags,
  args: readonly string[],
  main: string,
): CommandInput {
  const known: Flags = { ...flags, ...COMMON };
  const { tokens, positionals } = parseArgs({
    args: args.map((arg) => /^-\.?\d/.test(arg) ? NUMBER_MARK + arg : arg),
    options: Object.fromEntries(Object.entries(known).map(([key, { type }]) => [key, { type }])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, string | undefined> = {};
  const switches = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const flag = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (flag === undefined || !token.rawName.startsWith("--")) {
      throw unknownOption(name, token.rawName, Object.keys(known));
    }
    if (flag.type === "string") {
      if (token.value === undefined || token.value === "") throw missingValue(name, token, flag);
      values[token.name] = unmarked(token.value);
    } else {
      if (token.value !== undefined) {
        throw new UsageError(`Cannot use ${token.rawName}=${token.value}: it takes no value`);
      }
      switches.add(token.name);
    }
  }
  return {
    values,
    switches,
    positionals: positionals.map(unmarked),
    json: switches.has("json"),
    main,
  };
}

/**
 * The help of a command.
 *
 * @param name its name
 * @param command the command
 * @returns lines
 */
export function helpOf(name: string, command: Command): string {
  const usage = `Usage: tokengate ${name} ${command.synopsis}`.trimEnd();
  const options = columns(
    Object.entries({ ...command.flags, ...COMMON }).map(([key, { value, help }]) => [
      value === undefined ? `--${key}` : `--${key} ${value}`,
      help,
    ]),
  );
  return `${command.description}\n\n${usage}\n\n${options}`;
}

/** @param rows pairs @returns lines, in which the second of each pair begins at the same column */
export function columns(rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([first]) => first!.length));
  return rows.map(([first, second]) => `  ${first!.padEnd(width)}  ${second}`).join("\n");
}

function unmarked(text: string): string {
  return text.startsWith(NUMBER_MARK) ? text.slice(1) : text;
}

function unknownOption(command: string, typed: string, names: readonly string[]): UsageError {
  const meant = closest(typed.replace(/^-+/, ""), names);
  const advice = meant === undefined ? "" : `did you mean "--${meant}"? `;
  return new UsageError(`Cannot use "${typed}": ${advice}see "tokengate ${command} --help"`);
}

function missingValue(command: string, token: { rawName: string }, flag: Flag): UsageError {
  return new UsageError(
    `Cannot use ${token.rawName}: it needs a value, as in "tokengate ${command} ${token.rawName} ${
      flag.value ?? "VALUE"
    }"`,
  );
}
