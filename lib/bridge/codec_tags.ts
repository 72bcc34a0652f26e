/**
 * The layout of encoded values in a piece of memory.
 *
 * Everything is made of 32-bit words in the machine's own byte order, since the memory never leaves the machine. A value
 * starts with one word: the tag in its lowest five bits, and a signed number of 27 bits above it (the *payload*). What
 * follows is padded to whole words; 64-bit numbers and the bytes of buffers start at a multiple of 8.
 *
 * | tag | payload | follows |
 * |---|---|---|
 * | `UNDEFINED`, `NULL`, `FALSE`, `TRUE` | | nothing |
 * | `SMALL_INT` | the number | nothing |
 * | `INT32` | | the number, one word; never -0, which is a `FLOAT64` |
 * | `FLOAT64` | | the number, 8 bytes |
 * | `LATIN1` | units | a byte for each UTF-16 unit |
 * | `UTF16` | units | two bytes for each unit; lone surrogates are kept |
 * | `BIGINT64` | | 8 bytes, two's complement |
 * | `BIGINT` | digits, negative for a negative bigint | a byte for each hexadecimal digit |
 * | `DATE` | | milliseconds, 8 bytes; NaN for an invalid date |
 * | `INT32S` | count | so many int32: an array that holds nothing else |
 * | `FLOAT64S` | count | so many float64: an array that holds nothing but numbers |
 * | `ARRAY` | count | so many values |
 * | `OBJECT` | count | a word with the number of words that the keys take; so many keys (texts); so many values |
 * | `ABSENT` | | nothing; instead of the value of a key that was deleted while the object was read |
 * | `MAP` | count | so many times a key (any value) and a value |
 * | `SET` | count | so many values |
 * | `BUFFER` | bytes | an ArrayBuffer |
 * | `VIEW` | bytes | a word with the kind of view (see `codec_views.ts`), the bytes |
 *
 * A *list* (the arguments of a call) is what follows an `ARRAY`, after one word with the count.
 *
 * @module
 */

export const UNDEFINED: number = 0;
export const NULL: number = 1;
export const FALSE: number = 2;
export const TRUE: number = 3;
export const SMALL_INT: number = 4;
export const INT32: number = 5;
export const FLOAT64: number = 6;
export const LATIN1: number = 7;
export const UTF16: number = 8;
export const BIGINT64: number = 9;
export const BIGINT: number = 10;
export const DATE: number = 11;
export const INT32S: number = 12;
export const FLOAT64S: number = 13;
export const ARRAY: number = 14;
export const OBJECT: number = 15;
export const MAP: number = 16;
export const SET: number = 17;
export const BUFFER: number = 18;
export const VIEW: number = 19;
export const ABSENT: number = 20;

/** How far the payload is shifted. */
export const TAG_BITS: number = 5;
/** Selects the tag. */
export const TAG_MASK: number = 31;
/** The largest payload; counts above it are left to structured clone. */
export const MOST_PAYLOAD: number = 2 ** 26 - 1;

/** How many containers may lie in each other: deeper ones are rare, and a bound keeps hostile bytes off the stack. */
export const DEEPEST: number = 32;
/** Hexadecimal digits of the largest bigint taken: not every engine parses long ones in linear time. */
export const MOST_BIGINT_DIGITS: number = 4_096;

/** What an encoder returns for a value that structured clone has to carry. */
export const NOT_TAKEN: number = -1;
/** What an encoder returns when the value does not fit into the piece of memory. */
export const NO_ROOM: number = -2;
