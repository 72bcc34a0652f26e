/**
 * The gate's engine: every move of a token from submission to settlement. It runs no function of the user's, knows no runtime and no kind of
 * lane, and takes its time from a clock, so that the tests can drive it in virtual time.
 *
 * The state is whole whenever control leaves: settling a token resolves a promise, whose reactions run later; sending a batch can run getters of
 * the user's, and happens after everything is recorded.
 *
 * @module
 */

import type { Lane, LaneCall, LaneEvents, LaneLoss } from "../bridge/contract.ts";
import {
  ADMITTED,
  type CallLimits,
  CallToken,
  COMPLETED,
  FAILED,
  KILLED,
  TIMEOUT,
  type TokenOwner,
  WAITING,
} from "../call_token.ts";
import {
  GateClosedError,
  LaneCrashError,
  TokenCancelledError,
  type TokenLimit,
  TokenTimeoutError,
} from "../errors.ts";
import type { OperationReference } from "../bridge/contract.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import { findTokens, resolveArguments } from "./arguments.ts";
import { Crew } from "./crew.ts";
import { Intake } from "./intake.ts";
import { type GateStats, Ledger } from "./ledger.ts";
import { route, takeForIdle } from "./router.ts";
import type { Seat } from "./seat.ts";
import { Signals } from "./signals.ts";
import { TimeLimits } from "./time_limits.ts";
import { TokenTable } from "./token_table.ts";

/** What an engine is made of. */
export interface EngineParts {
  /** The time. */
  readonly clock: Clock;
  /** How long a function that was asked to stop may go on before its lane is replaced, in ms. */
  readonly graceMs: number;
  /** Makes the lanes, which report to `events`. */
  readonly makeLanes: (events: LaneEvents) => readonly Lane[];
  /** Told of the loss of a lane that nobody had asked to end. */
  readonly onCrash: (lane: number, loss: LaneLoss) => void;
  /** Told when a lane was replaced because its function did not stop. */
  readonly onReplaced: (lane: number) => void;
  /** How many threads still run that were told to end. */
  readonly stranded: () => number;
}

/** What one call asks for. */
export interface CallRequest extends CallLimits {
  readonly signal: AbortSignal | undefined;
}

/** The control plane of one gate. */
export class Engine implements LaneEvents, TokenOwner {
  readonly #parts: EngineParts;
  readonly #clock: Clock;
  readonly #crew: Crew;
  readonly #table: TokenTable = new TokenTable();
  readonly #intake: Intake = new Intake();
  readonly #ledger: Ledger = new Ledger();
  readonly #limits: TimeLimits;
  readonly #signals: Signals;
  // Made once: these are passed for every token.
  readonly #admit: (seat: Seat, token: CallToken) => void;
  readonly #onTurn: () => void;
  readonly #onQuiet: () => void;
  #isTurnPlanned = false;
  #isHeld = false;
  #isQuietPlanned = false;
  #closing: Promise<void> | undefined;
  #onDrained: (() => void) | undefined;
  #isDrained = false;
  readonly #drainTimers: Timer[] = [];
  #onAllDown: (() => void) | undefined;

  /** @param parts what it is made of */
  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#crew = new Crew(parts.makeLanes(this));
    this.#limits = new TimeLimits(parts.clock, (token, nowMs) => this.#checkLimits(token, nowMs));
    this.#signals = new Signals((token, reason) => this.cancel(token, reason));
    this.#admit = (seat, token) => this.#admitTo(seat, token);
    this.#onTurn = () => this.#turn();
    this.#onQuiet = () => this.#quiet();
    for (const seat of this.#crew.seats) seat.lane.hold(false);
  }

  /** Number of lanes. */
  get lanes(): number {
    return this.#crew.seats.length;
  }

  /** The counters. */
  stats(): GateStats {
    const { executing, liveCount } = this.#crew;
    return this.#ledger.read(executing, liveCount, this.#parts.stranded());
  }

  /** Starts all lanes. */
  started(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(closedError("start the lanes of"));
    const keepAlive = this.#clock.setTimer(() => {}, 2 ** 31 - 1, false);
    return this.#crew.started().finally(() => this.#clock.clearTimer(keepAlive));
  }

  /**
   * Makes a token and lets it wait for a lane.
   *
   * @throws {GateClosedError} when the gate is closing or closed
   */
  submit(
    operation: OperationReference,
    args: readonly unknown[],
    request: CallRequest,
  ): CallToken {
    if (this.#closing !== undefined) {
      this.#ledger.refused++;
      throw closedError(`call "${operation.name}" through`);
    }
    const nowMs = this.#clock.now();
    const token = new CallToken(this.#table.allocate(), operation, args, request, this, nowMs);
    this.#table.set(token);
    this.#ledger.enter();
    if (request.signal !== undefined) {
      if (request.signal.aborted) {
        this.cancel(token, request.signal.reason);
        return token;
      }
      this.#signals.watch(token, request.signal);
    }
    this.#setFirstCheck(token);
    const sources = findTokens(args);
    if (sources === undefined) this.#enqueue(token);
    else this.#awaitArguments(token, sources);
    return token;
  }

  /** Closes the gate: no new calls; those it has are finished, or ended. A later call may cut short what an earlier one allowed. */
  close(drain: boolean, timeoutMs: number): Promise<void> {
    this.#closing ??= this.#close();
    if (!drain) this.#endDrain();
    else if (timeoutMs < Infinity && !this.#isDrained) {
      const timer = this.#clock.setTimer(() => this.#endDrain(), timeoutMs, false);
      this.#drainTimers.push(timer);
    }
    return this.#closing;
  }

  // The owner of the tokens.

  cancel(token: CallToken, reason: unknown): boolean {
    if (token.isSettled) return false;
    const error = new TokenCancelledError(
      `"${token.operation.name}" was cancelled${typeof reason === "string" ? `: ${reason}` : ""}`,
      { cause: reason },
    );
    this.#end(token, KILLED, error);
    return true;
  }

  hasStarted(token: CallToken): boolean {
    return this.#laneOf(token).isStarted(token);
  }

  startedMs(token: CallToken): number {
    return this.#laneOf(token).startedMs(token);
  }

  // What the lanes tell.

  ready(lane: Lane): void {
    this.#crew.ready(this.#crew.seatOf(lane));
    this.#planTurn();
  }

  returned(
    lane: Lane,
    call: LaneCall,
    value: unknown,
    startedMs: number,
    endedMs: number,
  ): void {
    const token = call as CallToken;
    this.#crew.answered(this.#crew.seatOf(lane));
    token.startedMs = startedMs;
    token.endedMs = endedMs;
    this.#leave(token, COMPLETED);
    token.fulfil(value);
  }

  threw(lane: Lane, call: LaneCall, error: unknown, startedMs: number, endedMs: number): void {
    const token = call as CallToken;
    this.#crew.answered(this.#crew.seatOf(lane));
    token.startedMs = startedMs;
    token.endedMs = endedMs;
    this.#fail(token, error);
  }

  unstartable(lane: Lane, call: LaneCall, error: unknown): void {
    this.#crew.answered(this.#crew.seatOf(lane));
    this.#fail(call as CallToken, error);
  }

  unsendable(_lane: Lane, call: LaneCall, error: unknown): void {
    this.#fail(call as CallToken, error);
    this.#planTurn();
  }

  late(lane: Lane): void {
    this.#crew.answered(this.#crew.seatOf(lane));
    this.#ledger.late++;
  }

  settled(lane: Lane): void {
    const seat = this.#crew.seatOf(lane);
    if (seat.graceTimer !== undefined && !lane.stuck) {
      this.#stopGrace(seat);
      if (this.#onAllDown !== undefined) this.#stopWhenFree(seat);
    }
    this.#turn();
  }

  lost(lane: Lane, loss: LaneLoss): void {
    const seat = this.#crew.seatOf(lane);
    const wasStopped = seat.state === "stopping";
    this.#stopGrace(seat);
    const startError = this.#crew.lost(seat, loss);
    const recalled = loss.unstarted as CallToken[];
    for (const token of recalled) this.#takeBack(token);
    this.#intake.unshift(recalled);
    for (const call of loss.started) {
      this.#fail(call as CallToken, crashError(call, lane, loss));
    }
    if (!wasStopped) {
      this.#ledger.crashes++;
      this.#parts.onCrash(lane.index, loss);
    }
    if (startError !== undefined) {
      while (this.#intake.first !== undefined) this.#fail(this.#intake.first, startError);
    }
    if (this.#crew.liveCount === 0) this.#onAllDown?.();
    this.#planTurn();
  }

  // The moves.

  #enqueue(token: CallToken): void {
    this.#intake.push(token);
    if (!this.#isHeld) this.#hold(true);
    this.#crew.encourage();
    this.#planTurn();
  }

  #awaitArguments(token: CallToken, sources: readonly number[]): void {
    token.isWaitingForArguments = true;
    resolveArguments(
      token.args,
      sources,
      (args) => {
        if (token.isSettled) return;
        token.isWaitingForArguments = false;
        token.args = args;
        this.#enqueue(token);
      },
      (error) => {
        if (!token.isSettled) this.#fail(token, error);
      },
    );
  }

  #planTurn(): void {
    if (this.#isTurnPlanned) return;
    this.#isTurnPlanned = true;
    this.#clock.defer(this.#onTurn);
  }

  /** Gives out what waits, once per burst of calls or answers. */
  #turn(): void {
    this.#isTurnPlanned = false;
    const { seats } = this.#crew;
    if (this.#ledger.active > 0) this.#crew.ensure(this.#ledger.active);
    route(this.#intake, seats, this.#admit);
    if (this.#intake.size > 0) return;
    const taken = takeForIdle(seats);
    if (taken.length === 0) return;
    for (let i = 0; i < taken.length; i++) this.#takeBack(taken[i]!);
    this.#intake.unshift(taken);
    route(this.#intake, seats, this.#admit);
  }

  #admitTo(seat: Seat, token: CallToken): void {
    const nowMs = this.#clock.now();
    this.#ledger.move(token, ADMITTED);
    token.admittedMs = nowMs;
    token.lane = seat.lane.index;
    seat.lane.send(token);
    const { timeoutMs } = token.limits;
    // Before this it cannot be over time, and if it has not started by then, neither can it soon after.
    if (timeoutMs !== undefined) this.#checkBy(token, nowMs + timeoutMs);
  }

  /** Back to waiting, from a lane that certainly will not start it. The caller puts it in the intake. */
  #takeBack(token: CallToken): void {
    this.#ledger.move(token, WAITING);
    token.lane = -1;
    token.admittedMs = NaN;
  }

  /** Ends a token from outside, wherever it is. */
  #end(token: CallToken, code: number, error: Error): void {
    const seat = token.code === ADMITTED ? this.#crew.seats[token.lane]! : undefined;
    if (seat !== undefined && !seat.lane.recall(token)) {
      token.startedMs = seat.lane.startedMs(token);
      seat.lane.release(token, error);
      this.#startGrace(seat);
    }
    this.#leave(token, code);
    token.fail(error, code === KILLED);
    this.#planTurn();
  }

  #fail(token: CallToken, error: unknown): void {
    this.#leave(token, FAILED);
    token.fail(error, false);
  }

  /** Takes a token out of everything that knows it. Once per token: each way here starts from an unsettled one. */
  #leave(token: CallToken, code: number): void {
    if (token.isQueued) this.#intake.remove(token);
    this.#ledger.move(token, code);
    this.#limits.remove(token);
    this.#signals.remove(token);
    this.#table.release(token);
    if (this.#ledger.active > 0) return;
    if (this.#closing !== undefined) this.#endDrain();
    if (this.#isHeld && !this.#isQuietPlanned) {
      this.#isQuietPlanned = true;
      this.#clock.setTimer(this.#onQuiet, 0, false);
    }
  }

  // Keeping the process alive while there is work, and no longer. Letting go is put off to a timer: a program that awaits one
  // call after the other would otherwise switch twice per call.

  #hold(on: boolean): void {
    this.#isHeld = on;
    for (const seat of this.#crew.seats) seat.lane.hold(on);
  }

  #quiet(): void {
    this.#isQuietPlanned = false;
    if (this.#ledger.active === 0) this.#hold(false);
  }

  // Time limits.

  #setFirstCheck(token: CallToken): void {
    const { queueTimeoutMs, deadlineMs } = token.limits;
    const limitMs = Math.min(queueTimeoutMs ?? Infinity, deadlineMs ?? Infinity);
    if (limitMs < Infinity) this.#limits.set(token, token.submittedMs + limitMs);
  }

  #checkBy(token: CallToken, atMs: number): void {
    if (token.heapIndex < 0 || atMs < token.nextCheckMs) this.#limits.set(token, atMs);
  }

  #checkLimits(token: CallToken, nowMs: number): void {
    const { timeoutMs, queueTimeoutMs, deadlineMs } = token.limits;
    let nextMs = Infinity;
    if (deadlineMs !== undefined) {
      const atMs = token.submittedMs + deadlineMs;
      if (atMs <= nowMs) return this.#timeOut(token, "deadlineMs", deadlineMs);
      nextMs = atMs;
    }
    const isAdmitted = token.code === ADMITTED;
    const hasStarted = isAdmitted && this.hasStarted(token);
    if (queueTimeoutMs !== undefined && !hasStarted) {
      const atMs = token.submittedMs + queueTimeoutMs;
      if (atMs <= nowMs) {
        // It may start this very moment; then it has made it after all.
        const isFree = !isAdmitted || this.#laneOf(token).recall(token);
        if (isFree) return this.#timeOutRecalled(token, queueTimeoutMs);
        return this.#checkLimits(token, nowMs);
      }
      nextMs = Math.min(nextMs, atMs);
    }
    if (timeoutMs !== undefined && isAdmitted) {
      const atMs = (hasStarted ? this.startedMs(token) : nowMs) + timeoutMs;
      if (atMs <= nowMs) return this.#timeOut(token, "timeoutMs", timeoutMs);
      nextMs = Math.min(nextMs, atMs);
    }
    if (nextMs < Infinity) this.#limits.set(token, nextMs);
  }

  #timeOut(token: CallToken, limit: TokenLimit, limitMs: number): void {
    this.#end(token, TIMEOUT, timeoutError(token, limit, limitMs));
  }

  #timeOutRecalled(token: CallToken, limitMs: number): void {
    this.#leave(token, TIMEOUT);
    token.fail(timeoutError(token, "queueTimeoutMs", limitMs), false);
    this.#planTurn();
  }

  // Functions that were asked to stop.

  /** What waits behind the function goes elsewhere at once; the function itself has its time of grace. */
  #startGrace(seat: Seat): void {
    const recalled = seat.lane.recallUnstarted(Infinity) as CallToken[];
    for (const token of recalled) this.#takeBack(token);
    this.#intake.unshift(recalled);
    if (seat.graceTimer !== undefined || seat.state !== "ready") return;
    // Quiet: a program that is done need not wait for a function that it gave up.
    seat.graceTimer = this.#clock.setTimer(
      () => this.#replace(seat),
      this.#parts.graceMs,
      this.#closing === undefined,
    );
  }

  #stopGrace(seat: Seat): void {
    const timer: Timer = seat.graceTimer;
    seat.graceTimer = undefined;
    if (timer !== undefined) this.#clock.clearTimer(timer);
  }

  #replace(seat: Seat): void {
    seat.graceTimer = undefined;
    if (seat.state !== "ready") return;
    seat.state = "stopping";
    seat.lane.stop();
    this.#parts.onReplaced(seat.lane.index);
  }

  // Closing.

  async #close(): Promise<void> {
    this.#crew.encourage();
    await new Promise<void>((resolve) => {
      this.#onDrained = resolve;
      if (this.#ledger.active === 0) this.#endDrain();
    });
    const error = closedError("use");
    this.#crew.close(error);
    for (const token of this.#table.live()) {
      if (!token.isSettled) this.#end(token, KILLED, error);
    }
    await this.#allDown();
  }

  #endDrain(): void {
    this.#isDrained = true;
    for (const timer of this.#drainTimers) this.#clock.clearTimer(timer);
    this.#drainTimers.length = 0;
    this.#onDrained?.();
  }

  /** Stops the lanes, those with a function that was asked to stop after its time of grace. */
  #allDown(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#crew.liveCount === 0) return resolve();
      this.#hold(true);
      this.#onAllDown = resolve;
      for (const seat of this.#crew.seats) this.#stopWhenFree(seat);
    });
  }

  #stopWhenFree(seat: Seat): void {
    if (seat.state === "down" || seat.state === "stopping") return;
    if (seat.graceTimer !== undefined && seat.lane.stuck) return;
    seat.state = "stopping";
    seat.lane.stop();
  }

  #laneOf(token: CallToken): Lane {
    return this.#crew.seats[token.lane]!.lane;
  }
}

function closedError(action: string): GateClosedError {
  return new GateClosedError(`Cannot ${action} this gate: it is closed`);
}

function timeoutError(token: CallToken, limit: TokenLimit, limitMs: number): TokenTimeoutError {
  const what = {
    timeoutMs: "ran longer than",
    queueTimeoutMs: "did not start within",
    deadlineMs: "did not settle within",
  }[limit];
  const message = `"${token.operation.name}" ${what} its ${limit} of ${limitMs} ms`;
  return new TokenTimeoutError(message, { limit, limitMs });
}

function crashError(call: LaneCall, lane: Lane, loss: LaneLoss): LaneCrashError {
  const how = loss.exitCode === undefined ? "" : ` with exit code ${loss.exitCode}`;
  return new LaneCrashError(
    `Lane ${lane.index} ended${how} while "${call.operation.name}" may have been running; the call is not repeated`,
    { lane: lane.index, exitCode: loss.exitCode, cause: loss.cause },
  );
}
