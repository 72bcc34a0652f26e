/**
 * Finding what cannot be cloned in a call that a runtime refused to send.
 *
 * @module
 */

import { NotCloneableError } from "../errors.ts";

/**
 * @param operation name of the operation
 * @param args the arguments that were refused together
 * @param cause what the runtime threw
 * @returns an error that names the argument
 */
export function findUncloneable(
  operation: string,
  args: readonly unknown[],
  cause: unknown,
): NotCloneableError {
  for (let i = 0; i < args.length; i++) {
    try {
      structuredClone(args[i]);
    } catch {
      return new NotCloneableError(
        `Cannot send argument ${i + 1} of "${operation}" to a lane: received ${
          describe(args[i])
        }; ` +
          `functions, symbols and objects with private state do not cross between isolates`,
        { cause },
      );
    }
  }
  return new NotCloneableError(`Cannot send the arguments of "${operation}" to a lane`, { cause });
}

/**
 * @param operation name of the operation
 * @param value the result that was refused
 * @param cause what the runtime threw
 * @returns an error that tells what the result was
 */
export function uncloneableResult(
  operation: string,
  value: unknown,
  cause: unknown,
): NotCloneableError {
  return uncloneable(`return the result of "${operation}" from its lane`, value, cause);
}

/** @param operation name of the operation @param value the item that was refused @param cause what the runtime threw @returns an error that tells what the item was */
export function uncloneableItem(
  operation: string,
  value: unknown,
  cause: unknown,
): NotCloneableError {
  return uncloneable(`send an item of "${operation}" from its lane`, value, cause);
}

/** @param value what was reported @param cause what the runtime threw @returns an error that tells what it was */
export function uncloneableProgress(value: unknown, cause: unknown): NotCloneableError {
  return uncloneable("report the progress of a call", value, cause);
}

function uncloneable(action: string, value: unknown, cause: unknown): NotCloneableError {
  return new NotCloneableError(
    `Cannot ${action}: received ${describe(value)}; ` +
      `functions, symbols and objects with private state do not cross between isolates`,
    { cause },
  );
}

/** Says what a value is, and of what holds others which of them is at fault. What is found is only said, so a wrong guess does no harm. */
function describe(value: unknown): string {
  if (typeof value === "symbol") return value.toString();
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return typeof value;
  const kind = Array.isArray(value) ? "an array" : "an object";
  const search: Search = { seen: new Set(), left: MOST_VALUES };
  let path: string | undefined;
  try {
    path = pathToUncloneable(value, search);
  } catch {
    // A proxy whose traps throw.
  }
  return path === undefined
    ? `${kind} that holds such a value`
    : `${kind} with such a value at ${path}`;
}

/** So many values are looked at; an argument may be huge. */
const MOST_VALUES = 10_000;

interface Search {
  readonly seen: Set<object>;
  left: number;
}

/** Looks at plain objects and arrays, and at data, not at getters, which would run code of the user's. */
function pathToUncloneable(holder: object, search: Search): string | undefined {
  search.seen.add(holder);
  const isArray = Array.isArray(holder);
  for (const key of Object.keys(holder)) {
    if (search.left-- <= 0) return undefined;
    const value: unknown = Object.getOwnPropertyDescriptor(holder, key)?.value;
    const step = isArray
      ? `[${key}]`
      : /^[\p{L}_$][\p{L}\d_$]*$/u.test(key)
      ? `.${key}`
      : `[${JSON.stringify(key)}]`;
    if (typeof value === "function" || typeof value === "symbol") return step;
    if (typeof value !== "object" || value === null || search.seen.has(value)) continue;
    const rest = pathToUncloneable(value, search);
    if (rest !== undefined) return step + rest;
  }
  return undefined;
}

/** @param operation name of a generator that was called inside of an operation @returns the error of the call, when it is to run in another lane */
export function streamedElsewhere(operation: string): NotCloneableError {
  return new NotCloneableError(
    `Cannot run "${operation}" in another lane than the operation that calls it: it is a generator, whose items do not go from lane to lane; ` +
      `call it from the program, or without spread and isolation`,
  );
}
