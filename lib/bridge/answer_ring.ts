/**
 * The answer ring: memory in which one life of a thread lane leaves the results of its calls for the gate. An answer in it outlives the lane, also
 * one that was killed before its next message.
 *
 * One producer, the lane, and one consumer, the gate. Positions are counts of bytes that go on for ever, modulo 2^32; a position's
 * place is its low bits. The lane writes a record and then stores the tail; the gate loads the tail, reads, and then stores the head. Each side writes
 * one of the two only, so these stores and loads order everything else.
 *
 * A record is never split: when one does not fit before the end of the memory, a marker says that it is at the start. When it fits nowhere, for
 * now or ever, the lane sends it by message instead, and so is never kept waiting by a gate whose thread is busy; how much may be on its way is
 * bounded by the slots there are.
 *
 * @module
 */

import { Decoder } from "./decoder.ts";
import { Encoder, NO_ROOM } from "./encoder.ts";

/** Bytes for records. */
const RING_BYTES = 2 ** 18;
const MASK = RING_BYTES - 1;
/** Largest record: a larger result goes by message, where its memory is copied once. */
const MOST_RECORD_BYTES = RING_BYTES / 4;

/** Words: head and tail, on cache lines of their own, behind the records. */
const HEAD = RING_BYTES / 4;
const TAIL = HEAD + 32;
const MEMORY_BYTES = RING_BYTES + 256;

// Words of a record, then its value.
const TAG = 0;
const OUTCOME = 1;
const LENGTH = 2;
const RECORD_HEADER_BYTES = 16;
/** In the place of a tag: the next record is at the start. */
const WRAP = 0x7fffffff;

/** @returns memory for a ring */
export function allocateAnswers(): SharedArrayBuffer {
  return new SharedArrayBuffer(MEMORY_BYTES);
}

/** The lane's end of the ring. */
export class AnswerWriter {
  readonly #words: Int32Array;
  readonly #encoder: Encoder;

  /** @param memory memory made by {@linkcode allocateAnswers} */
  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#encoder = new Encoder(memory);
  }

  /**
   * Leaves an answer.
   *
   * @param tag which call it answers
   * @param outcome what came of it
   * @param value the result
   * @returns false when the answer has to go by message: there is no room, or the value is not one that goes as bytes
   */
  write(tag: number, outcome: number, value: unknown): boolean {
    const tail = this.#words[TAIL]!;
    const free = RING_BYTES - ((tail - Atomics.load(this.#words, HEAD)) | 0);
    const at = tail & MASK;
    const toEnd = RING_BYTES - at;
    const length = this.#encode(value, at, Math.min(free, toEnd));
    if (length >= 0) {
      this.#commit(at, tag, outcome, length, tail);
      return true;
    }
    if (length !== NO_ROOM || toEnd >= free) return false;
    const wrapped = this.#encode(value, 0, free - toEnd);
    if (wrapped < 0) return false;
    this.#words[at >> 2] = WRAP;
    this.#commit(0, tag, outcome, wrapped, tail + toEnd);
    return true;
  }

  #encode(value: unknown, at: number, room: number): number {
    const end = at + Math.min(room, MOST_RECORD_BYTES);
    const start = at + RECORD_HEADER_BYTES;
    return start >= end ? NO_ROOM : this.#encoder.encode(value, start, end);
  }

  #commit(at: number, tag: number, outcome: number, length: number, position: number): void {
    const word = at >> 2;
    this.#words[word + TAG] = tag;
    this.#words[word + OUTCOME] = outcome;
    this.#words[word + LENGTH] = length;
    Atomics.store(this.#words, TAIL, (position + recordBytes(length)) | 0);
  }
}

/** The gate's end of the ring. */
export class AnswerReader {
  /** Of the answer that was read last: which call it answers. */
  tag = 0;
  /** What came of it. */
  outcome = 0;
  /** The result, or what made it unreadable. */
  value: unknown = undefined;
  /** Whether the value could be read. */
  isReadable = true;
  readonly #words: Int32Array;
  readonly #decoder: Decoder;

  /** @param memory memory made by {@linkcode allocateAnswers} */
  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#decoder = new Decoder(memory);
  }

  /** Whether there is nothing to read. */
  get isEmpty(): boolean {
    return Atomics.load(this.#words, TAIL) === this.#words[HEAD];
  }

  /** Reads the next answer into the fields. @returns false when there is none */
  next(): boolean {
    let head = this.#words[HEAD]!;
    if (head === Atomics.load(this.#words, TAIL)) {
      this.value = undefined;
      return false;
    }
    let at = head & MASK;
    if (this.#words[at >> 2] === WRAP) {
      head = (head + RING_BYTES - at) | 0;
      at = 0;
    }
    const word = at >> 2;
    const length = this.#words[word + LENGTH]!;
    this.tag = this.#words[word + TAG]!;
    this.outcome = this.#words[word + OUTCOME]!;
    this.#read(at + RECORD_HEADER_BYTES, length);
    Atomics.store(this.#words, HEAD, (head + recordBytes(length)) | 0);
    return true;
  }

  #read(start: number, length: number): void {
    this.isReadable = true;
    try {
      this.value = this.#decoder.decode(start, start + length);
    } catch (error) {
      this.isReadable = false;
      this.value = error;
    }
  }
}

/** Records begin at multiples of eight, where the encoder wants to begin. */
function recordBytes(length: number): number {
  return (RECORD_HEADER_BYTES + length + 7) & ~7;
}
