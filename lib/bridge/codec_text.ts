/**
 * Texts as words and bytes. Which way is fastest depends on the length, the letters and the runtime.
 *
 * @module
 */

import type { CodecMemory } from "./codec_memory.ts";
import { LATIN1, MOST_PAYLOAD, NO_ROOM, NOT_TAKEN, TAG_BITS, UTF16, UTF8 } from "./codec_tags.ts";

/** Longest text that a loop writes; the runtimes' own methods cost 20 to 250 ns a call. */
const SHORT_WRITE = 24;
/** Longest text that a loop reads; the runtimes' own methods cost 40 to 100 ns a call. */
const SHORT_READ = 5;

const encoder = new TextEncoder();

/**
 * Writes a text with its header.
 *
 * @param at where, in words
 * @param limit where nothing may be written any more, in words
 * @returns the position behind it, `NO_ROOM`, or `NOT_TAKEN` for a text too long for a header
 */
export function writeText(memory: CodecMemory, text: string, at: number, limit: number): number {
  const length = text.length;
  if (length > SHORT_WRITE) return writeLong(memory, text, at, limit);
  const next = at + 1 + ((length + 3) >> 2);
  if (next > limit) return NO_ROOM;
  const bytes = memory.bytes;
  const start = (at + 1) * 4;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0xff) return writeUnits(memory, text, at, limit);
    bytes[start + i] = unit;
  }
  memory.words[at] = length << TAG_BITS | LATIN1;
  return next;
}

/**
 * UTF-8 has as many bytes as the text has units only when all of them are ASCII, which is Latin-1 as well. Every unit
 * makes three bytes at most: with so much room nothing is cut off, and the number of bytes tells which it is.
 */
function writeLong(memory: CodecMemory, text: string, at: number, limit: number): number {
  const length = text.length;
  if (length > MOST_PAYLOAD / 3) return NOT_TAKEN;
  const start = (at + 1) * 4;
  const room = limit * 4 - start;
  if (length > room) return NO_ROOM;
  let written: number;
  if (length * 3 <= room) {
    written = memory.text.utf8Write(text, start, length * 3);
  } else {
    const result = encoder.encodeInto(text, memory.bytes.subarray(start, start + room));
    written = result.read === length ? result.written : -1;
  }
  if (written === length) {
    memory.words[at] = length << TAG_BITS | LATIN1;
  } else {
    if (!text.isWellFormed()) return writeUnits(memory, text, at, limit);
    if (written < 0) return NO_ROOM;
    memory.words[at] = written << TAG_BITS | UTF8;
  }
  return at + 1 + ((written + 3) >> 2);
}

function writeUnits(memory: CodecMemory, text: string, at: number, limit: number): number {
  const length = text.length;
  const next = at + 1 + ((length + 1) >> 1);
  if (next > limit) return NO_ROOM;
  const words = memory.words;
  words[at] = length << TAG_BITS | UTF16;
  // Two units a word. An odd last one leaves the upper half zero, and a unit past the end is NaN, which is zero here.
  for (let i = 0, to = at + 1; i < length; i += 2, to++) {
    words[to] = text.charCodeAt(i) | text.charCodeAt(i + 1) << 16;
  }
  return next;
}

/** Reads `length` bytes of Latin-1 from a byte position; the caller knows that they are there. */
export function readLatin1(memory: CodecMemory, start: number, length: number): string {
  if (length > SHORT_READ) return memory.text.latin1Slice(start, start + length);
  const bytes = memory.bytes;
  let text = "";
  for (let i = 0; i < length; i++) text += String.fromCharCode(bytes[start + i]!);
  return text;
}

/** Reads `length` bytes of UTF-8. */
export function readUtf8(memory: CodecMemory, start: number, length: number): string {
  return memory.text.utf8Slice(start, start + length);
}

/** Reads `length` UTF-16 units. */
export function readUtf16(memory: CodecMemory, start: number, length: number): string {
  return memory.text.ucs2Slice(start, start + length * 2);
}
