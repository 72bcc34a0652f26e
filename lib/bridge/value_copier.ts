/**
 * Copying values within one isolate, with the same result as if they had crossed to another.
 *
 * @module
 */

import { Decoder } from "./decoder.ts";
import { Encoder } from "./encoder.ts";

/** Room for what is copied through the codec; what is larger goes by structured clone. */
const MEMORY_BYTES = 2 ** 14;

/** Copies values through memory of its own. */
export class ValueCopier {
  readonly #encoder: Encoder;
  readonly #decoder: Decoder;

  constructor() {
    const memory = new ArrayBuffer(MEMORY_BYTES);
    this.#encoder = new Encoder(memory);
    this.#decoder = new Decoder(memory);
  }

  /**
   * @param value any value
   * @returns a copy that shares nothing with it but shared memory; primitives are their own copies
   * @throws what structured clone throws, for a function, a symbol or an object with private state; or what an accessor throws
   */
  value(value: unknown): unknown {
    if (isPrimitive(value)) return value;
    const length = this.#encoder.encode(value, 0, MEMORY_BYTES);
    return length < 0 ? structuredClone(value) : this.#decoder.decode(0, length);
  }

  /**
   * Copies the arguments of a call together: an object that is there twice is there twice in the copy.
   *
   * @param values the arguments
   * @returns copies, in an array of their own unless all are primitives
   * @throws as `value` does
   */
  list(values: readonly unknown[]): readonly unknown[] {
    let index = 0;
    while (index < values.length && isPrimitive(values[index])) index++;
    if (index === values.length) return values;
    const length = this.#encoder.encodeList(values, 0, MEMORY_BYTES);
    return length < 0 ? structuredClone(values) : this.#decoder.decodeList(0, length);
  }
}

function isPrimitive(value: unknown): boolean {
  const type = typeof value;
  return value === null || (type !== "object" && type !== "function" && type !== "symbol");
}
