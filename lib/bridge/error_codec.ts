/**
 * Carries whatever a function threw from a lane to its caller.
 *
 * A structured clone is not enough: it loses classes, names, codes, `AggregateError.errors`, on Bun also causes,
 * and it throws on what it refuses. So the lane *encodes* into a plain tree that every runtime clones alike, and
 * the host *decodes* that. Neither function ever throws.
 *
 * **Errors** arrive as errors:
 *
 * - As an instance of the nearest built-in class: Error, TypeError, RangeError, SyntaxError, ReferenceError,
 *   EvalError, URIError, AggregateError, SuppressedError (where the host has it), DOMException. An error of
 *   another realm too.
 * - As an instance of TokenGate's own class, with all its fields, if its `code` is one of TokenGate's.
 * - With the `name` that its class or its thrower set. Where nobody set one, `name` is the name of its class: so
 *   an error of `class HttpError extends Error {}` has the name `HttpError` at the host, and as the first word of
 *   its stack, though it was `Error` in the lane. Where a name was set that is not the name of the class, the
 *   latter is found under {@linkcode remoteClassName}.
 * - With `message`, the `stack` of the lane, `cause`, `errors`, `error` and `suppressed`, all non-enumerable, as
 *   the platform has them. An error without a stack gets its first line for one, never the stack of the decoder.
 * - With its own enumerable properties. Those under symbols are dropped. Non-enumerable ones are not carried.
 *
 * **Anything else** arrives as an equal value: primitives; plain objects and arrays; Map, Set, Date, RegExp, boxed
 * primitives, ArrayBuffer and its views. References that were shared stay shared, and cycles stay cycles. An
 * instance of a class becomes a plain object of its own enumerable properties, a Buffer a Uint8Array: as in a
 * structured clone.
 *
 * **What cannot cross**: functions, symbols, Proxies (unless of an error), shared or detached memory, an instance
 * of a class that has no own enumerable property (a promise, a Headers, private state only), a property whose
 * getter throws, and anything beyond {@linkcode errorLimits}. It is never passed over in silence:
 *
 * - A property, or an entry of a Map or Set, is left out, and a line such as `config.retry: a function named
 *   "retry"` is listed under {@linkcode omittedProperties} of the error that held it. A string too long is cut,
 *   and listed likewise. (A function under `toString`, which Deno's errors of Node's kind carry, is the one thing
 *   left out unlisted.)
 * - Where its place has a meaning (a cause, an element of an array), a `NotCloneableError` stands there and says
 *   what it was.
 * - If what was thrown is itself no error and could not cross whole, a `NotCloneableError` arrives in its stead:
 *   it lists what was left out, and its `cause` is the part that could cross.
 *
 * @module
 */

import { type EncodedError, errorFormat } from "./encoded_error.ts";
import { decode } from "./error_decoder.ts";
import { encode } from "./error_encoder.ts";

export type { EncodedError } from "./encoded_error.ts";
export { type ErrorLimits, errorLimits } from "./encoded_error.ts";
export { isErrorLike } from "./error_classes.ts";
export { omittedProperties, remoteClassName } from "./error_marks.ts";

/**
 * Encodes what a function threw, or rejected with, as plain data that any clone of any runtime accepts.
 *
 * Reading the value may run getters and traps of the user's; what those throw is listed, never thrown on.
 *
 * @param value whatever was thrown
 * @returns the encoded form, no larger than {@linkcode errorLimits} allows
 */
export function encodeError(value: unknown): EncodedError {
  try {
    return encode(value);
  } catch {
    // Nothing known gets here but a lack of memory or stack. The caller's token must settle even so.
    const lost = "a value that could not be examined";
    return { format: errorFormat, root: { lost }, nodes: [], losses: [lost] };
  }
}

/**
 * Revives what {@linkcode encodeError} encoded.
 *
 * @param encoded the encoded form, as it came out of the clone
 * @returns an equal of what was thrown, as described above; a TypeError that says so if the input is malformed, its
 * `cause` saying in what
 */
export function decodeError(encoded: unknown): unknown {
  try {
    return decode(encoded);
  } catch (thrown) {
    return new TypeError("Cannot decode an error: received malformed data", { cause: thrown });
  }
}
