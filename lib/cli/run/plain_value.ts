/**
 * Results as JSON can carry them, and as people read them.
 *
 * @module
 */

import { inspect } from "node:util";

/**
 * @param value a result
 * @returns a value that can be written as JSON: maps as pairs, sets and typed arrays as arrays, big integers as text, errors by name and message
 */
export function plainValue(value: unknown): unknown {
  const open = new Set<object>();
  const plain = (each: unknown): unknown => {
    if (typeof each === "bigint") return String(each);
    if (typeof each !== "object" || each === null) return each === undefined ? null : each;
    if (open.has(each)) return "(circular)";
    open.add(each);
    const copy = plainObject(each, plain);
    open.delete(each);
    return copy;
  };
  return plain(value);
}

function plainObject(value: object, plain: (each: unknown) => unknown): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (value instanceof Map) return [...value].map(([key, each]) => [plain(key), plain(each)]);
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    const items = value instanceof DataView
      ? new Uint8Array(buffer, byteOffset, byteLength)
      : value as unknown as Iterable<unknown>;
    return [...items].map(plain);
  }
  if (Array.isArray(value) || value instanceof Set) return [...value].map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

/** @param value a result @returns how it is shown: a text as it is, anything else as the runtime shows it */
export function shownValue(value: unknown): string {
  return typeof value === "string" ? value : inspect(value, { depth: 6, maxArrayLength: 100 });
}
