/**
 * The gate that programs make: options in, the three planes wired together, close.
 *
 * @module
 */

import { type BoundCall, boundCall } from "./bound_call.ts";
import type { CallerEvents, CallerLane, Lane, LaneEvents, LaneLoss } from "./bridge/contract.ts";
import { callerContexts } from "./caller_context.ts";
import type { CallToken } from "./call_token.ts";
import { Engine, type LaneSet } from "./gate/engine.ts";
import type { GateStats } from "./gate/ledger.ts";
import { type GateSettings, readGateOptions, type TokenGateOptions } from "./gate_options.ts";
import { asyncBell, SharedBoard } from "./lane/board.ts";
import { ThreadCaller } from "./lane/caller.ts";
import { OperationNumbers } from "./lane/operation_numbers.ts";
import { StrandedThreads } from "./lane/stranded.ts";
import { threadLane } from "./lane/thread.ts";
import { refuseInLane } from "./lane_context.ts";
import { laneMark } from "./lane_mark.ts";
import { warn } from "./observe/report.ts";
import type { Awaitable, Operation } from "./operation.ts";
import type { Definition } from "./registry.ts";
import { checkKeys, checkType, readDuration } from "./options.ts";
import { systemClock } from "./runtime/clock.ts";
import { runtimeAdapter } from "./runtime/detect.ts";
import type { Token } from "./token.ts";

/** Calls that a lane's mailbox holds at most. */
const MAILBOX_SLOTS = 256;
/** Calls that the board holds at most. */
const BOARD_SLOTS = 1_024;

/** Options of {@linkcode TokenGate.close}. */
export interface CloseOptions {
  /** Whether to finish what was called before. Otherwise it is ended at once. Default: true. */
  readonly drain?: boolean;
  /** How long finishing may take, in ms; what is left then is ended. Default: no limit. */
  readonly timeoutMs?: number;
}

/** Calls a bound operation through a gate; kept from the public surface. */
export let submitTo: (gate: TokenGate, bound: BoundCall, args: readonly unknown[]) => CallToken;

/**
 * A gate: takes calls, gives them to its lanes, and settles their tokens. Gates share nothing.
 *
 * An idle gate does not keep the process alive; one with unsettled tokens does.
 *
 * It is an event target: `lanecrash` is dispatched when a lane dies by itself, `lanereplaced` when a lane was replaced because its
 * function did not stop; both are {@linkcode CustomEvent}s whose `detail` has the number of the `lane`, a crash also `exitCode` and `cause`.
 *
 * @example
 * ```ts
 * import { inLane, type Operation, operation, TokenGate } from "@tokengate/tokengate";
 *
 * export const square: Operation<[n: number], number> = operation(import.meta, "square", (n) => n * n);
 *
 * if (!inLane) {
 *   const gate = new TokenGate({ lanes: 2 });
 *   const tokens = [1, 2, 3].map((n) => gate.call(square, n));
 *   console.log(await Promise.all(tokens)); // [1, 4, 9]
 *   await gate.close();
 * }
 * ```
 */
export class TokenGate extends EventTarget {
  readonly #engine: Engine;
  readonly #stranded: StrandedThreads = new StrandedThreads(reportStranded);

  static {
    submitTo = (gate, bound, args) => gate.#engine.submit(bound.definition, args, bound.settings);
  }

  /**
   * Makes a gate. No lane is started before there is work for it.
   *
   * @param options lanes, limits and settings of the workers
   * @throws {GateInLaneError} inside a lane
   * @throws {TypeError} when an option is unknown, has the wrong type, or is not available on this runtime
   * @throws {RangeError} when a number is out of bounds
   */
  constructor(options: TokenGateOptions = {}) {
    super();
    if (laneMark() !== undefined) throw refuseInLane("make a TokenGate");
    const settings = readGateOptions(options, runtimeAdapter());
    this.#engine = new Engine({
      clock: systemClock,
      graceMs: settings.graceMs,
      makeLanes: (events) => this.#makeLanes(settings, events),
      makeCaller,
      maxPayloadBytes: settings.maxPayloadBytes,
      onCrash: (lane, loss) => this.#onCrash(lane, loss),
      onReplaced: (lane) => this.#onReplaced(lane),
      stranded: () => this.#stranded.count(),
    });
  }

  /** Number of lanes that may run at once. */
  get lanes(): number {
    return this.#engine.lanes;
  }

  /**
   * Starts all lanes now, instead of one by one as they are needed.
   *
   * @returns resolves when every lane takes calls
   * @throws {LaneStartError} when a lane cannot be started; its cause says why
   * @throws {GateClosedError} when the gate is closed before
   */
  started(): Promise<void> {
    return this.#engine.started();
  }

  /**
   * Calls an operation through this gate, whatever gate it is bound to, and returns at once.
   *
   * @param operation the operation, with the options it has
   * @param args its arguments; tokens among them are waited for
   * @returns the token of this call
   * @throws {GateClosedError} when the gate is closed
   * @throws {TypeError} when `operation` is none
   */
  call<A extends readonly unknown[], R>(
    operation: Operation<A, R>,
    ...args: Awaitable<A>
  ): Token<R> {
    return submitTo(this, boundCall(operation), args) as Token<R>;
  }

  /**
   * The counters of this moment. Reading them scans no tokens.
   *
   * @returns the counters
   */
  stats(): GateStats {
    return this.#engine.stats();
  }

  /**
   * Closes the gate: it takes no more calls, finishes or ends those it has, and ends its lanes. What is ended rejects with a
   * {@linkcode GateClosedError}. A further call waits for the same end, and may hasten it: after `close()`, `close({ drain: false })`
   * ends what is not finished yet.
   *
   * @param options whether to finish what was called, and how long that may take
   * @returns resolves when every token has settled and every lane has ended
   * @throws {TypeError} when an option is unknown or has the wrong type
   * @throws {RangeError} when `timeoutMs` is not above zero
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const subject = "closing a TokenGate";
    checkKeys(subject, options, ["drain", "timeoutMs"]);
    checkType(subject, "drain", options.drain, "boolean");
    const timeoutMs = readDuration(subject, "timeoutMs", options.timeoutMs);
    await this.#engine.close(options.drain ?? true, timeoutMs ?? Infinity);
  }

  /** Closes the gate when a scope that holds it with `await using` is left; finishes what was called. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #makeLanes(settings: GateSettings, events: LaneEvents): LaneSet {
    const adapter = runtimeAdapter();
    const numbers = new OperationNumbers();
    const { spinUs } = settings;
    const board = settings.bridge === "frames" ? undefined : new SharedBoard({
      clock: systemClock,
      events,
      bell: asyncBell,
      numbers,
      slots: BOARD_SLOTS,
      spinUs,
    });
    const lanes: Lane[] = [];
    for (let index = 0; index < settings.lanes; index++) {
      lanes.push(
        threadLane(index, {
          adapter,
          clock: systemClock,
          events,
          stranded: this.#stranded,
          numbers,
          board,
          spinUs,
          maxPayloadBytes: settings.maxPayloadBytes,
          entryUrl: settings.workerUrl,
          settings: settings.worker,
          consolePrefix: settings.consolePrefix(index),
          startTimeoutMs: settings.startTimeoutMs,
          capacity: MAILBOX_SLOTS,
        }),
      );
    }
    return { lanes, board };
  }

  #onCrash(lane: number, loss: LaneLoss): void {
    const { cause, exitCode } = loss;
    // Where a token was lost too, the token tells it; and one that was given up may end as it likes.
    if (loss.started.length === 0 && loss.wasReady && !loss.wasStuck) {
      warn(
        `lane ${lane} was lost, with exit code ${exitCode}, while no call was running in it`,
        cause,
      );
    }
    this.#dispatch("lanecrash", { lane, exitCode, cause });
  }

  #onReplaced(lane: number): void {
    this.#dispatch("lanereplaced", { lane });
  }

  /** Later, so that a listener finds the gate's state whole. */
  #dispatch(type: string, detail: object): void {
    queueMicrotask(() => this.dispatchEvent(new CustomEvent(type, { detail })));
  }
}

function makeCaller(events: CallerEvents): CallerLane {
  return new ThreadCaller({
    clock: systemClock,
    events,
    functionOf: (operation) => (operation as Definition).fn,
    outside: (task) => callerContexts().outside(task),
    within: (context, fn, args) => callerContexts().within(context, fn, args),
  });
}

function reportStranded(): void {
  warn(
    "a function did not stop when it was asked to, and this runtime cannot stop a loop: its thread runs on and keeps a core busy " +
      "(counted by stats().stranded). Let long loops look at current().aborted",
  );
}
