/**
 * Reading values that an encoder wrote. The layout is in `codec_tags.ts`.
 *
 * Every count is checked against the bytes that are left before anything of its size is made, so that bytes that no encoder
 * wrote end in an error and neither in a crash nor in more memory than a small multiple of the bytes. The memory may change
 * while it is read, since it is shared: what was checked is kept and not read again.
 *
 * @module
 */

import { CodecMemory } from "./codec_memory.ts";
import { parseBigInt, readFloat64s, readInt32s } from "./codec_numbers.ts";
import * as tags from "./codec_tags.ts";
import { readLatin1, readUtf16 } from "./codec_text.ts";
import { readBuffer, readView } from "./codec_views.ts";
import { KeyReader } from "./key_reader.ts";

/** Reads values from one memory. Nothing that is read refers to it. */
export class Decoder {
  readonly #memory: CodecMemory;
  readonly #words: Int32Array;
  readonly #keys: KeyReader;
  #at = 0;
  #limit = 0;

  /** @param memory where the pieces lie that are read */
  constructor(memory: ArrayBufferLike) {
    this.#memory = new CodecMemory(memory);
    this.#words = this.#memory.words;
    this.#keys = new KeyReader(this.#memory);
  }

  /**
   * Reads a value.
   *
   * @param start where it begins, in bytes; a multiple of 8
   * @param end where it ends at the latest, in bytes
   * @returns what was encoded
   * @throws {RangeError} when the bytes end before the value does, or a count in it is wrong
   * @throws {TypeError} when the bytes are no value
   */
  decode(start: number, end: number): unknown {
    this.#at = start / 4;
    this.#limit = this.#memory.limit(end);
    return this.#value(0);
  }

  /**
   * Reads a list.
   *
   * @param start where it begins, in bytes; a multiple of 8
   * @param end where it ends at the latest, in bytes
   * @returns the elements
   * @throws {RangeError} when the bytes end before the list does, or a count in it is wrong
   * @throws {TypeError} when the bytes are no list
   */
  decodeList(start: number, end: number): unknown[] {
    this.#at = start / 4;
    this.#limit = this.#memory.limit(end);
    return this.#array(this.#words[this.#pass(1)]!, 0);
  }

  #value(depth: number): unknown {
    const head = this.#words[this.#pass(1)]!;
    const payload = head >> tags.TAG_BITS;
    switch (head & tags.TAG_MASK) {
      case tags.SMALL_INT:
        return payload;
      case tags.INT32:
        return this.#words[this.#pass(1)]!;
      case tags.FLOAT64:
        return this.#double();
      case tags.LATIN1:
        return readLatin1(this.#memory, this.#bytes(payload), payload);
      case tags.UTF16:
        return readUtf16(this.#memory, this.#bytes(payload * 2), payload);
      case tags.UNDEFINED:
        return undefined;
      case tags.NULL:
        return null;
      case tags.FALSE:
        return false;
      case tags.TRUE:
        return true;
      case tags.INT32S:
        return readInt32s(this.#memory, this.#pass(payload), payload);
      case tags.FLOAT64S:
        this.#at = (this.#at + 1) & ~1;
        return readFloat64s(this.#memory, this.#pass(payload * 2), payload);
      case tags.ARRAY:
        return this.#array(payload, this.#deeper(depth));
      case tags.OBJECT:
        return this.#object(payload, this.#deeper(depth));
      case tags.MAP:
        return this.#map(payload, this.#deeper(depth));
      case tags.SET:
        return new Set(this.#array(payload, this.#deeper(depth)));
      case tags.DATE:
        return new Date(this.#double());
      case tags.BIGINT64:
        this.#at = (this.#at + 1) & ~1;
        return this.#memory.longs[this.#pass(2) >> 1];
      case tags.BIGINT:
        return this.#bigint(payload);
      case tags.BUFFER:
        this.#at = (this.#at + 1) & ~1;
        return readBuffer(this.#memory, this.#bytes(payload), payload);
      case tags.VIEW: {
        const kind = this.#words[this.#pass(1)]!;
        this.#at = (this.#at + 1) & ~1;
        return readView(this.#memory, kind, this.#bytes(payload), payload);
      }
      default:
        throw new TypeError(`Cannot decode: received the word ${head}, which begins no value`);
    }
  }

  /** Passes over words that must be there. Returns where they begin. */
  #pass(count: number): number {
    const at = this.#at;
    if (count < 0 || count > this.#limit - at) this.#fail(count);
    this.#at = at + count;
    return at;
  }

  /** Passes over bytes that must be there. Returns where they begin, in bytes. */
  #bytes(count: number): number {
    return this.#pass(count < 0 ? -1 : (count + 3) >> 2) * 4;
  }

  #fail(count: number): never {
    const left = this.#limit - this.#at;
    throw new RangeError(`Cannot decode: received ${left} words where ${count} should follow`);
  }

  #deeper(depth: number): number {
    if (depth < tags.DEEPEST) return depth + 1;
    throw new RangeError(`Cannot decode: received more than ${tags.DEEPEST} values in each other`);
  }

  #double(): number {
    this.#at = (this.#at + 1) & ~1;
    return this.#memory.doubles[this.#pass(2) >> 1]!;
  }

  #bigint(payload: number): bigint {
    const count = Math.abs(payload);
    const digits = count > tags.MOST_BIGINT_DIGITS
      ? ""
      : readLatin1(this.#memory, this.#bytes(count), count);
    return parseBigInt(digits, payload < 0);
  }

  /** A count of values or entries. Each takes so many words at least; what holds them grows as they come. */
  #count(count: number, wordsEach: number): void {
    if (count < 0 || count * wordsEach > this.#limit - this.#at) this.#fail(count * wordsEach);
  }

  #array(count: number, depth: number): unknown[] {
    this.#count(count, 1);
    const values: unknown[] = [];
    for (let i = 0; i < count; i++) values.push(this.#value(depth));
    return values;
  }

  #object(count: number, depth: number): object {
    this.#count(count, 2);
    const length = this.#words[this.#pass(1)]!;
    const { keys, hasInherited } = this.#keys.read(count, this.#pass(length), length);
    const object: Record<string, unknown> = {};
    for (let i = 0; i < count; i++) {
      if (this.#isAbsent()) continue;
      const value = this.#value(depth);
      const key = keys[i]!;
      if (hasInherited) define(object, key, value);
      else object[key] = value;
    }
    return object;
  }

  /** Passes over a value that is not there. */
  #isAbsent(): boolean {
    if (this.#at >= this.#limit || this.#words[this.#at] !== tags.ABSENT) return false;
    this.#at++;
    return true;
  }

  #map(count: number, depth: number): Map<unknown, unknown> {
    this.#count(count, 2);
    const map = new Map<unknown, unknown>();
    for (let i = 0; i < count; i++) {
      const key = this.#value(depth);
      map.set(key, this.#value(depth));
    }
    return map;
  }
}

/** As assigning does, whatever the prototype has. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}
