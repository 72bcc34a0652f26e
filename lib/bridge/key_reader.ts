/**
 * Reading the keys of plain objects. The same few lists come again and again, and an engine is quick only with keys it has
 * made its own; so the last ones are kept and found again by their words.
 *
 * @module
 */

import type { CodecMemory } from "./codec_memory.ts";
import { LATIN1, TAG_BITS, TAG_MASK, UTF16 } from "./codec_tags.ts";
import { readLatin1, readUtf16 } from "./codec_text.ts";

/** How many lists of keys are kept; a power of two. */
const KEPT = 256;
/** Most words of a list that is kept. */
const MOST_WORDS = 128;

/** A list of keys. */
export interface ReadKeys {
  /** The keys, in order. */
  readonly keys: readonly string[];
  /** Whether `Object.prototype` has one of them: assigning it could run a setter (`__proto__`), or fail. */
  readonly hasInherited: boolean;
}

interface KnownKeys extends ReadKeys {
  readonly words: Int32Array;
}

/** Reads lists of keys from one memory. It keeps the last few of them. */
export class KeyReader {
  readonly #memory: CodecMemory;
  readonly #known: (KnownKeys | undefined)[] = new Array<undefined>(KEPT).fill(undefined);

  /** @param memory where to read */
  constructor(memory: CodecMemory) {
    this.#memory = memory;
  }

  /**
   * Reads keys.
   *
   * @param count how many; not more than there are words
   * @param at where they begin, in words
   * @param length how many words they take; the caller knows that they are there
   * @throws {TypeError} when the words are not so many keys
   */
  read(count: number, at: number, length: number): ReadKeys {
    if (length === 0 || length > MOST_WORDS) {
      const keys = this.#parse(count, at, length);
      return { keys, hasInherited: hasInherited(keys) };
    }
    const words = this.#memory.words;
    const hash = Math.imul(words[at]! ^ count, 0x9e3779b1) ^
      Math.imul(words[at + length - 1]! ^ length, 0x85ebca6b) ^ words[at + (length >> 1)]!;
    const place = (hash ^ hash >>> 11 ^ hash >>> 21) & (KEPT - 1);
    const known = this.#known[place];
    if (
      known !== undefined && known.keys.length === count && isAt(known.words, words, at, length)
    ) {
      return known;
    }
    const keys = this.#parse(count, at, length);
    const read = {
      keys,
      hasInherited: hasInherited(keys),
      words: words.slice(at, at + length),
    };
    this.#known[place] = read;
    return read;
  }

  #parse(count: number, from: number, length: number): string[] {
    const words = this.#memory.words;
    const keys: string[] = [];
    let at = from;
    let left = length;
    while (keys.length < count && left > 0) {
      const head = words[at]!;
      const units = head >> TAG_BITS;
      const isLatin1 = (head & TAG_MASK) === LATIN1;
      const taken = 1 + (isLatin1 ? (units + 3) >> 2 : (units + 1) >> 1);
      if (units < 0 || taken > left || !isLatin1 && (head & TAG_MASK) !== UTF16) {
        throw new TypeError(`Cannot decode: received the word ${head}, which begins no key`);
      }
      const start = (at + 1) * 4;
      keys.push(ownText((isLatin1 ? readLatin1 : readUtf16)(this.#memory, start, units)));
      at += taken;
      left -= taken;
    }
    if (keys.length === count && left === 0) return keys;
    throw new TypeError(
      `Cannot decode: received ${keys.length} keys and ${left} words, not ${count}`,
    );
  }
}

function isAt(known: Int32Array, words: Int32Array, at: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) if (known[i] !== words[at + i]) return false;
  return true;
}

function hasInherited(keys: readonly string[]): boolean {
  for (const key of keys) if (key in Object.prototype) return true;
  return false;
}

/** The same text, as the engine keeps it for keys: then it need not look for it at every use. */
function ownText(key: string): string {
  return Object.keys({ [key]: 0 })[0]!;
}
