/**
 * Classes that are revived on the other side: how a program declares them, and where both sides find them. The registry hangs on
 * `globalThis`, so that the copy of the package that a user's module imports and the copy that a lane was started from find the same classes.
 *
 * @module
 */

import { isOutOfDate, rememberEvaluation } from "../evaluation.ts";

/** How instances of a class cross. */
export interface RevivableCodec<T, D> {
  /** Takes an instance apart, into anything that crosses by itself, instances of other such classes included. */
  encode(instance: T): D;
  /** Makes an instance of what `encode` gave. */
  decode(data: D): T;
}

/** A class of any kind. */
// deno-lint-ignore ban-types -- what has a prototype and is not called here
type Class = Function & { readonly prototype: object };

/** A declared class. */
export interface Revivable {
  readonly url: string;
  readonly name: string;
  readonly type: Class;
  readonly codec: RevivableCodec<unknown, unknown> | undefined;
}

interface Registry {
  readonly byKey: Map<string, Revivable>;
  readonly byPrototype: Map<object, Revivable>;
}

const REGISTRY: symbol = Symbol.for("tokengate.revivables.1");

const registry: Registry = (Reflect.get(globalThis, REGISTRY) as Registry | undefined) ??
  makeRegistry();

function makeRegistry(): Registry {
  const made: Registry = { byKey: new Map(), byPrototype: new Map() };
  Reflect.set(globalThis, REGISTRY, made);
  return made;
}

/**
 * Declares a class whose instances are to arrive as instances, at the top level of a module. Without it they arrive as structured clone makes them:
 * plain objects, and errors of the nearest built-in class.
 *
 * An instance may be an argument or a result, or stand in plain arrays and plain objects inside of one; or, for an error, be what a function
 * throws. On the other side the class is found by the module's URL and the name: a lane imports the module when the first instance comes; the
 * program must have imported it itself, or the call rejects. An instance that occurs twice arrives as two.
 *
 * @param module `import.meta` of the module that declares it
 * @param name name of the class, unique in its module
 * @param type the class
 * @param codec how its instances cross; an error class whose instances have nothing but properties needs none
 * @throws {TypeError} when the name, or the class, was declared before; when there is no codec and the class is no error class; or when an argument
 * has the wrong type
 *
 * @example
 * ```ts
 * import { inLane, type Operation, operation, revivable } from "@tokengate/tokengate";
 *
 * export class Point {
 *   readonly #x: number;
 *   readonly #y: number;
 *   constructor(x: number, y: number) {
 *     this.#x = x;
 *     this.#y = y;
 *   }
 *   toPair(): [number, number] {
 *     return [this.#x, this.#y];
 *   }
 * }
 *
 * revivable(import.meta, "Point", Point, {
 *   encode: (point) => point.toPair(),
 *   decode: ([x, y]) => new Point(x, y),
 * });
 *
 * export const mirror: Operation<[point: Point], Point> = operation(
 *   import.meta,
 *   "mirror",
 *   (point) => {
 *     const [x, y] = point.toPair();
 *     return new Point(y, x);
 *   },
 * );
 *
 * if (!inLane) {
 *   const mirrored = await mirror(new Point(1, 2));
 *   console.log(mirrored instanceof Point, mirrored.toPair()); // true [2, 1]
 * }
 * ```
 */
export function revivable<T extends object, D>(
  module: { readonly url: string },
  name: string,
  type: abstract new (...args: never[]) => T,
  codec?: RevivableCodec<T, D>,
): void {
  const subject = `revivable class ${JSON.stringify(name)}`;
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`Cannot declare a revivable class: received ${String(name)} as its name`);
  }
  const url: unknown = module?.url;
  if (typeof url !== "string") {
    throw new TypeError(`Cannot declare ${subject}: pass import.meta of the module as the first`);
  }
  const prototype: unknown = typeof type === "function" ? type.prototype : undefined;
  if (typeof prototype !== "object" || prototype === null) {
    throw new TypeError(`Cannot declare ${subject}: received ${String(type)}, not a class`);
  }
  const isComplete = typeof codec?.encode === "function" && typeof codec.decode === "function";
  if (codec === undefined ? !(prototype instanceof Error) : !isComplete) {
    throw new TypeError(
      `Cannot declare ${subject}: received no codec; pass an object with encode and decode, which only error classes can do without`,
    );
  }
  const key = keyOf(url, name);
  const before = registry.byKey.get(key) ?? registry.byPrototype.get(prototype);
  if (before !== undefined && !isOutOfDate(before, module)) {
    throw new TypeError(
      `Cannot declare ${subject} twice in ${url}: ` +
        `give each class of a module, and of a bundle, whose modules have one URL, a name of its own`,
    );
  }
  const known: Revivable = {
    url,
    name,
    type: type as unknown as Class,
    codec: codec as RevivableCodec<unknown, unknown> | undefined,
  };
  registry.byKey.set(key, known);
  registry.byPrototype.set(prototype, known);
  rememberEvaluation(known, module);
}

/** @returns whether any class was declared in this isolate */
export function hasRevivables(): boolean {
  return registry.byKey.size > 0;
}

/** @param value any object @returns the declared class it is an instance of, itself and not by inheritance; or undefined */
export function revivableOf(value: object): Revivable | undefined {
  return registry.byPrototype.get(Object.getPrototypeOf(value));
}

/** @param url URL of a module @param name name of a class there @returns the class, or undefined when it is not declared in this isolate */
export function findRevivable(url: string, name: string): Revivable | undefined {
  return registry.byKey.get(keyOf(url, name));
}

function keyOf(url: string, name: string): string {
  return `${url} ${name}`;
}
