/**
 * The assertions of `@std/assert` about errors: same names, argument order, types and return values.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import { AssertionError, suffix } from "./assertion_error.ts";
import type { AnyConstructor } from "./assert_values.ts";

/** Throws unless `error` is an error, of the class and with the message asked for. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: AnyConstructor<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(`Expected "error" to be an Error object${suffix(msg)}`);
  }
  if (ErrorClass !== undefined && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was "${error.constructor.name}"${
        suffix(msg)
      }`,
    );
  }
  if (!msgMatches) return;
  const message = stripVTControlCharacters(error.message);
  const matches = typeof msgMatches === "string"
    ? message.includes(stripVTControlCharacters(msgMatches))
    : msgMatches.test(message);
  if (!matches) {
    throw new AssertionError(
      `Expected error message to include ${
        typeof msgMatches === "string" ? JSON.stringify(msgMatches) : msgMatches
      }, but got ${JSON.stringify(error.message)}${suffix(msg)}`,
    );
  }
}

/** Throws unless the function throws; returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Throws unless the function throws an error of the class, with the text in its message; returns that error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: AnyConstructor<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: AnyConstructor<Error> | string,
  textOrMsg?: string,
  msg?: string,
): unknown {
  const expected = expectation(classOrMsg, textOrMsg, msg);
  try {
    fn();
  } catch (error) {
    return checked(error, expected, "thrown");
  }
  throw new AssertionError(`Expected function to throw${suffix(expected.msg)}`);
}

/** Rejects unless the function's promise rejects; resolves to what it rejected with. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Rejects unless the promise rejects with an error of the class, with the text in its message; resolves to that error. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: AnyConstructor<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: AnyConstructor<Error> | string,
  textOrMsg?: string,
  msg?: string,
): Promise<unknown> {
  const expected = expectation(classOrMsg, textOrMsg, msg);
  const synchronous = `Function throws when expected to reject${suffix(expected.msg)}`;
  let promise: unknown;
  try {
    promise = fn();
  } catch (error) {
    throw new AssertionError(synchronous, { cause: error });
  }
  if (!isThenable(promise)) throw new AssertionError(synchronous);
  try {
    await promise;
  } catch (error) {
    return checked(error, expected, "rejected");
  }
  throw new AssertionError(`Expected function to reject${suffix(expected.msg)}`);
}

interface Expectation {
  ErrorClass: AnyConstructor<Error> | undefined;
  text: string | undefined;
  msg: string | undefined;
}

function expectation(
  classOrMsg: AnyConstructor<Error> | string | undefined,
  textOrMsg: string | undefined,
  msg: string | undefined,
): Expectation {
  return typeof classOrMsg === "string"
    ? { ErrorClass: undefined, text: undefined, msg: classOrMsg }
    : { ErrorClass: classOrMsg, text: textOrMsg, msg };
}

function checked(error: unknown, expected: Expectation, how: string): unknown {
  if (expected.ErrorClass === undefined) return error;
  if (!(error instanceof Error)) {
    throw new AssertionError(`A non-Error object was ${how}${suffix(expected.msg)}`);
  }
  assertIsError(error, expected.ErrorClass, expected.text, expected.msg);
  return error;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}
