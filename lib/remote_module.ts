/**
 * Modules whose functions are called in lanes without having been declared: a proxy whose every property is an operation.
 *
 * @module
 */

import { importModule } from "./import_module.ts";
import { exportedFunction } from "./undeclared.ts";
import { makeOperation, type OperationHost } from "./make_operation.ts";
import type { IsStreamed, Operation, Streamed, StreamOperation } from "./operation.ts";
import {
  type OperationOptions,
  readDeskPolicy,
  readLaneOptions,
  readOperationOptions,
} from "./operation_options.ts";
import { show } from "./options.ts";
import type { AnyFunction, Definition } from "./registry.ts";

/** Names that every object has, or that are looked for on any object: they are never those of remote functions. */
export type LocalName = keyof typeof Object.prototype | "then" | "toJSON" | "asymmetricMatch";

/** A function of a module, called in a lane. */
export type RemoteFunction<F> = F extends StreamOperation<infer A, infer T, infer R>
  ? StreamOperation<A, T, R>
  : F extends Operation<infer A, infer R> ? Operation<A, R>
  : F extends (...args: infer A) => infer R
    ? IsStreamed<R> extends true
      ? R extends Streamed<infer T, infer E> ? StreamOperation<A, Awaited<T>, E> : never
    : Operation<A, Awaited<R>>
  : never;

/**
 * The functions of a module, called in a lane: each is an operation, under the name that the module exports it by. What else it exports is not here.
 *
 * @typeParam M the module, as in `typeof import("./math.ts")`
 */
export type RemoteModule<M> = {
  readonly [
    K in keyof M as K extends LocalName ? never
      : M[K] extends (...args: never[]) => unknown ? K
      : never
  ]: RemoteFunction<M[K]>;
};

/** A gate knows its operations for as long as it lives, and so do its lanes: so many functions of modules there may be. */
const MOST_FUNCTIONS = 4_096;

/** The modules of one gate. */
export class RemoteModules {
  readonly #gate: unknown;
  readonly #host: OperationHost;
  /** By URL and options. */
  readonly #known: Map<string, object> = new Map();
  #functions = 0;

  /** @param gate the gate @param host who takes its calls */
  constructor(gate: unknown, host: OperationHost) {
    this.#gate = gate;
    this.#host = host;
  }

  /**
   * @param address what was given as the URL of a module
   * @param options what its functions are declared with
   * @returns its proxy; the same for the same URL and options, as far as those can be compared
   * @throws {TypeError} when the URL is none that a lane can import, or when an option is unknown or has the wrong type
   */
  open(address: unknown, options: OperationOptions): object {
    const url = readUrl(address);
    const key = keyOf(url, options);
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const proxy = new Proxy(
      makeTarget(url),
      new ModuleHandler((name) => this.#make(url, name, options)),
    );
    // What is wrong with the options is to be said now.
    declare(url, "default", options);
    if (key !== undefined && this.#known.size < MOST_FUNCTIONS) this.#known.set(key, proxy);
    return proxy;
  }

  #make(url: string, name: string, options: OperationOptions): unknown {
    if (++this.#functions > MOST_FUNCTIONS) {
      throw new RangeError(
        `Cannot call "${name}" of ${url}: this gate knows ${MOST_FUNCTIONS} functions of modules already, and never forgets one; ` +
          `keep what gate.module() gives, and make no names or URLs for single calls`,
      );
    }
    return makeOperation({ ...declare(url, name, options), gate: this.#gate }, this.#host);
  }
}

/** @returns an operation that was found, and not declared */
function declare(
  url: string,
  name: string,
  options: OperationOptions,
): { definition: Definition; settings: ReturnType<typeof readOperationOptions> } {
  const subject = `function "${name}" of ${url}`;
  const settings = readOperationOptions(subject, options);
  const policy = readDeskPolicy(subject, options);
  const forLanes = readLaneOptions(subject, options);
  // Where calls run on the caller's own thread, and for `local`.
  const fn = async (...args: unknown[]): Promise<unknown> => {
    const exported = exportedFunction(await importModule(url), url, name);
    return await exported(...args as never[]);
  };
  return {
    definition: { url, name, ...forLanes, source: "export", fn: fn as AnyFunction, policy },
    settings,
  };
}

/** What the proxy stands for: an object that says what it is, and has nothing else. */
function makeTarget(url: string): object {
  const inspect = (): string => `RemoteModule { url: "${url}" }`;
  const target = {};
  for (const key of ["nodejs.util.inspect.custom", "Deno.customInspect"]) {
    Object.defineProperty(target, Symbol.for(key), { value: inspect });
  }
  Object.defineProperty(target, Symbol.toStringTag, { value: "RemoteModule" });
  return target;
}

/** Names that are looked for on any object, by the language and by tools, and that every object has no function for. */
const PROBED: readonly unknown[] = ["then", "toJSON", "asymmetricMatch", ""];

class ModuleHandler implements ProxyHandler<object> {
  readonly #make: (name: string) => unknown;
  readonly #functions: Map<string, unknown> = new Map();

  constructor(make: (name: string) => unknown) {
    this.#make = make;
  }

  get(target: object, key: string | symbol): unknown {
    if (!isRemote(target, key)) return Reflect.get(target, key);
    let fn = this.#functions.get(key);
    if (fn === undefined) this.#functions.set(key, fn = this.#make(key));
    return fn;
  }

  has(target: object, key: string | symbol): boolean {
    return isRemote(target, key) || Reflect.has(target, key);
  }

  // Frozen, as a module is.

  set(): boolean {
    return false;
  }

  defineProperty(): boolean {
    return false;
  }

  deleteProperty(): boolean {
    return false;
  }

  setPrototypeOf(): boolean {
    return false;
  }
}

function isRemote(target: object, key: string | symbol): key is string {
  return typeof key === "string" && !PROBED.includes(key) && !(key in target);
}

function readUrl(address: unknown): string {
  if (address instanceof URL) return address.href;
  const isUrl = typeof address === "string" && URL.canParse(address);
  // One letter is the drive of a path.
  if (isUrl && !/^[a-z]:/i.test(address)) return address;
  const relative = typeof address === "string" && /^\.{0,2}\//.test(address)
    ? address
    : "./math.ts";
  throw new TypeError(
    `Cannot open ${
      show(address)
    } as a module: a lane imports absolute URLs only, since it is not where this code is; ` +
      `pass new URL("${relative}", import.meta.url).href, or import.meta.resolve("name") for a package`,
  );
}

/** @returns what is the same for the same URL and options; undefined when the options have what cannot be compared */
function keyOf(url: string, options: OperationOptions): string | undefined {
  // JSON has no word for infinity.
  const write = (_: string, value: unknown): unknown => value === Infinity ? "Infinity" : value;
  return isPlain(options) ? `${url} ${JSON.stringify(options, write)}` : undefined;
}

function isPlain(value: unknown): boolean {
  if (typeof value === "function") return false;
  if (typeof value !== "object" || value === null) return true;
  const isKnown = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return isKnown && Object.values(value).every(isPlain);
}
