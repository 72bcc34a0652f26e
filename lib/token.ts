/**
 * Tokens: what a call gives back at once, and what can be seen of it.
 *
 * @module
 */

import type { OperationReference } from "./bridge/contract.ts";
import type { TokenProgress } from "./token_progress.ts";
import type { StreamReader } from "./token_stream.ts";

/** The states of a token. The last four are final. */
export type TokenState =
  | "waiting"
  | "admitted"
  | "executing"
  | "completed"
  | "failed"
  | "killed"
  | "timeout";

/**
 * What a waiting token waits for: tokens among its `arguments`; a place in a `lane`; a `permit` of its operation or of a pool; its operation's `rate` limit;
 * the slots of its `weight`; the calls of its `key` before it; the time of its next `attempt`; or that its gate or its operation is told to `resume`.
 */
export type WaitingFor =
  | "arguments"
  | "lane"
  | "permit"
  | "rate"
  | "weight"
  | "key"
  | "attempt"
  | "resume";

/** An attempt that failed, and was followed by another one. */
export interface Attempt {
  /** When its function started, in ms since the epoch; undefined when it did not. */
  readonly startedMs: number | undefined;
  /** When it ended, in ms since the epoch: the function where its lane told, else the attempt. */
  readonly endedMs: number;
  /** What it failed with. */
  readonly error: unknown;
}

/**
 * The four stamps of a token, in ms since the epoch with fractions, on one time base for caller and lanes. A stamp is undefined until
 * the token gets there, and stays so if it never does.
 */
export interface Timings {
  /** When it was called. */
  readonly submittedMs: number;
  /** When it was given to the lane that has it. */
  readonly admittedMs: number | undefined;
  /** When its function started, stamped in the lane. */
  readonly startedMs: number | undefined;
  /** When its function ended, stamped in the lane. Run time is from `startedMs` to here and holds no waiting. */
  readonly endedMs: number | undefined;
  /** Number of the lane that it was given to, or that has run it; undefined while any lane may take it, and on the caller's own thread. */
  readonly lane: number | undefined;
  /**
   * Where the gate chose a lane for it: that lane's number, and as many times the number of lanes as it had been given calls before. Undefined where the lane that was
   * free first took it.
   */
  readonly position: number | undefined;
}

/**
 * One call of an operation: awaitable, visible and controllable from the moment it exists.
 *
 * A token settles exactly once. Awaiting only observes: dropping or racing a waiter changes nothing. A failed or timed-out token that
 * nobody awaits is an unhandled rejection, as a promise would be; one that its owner ended (`cancel`, a signal, `close`) rejects those
 * who await it and is otherwise quiet.
 *
 * A token is a thenable: it cannot be handed back through a promise, or yielded by an async iterator, which would give its result.
 *
 * @example Seeing and stopping a call
 * ```ts
 * import { current, inLane, type Operation, operation } from "@tokengate/tokengate";
 *
 * export const wait: Operation<[], string> = operation(import.meta, "wait", () => {
 *   while (!current().aborted);
 *   return "stopped";
 * });
 *
 * if (!inLane) {
 *   const token = wait();
 *   console.log(token.state); // "waiting"
 *   setTimeout(() => token.cancel("no longer needed"), 50);
 *   console.log(await token.catch((error) => error.name)); // "AbortError"
 *   console.log(token.state, token.timings); // "killed", and its stamps
 * }
 * ```
 */
export interface Token<T> extends Promise<T> {
  /** Names this token and no other, also after it settled: a number of slot and generation. */
  readonly id: number;
  /** The operation that was called. */
  readonly operation: OperationReference;
  /** Where it is now. */
  readonly state: TokenState;
  /** What it waits for, while its state is `waiting`. */
  readonly waitingFor: WaitingFor | undefined;
  /** Its stamps so far; with several attempts, those of the last. */
  readonly timings: Timings;
  /** The attempts that failed and were followed by another one, the oldest first. Empty unless its operation has `retry`. */
  readonly attempts: readonly Attempt[];
  /** What its function reports while it runs, by `current().progress(value)`: the latest, and a loop over those to come. */
  readonly progress: TokenProgress;
  /**
   * Ends the token, unless it has settled: it rejects with a `TokenCancelledError` at once. A function that has not started never
   * will; a running one sees its signal, and is stopped with its lane if it does not return within the gate's `graceMs`.
   *
   * @param reason why; becomes the `cause` of the error
   * @returns whether this call ended it
   */
  cancel(reason?: unknown): boolean;
}

/**
 * The token of a call whose function is a generator: its items are read with `for await` while the function makes them, in order, each once.
 *
 * The function is never further ahead of the reader than its `window`; while it waits for the reader, other calls run in its lane. Leaving the loop early kills the token: its
 * `finally` blocks run, and what it had made and nobody has read is dropped. Whatever ends the token, what has come before is read first.
 *
 * Awaiting the token gives what the generator returns when it has come to its end. That does not read the items: with more of them than the window, somebody must, or there is no end.
 * What is read cannot be made anew: a stream that fails is tried again only as long as none of its items has come.
 *
 * @typeParam T the items
 * @typeParam R what the generator returns
 *
 * @example Reading while it is made
 * ```ts
 * import { inLane, operation, type StreamOperation } from "@tokengate/tokengate";
 *
 * export const squares: StreamOperation<[to: number], number> = operation(
 *   import.meta,
 *   "squares",
 *   async function* (to) {
 *     for (let n = 1; n <= to; n++) yield n * n;
 *   },
 * );
 *
 * if (!inLane) {
 *   let sum = 0;
 *   for await (const square of squares(1_000)) {
 *     sum += square;
 *     if (sum > 100) break; // ends the generator in its lane
 *   }
 *   console.log(sum); // 140
 * }
 * ```
 */
export interface StreamToken<T, R = void> extends Token<R>, AsyncIterable<T> {
  /**
   * Reads the items.
   *
   * @returns the reader; the same each time
   */
  [Symbol.asyncIterator](): StreamReader<T, R>;
}
