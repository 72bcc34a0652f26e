/**
 * The contexts of operations that run on the program's own thread: what `current()` finds there.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { CALLER_MARK, type CallerMark, callerMark, type OperationContext } from "./lane_mark.ts";

/** The asynchronous context of the program's start: none, for all that anybody could set. */
const outside: (task: () => void) => void = AsyncLocalStorage.snapshot();

function apply(fn: (...args: never[]) => unknown, args: readonly unknown[]): unknown {
  return fn.apply(undefined, args as never[]);
}

/** @returns where contexts are set, one for all gates and all copies of the package in this program; made on first use */
export function callerContexts(): CallerMark {
  const existing = callerMark();
  if (existing !== undefined) return existing;
  // The asynchronous context, and not a variable: a first run may turn out to be asynchronous.
  const contexts: AsyncLocalStorage<OperationContext> = new AsyncLocalStorage();
  const mark: CallerMark = {
    context: () => contexts.getStore(),
    outside,
    within: (context, fn, args) => contexts.run(context, apply, fn, args),
  };
  Reflect.set(globalThis, CALLER_MARK, mark);
  return mark;
}
