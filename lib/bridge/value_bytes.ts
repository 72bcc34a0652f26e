/**
 * Values as bytes, for what goes to another process and is not of the codec's kinds: a copy by structured clone, written by the runtime's own serializer.
 *
 * The serializers alone are no replacement for structured clone: Node's and Deno's write a `Blob` or a stream as an empty object, Bun's writes shared memory as
 * memory of its own, and the short form, `serialize()`, tears apart views of one buffer on Node and Deno. So the value is cloned first, which refuses what a lane in
 * a thread refuses, and what is left of objects that belong to this process is refused by name.
 *
 * @module
 */

import process from "node:process";
import v8 from "node:v8";
import { NotCloneableError } from "../errors.ts";

/** What structured clone makes of plain things, and a serializer writes. Instances of other classes have become plain objects. */
const PLAIN: ReadonlySet<unknown> = new Set<unknown>([
  Object.prototype,
  Array.prototype,
  Date.prototype,
  RegExp.prototype,
  ArrayBuffer.prototype,
  Boolean.prototype,
  Number.prototype,
  String.prototype,
  BigInt.prototype,
  Error.prototype,
  EvalError.prototype,
  RangeError.prototype,
  ReferenceError.prototype,
  SyntaxError.prototype,
  TypeError.prototype,
  URIError.prototype,
]);

/**
 * @param value any value
 * @returns its bytes
 * @throws {NotCloneableError} when it holds shared memory, or an object of this process, such as a `Blob`
 * @throws {unknown} what the runtime throws when it cannot be cloned, or an accessor
 */
export function valueToBytes(value: unknown): Uint8Array {
  const copy = structuredClone(value);
  refuseForeign(copy);
  const serializer = makeSerializer();
  if (serializer === undefined) return v8.serialize(copy);
  serializer.writeHeader();
  serializer.writeValue(copy);
  return serializer.releaseBuffer();
}

/** @param bytes what {@linkcode valueToBytes} has made @returns the value @throws {Error} when they are something else */
export function bytesToValue(bytes: Uint8Array): unknown {
  if (makeSerializer() === undefined) return v8.deserialize(bytes);
  const deserializer = new v8.Deserializer(bytes);
  if (deserializer.readHeader() !== true) throw new RangeError("Cannot read a value: no header");
  return deserializer.readValue();
}

/** @param copy what structured clone has made */
function refuseForeign(copy: unknown): void {
  const seen: Set<object> = new Set();
  const waiting: unknown[] = [copy];
  // A list and not a recursion: a value may be deeper than the stack.
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    if (ArrayBuffer.isView(next)) waiting.push(next.buffer);
    else if (next instanceof Map) {
      for (const [key, value] of next) waiting.push(key, value);
    } else if (next instanceof Set) {
      for (const value of next) waiting.push(value);
    } else if (!PLAIN.has(Object.getPrototypeOf(next))) {
      const { name } = next.constructor;
      const why = next instanceof SharedArrayBuffer
        ? "which shares no memory"
        : "since it belongs to this one";
      throw new NotCloneableError(`Cannot send a ${name} to another process, ${why}`);
    } else if (next instanceof Error) waiting.push(next.cause);
    else if (!(next instanceof ArrayBuffer)) {
      for (const key of Object.keys(next)) waiting.push((next as Record<string, unknown>)[key]);
    }
  }
}

/** Bun has the short form only, which is sound there. */
function makeSerializer(): v8.Serializer | undefined {
  return Reflect.has(process.versions, "bun") ? undefined : new v8.Serializer();
}
