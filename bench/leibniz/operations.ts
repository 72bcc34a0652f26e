/**
 * The two operations of the pyramid.
 *
 * @module
 */

import { type Operation, operation } from "../../lib/operations.ts";

/** @param k which term @returns that term of the series for pi */
export function termOf(k: number): number {
  return (k % 2 === 0 ? 4 : -4) / (2 * k + 1);
}

/** @param values numbers @returns their sum, added up from the first on */
export function sumOf(...values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** A term as an operation. */
export const term: Operation<[k: number], number> = operation(import.meta, "term", termOf);

/** A sum as an operation: of numbers, or of the tokens that will give them. */
export const sum: Operation<readonly number[], number> = operation(import.meta, "sum", sumOf);
