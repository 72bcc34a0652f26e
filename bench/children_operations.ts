/**
 * The operations of the benchmark of children.
 *
 * @module
 */

import { type Operation, operation, type Spread } from "../lib/operations.ts";

/** Gives back what it is called with: a call of it is nothing but dispatch. */
export const same: Operation<[n: number], number> = operation(import.meta, "same", (n) => n);

/** Calls {@linkcode same} inside, one after the other, and gives the time of one call, in µs. */
export const oneByOne: Operation<[calls: number, spread: Spread], number> = operation(
  import.meta,
  "oneByOne",
  async (calls, spread) => {
    const call = same.with({ spread });
    const startMs = performance.now();
    for (let n = 0; n < calls; n++) check(await call(n), n);
    return (performance.now() - startMs) * 1_000 / calls;
  },
);

/** Calls {@linkcode same} inside, all at once, and gives the time of one call, in µs. */
export const allAtOnce: Operation<[calls: number, spread: Spread], number> = operation(
  import.meta,
  "allAtOnce",
  async (calls, spread) => {
    const call = same.with({ spread });
    const tokens: PromiseLike<number>[] = new Array(calls);
    const startMs = performance.now();
    for (let n = 0; n < calls; n++) tokens[n] = call(n);
    const results = await Promise.all(tokens);
    const elapsedMs = performance.now() - startMs;
    results.forEach(check);
    return elapsedMs * 1_000 / calls;
  },
);

function check(result: number, n: number): void {
  if (result !== n) throw new Error(`call ${n} gave the result ${result}`);
}
