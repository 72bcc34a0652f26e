/**
 * The mark by which the code of this isolate knows that it runs in a lane.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";
import { THREAD_LANE } from "../lib/bridge/protocol.ts";
import { LANE_MARK, type LaneMark } from "../lib/lane_mark.ts";
import type { LaneScope } from "../lib/lane_scope.ts";

// The asynchronous context, and not a variable: what a call left running must not see the context of the next one.
const contexts: AsyncLocalStorage<LaneScope> = new AsyncLocalStorage();

function apply(fn: (...args: readonly never[]) => unknown, args: readonly unknown[]): unknown {
  return fn.apply(undefined, args as never[]);
}

/** The mark of this lane. */
export const mark: LaneMark = {
  lane: -1,
  misuse: undefined,
  children: undefined,
  context: () => contexts.getStore(),
  within: (context, fn, args) => contexts.run(context, apply, fn, args),
};

/** Marks this isolate as a lane, in place of the argument by which it was known so far: nothing that runs here is to see that. */
export function markLane(): void {
  Reflect.set(globalThis, LANE_MARK, mark);
  const at = process.argv.indexOf(THREAD_LANE);
  if (at >= 0) process.argv.splice(at, 1);
}
