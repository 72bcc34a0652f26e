/**
 * Finding the function of an operation: the module is imported once, and the function looked up by name.
 *
 * @module
 */

import { ModuleLoadError, OperationNotFoundError, type TokenGateError } from "../lib/errors.ts";
import { missingModules, type PackedPlace, unpack } from "../lib/bridge/packing.ts";
import type { OperationInit } from "../lib/bridge/protocol.ts";
import { importModule } from "../lib/import_module.ts";
import { type FunctionRecord, NEVER_PLAIN } from "../lib/lane_scope.ts";
import { type AnyFunction, declaredNames, lookUp } from "../lib/registry.ts";
import { exportedFunction, runText } from "../lib/undeclared.ts";
import type { Overlapping } from "./in_flight.ts";
import { importWithHooks, prepareModule } from "./lifecycle.ts";
import { mark } from "./mark.ts";
import { type OperationCost, unknownCost } from "./operation_cost.ts";

/** An operation as a lane knows it: what it is called, and its function or the reason why it has none. */
export interface LaneOperation extends OperationInit, Overlapping, OperationCost, FunctionRecord {
  fn: AnyFunction | undefined;
  failure: Error | undefined;
  /** Whether the failure is that of a hook: the next call tries again. */
  isRetried: boolean;
}

/** @param init what the gate has told of an operation @returns the operation before its module is loaded */
export function newOperation(init: OperationInit): LaneOperation {
  return {
    ...init,
    ...unknownCost(),
    inFlight: 0,
    fn: undefined,
    failure: undefined,
    isRetried: false,
    // One operation runs all that is called by its text, and they are alike in nothing.
    plainRuns: init.source === "text" ? NEVER_PLAIN : 0,
  };
}

/** Modules that must not be used, and why: a second import of a refused module would succeed without a word. */
const refused: Map<string, Error> = new Map();

let isLoading = false;

/** @param error an unhandled error @returns whether it is told already, as the reason why a module was refused */
export function isRefusal(error: unknown): boolean {
  if (error === undefined) return false;
  // Later, in a timer that an operation left behind, it is a crash as any other.
  if (isLoading && error === mark.misuse) return true;
  for (const known of refused.values()) if (known === error) return true;
  return false;
}

/**
 * Imports the operation's module and sets its function, or its failure. Never rejects.
 *
 * @param operation the operation to complete
 */
export async function load(operation: LaneOperation): Promise<void> {
  const { url, name } = operation;
  mark.misuse = undefined;
  isLoading = true;
  operation.isRetried = false;
  try {
    const fn = await find(operation);
    operation.fn = fn !== undefined && operation.isPacked ? unpacking(fn) : fn;
  } catch (cause) {
    operation.failure = cause instanceof OperationNotFoundError ? cause : new ModuleLoadError(
      `Cannot run "${name}": its module ${url} failed to load in the lane`,
      { cause },
    );
  }
  const misuse: Error | undefined = mark.misuse;
  mark.misuse = undefined;
  isLoading = false;
  if (misuse !== undefined) refused.set(url, misuse);
  operation.failure = refused.get(url) ?? operation.failure;
  if (operation.failure !== undefined) operation.fn = undefined;
  else if (operation.fn === undefined) operation.failure = notFound(url, name);
  else await prepare(operation);
}

/** @returns the function; undefined when the module does not declare it */
async function find({ url, name, source }: LaneOperation): Promise<AnyFunction | undefined> {
  if (source === "text") return runText;
  const exports = await importWithHooks(url);
  return source === "export" ? exportedFunction(exports, url, name) : lookUp(url, name)?.fn;
}

/** Its function is set when its module is prepared. */
async function prepare(operation: LaneOperation): Promise<void> {
  const { fn, url, name } = operation;
  operation.fn = undefined;
  try {
    await prepareModule(url);
    operation.fn = fn;
  } catch (cause) {
    operation.failure = new ModuleLoadError(
      `Cannot run "${name}": the prepare hook of its module ${url} failed in the lane; the next call tries again`,
      { cause },
    );
    operation.isRetried = true;
  }
}

/** Unpacks the arguments first, and before that imports the modules that declare the classes, which is done once. */
function unpacking(fn: AnyFunction): AnyFunction {
  const call = (value: unknown, places: readonly PackedPlace[]): unknown =>
    fn(...unpack(value, places) as never[]);
  return (value: unknown, places: readonly PackedPlace[]): unknown => {
    const urls = missingModules(places);
    if (urls.length === 0) return call(value, places);
    return Promise.all(urls.map(importModule)).then(() => call(value, places));
  };
}

function notFound(url: string, name: string): TokenGateError {
  const names = declaredNames(url);
  const declared = names.length === 0 ? "no operation" : names.map((it) => `"${it}"`).join(", ");
  return new OperationNotFoundError(
    `Cannot run "${name}": its module ${url} declares ${declared} in the lane; ` +
      `declare it at the top level of the module, on the same terms in the program and in the lane`,
  );
}
