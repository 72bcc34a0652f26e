/**
 * Declaring operations, and calling them.
 *
 * @module
 */

import type { AffinityOptions } from "./affinity_options.ts";
import type { BoundCall } from "./bound_call.ts";
import { callThroughGate, isGate } from "./default_gate.ts";
import { importableUrl } from "./importable_url.ts";
import { inLane } from "./lane_context.ts";
import { makeOperation, type OperationHost } from "./make_operation.ts";
import { callHere } from "./nested_call.ts";
import {
  type LimitOptions,
  type OperationOptions,
  type Priority,
  readDeskPolicy,
  readLaneOptions,
  readOperationOptions,
  type Spread,
} from "./operation_options.ts";
import { show } from "./options.ts";
import type { RetryOptions } from "./retry_options.ts";
import { type AnyFunction, type Definition, register } from "./registry.ts";
import type { StreamToken, Token } from "./token.ts";
import type { Weight } from "./weight_options.ts";
import type { TokenGate } from "./token_gate.ts";

/** The arguments of a call: in the place of each value a token of it may stand, which is waited for first. */
export type Awaitable<A extends readonly unknown[]> = {
  [K in keyof A]: A[K] | Token<Awaited<A[K]>>;
};

/** Options of single calls of an operation; what is not given stays as declared. */
export interface CallOptions<A extends readonly unknown[] = readonly unknown[]>
  extends LimitOptions {
  /** Whether the calls may run on the caller's own thread, as in {@linkcode OperationOptions}. Default: as declared. */
  readonly inline?: "never" | "auto";
  /** Which calls go first, as in {@linkcode OperationOptions}. Default: as declared. */
  readonly priority?: Priority;
  /** How heavy the calls are, as in {@linkcode OperationOptions}. Default: as declared. */
  readonly weight?: Weight;
  /** About how long these calls run, in ms, whatever was measured of others; who makes them knows how large they are. Default: nothing is said. */
  readonly costMs?: number;
  /** Keeps calls of one key together, as in {@linkcode OperationOptions}; what it leaves out is as declared. Default: as declared. */
  readonly affinity?: AffinityOptions<A>;
  /** Whether, and when, a call that failed is tried again, as in {@linkcode OperationOptions}. Default: as declared. */
  readonly retry?: RetryOptions;
  /** Where the calls run that are made inside of other operations, as in {@linkcode OperationOptions}. Default: as declared. */
  readonly spread?: Spread;
  /** The gate to call through. Default: the default gate, which is made on first use and lets the process end by itself. */
  readonly gate?: TokenGate;
  /** Cancels the tokens when it aborts; its reason becomes the `cause`. Default: none. */
  readonly signal?: AbortSignal;
  /**
   * What of the arguments is moved to the lane and not copied, as with {@linkcode transfer}; for one call, since it is empty afterwards.
   * Default: nothing.
   */
  readonly transfer?: readonly object[];
}

/**
 * A function that runs on a lane when it is called. Write this type out where an operation is exported, as JSR requires.
 *
 * @typeParam A the function's parameters
 * @typeParam R what the function returns, awaited
 */
export interface Operation<A extends readonly unknown[], R> {
  /**
   * Calls the operation through its gate and returns at once.
   *
   * @param args the arguments; each crosses to the lane by structured clone when the token is admitted to one, or is a token to wait for
   * @returns the token of this call
   * @throws {GateClosedError} when the gate is closed
   * @throws {GateInLaneError} inside a lane, when no operation is running
   */
  (...args: Awaitable<A>): Token<R>;
  /** Name under which it was declared. */
  readonly name: string;
  /**
   * The same operation with other options.
   *
   * @param options what is to differ
   * @returns an operation to call
   * @throws {TypeError} when a key is unknown or a value has the wrong type
   * @throws {RangeError} when a time is not above zero
   */
  with(options: CallOptions<A>): Operation<A, R>;
  /** The function itself, to be run here and now. */
  readonly local: (...args: A) => R | Promise<R>;
}

/**
 * A generator function that runs on a lane when it is called, and whose items are read while it does. Write this type out where an operation is exported, as JSR requires.
 *
 * @typeParam A the function's parameters
 * @typeParam T the items
 * @typeParam R what the generator returns
 */
export interface StreamOperation<A extends readonly unknown[], T, R = void> {
  /**
   * Calls the operation through its gate and returns at once.
   *
   * @param args the arguments; each crosses to the lane by structured clone when the token is admitted to one, or is a token to wait for
   * @returns the token of this call, whose items are to be read
   * @throws {GateClosedError} when the gate is closed
   * @throws {GateInLaneError} inside a lane, when no operation is running
   */
  (...args: Awaitable<A>): StreamToken<T, R>;
  /** Name under which it was declared. */
  readonly name: string;
  /**
   * The same operation with other options.
   *
   * @param options what is to differ
   * @returns an operation to call
   * @throws {TypeError} when a key is unknown or a value has the wrong type
   * @throws {RangeError} when a time is not above zero
   */
  with(options: CallOptions<A>): StreamOperation<A, T, R>;
  /** The function itself, to be run here and now. */
  readonly local: (...args: A) => Streamed<T | Promise<T>, R>;
}

/** What a function gives whose items are streamed: a generator, synchronous or not, or a promise of one. */
export type Streamed<T, R> =
  | AsyncGenerator<T, R, undefined>
  | Generator<T, R, undefined>
  | Promise<AsyncGenerator<T, R, undefined> | Generator<T, R, undefined>>;

/** Whether what a function gives is streamed. */
export type IsStreamed<R> = 0 extends 1 & Awaited<R> ? false
  : [Awaited<R>] extends [never] ? false
  : [R] extends [Streamed<unknown, unknown>] ? true
  : false;

/** The options behind a function; those of a generator function are behind the signature for generator functions. */
export type OptionsBehind<A extends readonly unknown[], R> = IsStreamed<R> extends true
  ? [options: "a generator function gives a StreamOperation"]
  : [options?: OperationOptions<A>];

/**
 * Declares a function as an operation, at the top level of a module. In a lane the same module is imported once, and the function is found there
 * by the module's URL and the name.
 *
 * @param module `import.meta` of the module that declares it
 * @param name name of the operation, unique in its module
 * @param fn the function, synchronous or not; a generator function gives an operation whose items are read while it runs
 * @param options limits that hold for each call
 * @returns the operation, called like the function
 * @throws {TypeError} when the name was declared before in this module, when the code is no module that a lane can import (eval, standard input),
 * or when an option is unknown or has the wrong type
 * @throws {RangeError} when a time is not above zero
 *
 * @example
 * ```ts
 * import { inLane, type Operation, operation } from "@tokengate/tokengate";
 *
 * export const countPrimes: Operation<[below: number], number> = operation(
 *   import.meta,
 *   "countPrimes",
 *   (below) => {
 *     let count = 0;
 *     next: for (let n = 2; n < below; n++) {
 *       for (let d = 2; d * d <= n; d++) if (n % d === 0) continue next;
 *       count++;
 *     }
 *     return count;
 *   },
 *   { timeoutMs: 5_000 },
 * );
 *
 * if (!inLane) console.log(await countPrimes(1_000)); // 168
 * ```
 */
export function operation<A extends readonly unknown[], R>(
  module: { readonly url: string },
  name: string,
  fn: (...args: A) => R,
  ...options: OptionsBehind<A, R>
): Operation<A, Awaited<R>>;
/**
 * Declares a generator function as an operation: its items are read while it runs, with `for await` over the token of a call.
 *
 * @param module `import.meta` of the module that declares it
 * @param name name of the operation, unique in its module
 * @param fn the generator function, synchronous or not
 * @param options limits that hold for each call
 * @returns the operation, called like the function
 * @throws {TypeError} as for other functions
 * @throws {RangeError} as for other functions
 *
 * @example
 * ```ts
 * import { inLane, operation, type StreamOperation } from "@tokengate/tokengate";
 *
 * export const countDown: StreamOperation<[from: number], number, string> = operation(
 *   import.meta,
 *   "countDown",
 *   function* (from) {
 *     for (let n = from; n > 0; n--) yield n;
 *     return "done";
 *   },
 * );
 *
 * if (!inLane) {
 *   const token = countDown(3);
 *   for await (const n of token) console.log(n);
 *   console.log(await token); // "done"
 * }
 * ```
 */
export function operation<A extends readonly unknown[], T, R>(
  module: { readonly url: string },
  name: string,
  fn: (...args: A) => Streamed<T, R>,
  options?: OperationOptions<A>,
): StreamOperation<A, Awaited<T>, R>;
export function operation(
  module: { readonly url: string },
  name: string,
  fn: unknown,
  options: OperationOptions = {},
): unknown {
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`Cannot declare an operation: received ${show(name)} as its name`);
  }
  const subject = `operation "${name}"`;
  if (typeof fn !== "function") {
    throw new TypeError(`Cannot declare ${subject}: received ${show(fn)}, not a function`);
  }
  const url = importableUrl(subject, module);
  const settings = readOperationOptions(subject, options);
  const policy = readDeskPolicy(subject, options);
  const forLanes = readLaneOptions(subject, options);
  const definition: Definition = { url, name, ...forLanes, fn: fn as AnyFunction, policy };
  register(definition, module);
  return makeOperation({ definition, settings, gate: undefined }, HOST);
}

/** Calls go through the gate that is bound, or the default gate; inside of an operation they are nested calls. */
const HOST: OperationHost = {
  call(bound: BoundCall, args: readonly unknown[]): unknown {
    if (inLane) return callHere(bound.definition, args, bound.settings);
    return callThroughGate(bound, args);
  },
  isGate,
};
