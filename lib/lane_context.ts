/**
 * What code can know of the lane it runs in.
 *
 * @module
 */

import type { OperationReference } from "./bridge/contract.ts";
import { GateInLaneError } from "./errors.ts";
import { callerMark, isLane, laneMark, type OperationContext } from "./lane_mark.ts";

/**
 * Whether this code runs in a lane. A lane imports the modules of the operations it runs, so their top level runs there too:
 * guard what belongs to the program alone.
 *
 * @example A program in one file
 * ```ts
 * import { inLane, type Operation, operation } from "@tokengate/tokengate";
 *
 * export const double: Operation<[n: number], number> = operation(import.meta, "double", (n) => 2 * n);
 *
 * if (!inLane) console.log(await double(21)); // 42
 * ```
 */
export const inLane: boolean = isLane();

/**
 * The context of the running operation: its signal, a cheap flag to poll, its token and its lane.
 *
 * @returns the context of the call that this code runs for
 * @throws {Error} when no operation is running here: outside of operations, in `op.local`, at the top level of a module
 *
 * @example Stopping a loop when asked
 * ```ts
 * import { current, type Operation, operation } from "@tokengate/tokengate";
 *
 * export const count: Operation<[to: number], number> = operation(import.meta, "count", (to) => {
 *   const call = current();
 *   let n = 0;
 *   while (n < to && !call.aborted) n++;
 *   return n;
 * });
 * ```
 */
export function current(): OperationContext {
  const context = (laneMark() ?? callerMark())?.context();
  if (context === undefined) {
    throw new Error(
      "Cannot read the current operation: none is running here; call it from inside an operation that was called through a gate",
    );
  }
  return context;
}

/**
 * Refuses what only the program itself may do.
 *
 * @param action what was tried, as in "make a TokenGate"
 * @param operation the operation that was called, if one was
 * @returns the error to throw
 */
export function refuseInLane(action: string, operation?: OperationReference): GateInLaneError {
  const subject = operation === undefined ? "" : ` "${operation.name}"`;
  const error = new GateInLaneError(
    `Cannot ${action}${subject} here: this is a lane, which has imported the module to run its operations; ` +
      `guard the program's own code with "if (!inLane) { … }", inLane being an export of this package`,
  );
  const mark = laneMark();
  if (mark !== undefined) mark.misuse = error;
  return error;
}
