/**
 * ArrayBuffers and the views that cover the whole of one.
 *
 * What an object can shadow (`buffer`, `byteLength`) is read through the built-in getters, which also know the real thing
 * from an imitation.
 *
 * @module
 */

import type { CodecMemory } from "./codec_memory.ts";
import type { SeenObjects } from "./codec_seen.ts";
import { BUFFER, MOST_PAYLOAD, NO_ROOM, NOT_TAKEN, TAG_BITS, VIEW } from "./codec_tags.ts";

interface TypedArrayConstructor {
  new (buffer: ArrayBufferLike, start: number, length: number): { slice(): object };
  readonly name: string;
  readonly prototype: object;
  readonly BYTES_PER_ELEMENT: number;
}

/** The typed arrays that travel, by kind. A DataView has the kind after the last. */
const TYPED_ARRAYS: readonly TypedArrayConstructor[] = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];
const DATA_VIEW = TYPED_ARRAYS.length;

const kindByPrototype = new Map<unknown, number>([
  ...TYPED_ARRAYS.map(({ prototype }, kind): [unknown, number] => [prototype, kind]),
  [DataView.prototype, DATA_VIEW],
]);

const typedArrayPrototype: object = Object.getPrototypeOf(Uint8Array.prototype);
const typedArrayName = getter(typedArrayPrototype, Symbol.toStringTag);
const typedArrayBuffer = getter(typedArrayPrototype, "buffer");
const typedArrayLength = getter(typedArrayPrototype, "byteLength");
const dataViewBuffer = getter(DataView.prototype, "buffer");
const dataViewLength = getter(DataView.prototype, "byteLength");
const bufferLength = getter(ArrayBuffer.prototype, "byteLength");
const bufferIsResizable = getter(ArrayBuffer.prototype, "resizable");

/**
 * Writes a buffer or a view.
 *
 * @param value any object
 * @param prototype its prototype
 * @param at where, in words
 * @param limit where nothing may be written any more, in words
 * @param seen the objects of this value so far; the buffer is added, since two views may have one buffer
 * @returns the position behind it, `NO_ROOM`, or `NOT_TAKEN`
 */
export function writeBuffer(
  memory: CodecMemory,
  value: object,
  prototype: unknown,
  at: number,
  limit: number,
  seen: SeenObjects,
): number {
  let buffer: ArrayBuffer;
  let source: Uint8Array;
  let kind = -1;
  try {
    // Throws for an imitation, and when the buffer is detached, which Node 20 has no other way to tell. No code of a
    // user's runs in here.
    if (prototype === ArrayBuffer.prototype) {
      buffer = value as ArrayBuffer;
    } else {
      kind = kindByPrototype.get(prototype) ?? -1;
      if (kind < 0) return NOT_TAKEN;
      const isDataView = kind === DATA_VIEW;
      if (!isDataView && typedArrayName.call(value) !== TYPED_ARRAYS[kind]!.name) return NOT_TAKEN;
      buffer = (isDataView ? dataViewBuffer : typedArrayBuffer).call(value) as ArrayBuffer;
      const length = (isDataView ? dataViewLength : typedArrayLength).call(value);
      if (Object.getPrototypeOf(buffer) !== ArrayBuffer.prototype) return NOT_TAKEN;
      if (length !== bufferLength.call(buffer)) return NOT_TAKEN;
    }
    if (bufferIsResizable.call(buffer) !== false) return NOT_TAKEN;
    source = new Uint8Array(buffer);
  } catch {
    return NOT_TAKEN;
  }
  const length = source.length;
  if (length > MOST_PAYLOAD || !seen.add(buffer)) return NOT_TAKEN;
  // Behind one word or two, at a multiple of 8.
  const from = kind < 0 ? (at + 2) & ~1 : (at + 3) & ~1;
  const next = from + ((length + 3) >> 2);
  if (next > limit) return NO_ROOM;
  memory.words[at] = length << TAG_BITS | (kind < 0 ? BUFFER : VIEW);
  if (kind >= 0) memory.words[at + 1] = kind;
  memory.bytes.set(source, from * 4);
  return next;
}

/** Copies `length` bytes from a byte position; the caller knows that they are there. */
export function readBuffer(memory: CodecMemory, start: number, length: number): ArrayBuffer {
  const copy = new Uint8Array(length);
  copy.set(memory.bytes.subarray(start, start + length));
  return copy.buffer;
}

/**
 * Copies `length` bytes into a view.
 *
 * @throws {TypeError} when there is no such kind
 * @throws {RangeError} when its elements do not fill the bytes
 */
export function readView(
  memory: CodecMemory,
  kind: number,
  start: number,
  length: number,
): unknown {
  if (kind === DATA_VIEW) return new DataView(readBuffer(memory, start, length));
  const constructor = TYPED_ARRAYS[kind];
  if (constructor === undefined) {
    throw new TypeError(`Cannot decode: received view ${kind}, which there is not`);
  }
  const count = length / constructor.BYTES_PER_ELEMENT;
  if (!Number.isInteger(count)) {
    throw new RangeError(`Cannot decode: received ${length} bytes for ${constructor.name}`);
  }
  // A copy by slice needs no buffer of its own until somebody asks for it: several times faster when it is small.
  return new constructor(memory.bytes.buffer, start, count).slice();
}

function getter(prototype: object, key: PropertyKey): () => unknown {
  return Object.getOwnPropertyDescriptor(prototype, key)!.get!;
}
