/**
 * Pi by the series of Leibniz, as a pyramid of tokens: each term is a token, each sum a token whose arguments are the tokens below it. Nothing but the total is awaited for its value.
 *
 * Terms are made no further ahead than a window of sums that have not settled, so that the heap does not grow with the number of terms.
 *
 * @module
 */

import type { Token, TokenGate } from "../../mod.ts";
import { sum, sumOf, term, termOf } from "./operations.ts";

/** How large the pyramid is. */
export interface PyramidSize {
  /** Terms of the series; a multiple of the product of the other two. */
  readonly terms: number;
  /** Terms in a chunk. */
  readonly chunkTerms: number;
  /** Partial sums, of as many chunks each. */
  readonly partials: number;
  /** How many chunks may be on their way. */
  readonly window: number;
}

/** A million terms, a thousand chunks, ten partial sums, one total. */
export const MILLION: PyramidSize = {
  terms: 1_000_000,
  chunkTerms: 1_000,
  partials: 10,
  window: 8,
};

/** @returns how many tokens it takes */
export function tokensOf({ terms, chunkTerms, partials }: PyramidSize): number {
  return terms + terms / chunkTerms + partials + 1;
}

/** @returns how many tokens may be unsettled at once: what the window allows, and the upper floors */
export function mostLive({ terms, chunkTerms, partials, window }: PyramidSize): number {
  return Math.min(terms, (window + 1) * chunkTerms) + window + 1 + partials + 1;
}

/**
 * Builds it.
 *
 * @param gate the gate to call through
 * @param size how large it is
 * @param onChunk called when the terms of a chunk, and its sum, are made
 * @returns the total
 */
export async function buildPyramid(
  gate: TokenGate,
  size: PyramidSize,
  onChunk: () => void = () => {},
): Promise<number> {
  const { terms, chunkTerms, partials, window } = size;
  const chunks: Token<number>[] = [];
  for (let from = 0; from < terms; from += chunkTerms) {
    const tokens: Token<number>[] = [];
    for (let k = from; k < from + chunkTerms; k++) tokens.push(gate.call(term, k));
    chunks.push(gate.call(sum, ...tokens));
    onChunk();
    const oldest = chunks[chunks.length - window];
    if (oldest !== undefined) await oldest;
  }
  const share = chunks.length / partials;
  const upper: Token<number>[] = [];
  for (let at = 0; at < chunks.length; at += share) {
    upper.push(gate.call(sum, ...chunks.slice(at, at + share)));
  }
  return await gate.call(sum, ...upper);
}

/** @returns the same total by plain loops, added up in the same order, so that it is equal to the last bit */
export function loopPyramid({ terms, chunkTerms, partials }: PyramidSize): number {
  const chunks: number[] = [];
  for (let from = 0; from < terms; from += chunkTerms) {
    const values: number[] = [];
    for (let k = from; k < from + chunkTerms; k++) values.push(termOf(k));
    chunks.push(sumOf(...values));
  }
  const share = chunks.length / partials;
  const upper: number[] = [];
  for (let at = 0; at < chunks.length; at += share) {
    upper.push(sumOf(...chunks.slice(at, at + share)));
  }
  return sumOf(...upper);
}

/** @returns how far the total of so many terms is from pi; after an even number it is less, by the next term's half */
export function expectedError(terms: number): number {
  return 1 / terms;
}

/**
 * Says what is wrong with a total.
 *
 * @param total what came out
 * @param size of what
 * @returns what is wrong; undefined when nothing is
 */
export function problemOf(total: number, size: PyramidSize): string | undefined {
  const loop = loopPyramid(size);
  if (total !== loop) return `the total is ${total}, and ${loop} by plain loops`;
  const error = Math.PI - total;
  const expected = expectedError(size.terms);
  if (Math.abs(error - expected) < expected / 1_000) return undefined;
  return `the total ${total} is ${error} from pi, and ${expected} is what so many terms leave`;
}
