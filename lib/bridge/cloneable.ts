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

/** Says what a value is without running any of its code: it may be a proxy, or have getters that throw. */
function describe(value: unknown): string {
  if (typeof value === "symbol") return value.toString();
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array that holds such a value";
  return typeof value === "object" ? "an object that holds such a value" : typeof value;
}
