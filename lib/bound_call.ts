/**
 * What an operation is behind its call signature: its definition, the settings of its calls, and the gate it is bound to. It hangs on the function
 * under a shared symbol, so that a gate of another copy of the package takes the operation too.
 *
 * @module
 */

import type { CallSettings } from "./operation_options.ts";
import type { Definition } from "./registry.ts";
import { show } from "./options.ts";

const BOUND: symbol = Symbol.for("tokengate.operation.1");

/** What a call of an operation does. */
export interface BoundCall {
  readonly definition: Definition;
  readonly settings: CallSettings;
  /** The gate to call through, or undefined for the default gate. */
  readonly gate: unknown;
}

/** @param fn the callable operation @param bound what it stands for */
export function bindOperation(fn: object, bound: BoundCall): void {
  Object.defineProperty(fn, BOUND, { value: bound });
}

/** @param value anything @returns whether it is an operation */
export function isOperation(value: unknown): boolean {
  return typeof value === "function" && Reflect.get(value, BOUND) !== undefined;
}

/**
 * @param operation what was passed as an operation
 * @param action what is to be done with it, as in "call"
 * @returns what it stands for
 * @throws {TypeError} when it is none
 */
export function boundCall(operation: unknown, action: string = "call"): BoundCall {
  const bound = typeof operation === "function" ? Reflect.get(operation, BOUND) : undefined;
  if (bound === undefined) {
    throw new TypeError(
      `Cannot ${action} ${
        show(operation)
      } through a gate: it is no operation; declare it with operation(import.meta, name, fn)`,
    );
  }
  return bound as BoundCall;
}
