/**
 * The gate's engine: every move of a token from submission to settlement. It runs no function of the user's, knows no runtime and no kind of
 * lane, and takes its time from a clock, so that the tests can drive it in virtual time.
 *
 * The state is whole whenever control leaves: settling a token resolves a promise, whose reactions run later; sending a batch can run getters of
 * the user's, and happens after everything is recorded.
 *
 * @module
 */

import type {
  Board,
  CallerEvents,
  CallerLane,
  CallHolder,
  Lane,
  LaneCall,
  LaneEvents,
  LaneLoss,
  OperationReference,
} from "../bridge/contract.ts";
import { pack, packedOperation } from "../bridge/packing.ts";
import { hasRevivables } from "../bridge/revivables.ts";
import { payloadBytes } from "../bridge/payload_size.ts";
import {
  ADMITTED,
  type CallLimits,
  CallToken,
  COMPLETED,
  FAILED,
  KILLED,
  NOWHERE,
  ON_BOARD,
  ON_CALLER,
  TIMEOUT,
  type TokenOwner,
  WAITING,
} from "../call_token.ts";
import type { Clock } from "../runtime/clock.ts";
import { findTokens, resolveArguments } from "./arguments.ts";
import { CallerWork } from "./caller_work.ts";
import { Crew } from "./crew.ts";
import { Drain } from "./drain.ts";
import { Intake } from "./intake.ts";
import { KeepAlive } from "./keep_alive.ts";
import { type GateStats, Ledger } from "./ledger.ts";
import { expiredLimit, nextCheck } from "./limit_policy.ts";
import { route, takeForIdle } from "./router.ts";
import type { Seat } from "./seat.ts";
import { Signals } from "./signals.ts";
import { Stopping } from "./stopping.ts";
import { TimeLimits } from "./time_limits.ts";
import {
  cancelledError,
  closedError,
  crashError,
  timeoutError,
  tooLargeError,
  unpackableError,
} from "./token_errors.ts";
import { TokenTable } from "./token_table.ts";

/** What an engine is made of. */
export interface EngineParts {
  /** The time. */
  readonly clock: Clock;
  /** How long a function that was asked to stop may go on before its lane is replaced, in ms. */
  readonly graceMs: number;
  /** Makes the lanes, and the board they share if they share one, which report to `events`. */
  readonly makeLanes: (events: LaneEvents) => LaneSet;
  /** Makes the place to run calls on the caller's own thread; undefined when there is none. */
  readonly makeCaller: ((events: CallerEvents) => CallerLane) | undefined;
  /** How large the arguments of a call may be, in bytes; infinite for no limit. */
  readonly maxPayloadBytes: number;
  /** Told of the loss of a lane that nobody had asked to end. */
  readonly onCrash: (lane: number, loss: LaneLoss) => void;
  /** Told when a lane was replaced because its function did not stop. */
  readonly onReplaced: (lane: number) => void;
  /** How many threads still run that were told to end. */
  readonly stranded: () => number;
}

/** The lanes of one gate. */
export interface LaneSet {
  readonly lanes: readonly Lane[];
  /** Where lanes with shared memory take their calls; undefined when they have mailboxes only. */
  readonly board: Board | undefined;
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
  /** What waits for a mailbox, since the board does not take it: all there is, where there is no board. */
  readonly #mail: Intake;
  readonly #board: Board | undefined;
  readonly #ledger: Ledger = new Ledger();
  readonly #limits: TimeLimits;
  readonly #signals: Signals;
  // Made once: these are passed for every token.
  readonly #admit: (seat: Seat, token: CallToken) => void;
  readonly #onTurn: () => void;
  readonly #stopping: Stopping;
  readonly #keepAlive: KeepAlive;
  readonly #drain: Drain;
  readonly #callerWork: CallerWork | undefined;
  #isTurnPlanned = false;
  #closing: Promise<void> | undefined;

  /** @param parts what it is made of */
  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#clock = parts.clock;
    const { lanes, board } = parts.makeLanes(this);
    this.#crew = new Crew(parts.clock, lanes);
    this.#board = board;
    this.#mail = board === undefined ? this.#intake : new Intake();
    this.#limits = new TimeLimits(parts.clock, (token, nowMs) => this.#checkLimits(token, nowMs));
    this.#signals = new Signals((token, reason) => this.cancel(token, reason));
    this.#admit = (seat, token) => this.#admitTo(seat, token);
    this.#onTurn = () => this.#turn();
    this.#stopping = new Stopping(parts.clock, this.#crew, parts.graceMs, parts.onReplaced);
    this.#drain = new Drain(parts.clock);
    this.#callerWork = parts.makeCaller && this.#makeCallerWork(parts.makeCaller);
    // A close that is under way is work too.
    this.#keepAlive = new KeepAlive(
      parts.clock,
      this.#crew.seats,
      () => this.#ledger.active > 0 || this.#stopping.isUnderWay,
    );
  }

  /** Number of lanes. */
  get lanes(): number {
    return this.#crew.seats.length;
  }

  /** The counters. */
  stats(): GateStats {
    const { executing, liveCount } = this.#crew;
    const here = this.#callerWork;
    return this.#ledger.read(
      executing + (here?.caller.executing ?? 0),
      liveCount,
      this.#parts.stranded(),
      here?.started ?? 0,
    );
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
    // Before there is a token: looking at a proxy may run code of the user's.
    const sources = findTokens(args);
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
    if (sources === undefined) this.#enqueue(token);
    else this.#awaitArguments(token, sources);
    return token;
  }

  /** Closes the gate: no new calls; those it has are finished, or ended. A later call may cut short what an earlier one allowed. */
  close(drain: boolean, timeoutMs: number): Promise<void> {
    this.#closing ??= this.#close();
    if (drain) this.#drain.limit(timeoutMs);
    else this.#drain.end();
    return this.#closing;
  }

  // The owner of the tokens.

  cancel(token: CallToken, reason: unknown): boolean {
    if (token.isSettled) return false;
    this.#end(token, KILLED, cancelledError(token.operation, reason));
    return true;
  }

  hasStarted(token: CallToken): boolean {
    return this.#holderOf(token).isStarted(token);
  }

  startedMs(token: CallToken): number {
    return this.#holderOf(token).startedMs(token);
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
    if (token.limits.inline === "auto") this.#callerWork?.learn(token, this.#ledger.active);
    token.fulfil(value);
  }

  threw(lane: Lane, call: LaneCall, error: unknown, startedMs: number, endedMs: number): void {
    const token = call as CallToken;
    this.#crew.answered(this.#crew.seatOf(lane));
    token.startedMs = startedMs;
    token.endedMs = endedMs;
    this.#fail(token, error);
    if (token.limits.inline === "auto") this.#callerWork?.learn(token, this.#ledger.active);
  }

  unstartable(lane: Lane, call: LaneCall, error: unknown): void {
    this.#crew.answered(this.#crew.seatOf(lane));
    this.#fail(call as CallToken, error);
  }

  unsendable(call: LaneCall, error: unknown): void {
    this.#fail(call as CallToken, error);
    this.#planTurn();
  }

  late(lane: Lane): void {
    this.#crew.answered(this.#crew.seatOf(lane));
    this.#ledger.late++;
  }

  settled(lane: Lane): void {
    this.#stopping.answered(this.#crew.seatOf(lane));
    this.#turn();
  }

  lost(lane: Lane, loss: LaneLoss): void {
    const seat = this.#crew.seatOf(lane);
    const wasStopped = seat.state === "stopping";
    const startError = this.#crew.lost(seat, loss);
    this.#intake.unshift(this.#takeBack(loss.unstarted));
    // The lane may have taken one from the board without starting it. The others lose nothing but a moment.
    if (this.#board !== undefined) this.#intake.unshift(this.#takeBack(this.#board.recallAll()));
    for (const call of loss.started) {
      this.#fail(call as CallToken, crashError(call, lane.index, loss));
    }
    if (!wasStopped) {
      this.#ledger.crashes++;
      this.#parts.onCrash(lane.index, loss);
    }
    if (startError !== undefined) {
      while (this.#intake.first !== undefined) this.#fail(this.#intake.first, startError);
      while (this.#mail.first !== undefined) this.#fail(this.#mail.first, startError);
    }
    this.#stopping.lost(seat);
    this.#planTurn();
  }

  // The moves.

  #enqueue(token: CallToken): void {
    if (hasRevivables() && !this.#pack(token)) return;
    if (this.#parts.maxPayloadBytes < Infinity && !this.#fits(token)) return;
    if (
      token.limits.inline === "auto" && this.#callerWork?.takes(token, this.#ledger.active)
    ) return this.#planTurn();
    this.#awaitLane(token);
  }

  #awaitLane(token: CallToken): void {
    this.#intake.push(token);
    this.#keepAlive.hold();
    this.#crew.encourage();
    this.#planTurn();
  }

  /** Takes instances of revivable classes apart. @returns false when the token has settled, since that failed or has ended it */
  #pack(token: CallToken): boolean {
    try {
      const packed = pack(token.args);
      if (packed !== undefined && !token.isSettled) {
        token.args = [packed.value, packed.places];
        token.operation = packedOperation(token.operation);
      }
    } catch (cause) {
      if (!token.isSettled) this.#fail(token, unpackableError(token.operation, cause));
    }
    return !token.isSettled;
  }

  /** @returns false when the token has settled, since its arguments are too large or one of their accessors has ended it */
  #fits(token: CallToken): boolean {
    const { maxPayloadBytes } = this.#parts;
    let bytes = 0;
    try {
      bytes = payloadBytes(token.args, token.transfer, maxPayloadBytes);
    } catch {
      // An accessor threw. Sending them will say so.
    }
    if (bytes > maxPayloadBytes && !token.isSettled) {
      this.#fail(token, tooLargeError(token.operation, bytes, maxPayloadBytes));
    }
    return !token.isSettled;
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
    this.#crew.ensure(this.#ledger.active);
    if (this.#board !== undefined && this.#crew.hasOpenSeat) this.#postAll(this.#board);
    route(this.#mail, seats, this.#admit);
    if (this.#mail.size === 0) {
      const taken = takeForIdle(seats);
      if (taken.length > 0) {
        this.#mail.unshift(this.#takeBack(taken));
        route(this.#mail, seats, this.#admit);
      }
    }
    this.#callerWork?.plan();
    // Last: it may deliver answers, and so come back here.
    this.#board?.flush();
  }

  #postAll(board: Board): void {
    // They are admitted together.
    const nowMs = this.#intake.first === undefined ? NaN : this.#clock.now();
    while (this.#intake.first !== undefined && board.room > 0) {
      const token = this.#intake.shift()!;
      this.#admitAs(token, ON_BOARD, nowMs);
      // Encoding the arguments may run accessors of the user's, which may end the token.
      if (board.post(token)) this.#limitRun(token);
      else if (!token.isSettled) this.#mail.push(this.#return(token));
    }
  }

  #admitTo(seat: Seat, token: CallToken): void {
    this.#admitAs(token, seat.lane.index, this.#clock.now());
    seat.lane.send(token);
    this.#limitRun(token);
  }

  #admitAs(token: CallToken, lane: number, nowMs: number): void {
    this.#ledger.move(token, ADMITTED);
    token.admittedMs = nowMs;
    token.lane = lane;
  }

  /** Nobody tells when a function starts, so the limit of its run time is first looked at when it may have run out at the earliest. */
  #limitRun(token: CallToken): void {
    const { timeoutMs } = token.limits;
    if (timeoutMs === undefined || token.isSettled) return;
    const atMs = token.admittedMs + timeoutMs;
    if (atMs < this.#limits.nextMs(token)) this.#limits.set(token, atMs);
  }

  /** Back to waiting, from a lane that certainly will not start them. The caller puts them in the intake. */
  #takeBack(calls: readonly LaneCall[]): readonly CallToken[] {
    const tokens = calls as readonly CallToken[];
    for (let i = 0; i < tokens.length; i++) this.#return(tokens[i]!);
    return tokens;
  }

  #return(token: CallToken): CallToken {
    this.#ledger.move(token, WAITING);
    token.lane = NOWHERE;
    token.admittedMs = NaN;
    return token;
  }

  /** Ends a token from outside, wherever it is. */
  #end(token: CallToken, code: number, error: Error): void {
    const isRunning = !this.#recall(token);
    if (isRunning) token.startedMs = this.startedMs(token);
    this.#leave(token, code);
    token.fail(error, code === KILLED);
    // Last: the reason crosses to the lane, and reading it may run code of the user's, which may end this token again.
    if (isRunning) this.#giveUp(token, error);
    this.#planTurn();
  }

  /** Takes a token back from the lane that has it, if one has; false means that its function has started. */
  #recall(token: CallToken): boolean {
    return token.code !== ADMITTED || this.#holderOf(token).recall(token);
  }

  /** Leaves a running function to its lane. What waits behind it goes elsewhere at once; itself it has its time of grace. */
  #giveUp(token: CallToken, reason: Error): void {
    // Nobody can stop the caller's own thread: it is asked to, and no more.
    if (token.lane === ON_CALLER) return this.#callerWork!.caller.release(token, reason);
    const seat = this.#seatOf(token);
    this.#mail.unshift(this.#takeBack(seat.lane.recallUnstarted(Infinity)));
    if (Number.isNaN(this.#holderOf(token).endedMs(token))) this.#stopping.startGrace(seat);
    seat.lane.release(token, reason);
  }

  #fail(token: CallToken, error: unknown): void {
    this.#leave(token, FAILED);
    token.fail(error, false);
  }

  /** Takes a token out of everything that knows it. Once per token: each way here starts from an unsettled one. */
  #leave(token: CallToken, code: number): void {
    token.queue?.remove(token);
    this.#ledger.move(token, code);
    this.#limits.remove(token);
    this.#signals.remove(token);
    this.#table.release(token);
    if (this.#ledger.active > 0) return;
    if (this.#closing !== undefined) this.#drain.end();
    this.#keepAlive.release();
  }

  // Time limits.

  #setFirstCheck(token: CallToken): void {
    const atMs = nextCheck(token, token.submittedMs, NaN);
    if (atMs < Infinity) this.#limits.set(token, atMs);
  }

  #checkLimits(token: CallToken, nowMs: number): void {
    // What is done is done, also when nobody has told yet.
    if (this.#board?.collect()) {
      for (const seat of this.#crew.seats) this.#stopping.answered(seat);
      this.#planTurn();
    }
    if (token.isSettled) return;
    const hasStarted = token.code === ADMITTED && this.hasStarted(token);
    const startedMs = hasStarted ? this.startedMs(token) : NaN;
    const endedMs = hasStarted ? this.#holderOf(token).endedMs(token) : NaN;
    const limit = expiredLimit(token, nowMs, startedMs, endedMs);
    if (limit === undefined) {
      const nextMs = nextCheck(token, nowMs, startedMs);
      if (nextMs < Infinity) this.#limits.set(token, nextMs);
      return;
    }
    const error = timeoutError(token.operation, limit, token.limits[limit]!);
    if (limit !== "queueTimeoutMs") return this.#end(token, TIMEOUT, error);
    // It may start this very moment; then it has made it after all.
    if (!this.#recall(token)) return this.#checkLimits(token, nowMs);
    this.#leave(token, TIMEOUT);
    token.fail(error, false);
    this.#planTurn();
  }

  // Closing.

  async #close(): Promise<void> {
    this.#crew.encourage();
    if (this.#ledger.active === 0) this.#drain.end();
    await this.#drain.ended;
    const error = closedError("use");
    this.#crew.close(error);
    for (const token of this.#table.live()) {
      if (!token.isSettled) this.#end(token, KILLED, error);
    }
    // Before they are stopped: a lane that is let go tells nobody of its end.
    if (this.#crew.liveCount > 0) this.#keepAlive.hold();
    await this.#stopping.stopAll();
  }

  // The caller's own thread.

  #makeCallerWork(makeCaller: (events: CallerEvents) => CallerLane): CallerWork {
    return new CallerWork(this.#clock, makeCaller, {
      admitHere: (token, nowMs) => this.#admitAs(token, ON_CALLER, nowMs),
      sendToLanes: (token) =>
        this.#awaitLane(token.code === ADMITTED ? this.#return(token) : token),
      hold: () => this.#keepAlive.hold(),
      complete: (token, value) => {
        this.#leave(token, COMPLETED);
        token.fulfil(value);
      },
      fail: (token, error) => this.#fail(token, error),
      late: () => this.#ledger.late++,
    });
  }

  #holderOf(token: CallToken): CallHolder {
    if (token.lane === ON_CALLER) return this.#callerWork!.caller;
    return token.lane === ON_BOARD ? this.#board! : this.#crew.seats[token.lane]!.lane;
  }

  /** The seat of a token that has started. */
  #seatOf(token: CallToken): Seat {
    const lane = token.lane === ON_BOARD ? this.#board!.laneOf(token) : token.lane;
    return this.#crew.seats[lane]!;
  }
}
