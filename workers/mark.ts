/**
 * The mark by which the code of this isolate knows that it runs in a lane, and by which it reaches the context of the running operation.
 *
 * The context of a call is an asynchronous one, and no variable: what a call has left running must not see the context of the next one. Entering it is the dearest
 * part of a quick call, though: V8's runtimes copy all that is stored in the context, and Deno puts an entry into a `WeakMap`, which costs its collector more than many
 * a function takes. So a function that has given plain values a thousand times in a lane, and in none of these runs asked for its context, at once or later, is run beside
 * it: the context is in a variable for as long as the function is running. Most functions of calls that come by the million are like that.
 *
 * The first run in which such a function goes on asynchronously after all is the last one beside the context. What asks for it then, later, finds nothing stored: for a
 * call of the gate that is the call which goes on; for one inside of another call it is the context of that one, with which both end.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";
import { THREAD_LANE } from "../lib/bridge/protocol.ts";
import { LANE_MARK, type LaneMark } from "../lib/lane_mark.ts";
import { type LaneLead, type LaneScope, NEVER_PLAIN } from "../lib/lane_scope.ts";

/** A function that did so often without its context will do without it. */
const PLAIN_RUNS = 1_000;

const contexts: AsyncLocalStorage<LaneScope> = new AsyncLocalStorage();
/** What runs beside its context now: it, or what it calls, is on the stack. */
let beside: LaneScope | undefined;
/** The last call of the gate that did, */
let lastBeside: LaneLead | undefined;
/** and the last one that went on asynchronously from there. */
let goingOn: LaneLead | undefined;

function apply(fn: (...args: readonly never[]) => unknown, args: readonly unknown[]): unknown {
  return fn.apply(undefined, args as never[]);
}

function context(): LaneScope | undefined {
  let scope = beside ?? contexts.getStore();
  if (scope === undefined && goingOn !== undefined && !goingOn.hasEnded) scope = goingOn;
  if (scope !== undefined) scope.record.plainRuns = NEVER_PLAIN;
  return scope;
}

function within(
  context: LaneScope,
  fn: (...args: readonly never[]) => unknown,
  args: readonly unknown[],
): unknown {
  if (beside === undefined) return contexts.run(context, apply, fn, args);
  const outer = beside;
  beside = undefined;
  try {
    return contexts.run(context, apply, fn, args);
  } finally {
    beside = outer;
  }
}

function runBeside(
  context: LaneScope,
  fn: (...args: readonly never[]) => unknown,
  args: readonly unknown[],
): unknown {
  const outer = beside;
  beside = context;
  if (context.lead === context) lastBeside = context.lead;
  try {
    return fn.apply(undefined, args as never[]);
  } finally {
    beside = outer;
  }
}

function run(
  context: LaneScope,
  fn: (...args: readonly never[]) => unknown,
  args: readonly unknown[],
): unknown {
  const { record } = context;
  if (record.plainRuns >= PLAIN_RUNS) return runBeside(context, fn, args);
  const value = within(context, fn, args);
  if (record.plainRuns >= 0) record.plainRuns++;
  return value;
}

function goesOn(context: LaneScope): void {
  context.record.plainRuns = NEVER_PLAIN;
  if (lastBeside === context) goingOn = lastBeside;
}

/** The mark of this lane. */
export const mark: LaneMark = {
  lane: -1,
  misuse: undefined,
  children: undefined,
  context,
  within,
  run,
  goesOn,
};

/** Marks this isolate as a lane, in place of the argument by which it was known so far: nothing that runs here is to see that. */
export function markLane(): void {
  Reflect.set(globalThis, LANE_MARK, mark);
  const at = process.argv.indexOf(THREAD_LANE);
  if (at >= 0) process.argv.splice(at, 1);
}
