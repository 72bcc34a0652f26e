/**
 * Texts as words and bytes. Which way is fastest depends on the length, the letters and the runtime.
 *
 * @module
 */

import process from "node:process";
import type { CodecMemory } from "./codec_memory.ts";
import { LATIN1, MOST_PAYLOAD, NO_ROOM, NOT_TAKEN, TAG_BITS, UTF16 } from "./codec_tags.ts";

/** Longest text that a loop writes; the runtimes' own methods cost 20 to 200 ns a call. */
const SHORT_WRITE = 24;
/** Longest text that a loop reads; the runtimes' own methods cost 40 to 100 ns a call. */
const SHORT_READ = 5;
/** Deno's method for UTF-16 takes 15 ns for each unit, where the loop takes 2.5; the others take 50 ns for any text. */
const HAS_FAST_UNITS = !("deno" in process.versions);

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
 * makes three bytes at most: with so much room nothing is cut off, and the number of bytes tells.
 */
function writeLong(memory: CodecMemory, text: string, at: number, limit: number): number {
  const length = text.length;
  if (length > MOST_PAYLOAD / 2) return NOT_TAKEN;
  const start = (at + 1) * 4;
  const room = limit * 4 - start;
  if (length > room) return NO_ROOM;
  if (isLikelyAscii(text, length)) {
    const isAscii = length * 3 <= room
      ? memory.text.utf8Write(text, start, length * 3) === length
      : encoder.encodeInto(text, memory.bytes.subarray(start, start + length)).read === length;
    if (isAscii) {
      memory.words[at] = length << TAG_BITS | LATIN1;
      return at + 1 + ((length + 3) >> 2);
    }
  }
  return writeUnits(memory, text, at, limit);
}

/** A few letters: on Bun it costs ten times a copy to find out with all of them. */
function isLikelyAscii(text: string, length: number): boolean {
  return (text.charCodeAt(0) | text.charCodeAt(length >> 2) | text.charCodeAt(length >> 1) |
    text.charCodeAt(length - (length >> 2)) | text.charCodeAt(length - 1)) < 0x80;
}

function writeUnits(memory: CodecMemory, text: string, at: number, limit: number): number {
  const length = text.length;
  const next = at + 1 + ((length + 1) >> 1);
  if (next > limit) return NO_ROOM;
  if (length > SHORT_WRITE && HAS_FAST_UNITS) {
    memory.text.ucs2Write(text, (at + 1) * 4, length * 2);
  } else {
    const units = memory.units;
    for (let i = 0, to = (at + 1) * 2; i < length; i++, to++) units[to] = text.charCodeAt(i);
  }
  memory.words[at] = length << TAG_BITS | UTF16;
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

/** Reads `length` UTF-16 units. */
export function readUtf16(memory: CodecMemory, start: number, length: number): string {
  return memory.text.ucs2Slice(start, start + length * 2);
}
