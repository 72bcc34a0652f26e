/**
 * Marks this isolate as a lane. The entry imports this before anything else: `inLane` is decided when its module is first evaluated.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { LANE_MARK, type LaneMark, type OperationContext } from "../lib/lane_mark.ts";

// The asynchronous context, and not a variable: what a call left running must not see the context of the next one.
const contexts: AsyncLocalStorage<OperationContext> = new AsyncLocalStorage();

function apply(fn: (...args: readonly never[]) => unknown, args: readonly unknown[]): unknown {
  return fn.apply(undefined, args as never[]);
}

/** The mark of this lane. */
export const mark: LaneMark = {
  lane: -1,
  misuse: undefined,
  context: () => contexts.getStore(),
  within: (context, fn, args) => contexts.run(context, apply, fn, args),
};

Reflect.set(globalThis, LANE_MARK, mark);
