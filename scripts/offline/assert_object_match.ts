/**
 * `assertObjectMatch`, which compares only what the expected value names.
 *
 * @module
 */
import { AssertionError, suffix } from "./assertion_error.ts";
import { difference } from "./assert_values.ts";
import { equal } from "./deep_equal.ts";

/** Throws unless everything in `expected` is, deeply, in `actual` too; what else `actual` has does not matter. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any -- as the real one: any object, also one without an index signature
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  if (!matches(actual, expected, new Map())) {
    throw new AssertionError(
      `Object does not match${suffix(msg)}\n${difference(actual, expected)}`,
    );
  }
}

function matches(actual: unknown, expected: unknown, pending: Map<object, object>): boolean {
  if (!isObject(actual) || !isObject(expected) || comparesWhole(expected)) {
    return equal(actual, expected);
  }
  if (pending.get(expected) === actual) return true;
  pending.set(expected, actual);
  if (expected instanceof Map) {
    return actual instanceof Map &&
      [...expected].every(([key, value]) =>
        actual.has(key) && matches(actual.get(key), value, pending)
      );
  }
  if (expected instanceof Set) {
    return actual instanceof Set && [...expected].every((value) => actual.has(value));
  }
  if (Array.isArray(expected) !== Array.isArray(actual)) return false;
  return Reflect.ownKeys(expected).every((key) =>
    // A shorter array matches the beginning of a longer one.
    (key === "length" && Array.isArray(expected)) ||
    (key in actual && matches(Reflect.get(actual, key), Reflect.get(expected, key), pending))
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function comparesWhole(value: object): boolean {
  return value instanceof RegExp || value instanceof Date || value instanceof URL ||
    ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}
