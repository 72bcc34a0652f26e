/**
 * Writing the keys of plain objects. Most objects have the same keys as one before them: its words are copied then.
 *
 * @module
 */

import type { CodecMemory } from "./codec_memory.ts";
import { NO_ROOM } from "./codec_tags.ts";
import { writeText } from "./codec_text.ts";

/** How many lists of keys are kept. */
const KEPT = 256;
/** Most keys in a list that is kept: objects with more are tables, and no two have the same keys. */
const MOST_KEYS = 32;
/** Most words of such a list. */
const MOST_WORDS = 128;

interface KnownKeys {
  readonly keys: readonly string[];
  /** The list as it is written, its length first. */
  readonly words: Int32Array;
}

/** Writes lists of keys into one memory. It keeps the last few of them: texts, and no values. */
export class KeyWriter {
  readonly #memory: CodecMemory;
  readonly #known: Map<string, KnownKeys> = new Map();

  /** @param memory where to write */
  constructor(memory: CodecMemory) {
    this.#memory = memory;
  }

  /**
   * Writes a list of keys: a word with the number of words that follow, and the texts.
   *
   * @param at where, in words
   * @param limit where nothing may be written any more, in words
   * @returns the position behind it, or one of the refusals
   */
  write(keys: readonly string[], at: number, limit: number): number {
    const count = keys.length;
    if (count > 0 && count <= MOST_KEYS) {
      // The last key tells more than the first: many objects begin with the same one.
      const known = this.#known.get(keys[count - 1]!);
      if (known !== undefined && areSame(known.keys, keys)) return this.#copy(known, at, limit);
    }
    const words = this.#memory.words;
    let next = at + 1;
    for (let i = 0; i < count; i++) {
      next = writeText(this.#memory, keys[i]!, next, limit);
      if (next < 0) return next;
    }
    if (next > limit) return NO_ROOM;
    words[at] = next - at - 1;
    if (count > 0 && count <= MOST_KEYS && next - at <= MOST_WORDS) {
      if (this.#known.size >= KEPT) this.#known.clear();
      this.#known.set(keys[count - 1]!, { keys, words: words.slice(at, next) });
    }
    return next;
  }

  #copy({ words: source }: KnownKeys, at: number, limit: number): number {
    const next = at + source.length;
    if (next > limit) return NO_ROOM;
    const words = this.#memory.words;
    for (let i = 0; i < source.length; i++) words[at + i] = source[i]!;
    return next;
  }
}

function areSame(known: readonly string[], keys: readonly string[]): boolean {
  if (known.length !== keys.length) return false;
  for (let i = 0; i < keys.length; i++) if (known[i] !== keys[i]) return false;
  return true;
}
