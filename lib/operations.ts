/**
 * What a module of operations needs, for workers that start sooner and are smaller. All of it is in `@tokengate/tokengate` too.
 *
 * A worker imports the modules of the operations that it runs, and with them what those import. The gates are the greater part of the package, and a worker has no use
 * for them: with this entry they are imported by the program alone.
 *
 * It awaits them, so a module that imports it cannot be loaded by `require`.
 *
 * @example A module of operations
 * ```ts
 * import { current, type Operation, operation } from "@tokengate/tokengate/operations";
 *
 * export const countPrimes: Operation<[below: number], number> = operation(
 *   import.meta,
 *   "countPrimes",
 *   (below) => {
 *     const call = current();
 *     let count = 0;
 *     next: for (let n = 2; n < below && !call.aborted; n++) {
 *       for (let d = 2; d * d <= n; d++) if (n % d === 0) continue next;
 *       count++;
 *     }
 *     return count;
 *   },
 * );
 * ```
 *
 * @module
 */

import { inLane } from "./lane_context.ts";

export * from "./declarations.ts";

// Not in a lane, where they would be a quarter of its start. A program makes calls.
if (!inLane) await import("./token_gate.ts");
