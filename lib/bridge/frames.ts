/**
 * Frames: many calls, or many answers, as bytes in one buffer. The form of the bridge for lanes that share no memory, where structured clone would
 * walk a batch value by value.
 *
 * A frame is a word that says what is in it, a word that counts it, and so many records: the numbers of a record, how long its value is, and the value
 * by the codec. Everything begins at a multiple of eight bytes, where the codec wants to begin. What the codec does not take is left out, and goes
 * as a message of its own.
 *
 * @module
 */

import { Decoder } from "./decoder.ts";
import { Encoder, NO_ROOM } from "./encoder.ts";

const FIRST_BYTES = 2 ** 12;
/** A frame is no larger, and so is what a writer keeps. A larger value goes by structured clone, which copies it once less. */
const MOST_BYTES = 2 ** 20;

/** Words of the header: what is in the frame, and how many. */
const KIND = 0;
const COUNT = 1;
const HEADER_BYTES = 8;

// Words of a record, then its value. The token id of a call is a double; an answer has none.
const FIRST = 0;
const SECOND = 1;
const LENGTH = 2;
const TOKEN_ID = 2;
const RECORD_BYTES = 24;

/** Puts records into a frame. */
export class FrameWriter {
  #memory: ArrayBuffer = new ArrayBuffer(FIRST_BYTES);
  #words: Int32Array = new Int32Array(this.#memory);
  #doubles: Float64Array = new Float64Array(this.#memory);
  #encoder: Encoder = new Encoder(this.#memory);
  #end = HEADER_BYTES;
  #count = 0;

  /** How many records are in the frame. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds a record with a list, such as the arguments of a call.
   *
   * @param first a whole number @param second a whole number @param id any number
   * @param values the list
   * @returns false when it is not taken, or there is no room for it in this frame
   * @throws what an accessor among the values throws
   */
  addList(first: number, second: number, id: number, values: readonly unknown[]): boolean {
    return this.#add(first, second, id, values, true);
  }

  /**
   * Adds a record with a value, such as the result of a call.
   *
   * @param first a whole number @param second a whole number
   * @param value the value
   * @returns false when it is not taken, or there is no room for it in this frame
   * @throws what an accessor in the value throws
   */
  addValue(first: number, second: number, value: unknown): boolean {
    return this.#add(first, second, 0, value, false);
  }

  /** Ends the frame and starts the next one. @param kind what is in it @returns a buffer of exactly its size, to be transferred */
  take(kind: number): ArrayBuffer {
    this.#words[KIND] = kind;
    this.#words[COUNT] = this.#count;
    const frame = this.#memory.slice(0, this.#end);
    this.#end = HEADER_BYTES;
    this.#count = 0;
    return frame;
  }

  #add(first: number, second: number, id: number, value: unknown, isList: boolean): boolean {
    for (;;) {
      const start = this.#end + RECORD_BYTES;
      const length = start >= this.#memory.byteLength
        ? NO_ROOM
        : this.#encode(value, start, isList);
      if (length >= 0) {
        const word = this.#end >> 2;
        this.#words[word + FIRST] = first;
        this.#words[word + SECOND] = second;
        this.#words[word + LENGTH] = length;
        this.#doubles[(this.#end >> 3) + TOKEN_ID] = id;
        this.#end = (start + length + 7) & ~7;
        this.#count++;
        return true;
      }
      if (length !== NO_ROOM || !this.#grow()) return false;
    }
  }

  #encode(value: unknown, start: number, isList: boolean): number {
    const end = this.#memory.byteLength;
    if (isList) return this.#encoder.encodeList(value as readonly unknown[], start, end);
    return this.#encoder.encode(value, start, end);
  }

  #grow(): boolean {
    const bytes = this.#memory.byteLength * 2;
    if (bytes > MOST_BYTES) return false;
    const memory = new ArrayBuffer(bytes);
    new Uint8Array(memory).set(new Uint8Array(this.#memory, 0, this.#end));
    this.#memory = memory;
    this.#words = new Int32Array(memory);
    this.#doubles = new Float64Array(memory);
    this.#encoder = new Encoder(memory);
    return true;
  }
}

/** Reads the records of a frame, one after the other. */
export class FrameReader {
  /** What is in the frame. */
  readonly kind: number;
  /** Of the record that was read last: its numbers. */
  first = 0;
  second = 0;
  id = 0;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #decoder: Decoder;
  readonly #bytes: number;
  #left: number;
  #at = HEADER_BYTES;
  #start = 0;
  #length = 0;

  /** @param frame what a writer has made @throws {RangeError} when it is none */
  constructor(frame: ArrayBuffer) {
    if (frame.byteLength < HEADER_BYTES || frame.byteLength % 8 !== 0) {
      throw new RangeError(`Cannot read a frame: received ${frame.byteLength} bytes`);
    }
    this.#words = new Int32Array(frame);
    this.#doubles = new Float64Array(frame);
    this.#decoder = new Decoder(frame);
    this.#bytes = frame.byteLength;
    this.kind = this.#words[KIND]!;
    this.#left = this.#words[COUNT]!;
  }

  /** Goes to the next record. @returns false when there is none @throws {RangeError} when the frame ends before it does */
  next(): boolean {
    if (this.#left <= 0) return false;
    this.#left--;
    const word = this.#at >> 2;
    this.#start = this.#at + RECORD_BYTES;
    this.#length = this.#words[word + LENGTH] ?? -1;
    if (this.#length < 0 || this.#start + this.#length > this.#bytes) {
      throw new RangeError(
        `Cannot read a frame: received a record of ${this.#length} bytes at ${this.#at} of ${this.#bytes}`,
      );
    }
    this.first = this.#words[word + FIRST]!;
    this.second = this.#words[word + SECOND]!;
    this.id = this.#doubles[(this.#at >> 3) + TOKEN_ID]!;
    this.#at = (this.#start + this.#length + 7) & ~7;
    return true;
  }

  /** @returns the list of the record @throws {Error} when its bytes are no list */
  list(): unknown[] {
    return this.#decoder.decodeList(this.#start, this.#start + this.#length);
  }

  /** @returns the value of the record @throws {Error} when its bytes are no value */
  value(): unknown {
    return this.#decoder.decode(this.#start, this.#start + this.#length);
  }
}
