/**
 * The keys of decoded objects. The same few come again and again, and an engine is quick only with texts it has made its
 * own; so the last ones are kept and found again by their bytes.
 *
 * @module
 */

import type { CodecMemory } from "./codec_memory.ts";
import { readLatin1 } from "./codec_text.ts";

/** How many keys are kept; a power of two. */
const KEPT = 512;
/** Longest key that is kept. */
const LONGEST = 32;

/** Keys by their bytes: at most 512 texts of at most 32 letters. */
export class KeyCache {
  readonly #keys: string[] = new Array<string>(KEPT).fill("");

  /** Reads a key of `length` bytes of Latin-1 from a byte position; the caller knows that they are there. */
  read(memory: CodecMemory, start: number, length: number): string {
    if (length > LONGEST) return readLatin1(memory, start, length);
    const bytes = memory.bytes;
    let hash = length;
    for (let i = 0; i < length; i++) hash = (hash * 31 + bytes[start + i]!) | 0;
    const place = (hash ^ hash >>> 15) & (KEPT - 1);
    const kept = this.#keys[place]!;
    if (kept.length === length && isText(kept, bytes, start)) return kept;
    return this.#keys[place] = readLatin1(memory, start, length);
  }
}

function isText(text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) !== bytes[start + i]) return false;
  }
  return true;
}
