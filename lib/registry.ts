/**
 * The declared operations of this isolate, by module URL and name. The registry hangs on `globalThis`, so that the copy of the package
 * that a user's module imports and the copy that a lane was started from find each other's operations.
 *
 * @module
 */

import type { OperationReference } from "./bridge/contract.ts";
import { isOutOfDate, rememberEvaluation } from "./evaluation.ts";

/** A function of any shape; what an operation wraps. */
export type AnyFunction = (...args: never[]) => unknown;

/** A declared operation. */
export interface Definition extends OperationReference {
  /** The function itself. */
  readonly fn: AnyFunction;
  /** What it asks of every gate, for the gate to read; undefined when it asks for nothing. */
  readonly policy?: object | undefined;
}

/** What a module does in a lane beside its operations. */
export interface Lifecycle {
  /** Before the first of its operations runs. */
  readonly prepare: (() => unknown) | undefined;
  /** Before the lane ends on purpose. */
  readonly dispose: (() => unknown) | undefined;
}

interface Registry {
  readonly protocol: number;
  readonly modules: Map<string, Map<string, Definition>>;
  readonly lifecycles: Map<string, Lifecycle[]>;
}

/** The protocol of the registry's shape, which copies of the package must share. */
const REGISTRY_PROTOCOL = 3;
const REGISTRY: symbol = Symbol.for("tokengate.registry");

function registry(): Registry {
  const existing = Reflect.get(globalThis, REGISTRY) as Registry | undefined;
  if (existing === undefined) {
    const created: Registry = {
      protocol: REGISTRY_PROTOCOL,
      modules: new Map(),
      lifecycles: new Map(),
    };
    Reflect.set(globalThis, REGISTRY, created);
    return created;
  }
  if (existing.protocol !== REGISTRY_PROTOCOL) {
    throw new Error(
      `Cannot use two versions of TokenGate in one program: one keeps registry protocol ${existing.protocol}, ` +
        `the other ${REGISTRY_PROTOCOL}; install a single version`,
    );
  }
  return existing;
}

/**
 * Adds an operation. One that an earlier evaluation of the module has declared is replaced.
 *
 * @param definition the operation
 * @param module `import.meta` of its module
 * @throws {TypeError} when this evaluation of the module has declared that name before
 * @throws {Error} when another copy of the package keeps a registry of another protocol
 */
export function register(definition: Definition, module: object): void {
  const { modules } = registry();
  let names = modules.get(definition.url);
  if (names === undefined) modules.set(definition.url, names = new Map());
  const before = names.get(definition.name);
  if (before !== undefined && !isOutOfDate(before, module)) {
    throw new TypeError(
      `Cannot declare operation "${definition.name}" twice in ${definition.url}: ` +
        `give each operation of a module, and of a bundle, whose modules have one URL, a name of its own`,
    );
  }
  names.set(definition.name, definition);
  rememberEvaluation(definition, module);
}

/**
 * @param url URL of the module
 * @param name name of the operation
 * @returns the operation, or undefined when the module declares none of that name here
 */
export function lookUp(url: string, name: string): Definition | undefined {
  return registry().modules.get(url)?.get(name);
}

/** @param url URL of the module @returns the names it declares here */
export function declaredNames(url: string): string[] {
  return [...registry().modules.get(url)?.keys() ?? []];
}

/**
 * Adds hooks of a module. There may be several: in a bundle many modules have one URL. Those of an earlier evaluation of the module are replaced.
 *
 * @param url URL of the module
 * @param lifecycle its hooks
 * @param module `import.meta` of the module
 */
export function registerLifecycle(url: string, lifecycle: Lifecycle, module: object): void {
  const { lifecycles } = registry();
  const before = lifecycles.get(url) ?? [];
  lifecycles.set(url, [...before.filter((each) => !isOutOfDate(each, module)), lifecycle]);
  rememberEvaluation(lifecycle, module);
}

/** @returns the hooks by module URL, in the order they were declared, which is that of the imports */
export function declaredLifecycles(): ReadonlyMap<string, readonly Lifecycle[]> {
  return registry().lifecycles;
}
