/**
 * Running a function by its text: what it is called with, and the operation that all such calls are calls of.
 *
 * @module
 */

import type { BoundCall } from "./bound_call.ts";
import { textOf } from "./function_text.ts";
import type { Awaitable, CallOptions, IsStreamed } from "./operation.ts";
import { readCallOptions, readOperationOptions } from "./operation_options.ts";
import { show } from "./options.ts";
import type { AnyFunction, Definition } from "./registry.ts";
import { runText, TEXT_OPERATION } from "./undeclared.ts";

/** Options of {@linkcode TokenGate.run}. */
export type RunOptions = Omit<CallOptions, "gate" | "inline">;

/** What stands behind the function in {@linkcode TokenGate.run}: its arguments, which may be left out where it can do without, and options. */
export type RunArguments<A extends readonly unknown[]> = [] extends A
  ? [args?: Awaitable<A>, options?: RunOptions]
  : [args: Awaitable<A>, options?: RunOptions];

/** The same behind a function that is no generator function; what is behind one of those stands in the signature for generator functions. */
export type RunArgumentsOf<A extends readonly unknown[], R> = IsStreamed<R> extends true
  ? [args: "a generator function gives a StreamToken"]
  : RunArguments<A>;

const SUBJECT = "a function that is run by its text";
const DEFINITION: Definition = {
  ...TEXT_OPERATION,
  source: "text",
  fn: runText as AnyFunction,
};
const SETTINGS = readOperationOptions(SUBJECT, {});

/**
 * @param fn what was given as a function
 * @param args what was given as its arguments
 * @param options what was given as options
 * @returns what to call, and with what
 * @throws {TypeError} when the function cannot be run by its text, the arguments are no array, or an option is unknown or has the wrong type
 */
export function readRun(
  fn: unknown,
  args: unknown = [],
  options: RunOptions = {},
): { bound: BoundCall; args: readonly unknown[] } {
  const text = textOf(fn);
  if (!Array.isArray(args)) {
    throw new TypeError(`Cannot run a function with ${show(args)}: pass an array of its arguments`);
  }
  for (const key of ["gate", "inline"]) {
    if (!Object.hasOwn(options, key)) continue;
    throw new TypeError(
      `Cannot set "${key}" of ${SUBJECT}: it runs in a lane of the gate that it is run through`,
    );
  }
  const settings = readCallOptions(SUBJECT, SETTINGS, options);
  return {
    bound: { definition: DEFINITION, settings, gate: undefined },
    args: [text, ...args],
  };
}
