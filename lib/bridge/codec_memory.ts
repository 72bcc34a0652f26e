/**
 * The views of one memory through which values are written and read.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/**
 * What a Buffer has below `write` and `toString`, on every runtime, and its types leave out. The same work without reading
 * the name of an encoding: a third of the time of a short text.
 */
export interface TextMethods {
  latin1Write(text: string, start: number, length: number): number;
  ucs2Write(text: string, start: number, byteLength: number): number;
  utf8Write(text: string, start: number, length: number): number;
  latin1Slice(start: number, end: number): string;
  ucs2Slice(start: number, end: number): string;
}

/** One memory, shared or not, seen in the units the codec needs. Positions of the codec are counted in words. */
export class CodecMemory {
  /** The memory as bytes. */
  readonly bytes: Uint8Array;
  /** The memory as 16-bit units of texts. */
  readonly units: Uint16Array;
  /** The memory as 32-bit words. */
  readonly words: Int32Array;
  /** The memory as 64-bit floats. */
  readonly doubles: Float64Array;
  /** The memory as 64-bit integers. */
  readonly longs: BigInt64Array;
  /** The memory with the methods that move texts at once, without an object for each text. */
  readonly text: TextMethods;

  /** @param memory what to look at; whole words of it */
  constructor(memory: ArrayBufferLike) {
    const length = memory.byteLength;
    this.bytes = new Uint8Array(memory);
    this.units = new Uint16Array(memory, 0, Math.floor(length / 2));
    this.words = new Int32Array(memory, 0, Math.floor(length / 4));
    this.doubles = new Float64Array(memory, 0, Math.floor(length / 8));
    this.longs = new BigInt64Array(memory, 0, Math.floor(length / 8));
    this.text = Buffer.from(memory as ArrayBuffer) as unknown as TextMethods;
  }

  /**
   * @param end a position in bytes
   * @returns the position in words at which nothing may start any more
   */
  limit(end: number): number {
    return Math.min(Math.floor(end / 4), this.words.length);
  }
}
