/**
 * Check-sums of the results of a wave. Two waves with the same sum gave the same values in the same order; the sum does
 * not depend on the runtime, so it also compares one runtime with another.
 *
 * @module
 */

const START = 0x811c9dc5;
const FACTOR = 0x01000193;

const real = new Float64Array(1);
const words = new Uint32Array(real.buffer);

/**
 * The check-sum of one result. It depends on the kind of value, its length, and each element at its place.
 *
 * @param value A number, a string or an array of numbers.
 * @returns A signed 32-bit integer.
 * @throws {TypeError} When the value is of any other kind, a promise above all: a wave must not pass with such a result.
 */
export function checksumOf(value: unknown): number {
  if (typeof value === "number") return mixNumber(mix(START, 1), value);
  if (typeof value === "string") {
    let sum = mix(mix(START, 2), value.length);
    for (let i = 0; i < value.length; i++) sum = mix(sum, value.charCodeAt(i));
    return sum;
  }
  if (Array.isArray(value)) {
    let sum = mix(mix(START, 3), value.length);
    for (let i = 0; i < value.length; i++) {
      const element: unknown = value[i];
      if (typeof element !== "number") {
        throw new TypeError(
          `Cannot check-sum an array of anything but numbers: received ${kindOf(element)} at ${i}`,
        );
      }
      sum = mixNumber(sum, element);
    }
    return sum;
  }
  throw new TypeError(
    `Cannot check-sum anything but a number, a string or an array of numbers: received ${
      kindOf(value)
    }`,
  );
}

/**
 * The check-sum of a whole wave: the sums of its results, combined in the order of the tokens.
 *
 * @param results The results of tokens 0 to n-1.
 * @returns Eight hexadecimal digits.
 * @throws {TypeError} When a result is of a kind {@linkcode checksumOf} refuses.
 */
export function checksumOfWave(results: ArrayLike<unknown>): string {
  let sum = mix(START, results.length);
  for (let i = 0; i < results.length; i++) sum = mix(sum, checksumOf(results[i]));
  return (sum >>> 0).toString(16).padStart(8, "0");
}

/**
 * The check-sum of a whole wave whose results are elsewhere.
 *
 * @param sums What {@linkcode checksumOf} gave for the results of tokens 0 to n-1.
 * @returns What {@linkcode checksumOfWave} would give for the results.
 */
export function checksumOfSums(sums: ArrayLike<number>): string {
  let sum = mix(START, sums.length);
  for (let i = 0; i < sums.length; i++) sum = mix(sum, sums[i]!);
  return (sum >>> 0).toString(16).padStart(8, "0");
}

/**
 * Adds a 32-bit word to a sum. Both steps are bijections of the sum, so one changed word always changes the end; the
 * shift lets high bits reach low ones, without which two changes of a sign bit would cancel out.
 */
function mix(sum: number, word: number): number {
  const product = Math.imul(sum ^ word, FACTOR);
  return product ^ (product >>> 15);
}

/** Small integers take the short way; anything else, with -0 and NaN, goes in by its two words. */
function mixNumber(sum: number, value: number): number {
  const integer = value | 0;
  if (Object.is(integer, value)) return mix(sum, integer);
  real[0] = value;
  return mix(mix(mix(sum, 4), words[0]!), words[1]!);
}

function kindOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}
