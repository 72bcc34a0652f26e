/**
 * Arrays of numbers, and bigints.
 *
 * @module
 */

import type { CodecMemory } from "./codec_memory.ts";
import {
  BIGINT,
  BIGINT64,
  FLOAT64S,
  INT32S,
  MOST_BIGINT_DIGITS,
  NO_ROOM,
  NOT_TAKEN,
  TAG_BITS,
} from "./codec_tags.ts";

/** What {@linkcode writeNumbers} returns when an element is no number. */
export const NOT_NUMBERS: number = -3;

/** How many elements of an array are made at once; what comes after them is pushed, at three times the cost. */
const READY = 2_048;
/**
 * Arrays to copy the beginning of. One made with a length is one with holes for ever, in V8; these were filled by pushing,
 * and a copy has numbers of the same representation from its start.
 */
const READY_INT32S = filled(1);
const READY_FLOAT64S = filled(0.5);

const hexadecimal = /^[0-9a-f]+$/;

/** @returns whether a number can be written as an int32; -0 cannot */
export function isInt32(value: number): boolean {
  return (value | 0) === value && (value !== 0 || 1 / value > 0);
}

/**
 * Writes an array of numbers, as integers of 32 bits for as long as they are some.
 *
 * @param at where, in words
 * @param limit where nothing may be written any more, in words
 * @returns the position behind it, `NO_ROOM`, or `NOT_NUMBERS`
 */
export function writeNumbers(
  memory: CodecMemory,
  array: readonly unknown[],
  length: number,
  at: number,
  limit: number,
): number {
  const words = memory.words;
  const next = at + 1 + length;
  if (next > limit) return NO_ROOM;
  for (let i = 0, to = at + 1; i < length; i++, to++) {
    const value = array[i];
    if (typeof value !== "number") return NOT_NUMBERS;
    // As isInt32, written out: V8 keeps one record of what a function is called with, and that one also sees floats.
    const int32 = value | 0;
    if (int32 !== value || (int32 === 0 && 1 / value < 0)) {
      return writeDoubles(memory, array, length, at, limit);
    }
    words[to] = int32;
  }
  words[at] = length << TAG_BITS | INT32S;
  return next;
}

/** Writes an array of numbers as floats; as {@linkcode writeNumbers}. */
export function writeDoubles(
  memory: CodecMemory,
  array: readonly unknown[],
  length: number,
  at: number,
  limit: number,
): number {
  const doubles = memory.doubles;
  const first = (at + 2) >> 1;
  const next = (first + length) * 2;
  // Where they do not fit, it matters still what they are: other elements may be shorter than so many numbers.
  const fits = next <= limit;
  for (let i = 0; i < length; i++) {
    const value = array[i];
    if (typeof value !== "number") return NOT_NUMBERS;
    if (fits) doubles[first + i] = value;
  }
  if (!fits) return NO_ROOM;
  memory.words[at] = length << TAG_BITS | FLOAT64S;
  return next;
}

/** Reads `count` integers from a position in words; the caller knows that they are there. */
export function readInt32s(memory: CodecMemory, at: number, count: number): number[] {
  const words = memory.words;
  const ready = count < READY ? count : READY;
  const numbers = READY_INT32S.slice(0, ready);
  for (let i = 0; i < ready; i++) numbers[i] = words[at + i]!;
  for (let i = ready; i < count; i++) numbers.push(words[at + i]!);
  return numbers;
}

/** Reads `count` numbers from a position in words, a multiple of 2. */
export function readFloat64s(memory: CodecMemory, at: number, count: number): number[] {
  const doubles = memory.doubles;
  const first = at >> 1;
  const ready = count < READY ? count : READY;
  const numbers = READY_FLOAT64S.slice(0, ready);
  for (let i = 0; i < ready; i++) numbers[i] = doubles[first + i]!;
  for (let i = ready; i < count; i++) numbers.push(doubles[first + i]!);
  return numbers;
}

/** Writes a bigint; for the parameters see {@linkcode writeNumbers}. */
export function writeBigInt(memory: CodecMemory, value: bigint, at: number, limit: number): number {
  if (BigInt.asIntN(64, value) === value) {
    const next = (at + 4) & ~1;
    if (next > limit) return NO_ROOM;
    memory.words[at] = BIGINT64;
    memory.longs[(next >> 1) - 1] = value;
    return next;
  }
  const digits = (value < 0n ? -value : value).toString(16);
  const count = digits.length;
  if (count > MOST_BIGINT_DIGITS) return NOT_TAKEN;
  const next = at + 1 + ((count + 3) >> 2);
  if (next > limit) return NO_ROOM;
  memory.words[at] = (value < 0n ? -count : count) << TAG_BITS | BIGINT;
  memory.text.latin1Write(digits, (at + 1) * 4, count);
  return next;
}

/**
 * Makes a bigint of its digits.
 *
 * @throws {TypeError} when they are none, or too many
 */
export function parseBigInt(digits: string, isNegative: boolean): bigint {
  if (digits.length > MOST_BIGINT_DIGITS || !hexadecimal.test(digits)) {
    throw new TypeError(`Cannot decode: received a bigint of ${digits.length} digits that is none`);
  }
  const magnitude = BigInt("0x" + digits);
  return isNegative ? -magnitude : magnitude;
}

function filled(value: number): number[] {
  const numbers: number[] = [];
  for (let i = 0; i < READY; i++) numbers.push(value);
  return numbers;
}
