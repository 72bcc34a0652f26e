/**
 * What a lane leaves for the code that runs in it: a mark on `globalThis`, by which the copy of this package that a user's module
 * imports knows that it is inside a lane, and reaches the context of the running operation.
 *
 * @module
 */

import process from "node:process";
import { PROCESS_LANE, THREAD_LANE } from "./bridge/protocol.ts";
import type { GateInLaneError } from "./errors.ts";
import type { LaneChildren, LaneScope } from "./lane_scope.ts";

/** What an operation can know of its own call. */
export interface OperationContext {
  /** Id of the token that this run belongs to. */
  readonly tokenId: number;
  /** Id of the token of the operation that has called this one; undefined when the program has. */
  readonly parentId: number | undefined;
  /** Id of the token at the root of the domain: of the call of the program that this one was made for; its own when the program has made it. */
  readonly domainId: number;
  /** Number of the lane it runs in; -1 on the caller's own thread, where calls with `inline: "auto"` may run. */
  readonly lane: number;
  /**
   * Whether the call should stop: it was cancelled or ran out of time. Cheap, and true at once even in a loop that never
   * gives way to the event loop, where `signal` cannot fire.
   */
  readonly aborted: boolean;
  /** Aborts when the call should stop; its reason says why. It fires when the operation awaits something. */
  readonly signal: AbortSignal;
  /**
   * Reports how far the call is, to whoever looks at the token's `progress`. Any value that crosses to the program; it is copied. Only the latest is kept: reports that follow each other
   * within 50 ms are told together, the last of them, and at the latest when the call ends.
   *
   * @param value how far it is
   * @throws {NotCloneableError} when it cannot be copied
   */
  progress(value: unknown): void;
}

/** The mark itself. Its shape is part of the protocol between copies of the package. */
export interface LaneMark {
  /** Number of the lane; -1 until its gate has told it. */
  lane: number;
  /** The calls inside of the lane's calls. */
  children: LaneChildren | undefined;
  /** The context of the operation that runs in the current asynchronous context. */
  context(): LaneScope | undefined;
  /** Runs a function inside a context. */
  within(
    context: LaneScope,
    fn: (...args: readonly never[]) => unknown,
    args: readonly unknown[],
  ): unknown;
  /** Runs the function of a call: inside its context, or beside it where nothing has ever asked for that. */
  run(
    context: LaneScope,
    fn: (...args: readonly never[]) => unknown,
    args: readonly unknown[],
  ): unknown;
  /** What was run there has given something that goes on asynchronously. */
  goesOn(context: LaneScope): void;
  /** The last attempt to use a gate here, noted so that a module that swallowed the error is refused all the same. */
  misuse: GateInLaneError | undefined;
}

/** Where the mark is; versioned, so that an incompatible shape gets another place. */
export const LANE_MARK: symbol = Symbol.for("tokengate.lane.1");

/** @returns the mark of the lane that this is, or undefined outside of lanes */
export function laneMark(): LaneMark | undefined {
  return Reflect.get(globalThis, LANE_MARK) as LaneMark | undefined;
}

/** @returns whether this isolate is a lane; known before its entry has run, which in a bundle may be after the modules of the user */
export function isLane(): boolean {
  const { argv } = process;
  return laneMark() !== undefined || argv.includes(THREAD_LANE) || argv.includes(PROCESS_LANE);
}

/** What the program's own thread has for operations that run on it. Its shape, too, is part of the protocol between copies of the package. */
export interface CallerMark {
  /** The context of the operation that runs in the current asynchronous context. */
  context(): OperationContext | undefined;
  /** Does something in no asynchronous context of the program. */
  outside(task: () => void): void;
  /** Runs a function inside a context. */
  within(
    context: OperationContext,
    fn: (...args: never[]) => unknown,
    args: readonly unknown[],
  ): unknown;
}

/** Where that is. */
export const CALLER_MARK: symbol = Symbol.for("tokengate.caller.1");

/** @returns the mark of the program's thread, or undefined while nothing was run there, and in lanes */
export function callerMark(): CallerMark | undefined {
  return Reflect.get(globalThis, CALLER_MARK) as CallerMark | undefined;
}
