/**
 * Values with internal data and no properties worth reading: dates, patterns, binary data, boxed primitives. Both
 * ways.
 *
 * The data is read through the prototypes' own getters and methods: a subclass may have put anything over them.
 *
 * @module
 */

import { types } from "node:util";
import type {
  EncodedBoxedNode,
  EncodedBytesNode,
  EncodedDateNode,
  EncodedRegExpNode,
} from "./encoded_error.ts";

/** The nodes of this file. */
export type EncodedLeaf = EncodedBoxedNode | EncodedBytesNode | EncodedDateNode | EncodedRegExpNode;

const typedArrayPrototype: object = Object.getPrototypeOf(Uint8Array.prototype);
const bufferGetters: object = ArrayBuffer.prototype;

/**
 * Encodes a leaf.
 *
 * @param source any object
 * @param room what it may take at most: code units of text, or bytes
 * @returns its node; `undefined` if it is no leaf, takes more room, or is memory that cannot be copied
 * @throws {TypeError} when its buffer is detached
 */
export function encodeLeaf(source: object, room: number): EncodedLeaf | undefined {
  if (types.isDate(source)) return { kind: "date", time: Date.prototype.getTime.call(source) };
  if (types.isRegExp(source)) return encodeRegExp(source, room);
  if (types.isArrayBuffer(source)) {
    const byteLength = Number(Reflect.get(bufferGetters, "byteLength", source));
    return encodeBytes("ArrayBuffer", source, 0, byteLength, room);
  }
  if (types.isDataView(source)) return encodeView("DataView", DataView.prototype, source, room);
  if (types.isTypedArray(source)) {
    const type = String(Reflect.get(typedArrayPrototype, Symbol.toStringTag, source));
    return encodeView(type, typedArrayPrototype, source, room);
  }
  return types.isBoxedPrimitive(source) ? encodeBoxed(source, room) : undefined;
}

/**
 * Measures a leaf.
 *
 * @param leaf its node
 * @returns how much of the payload it takes, in code units of text or bytes
 */
export function leafSize(leaf: EncodedLeaf): number {
  if (leaf.kind === "bytes") return leaf.buffer.byteLength;
  if (leaf.kind === "regexp") return leaf.source.length;
  return leaf.kind === "boxed" && typeof leaf.value === "string" ? leaf.value.length : 0;
}

/**
 * Revives a leaf.
 *
 * @param leaf its node
 * @returns the value, or `undefined` if this runtime has no such class, or the node is malformed
 * @throws {Error} when the node is malformed
 */
export function decodeLeaf(leaf: EncodedLeaf): object | undefined {
  switch (leaf.kind) {
    case "date":
      return new Date(leaf.time);
    case "regexp":
      return new RegExp(leaf.source, leaf.flags);
    case "boxed":
      return leaf.value === null || leaf.value === undefined ? undefined : Object(leaf.value);
    case "bytes":
      return decodeBytes(leaf);
  }
}

function encodeRegExp(source: RegExp, room: number): EncodedRegExpNode | undefined {
  const pattern = String(Reflect.get(RegExp.prototype, "source", source));
  if (pattern.length > room) return undefined;
  const flags = String(Reflect.get(RegExp.prototype, "flags", source));
  return { kind: "regexp", source: pattern, flags };
}

function encodeView(
  type: string,
  getters: object,
  view: ArrayBufferView,
  room: number,
): EncodedBytesNode | undefined {
  // The getters of a view on a detached or shrunk buffer answer zero or throw; a copy would then be silently empty.
  const buffer: unknown = Reflect.get(getters, "buffer", view);
  if (!types.isArrayBuffer(buffer)) return undefined;
  const offset = Number(Reflect.get(getters, "byteOffset", view));
  const byteLength = Number(Reflect.get(getters, "byteLength", view));
  return encodeBytes(type, buffer, offset, byteLength, room);
}

function encodeBytes(
  type: string,
  buffer: ArrayBuffer,
  offset: number,
  byteLength: number,
  room: number,
): EncodedBytesNode | undefined {
  if (byteLength > room) return undefined;
  // A view on a detached buffer cannot be made: this is where that throws.
  const visible = new Uint8Array(buffer, offset, byteLength);
  const copy = new ArrayBuffer(byteLength);
  new Uint8Array(copy).set(visible);
  return { kind: "bytes", type, buffer: copy };
}

function encodeBoxed(source: object, room: number): EncodedBoxedNode | undefined {
  if (types.isStringObject(source)) {
    const value = String.prototype.valueOf.call(source);
    return value.length > room ? undefined : { kind: "boxed", value };
  }
  if (types.isNumberObject(source)) {
    return { kind: "boxed", value: Number.prototype.valueOf.call(source) };
  }
  if (types.isBooleanObject(source)) {
    return { kind: "boxed", value: Boolean.prototype.valueOf.call(source) };
  }
  return types.isBigIntObject(source)
    ? { kind: "boxed", value: BigInt.prototype.valueOf.call(source) }
    : undefined;
}

function decodeBytes(node: EncodedBytesNode): object | undefined {
  const buffer: unknown = node.buffer;
  if (!types.isArrayBuffer(buffer)) return undefined;
  switch (node.type) {
    case "ArrayBuffer":
      return buffer;
    case "DataView":
      return new DataView(buffer);
    default:
      return decodeTypedArray(node.type, buffer);
  }
}

function decodeTypedArray(type: string, buffer: ArrayBuffer): object | undefined {
  const maker: unknown = Reflect.get(globalThis, type);
  if (typeof maker !== "function") return undefined;
  // Only a typed array's prototype has this one above it, so no other global can be constructed by its name.
  if (Object.getPrototypeOf(maker.prototype ?? {}) !== typedArrayPrototype) return undefined;
  return Reflect.construct(maker, [buffer]);
}
