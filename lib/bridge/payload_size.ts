/**
 * How large a value is on its way, about: what a limit of payloads is held against. It is asked only where there is a limit.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { isTransferred } from "./transfer.ts";

const NUMBER_BYTES = 8;

/**
 * Adds up a value: 8 bytes for a number, texts in UTF-8, the memory of buffers and of the whole buffers under views, keys of objects. Shared
 * memory and what is transferred count nothing, and what occurs twice counts once. It runs accessors, as sending does.
 *
 * @param value the value
 * @param moved what of it is transferred
 * @param mostBytes a size from which on it need not be known
 * @returns the size in bytes; some size above `mostBytes` when it is above
 */
export function payloadBytes(
  value: unknown,
  moved: readonly object[] | undefined,
  mostBytes: number,
): number {
  const seen: Set<object> = new Set(moved?.map(bufferOf));
  const waiting: unknown[] = [value];
  let bytes = 0;
  // A list and not a recursion: a value may be deeper than the stack.
  while (waiting.length > 0 && bytes <= mostBytes) {
    const next = waiting.pop();
    if (typeof next === "string") bytes += Buffer.byteLength(next);
    else if (typeof next !== "object" || next === null) bytes += NUMBER_BYTES;
    else if (!seen.has(next)) {
      seen.add(next);
      bytes += NUMBER_BYTES + objectBytes(next, seen, waiting);
    }
  }
  return bytes;
}

/** Adds what is inside to `waiting`. @returns the bytes of the object itself */
function objectBytes(object: object, seen: Set<object>, waiting: unknown[]): number {
  if (isTransferred(object)) {
    for (const moved of object.list) seen.add(bufferOf(moved));
    waiting.push(object.value);
    return 0;
  }
  if (ArrayBuffer.isView(object)) {
    waiting.push(object.buffer);
    return 0;
  }
  if (object instanceof ArrayBuffer) return object.byteLength;
  if (object instanceof SharedArrayBuffer) return 0;
  if (object instanceof Map) {
    for (const [key, value] of object) waiting.push(key, value);
    return 0;
  }
  if (object instanceof Set) {
    for (const value of object) waiting.push(value);
    return 0;
  }
  if (object instanceof Error) waiting.push(object.message, object.stack, object.cause);
  if (Array.isArray(object)) {
    for (let i = 0; i < object.length; i++) waiting.push(object[i]);
    return 0;
  }
  let bytes = 0;
  for (const [key, value] of Object.entries(object)) {
    bytes += Buffer.byteLength(key);
    waiting.push(value);
  }
  return bytes;
}

function bufferOf(item: object): object {
  return ArrayBuffer.isView(item) ? item.buffer : item;
}
