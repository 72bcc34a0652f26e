/**
 * Stands in for `@std/assert` where JSR is out of reach, and always on Bun and Node, which cannot resolve `jsr:` names.
 * It has the assertions that the tests use, and nothing else. Never published.
 *
 * @module
 */
export { AssertionError } from "./assertion_error.ts";
export { equal } from "./deep_equal.ts";
export { assertIsError, assertRejects, assertThrows } from "./assert_errors.ts";
export { assertObjectMatch } from "./assert_object_match.ts";
export {
  type AnyConstructor,
  type ArrayLikeArg,
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotInstanceOf,
  assertNotMatch,
  assertNotStrictEquals,
  assertStrictEquals,
  assertStringIncludes,
  fail,
  type Falsy,
  unreachable,
} from "./assert_values.ts";
