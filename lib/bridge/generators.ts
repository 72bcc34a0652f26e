/**
 * Telling generators from other values.
 *
 * @module
 */

/** A generator, synchronous or not. */
export type AnyGenerator =
  | Generator<unknown, unknown, undefined>
  | AsyncGenerator<unknown, unknown, undefined>;

/** @param value any value @returns whether it is a generator, whose items are to be streamed */
export function isGenerator(value: unknown): value is AnyGenerator {
  if (typeof value !== "object" || value === null) return false;
  const tag: unknown = (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return (tag === "AsyncGenerator" || tag === "Generator") &&
    typeof (value as AnyGenerator).next === "function";
}

/** @param fn any value @returns whether it is a generator function */
export function isGeneratorFunction(fn: unknown): boolean {
  if (typeof fn !== "function") return false;
  const tag: unknown = Reflect.get(fn, Symbol.toStringTag);
  return tag === "AsyncGeneratorFunction" || tag === "GeneratorFunction";
}
