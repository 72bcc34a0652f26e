/**
 * Making the calls: as many as asked for, with the queue bounded, until they have settled or somebody interrupts.
 *
 * @module
 */

import type { GateStats } from "../../gate/gate_stats.ts";
import { TokenGateError } from "../../errors.ts";
import type { HistogramSnapshot } from "../../observe/histogram.ts";
import type { Token } from "../../token.ts";
import { TokenGate } from "../../token_gate.ts";
import { type ErrorGroup, ErrorTally } from "../error_tally.ts";
import type { Target } from "./target.ts";

/** So many calls wait at once; what is left is submitted as they go. */
const MOST_WAITING = 10_000;

/** What is to be done. */
export interface CallRequest {
  readonly target: Target;
  /** Arguments of each call. */
  readonly args: readonly unknown[];
  readonly count: number;
  /** Lanes at most; there are never more than calls. */
  readonly lanes: number;
  readonly isolation: "thread" | "process";
  /** Run time of a call, in ms; undefined for no limit but its own. */
  readonly timeoutMs: number | undefined;
  /** How long a call that was told to stop may go on, in ms. */
  readonly graceMs: number;
  /** Called when the calls are about to be made, with what can be watched and interrupted. */
  readonly begin: (run: RunningCalls) => void;
  /** Told of each item of the first call, where the function is a generator. */
  readonly onItem: (item: unknown) => void;
}

/** The calls while they are made. */
export interface RunningCalls {
  readonly lanes: number;
  /** The counters now. */
  stats(): GateStats;
  /** What the first call has reported of its progress; undefined before it has. */
  progress(): unknown;
  /** Kills those that have not settled, and makes no more. @returns how many were killed */
  cancel(): number;
}

/** What became of the calls. */
export interface CallOutcome {
  readonly lanes: number;
  /** Calls that gave a result. */
  readonly ok: number;
  /** Calls that threw, were refused or timed out. */
  readonly failed: number;
  /** Calls that were interrupted. */
  readonly killed: number;
  /** How long the lanes took to start, in ms, before that. */
  readonly lanesMs: number;
  /** From before the first call to the last settlement, in ms. */
  readonly elapsedMs: number;
  /** Time inside of the functions. */
  readonly run: HistogramSnapshot;
  /** From a call to the start of its function. */
  readonly wait: HistogramSnapshot;
  /** What the first call that gave a result gave; of a generator, what it returned. */
  readonly result: unknown;
  readonly errors: ErrorGroup[];
}

/**
 * Makes the calls, and closes the gate.
 *
 * @param request what to call
 * @returns what became of them, when the functions that were told to stop have stopped too
 */
export async function makeCalls(request: CallRequest): Promise<CallOutcome> {
  const { target, count, lanes, isolation, timeoutMs, graceMs } = request;
  const gate = new TokenGate({
    lanes: Math.min(lanes, count),
    isolation,
    graceMs,
    maxQueue: MOST_WAITING,
  });
  const own = target.operationOf(gate);
  const operation = timeoutMs === undefined ? own : own.with({ timeoutMs });
  const tally = new ErrorTally();
  let settled = 0;
  let ok = 0;
  let refused = 0;
  let result: unknown;
  let first: Token<unknown> | undefined;
  let isCancelled = false;
  let onLast = (): void => {};

  const succeed = (value: unknown): void => {
    if (ok++ === 0) result = value;
    if (++settled === count) onLast();
  };
  const fail = (error: unknown): void => {
    // Where in the gate one of its own errors was made tells nobody anything.
    if (error instanceof TokenGateError) Reflect.set(error, "stack", undefined);
    if (!isCancelled) tally.add(error);
    if (++settled === count) onLast();
  };

  request.begin({
    lanes: gate.lanes,
    stats: () => gate.stats(),
    progress: () => first?.progress.latest,
    cancel: () => {
      isCancelled = true;
      onLast();
      return gate.controls.killWhere(undefined, new Error("interrupted"));
    },
  });
  const last = new Promise<void>((resolve) => onLast = resolve);
  const beforeLanesMs = performance.now();
  await gate.started();
  const startMs = performance.now();
  for (let i = 0; i < count && !isCancelled; i++) {
    const place = await gate.ready(1, { operation: own });
    if (isCancelled) break;
    try {
      const token = place.call(operation, ...request.args);
      if (target.isStream) {
        read(token, first === undefined ? request.onItem : () => {}).catch(() => {});
      }
      token.then(succeed, fail);
      first ??= token;
    } catch (error) {
      place.release();
      refused++;
      fail(error);
    }
  }
  await last;
  const elapsedMs = performance.now() - startMs;
  await gate.close();
  const { failed, timeout, killed, run, wait } = gate.stats();
  const errors = tally.groups();
  return {
    lanes: gate.lanes,
    ok,
    failed: failed + timeout + refused,
    killed,
    lanesMs: startMs - beforeLanesMs,
    elapsedMs,
    run,
    wait,
    result,
    errors,
  };
}

/** Reads a stream to its end: unread, a generator would wait. Whatever ends it is told by the token too. */
async function read(token: Token<unknown>, onItem: (item: unknown) => void): Promise<void> {
  for await (const item of token as unknown as AsyncIterable<unknown>) onItem(item);
}
