/**
 * Writing values into a piece of memory that another isolate reads, instead of having structured clone walk them.
 * The layout is in `codec_tags.ts`.
 *
 * Plain loops, and no allocation for numbers, booleans and short texts: this runs for every call. Figures in ns:
 * encoding + decoding a list of one such value, and `structuredClone` of the list; on a machine with two cores and others at
 * work, after values of all these kinds had been seen, the lowest of a few runs.
 *
 * | | Node 24 | Deno 2.9 | Bun 1.4 |
 * |---|---|---|---|
 * | `3, 4` | 27 + 30, 550 | 29 + 43, 1130 | 24 + 30, 85 |
 * | an ASCII text of 300 | 53 + 106, 880 | 180 + 97, 1230 | 35 + 69, 110 |
 * | a text of 300 times é | 140 + 270, 1030 | 470 + 140, 1200 | 43 + 105, 110 |
 * | 500 integers | 3300 + 730, 10900 | 4300 + 600, 10600 | 3600 + 620, 9700 |
 * | 500 other numbers | 4100 + 620, 11600 | 3600 + 540, 10600 | 2500 + 840, 9400 |
 * | objects in each other, 1 KB | 1950 + 2120, 5800 | 2020 + 1690, 6100 | 2100 + 1500, 6800 |
 * | 100 objects of 5 keys | 25000 + 27000, 58000 | 23000 + 32000, 56000 | 25000 + 19000, 61000 |
 * | a Uint8Array of 100 | 170 + 590, 1400 | 100 + 690, 1600 | 100 + 100, 610 |
 *
 * @module
 */

import { isPlainDense } from "./array_shape.ts";
import { CodecMemory } from "./codec_memory.ts";
import { isInt32, NOT_NUMBERS, writeBigInt, writeDoubles, writeNumbers } from "./codec_numbers.ts";
import { SeenObjects } from "./codec_seen.ts";
import * as tags from "./codec_tags.ts";
import { writeText } from "./codec_text.ts";
import { writeBuffer } from "./codec_views.ts";
import { KeyWriter } from "./key_writer.ts";

/** What an encoder returns for a value that structured clone has to carry. */
export const NOT_TAKEN: number = tags.NOT_TAKEN;
/** What an encoder returns when the value does not fit into the piece of memory. */
export const NO_ROOM: number = tags.NO_ROOM;

const SMALLEST_INT = -(2 ** 26);
const LARGEST_INT = 2 ** 26 - 1;

const getTime = Date.prototype.getTime;
const forEachOfMap = Map.prototype.forEach;
const forEachOfSet = Set.prototype.forEach;

/**
 * Writes values into one memory.
 *
 * **What it guarantees.** What a decoder makes of the bytes of a value that was taken is what `structuredClone` makes of the
 * value. A value that is not taken (the result is {@linkcode NOT_TAKEN}) is left to structured clone; the piece of memory
 * may have been written to then, and nothing outside of it.
 *
 * **What it takes.** undefined, null, booleans, numbers, texts, bigints of up to 16,384 bits, dates, ArrayBuffers, typed
 * arrays and DataViews that cover the whole of their buffer, and in each other, up to 32 deep: dense arrays, plain objects
 * (prototype `Object.prototype` or null), maps and sets. It takes no object twice within one value or list, since a clone
 * would keep the identity; and no class instances, errors, regular expressions, boxed primitives, and memory that is shared,
 * resizable or detached. A long array that was frozen, or has properties that a clone drops, may be left too.
 *
 * **Code of the user's.** Accessors of plain objects are run as structured clone runs them: once each, in the order of the
 * keys; what one throws, `encode` throws. An accessor among the elements of an array may run more than once, and those that
 * ran before a value was found not to be taken run again in structured clone. While one runs, this encoder takes nothing.
 *
 * **What it cannot tell.** A proxy of an array or a plain object, which structured clone refuses, is read like one. An object
 * of another kind that was given the prototype `Object.prototype` or null afterwards (`Object.setPrototypeOf(new Map(),
 * null)`) is read as a plain object: `Object.prototype.toString` would tell a few of these, for 17 to 30 ns an object.
 *
 * **What it keeps** after a call: the keys of the last few hundred kinds of objects, and no value.
 */
export class Encoder {
  readonly #memory: CodecMemory;
  readonly #words: Int32Array;
  readonly #keys: KeyWriter;
  readonly #seen: SeenObjects = new SeenObjects();
  #limit = 0;
  #isBusy = false;

  /** @param memory where the pieces lie that are written to */
  constructor(memory: ArrayBufferLike) {
    this.#memory = new CodecMemory(memory);
    this.#words = this.#memory.words;
    this.#keys = new KeyWriter(this.#memory);
  }

  /**
   * Writes a value.
   *
   * @param value anything
   * @param start where it begins, in bytes; a multiple of 8
   * @param end where nothing may be written any more, in bytes
   * @returns how many bytes were written from `start`; or `NOT_TAKEN`, also when an accessor calls that is being run by this
   * encoder; or `NO_ROOM`
   * @throws what an accessor throws
   */
  encode(value: unknown, start: number, end: number): number {
    if (this.#isBusy) return NOT_TAKEN;
    this.#isBusy = true;
    this.#limit = this.#memory.limit(end);
    try {
      const next = this.#value(value, start / 4, 0);
      return next < 0 ? next : next * 4 - start;
    } finally {
      this.#seen.clear();
      this.#isBusy = false;
    }
  }

  /**
   * Writes a list: the elements, and nothing else that the array may have.
   *
   * @param values a list of arguments, without holes
   * @param start where it begins, in bytes; a multiple of 8
   * @param end where nothing may be written any more, in bytes
   * @returns as {@linkcode Encoder.encode}
   * @throws what an accessor throws
   */
  encodeList(values: readonly unknown[], start: number, end: number): number {
    if (this.#isBusy) return NOT_TAKEN;
    this.#isBusy = true;
    const limit = this.#limit = this.#memory.limit(end);
    try {
      const at = start / 4;
      if (at >= limit) return NO_ROOM;
      this.#words[at] = values.length;
      const next = this.#elements(values, values.length, at + 1, 0);
      return next < 0 ? next : next * 4 - start;
    } finally {
      this.#seen.clear();
      this.#isBusy = false;
    }
  }

  /** Writes a value. Returns the position behind it, in words, or one of the refusals. */
  #value(value: unknown, at: number, depth: number): number {
    switch (typeof value) {
      case "number":
        return this.#number(value, at);
      case "string":
        return writeText(this.#memory, value, at, this.#limit);
      case "boolean":
        return this.#bare(value ? tags.TRUE : tags.FALSE, at);
      case "undefined":
        return this.#bare(tags.UNDEFINED, at);
      case "object":
        return value === null ? this.#bare(tags.NULL, at) : this.#object(value, at, depth);
      case "bigint":
        return writeBigInt(this.#memory, value, at, this.#limit);
      default:
        return NOT_TAKEN;
    }
  }

  #bare(tag: number, at: number): number {
    if (at >= this.#limit) return NO_ROOM;
    this.#words[at] = tag;
    return at + 1;
  }

  #number(value: number, at: number): number {
    if (!isInt32(value)) return this.#double(tags.FLOAT64, value, at);
    const isSmall = value >= SMALLEST_INT && value <= LARGEST_INT;
    const next = isSmall ? at + 1 : at + 2;
    if (next > this.#limit) return NO_ROOM;
    this.#words[at] = isSmall ? value << tags.TAG_BITS | tags.SMALL_INT : tags.INT32;
    if (!isSmall) this.#words[at + 1] = value;
    return next;
  }

  #double(tag: number, value: number, at: number): number {
    const next = (at + 4) & ~1;
    if (next > this.#limit) return NO_ROOM;
    this.#words[at] = tag;
    this.#memory.doubles[(next >> 1) - 1] = value;
    return next;
  }

  #object(value: object, at: number, depth: number): number {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Array.prototype) {
      return Array.isArray(value) ? this.#array(value, at, depth + 1) : NOT_TAKEN;
    }
    if (prototype === Object.prototype || prototype === null) {
      return Array.isArray(value) ? NOT_TAKEN : this.#plain(value, at, depth + 1);
    }
    if (prototype === Map.prototype) return this.#map(value, at, depth + 1);
    if (prototype === Set.prototype) return this.#set(value, at, depth + 1);
    if (prototype === Date.prototype) return this.#date(value, at);
    return writeBuffer(this.#memory, value, prototype, at, this.#limit, this.#seen);
  }

  #date(value: object, at: number): number {
    let time: number;
    try {
      time = getTime.call(value as Date);
    } catch {
      return NOT_TAKEN; // an imitation
    }
    return this.#seen.add(value) ? this.#double(tags.DATE, time, at) : NOT_TAKEN;
  }

  #array(array: readonly unknown[], at: number, depth: number): number {
    const length = array.length;
    if (depth > tags.DEEPEST || length > tags.MOST_PAYLOAD) return NOT_TAKEN;
    // Every element takes a word at least. Asked first: to know the shape of a long array costs more than a clone may.
    if (length >= this.#limit - at) return NO_ROOM;
    if (!isPlainDense(array, length) || !this.#seen.add(array)) return NOT_TAKEN;
    const first = array[0];
    if (typeof first === "number" && length > 0) {
      const write = isInt32(first) ? writeNumbers : writeDoubles;
      const next = write(this.#memory, array, length, at, this.#limit);
      if (next !== NOT_NUMBERS) return next;
    }
    this.#words[at] = length << tags.TAG_BITS | tags.ARRAY;
    return this.#elements(array, length, at + 1, depth);
  }

  #elements(values: readonly unknown[], length: number, at: number, depth: number): number {
    let next = at;
    for (let i = 0; i < length; i++) {
      const value = values[i];
      // An accessor may have cut off what follows: a clone has holes there.
      if (value === undefined && depth > 0 && !Object.hasOwn(values, i)) return NOT_TAKEN;
      next = this.#value(value, next, depth);
      if (next < 0) return next;
    }
    return next;
  }

  #plain(object: object, at: number, depth: number): number {
    if (depth > tags.DEEPEST || !this.#seen.add(object)) return NOT_TAKEN;
    const keys = Object.keys(object);
    const count = keys.length;
    if (count > tags.MOST_PAYLOAD) return NOT_TAKEN;
    if (count >= this.#limit - at) return NO_ROOM;
    this.#words[at] = count << tags.TAG_BITS | tags.OBJECT;
    let next = this.#keys.write(keys, at + 1, this.#limit);
    if (next < 0) return next;
    for (let i = 0; i < count; i++) {
      const key = keys[i]!;
      const value = (object as Record<string, unknown>)[key];
      // An accessor before it may have deleted it: then a clone has no such key. What is read instead is inherited.
      if ((value === undefined || key === "__proto__") && !Object.hasOwn(object, key)) {
        next = this.#bare(tags.ABSENT, next);
      } else {
        next = this.#value(value, next, depth);
      }
      if (next < 0) return next;
    }
    return next;
  }

  #map(map: object, at: number, depth: number): number {
    if (depth > tags.DEEPEST) return NOT_TAKEN;
    // All entries first: an accessor in one of them may change the map, and a clone does not see that.
    const entries: unknown[] = [];
    try {
      forEachOfMap.call(map as Map<unknown, unknown>, pushEntry, entries);
    } catch {
      return NOT_TAKEN; // an imitation
    }
    return this.#collection(map, tags.MAP, entries.length / 2, entries, at, depth);
  }

  #set(set: object, at: number, depth: number): number {
    if (depth > tags.DEEPEST) return NOT_TAKEN;
    const values: unknown[] = [];
    try {
      forEachOfSet.call(set as Set<unknown>, pushValue, values);
    } catch {
      return NOT_TAKEN; // an imitation
    }
    return this.#collection(set, tags.SET, values.length, values, at, depth);
  }

  #collection(
    collection: object,
    tag: number,
    count: number,
    values: readonly unknown[],
    at: number,
    depth: number,
  ): number {
    if (!this.#seen.add(collection) || count > tags.MOST_PAYLOAD) return NOT_TAKEN;
    // Properties of its own: JavaScriptCore clones them and V8, as the standard says, does not.
    if (Object.keys(collection).length > 0) return NOT_TAKEN;
    if (values.length >= this.#limit - at) return NO_ROOM;
    this.#words[at] = count << tags.TAG_BITS | tag;
    return this.#elements(values, values.length, at + 1, depth);
  }
}

function pushEntry(this: unknown[], value: unknown, key: unknown): void {
  this.push(key, value);
}

function pushValue(this: unknown[], value: unknown): void {
  this.push(value);
}
