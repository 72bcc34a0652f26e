/**
 * Functions that were not declared: exports of a module, and functions that travel as their text.
 *
 * @module
 */

import { OperationNotFoundError } from "./errors.ts";
import { isThenable } from "./bridge/thenable.ts";
import type { AnyFunction } from "./registry.ts";

/** Which operation all functions that travel as text are calls of: its arguments are the text, and then the function's own. */
export const TEXT_OPERATION: { readonly url: string; readonly name: string } = {
  url: "tokengate:text",
  name: "run",
};

/** So many functions are kept compiled; the one that was not used for longest goes first. */
const MOST_COMPILED = 64;

const compiled: Map<string, AnyFunction> = new Map();

/**
 * @param exports what a module exports
 * @param url its URL
 * @param name name of an export
 * @returns the function that it exports under this name
 * @throws {OperationNotFoundError} when there is none
 */
export function exportedFunction(exports: object, url: string, name: string): AnyFunction {
  const value: unknown = Object.hasOwn(exports, name) ? Reflect.get(exports, name) : undefined;
  if (typeof value === "function") return ownFunction(value as AnyFunction);
  const names = Object.keys(exports).filter((it) => typeof Reflect.get(exports, it) === "function");
  const known = names.length === 0 ? "no function" : names.map((it) => `"${it}"`).join(", ");
  const what = Object.hasOwn(exports, name) ? `, and "${name}" as ${describe(value)}` : "";
  throw new OperationNotFoundError(
    `Cannot run "${name}": its module ${url} exports ${known}${what}`,
  );
}

/** What an operation is behind its call signature hangs here. */
const BOUND: symbol = Symbol.for("tokengate.operation.1");

/** A declared operation is called as what it was declared with: it is a call already. */
function ownFunction(fn: AnyFunction): AnyFunction {
  const bound = Reflect.get(fn, BOUND) as { definition: { fn: AnyFunction } } | undefined;
  return bound?.definition.fn ?? fn;
}

/**
 * Runs a function that is given as its text.
 *
 * @param text the text of a function
 * @param args its arguments
 * @returns what it returns
 * @throws {SyntaxError} when the text is no function
 * @throws {ReferenceError} when it uses a name that it does not have here
 */
export function runText(text: string, ...args: readonly unknown[]): unknown {
  const fn = compile(text);
  try {
    const value: unknown = fn(...args as never[]);
    if (!isThenable(value)) return value;
    return value.then((result) => result, (error) => {
      throw explained(error, text);
    });
  } catch (error) {
    throw explained(error, text);
  }
}

function compile(text: string): AnyFunction {
  const known = compiled.get(text);
  if (known !== undefined) {
    // The last used is the last in the map.
    compiled.delete(text);
    compiled.set(text, known);
    return known;
  }
  const fn = evaluate(text);
  if (compiled.size >= MOST_COMPILED) compiled.delete(compiled.keys().next().value!);
  compiled.set(text, fn);
  return fn;
}

/** In strict mode, as in the module that it comes from, and in no scope but the global one: a direct `eval` would see this file. */
function evaluate(text: string): AnyFunction {
  const evaluateGlobally = globalThis.eval;
  try {
    return evaluateGlobally(`"use strict"; (${text}\n)`);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    try {
      // A method has a name and no keyword before it.
      const holder: object = evaluateGlobally(`"use strict"; ({${text}\n})`);
      const [method] = Object.values(holder);
      if (typeof method === "function") return method as AnyFunction;
    } catch {
      // The first error says more.
    }
    throw new SyntaxError(
      `Cannot run a function by its text: ${cause.message}; declare it with operation(import.meta, name, fn)`,
      { cause },
    );
  }
}

/** V8's words, and JavaScriptCore's. */
const MISSING = /^(?:(\S+) is not defined|Can't find variable: (\S+))$/;

/** @param error what a function threw that was run by its text @param text the text @returns what to throw: for a name that it uses and does not have, why it has not */
export function explained(error: unknown, text: string): unknown {
  if (!(error instanceof ReferenceError)) return error;
  const match = MISSING.exec(error.message);
  const name = match?.[1] ?? match?.[2];
  if (name === undefined || !text.includes(name)) return error;
  return new ReferenceError(
    `Cannot run the function: it uses "${name}", which is not defined in the lane. A function that is run by its text sees nothing of the module it comes from: ` +
      `pass "${name}" as an argument, import it inside the function, or declare the function with operation(import.meta, name, fn)`,
    { cause: error },
  );
}

function describe(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
