/**
 * The assertions of `@std/assert` that look at values: same names, argument order and types.
 *
 * @module
 */
import nodeAssert from "node:assert/strict";
import { inspect } from "node:util";
import { AssertionError, suffix } from "./assertion_error.ts";
import { equal } from "./deep_equal.ts";

/** Every value that counts as false. */
export type Falsy = false | 0 | 0n | "" | null | undefined;

/** An array, a typed array, or anything else with a length and elements, but no string. */
export type ArrayLikeArg<T> = ArrayLike<T> & object;

/** A class, abstract ones included. */
export type AnyConstructor<T = unknown> = abstract new (...args: never[]) => T;

/** Throws unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Throws unless `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Throws unless both are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) {
    throw new AssertionError(`Values are not equal${suffix(msg)}\n${difference(actual, expected)}`);
  }
}

/** Throws when both are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) {
    throw new AssertionError(
      `Expected actual: ${inspect(actual)} not to be: ${inspect(expected)}${suffix(msg)}`,
    );
  }
}

/** Throws unless both are the same value, as `Object.is` has it. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (!Object.is(actual, expected)) {
    throw new AssertionError(
      `Values are not strictly equal${suffix(msg)}\n${difference(actual, expected)}`,
    );
  }
}

/** Throws when both are the same value, as `Object.is` has it. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (Object.is(actual, expected)) {
    throw new AssertionError(
      `Expected "actual" to not be strictly equal to: ${inspect(actual)}${suffix(msg)}`,
    );
  }
}

/** Throws when `actual` is `null` or `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    throw new AssertionError(
      `Expected actual: "${actual}" to not be null or undefined${suffix(msg)}`,
    );
  }
}

/** Throws unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) order(actual, ">", expected, msg);
}

/** Throws unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) order(actual, ">=", expected, msg);
}

/** Throws unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) order(actual, "<", expected, msg);
}

/** Throws unless `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) order(actual, "<=", expected, msg);
}

/** Throws unless the numbers differ by at most `tolerance`; its default is a ten millionth of `expected`. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const delta = Math.abs(expected - actual);
  if (delta <= allowed) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to be close to "${expected}": ` +
      `delta "${delta}" is greater than "${allowed}"${suffix(msg)}`,
  );
}

/** Throws unless the text matches. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) {
    throw new AssertionError(`Expected actual: "${actual}" to match: "${expected}"${suffix(msg)}`);
  }
}

/** Throws when the text matches. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) {
    throw new AssertionError(
      `Expected actual: "${actual}" to not match: "${expected}"${suffix(msg)}`,
    );
  }
}

/** Throws unless the text contains the other one. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) {
    throw new AssertionError(
      `Expected actual: "${actual}" to contain: "${expected}"${suffix(msg)}`,
    );
  }
}

/** Throws unless every expected value is, deeply, among the actual ones. */
export function assertArrayIncludes<T>(
  actual: ArrayLikeArg<T>,
  expected: ArrayLikeArg<T>,
  msg?: string,
): void {
  const among = Array.from(actual);
  const missing = Array.from(expected).filter((item) => !among.some((other) => equal(item, other)));
  if (missing.length > 0) {
    throw new AssertionError(
      `Expected actual: "${inspect(actual)}" to include: "${inspect(expected)}"${suffix(msg)}\n` +
        `missing: ${inspect(missing)}`,
    );
  }
}

/** Throws unless `actual` is an instance of the class. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}" but was "${kindOf(actual)}"${
      suffix(msg)
    }`,
  );
}

/** Throws when `actual` is an instance of the class. */
export function assertNotInstanceOf<A, T>(
  actual: A,
  unexpectedType: AnyConstructor<T>,
  msg?: string,
): asserts actual is Exclude<A, T> {
  if (actual instanceof unexpectedType) {
    throw new AssertionError(
      `Expected object to not be an instance of "${unexpectedType.name}"${suffix(msg)}`,
    );
  }
}

/** Always throws. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

/** Always throws: for code that must not be reached. */
export function unreachable(msg?: string): never {
  throw new AssertionError(`Unreachable${suffix(msg)}`);
}

/** How two values differ, in the words of the runtime's own assertions. */
export function difference(actual: unknown, expected: unknown): string {
  try {
    nodeAssert.deepStrictEqual(actual, expected);
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  // Equal for node:assert: the two differ in what only `@std/assert` looks at.
  return `actual: ${inspect(actual)}\nexpected: ${inspect(expected)}`;
}

function order(actual: unknown, sign: string, expected: unknown, msg?: string): never {
  throw new AssertionError(msg ?? `Expect ${inspect(actual)} ${sign} ${inspect(expected)}`);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? value.constructor?.name ?? "Object" : typeof value;
}
