/**
 * Marks this isolate as a lane. The entry imports this before anything else: `inLane` is decided when its module is first evaluated.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
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

Reflect.set(globalThis, LANE_MARK, mark);
