/**
 * The operations by which the doctor looks at lanes.
 *
 * @module
 */

import { type Operation, operation } from "../../operation.ts";

/** Gives its argument back: what is left is the way there and back. */
export const echo: Operation<[n: number], number> = operation(import.meta, "echo", (n) => n);

/** A loop that never looks whether it should stop, and yet ends: where nothing can stop it, it is not to outlive the report for long. */
export const spin: Operation<[forMs: number], number> = operation(import.meta, "spin", (forMs) => {
  const endMs = performance.now() + forMs;
  let turns = 0;
  while (performance.now() < endMs) turns++;
  return turns;
});
