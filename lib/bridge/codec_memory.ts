/**
 * The views of one memory through which values are written and read.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** One memory, shared or not, seen in the units the codec needs. Positions of the codec are counted in words. */
export class CodecMemory {
  /** The memory as bytes. */
  readonly bytes: Uint8Array;
  /** The memory as 32-bit words. */
  readonly words: Int32Array;
  /** The memory as 64-bit floats. */
  readonly doubles: Float64Array;
  /** The memory as 64-bit integers. */
  readonly longs: BigInt64Array;
  /** The memory with the methods that move texts at once, without an object for each text. */
  readonly text: Buffer;

  /** @param memory what to look at; whole words of it */
  constructor(memory: ArrayBufferLike) {
    const length = memory.byteLength;
    this.bytes = new Uint8Array(memory);
    this.words = new Int32Array(memory, 0, Math.floor(length / 4));
    this.doubles = new Float64Array(memory, 0, Math.floor(length / 8));
    this.longs = new BigInt64Array(memory, 0, Math.floor(length / 8));
    this.text = Buffer.from(memory as ArrayBuffer);
  }

  /**
   * @param end a position in bytes
   * @returns the position in words at which nothing may start any more
   */
  limit(end: number): number {
    return Math.min(Math.floor(end / 4), this.words.length);
  }
}
