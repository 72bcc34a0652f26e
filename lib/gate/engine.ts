/**
 * The gate's engine: every move of a token from submission to settlement. It runs no function of the user's, knows no runtime and no kind of
 * lane, and takes its time from a clock, so that the tests can drive it in virtual time.
 *
 * The state is whole whenever control leaves: settling a token resolves a promise, whose reactions run later; sending a batch can run getters of
 * the user's, and happens after everything is recorded.
 *
 * @module
 */

import { childOperation } from "../bridge/child_operation.ts";
import { ChildTally } from "../bridge/child_tally.ts";
import type {
  Board,
  CallerEvents,
  CallerLane,
  CallHolder,
  ChildCall,
  Lane,
  LaneCall,
  LaneEvents,
  LaneLoss,
  OperationReference,
} from "../bridge/contract.ts";
import { findUncloneable } from "../bridge/cloneable.ts";
import { payloadBytes } from "../bridge/payload_size.ts";
import {
  ADMITTED,
  type CallLimits,
  CallToken,
  COMPLETED,
  FAILED,
  FOR_ARGUMENTS,
  FOR_ITS_ATTEMPT,
  FOR_ITS_DESK,
  KILLED,
  NOWHERE,
  ON_BOARD,
  ON_CALLER,
  TIMEOUT,
  type TokenOwner,
  WAITING,
} from "../call_token.ts";
import type { QueueFullError } from "../errors.ts";
import { Utilisation } from "../observe/utilisation.ts";
import type { Clock } from "../runtime/clock.ts";
import type { RandomSource } from "../runtime/random.ts";
import { Ageing } from "./ageing.ts";
import { Admission, type Promised, type RoomRequest } from "./admission.ts";
import { findTokens, resolveArguments } from "./arguments.ts";
import { CallerGroup } from "./caller_group.ts";
import { CallerWork } from "./caller_work.ts";
import { BackOff, type CrashLoop } from "./back_off.ts";
import { Crew } from "./crew.ts";
import { Desk } from "./desk.ts";
import type { DeskPolicy, Isolation, QueuePolicy } from "./desk_policy.ts";
import { type DomainInfo, Domains } from "./domains.ts";
import { Drain } from "./drain.ts";
import { KeepAlive } from "./keep_alive.ts";
import { LaneGroup } from "./lane_group.ts";
import { Ledger } from "./ledger.ts";
import { expiredLimit, nextCheck } from "./limit_policy.ts";
import { PayloadChecks } from "./payload_checks.ts";
import type { QueueBound } from "./queue_bound.ts";
import { finalError, Retrying } from "./retrying.ts";
import type { RetryPolicy } from "./retry_policy.ts";
import type { RecyclePolicy, RetireReason } from "./retirement.ts";
import { circuitOpenError, drainingError, queueFullError, strandedError } from "./refusals.ts";
import type { Seat } from "./seat.ts";
import { Signals } from "./signals.ts";
import { Stopping } from "./stopping.ts";
import { TimeLimits } from "./time_limits.ts";
import {
  cancelledError,
  closedError,
  crashError,
  droppedError,
  timeoutError,
} from "./token_errors.ts";
import type { TokenGroup } from "./token_group.ts";
import { TokenTable } from "./token_table.ts";

/** What an engine is made of. */
export interface EngineParts {
  /** The time. */
  readonly clock: Clock;
  /** The chance in the delays between attempts. */
  readonly random: RandomSource;
  /** How long a function that was asked to stop may go on before its lane is replaced, in ms. */
  readonly graceMs: number;
  /** Makes the lanes, and the board they share if they share one, which report to `events`. Without lanes calls run on the caller's thread. */
  readonly makeLanes: (events: LaneEvents) => LaneSet;
  /** Which kind those are. Default: threads. */
  readonly isolation?: Isolation;
  /** Makes lanes of the other kind, numbered from `firstIndex`, when an operation asks for them. Without it all operations run in the same lanes. */
  readonly makeOtherLanes?: (events: LaneEvents, firstIndex: number) => LaneSet;
  /** How long a call is overtaken by those of the next higher priority, in ms. */
  readonly ageMs: number;
  /** Makes the place to run calls on the caller's own thread. */
  readonly makeCaller: (events: CallerEvents) => CallerLane;
  /** How large the arguments of a call may be, in bytes; infinite for no limit. */
  readonly maxPayloadBytes: number;
  /** The bound of the queue; undefined for none. */
  readonly queue: QueuePolicy | undefined;
  /** Told what a program may listen to. */
  readonly listener: EngineListener;
  /** How many threads still run that were told to end. */
  readonly stranded: () => number;
  /** How many of them there may be when a call is taken. */
  readonly maxStranded: number;
  /** When lanes are recycled; undefined for never. */
  readonly recycle: RecyclePolicy | undefined;
  /** How long the dispose hooks of a lane may take together, in ms. */
  readonly disposeTimeoutMs: number;
  /** Whether an operation is for lanes only, whatever its calls say. */
  readonly isForLanes: (operation: OperationReference) => boolean;
  /** The operation that a lane calls so, as it was declared in the program; undefined when it was not. Default: none is. */
  readonly lookUp?: (url: string, name: string) => OperationReference | undefined;
}

/** What an engine tells of itself. Nothing may be asked of it inside. */
export interface EngineListener {
  /** The loss of a lane that nobody had asked to end. */
  crashed(lane: number, loss: LaneLoss): void;
  /** A lane takes calls. */
  laneReady(lane: number): void;
  /** A lane is gone, whatever the reason. */
  laneGone(lane: number, exitCode: number | undefined): void;
  /** A lane was replaced because its function did not stop. */
  replaced(lane: number): void;
  /** A lane was retired, to be started anew. */
  recycled(lane: number, reason: RetireReason): void;
  /** A lane crashes again and again. */
  crashLoop(loop: CrashLoop): void;
  /** A dispose hook has failed, or did not come to its end in time. */
  disposeFailed(lane: number, cause: unknown): void;
  /** A queue is full, or half empty again; without an operation it is that of the gate. */
  saturation(isFull: boolean, operation: OperationReference | undefined, bound: QueueBound): void;
  /** A breaker changed its state. */
  breaker(operation: OperationReference, from: string, to: string): void;
  /** A token settled; undefined while nobody listens. */
  settled: ((token: CallToken) => void) | undefined;
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
  /** Whether, and when, it is tried again; undefined for never. */
  readonly retry?: RetryPolicy | undefined;
  /** Where it runs when it is made inside of an operation. */
  readonly spread?: "never" | "auto" | "always" | undefined;
}

/** An operation as its declaration has left it, with what it asks of a gate. */
interface DeclaredOperation extends OperationReference {
  readonly policy?: DeskPolicy | undefined;
}

/** The control plane of one gate. */
export class Engine implements LaneEvents, TokenOwner {
  readonly ledger: Ledger = new Ledger();
  /** By operation; an operation is one object. */
  readonly desks: Map<OperationReference, Desk> = new Map();
  readonly admission: Admission;
  /** How much of the lanes' time is spent inside of functions. */
  readonly utilisation: Utilisation;
  readonly #parts: EngineParts;
  readonly #clock: Clock;
  /** The lanes, those of the usual kind first. */
  readonly #groups: LaneGroup[] = [];
  /** The one of them that has a board. */
  #boardGroup: LaneGroup | undefined;
  readonly #callerGroup: CallerGroup;
  readonly #callerWork: CallerWork;
  readonly #table: TokenTable = new TokenTable();
  readonly #payloads: PayloadChecks;
  readonly #limits: TimeLimits;
  readonly #signals: Signals;
  readonly #retrying: Retrying;
  readonly #keepAlive: KeepAlive;
  readonly #drain: Drain;
  readonly #onTurn: () => void;
  readonly #onAdmitted: (token: CallToken) => void;
  /** Told when an operation, or the gate, has finished what it had. */
  readonly #onEmpty: Map<Desk | undefined, (() => void)[]> = new Map();
  readonly #ageing: Ageing;
  readonly #domains: Domains;
  /** Operations that lanes have called and the program has not declared, by URL and name. */
  readonly #foreign: Map<string, OperationReference> = new Map();
  #isTurnPlanned = false;
  #isDraining = false;
  #closing: Promise<void> | undefined;

  /** @param parts what it is made of */
  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#clock = parts.clock;
    this.utilisation = new Utilisation(parts.clock.now());
    this.#ageing = new Ageing(parts.clock.now(), parts.ageMs);
    this.#onTurn = () => this.#turn();
    this.#onAdmitted = (token) => this.#limitRun(token);
    const lanes = parts.makeLanes(this);
    if (lanes.lanes.length > 0) this.#addGroup(lanes);
    this.admission = new Admission(
      parts.queue,
      this.ledger.counts,
      (isFull, desk, bound) => parts.listener.saturation(isFull, desk?.operation, bound),
    );
    this.ledger.bound = this.admission.bound;
    this.#limits = new TimeLimits(parts.clock, (token, nowMs) => this.#checkLimits(token, nowMs));
    this.#signals = new Signals((token, reason) => this.cancel(token, reason));
    this.#retrying = new Retrying(parts.clock, parts.random, (token) => this.#tryAgain(token));
    this.#payloads = new PayloadChecks(
      parts.maxPayloadBytes,
      (token, error) => this.#fail(token, error),
    );
    this.#drain = new Drain(parts.clock);
    this.#domains = this.#makeDomains();
    this.#callerWork = this.#makeCallerWork();
    this.#callerGroup = new CallerGroup({
      clock: parts.clock,
      ledger: this.ledger,
      caller: this.#callerWork.caller,
      planTurn: () => this.#planTurn(),
      onAdmitted: this.#onAdmitted,
      onRefused: (token) => {
        const cause = new TypeError("its arguments cannot be copied");
        const error = findUncloneable(token.operation.name, token.args, cause);
        this.#fail(token, error);
      },
    });
    // A close that is under way is work too.
    this.#keepAlive = new KeepAlive(
      parts.clock,
      this.seats,
      () =>
        this.ledger.active > 0 ||
        this.#groups.some((group) => group.stopping.isUnderWay || group.retirement.isReloading),
    );
  }

  #addGroup({ lanes, board }: LaneSet): LaneGroup {
    const { clock, graceMs, listener, recycle, disposeTimeoutMs } = this.#parts;
    const planTurn = (): void => this.#planTurn();
    const onLoop = (loop: CrashLoop): void => listener.crashLoop(loop);
    const crew = new Crew(clock, lanes, new BackOff({ clock, planTurn, onLoop }));
    const retire = (seat: Seat): void => group.retirement.begin(seat, "close");
    const group: LaneGroup = new LaneGroup({
      clock,
      crew,
      board,
      stopping: new Stopping(clock, crew, graceMs, (lane) => listener.replaced(lane), retire),
      recycle,
      disposeTimeoutMs,
      graceMs,
      onRecycled: (lane, reason) => listener.recycled(lane, reason),
      onForced: (lane) =>
        listener.disposeFailed(lane, new Error("it did not come to its end in time")),
      ledger: this.ledger,
      planTurn,
      onAdmitted: this.#onAdmitted,
    });
    this.#groups.push(group);
    if (board !== undefined) this.#boardGroup = group;
    return group;
  }

  /** Number of lanes. */
  get lanes(): number {
    return this.#groups[0]?.crew.seats.length ?? 0;
  }

  /** The time, in ms since the epoch. */
  get nowMs(): number {
    return this.#clock.now();
  }

  /** Lanes that are up, those of every kind. */
  get liveLanes(): number {
    let live = 0;
    for (const { crew } of this.#groups) live += crew.liveCount;
    return live;
  }

  /** @returns the functions that run now, by operation */
  executing(): Map<Desk, number> {
    const counts: Map<Desk, number> = new Map();
    for (const place of [...this.#groups, this.#callerWork.caller]) {
      for (const call of place.started()) {
        const desk = (call as CallToken).desk as Desk;
        counts.set(desk, (counts.get(desk) ?? 0) + 1);
      }
    }
    return counts;
  }

  /** Lanes that were retired, to be started anew. */
  get recycled(): number {
    let recycled = 0;
    for (const { retirement } of this.#groups) recycled += retirement.recycled;
    return recycled;
  }

  /** The lanes as the gate knows them, those of every kind. */
  get seats(): Seat[] {
    return this.#groups.flatMap(({ crew }) => crew.seats);
  }

  /** Tokens that were started on the caller's thread while there were lanes. */
  get inline(): number {
    return this.#callerWork.started;
  }

  /** Starts all lanes. */
  started(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(closedError("start the lanes of"));
    const keepAlive = this.#clock.setTimer(() => {}, 2 ** 31 - 1, false);
    const started = this.#groups[0]?.crew.started() ?? Promise.resolve();
    return started.finally(() => this.#clock.clearTimer(keepAlive));
  }

  /** What the gate keeps of an operation, from its first call on. */
  deskOf(operation: OperationReference): Desk {
    const known = this.desks.get(operation);
    if (known !== undefined) return known;
    const { policy } = operation as DeclaredOperation;
    const desk = new Desk(operation, policy, this.#groupFor(operation), this.#clock);
    if (desk.breaker !== undefined) {
      desk.breaker.onChange = (from, to) => this.#parts.listener.breaker(operation, from, to);
    }
    this.desks.set(operation, desk);
    for (const group of this.#groups) {
      group.perLane = Math.max(group.perLane, operation.perLane ?? 1);
    }
    return desk;
  }

  /**
   * Makes a token and lets it wait for a lane.
   *
   * @param promised room that was reserved for it; undefined when it takes what there is
   * @throws {GateClosedError} when the gate is closing or closed
   * @throws {GateDrainingError} when the gate, or the operation, is to finish what it has
   * @throws {QueueFullError} when there is no room
   * @throws {CircuitOpenError} when the operation's breaker is open
   */
  submit(
    operation: OperationReference,
    args: readonly unknown[],
    request: CallRequest,
    promised?: Promised,
  ): CallToken {
    const desk = this.deskOf(operation);
    // Before there is a token: looking at proxies, and into objects, may run code of the user's.
    const sources = findTokens(args);
    const bytes = this.admission.countsBytes(desk) ? this.#sizeOf(args, sources, request) : 0;
    const nowMs = this.#clock.now();
    const pass = this.#admit(desk, bytes, nowMs, promised);
    const token = new CallToken(this.#table.allocate(), operation, args, request, this, nowMs);
    token.pass = pass;
    token.bytes = bytes;
    this.#table.set(token);
    this.ledger.enter(token, desk);
    if (request.signal !== undefined) {
      if (request.signal.aborted) {
        this.cancel(token, request.signal.reason);
        return token;
      }
      this.#signals.watch(token, request.signal);
    }
    this.#setFirstCheck(token);
    if (desk.group === this.#callerGroup) this.#callerGroup.submitted(token);
    if (sources === undefined) this.#enqueue(token, desk);
    else this.#awaitArguments(token, desk, sources);
    return token;
  }

  /** Has lanes import their modules anew: replaces all of them. @returns resolves when the old ones are gone */
  async reload(): Promise<void> {
    if (this.#closing !== undefined) throw closedError("reload the lanes of");
    const gone = this.#groups.map(({ retirement }) => retirement.reload());
    this.#planTurn();
    this.#keepAlive.hold();
    await Promise.all(gone);
    this.#keepAlive.release();
  }

  /** Closes the gate: no new calls; those it has are finished, or ended. A later call may cut short what an earlier one allowed. */
  close(drain: boolean, timeoutMs: number): Promise<void> {
    this.#closing ??= this.#close();
    if (drain) this.#drain.limit(timeoutMs);
    else this.#drain.end();
    return this.#closing;
  }

  // Whether a call is taken.

  /** @returns the pass of the operation's breaker */
  #admit(desk: Desk, bytes: number, nowMs: number, promised: Promised | undefined): number {
    if (this.#closing !== undefined) this.#refuse(desk, closedError(`call "${desk.name}" through`));
    if (this.#isDraining || desk.isDraining) {
      this.#refuse(desk, drainingError(desk.operation, desk.isDraining));
    }
    const { stranded, maxStranded } = this.#parts;
    const count = stranded();
    if (count > maxStranded) this.#refuse(desk, strandedError(count, maxStranded));
    const pass = this.#askBreaker(desk, nowMs);
    const full = promised === undefined
      ? this.#makeRoom(desk, bytes)
      : this.admission.use(promised, desk, bytes)
      ? undefined
      : this.admission.fullBound(desk, bytes);
    if (full !== undefined) {
      if (pass >= 0) desk.breaker!.abandoned(pass);
      this.#refuse(desk, fullError(desk, full, bytes));
    }
    return pass;
  }

  /** @returns the pass of the operation's breaker; -1 when it has none */
  #askBreaker(desk: Desk, nowMs: number): number {
    if (desk.breaker === undefined) return -1;
    const waitMs = desk.breaker.admit(nowMs);
    if (waitMs > 0) this.#refuse(desk, circuitOpenError(desk.operation, waitMs));
    return desk.breaker.generation;
  }

  #refuse(desk: Desk, error: Error): never {
    this.ledger.refused++;
    desk.refused++;
    throw error;
  }

  /** Drops older tokens where that is the policy. @returns the bound that leaves no room */
  #makeRoom(desk: Desk, bytes: number): QueueBound | undefined {
    for (;;) {
      const full = this.admission.fullBound(desk, bytes);
      if (full === undefined) return undefined;
      const { whenFull, maxQueueBytes } = full.policy;
      if (whenFull !== "drop-oldest" || bytes > maxQueueBytes) return full;
      const oldest = this.#oldestWaiting(full === desk.bound ? desk : undefined);
      if (oldest === undefined) return full;
      this.ledger.dropped++;
      this.#end(oldest, KILLED, droppedError(oldest.operation, fullError(desk, full, bytes)));
    }
  }

  /** @returns the oldest of the tokens with the lowest priority */
  #oldestWaiting(desk: Desk | undefined): CallToken | undefined {
    let oldest: CallToken | undefined;
    for (const each of desk === undefined ? this.desks.values() : [desk]) {
      const { least } = each.queue;
      if (least !== undefined && (oldest === undefined || isDroppedBefore(least, oldest))) {
        oldest = least;
      }
    }
    if (oldest !== undefined) return oldest;
    // All wait for something else: arguments, the next attempt.
    for (const token of this.#table.live()) {
      if (token.code !== WAITING || (desk !== undefined && token.desk !== desk)) continue;
      if (oldest === undefined || isDroppedBefore(token, oldest)) oldest = token;
    }
    return oldest;
  }

  #sizeOf(
    args: readonly unknown[],
    sources: readonly number[] | undefined,
    request: CallRequest,
  ): number {
    // Of tokens among the arguments nobody knows yet how large their results will be.
    const sized = sources === undefined
      ? args
      : args.filter((_, place) => !sources.includes(place));
    return payloadBytes(sized, request.transfer, Infinity);
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
    const { crew, retirement } = this.#groupOf(lane);
    crew.ready(crew.seatOf(lane));
    retirement.ready(crew.seatOf(lane));
    this.#parts.listener.laneReady(lane.index);
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
    this.#answered(lane);
    token.startedMs = startedMs;
    token.endedMs = endedMs;
    this.utilisation.record(startedMs, endedMs);
    this.#complete(token, value, true);
  }

  threw(lane: Lane, call: LaneCall, error: unknown, startedMs: number, endedMs: number): void {
    const token = call as CallToken;
    this.#answered(lane);
    token.startedMs = startedMs;
    token.endedMs = endedMs;
    this.utilisation.record(startedMs, endedMs);
    if (token.limits.inline === "auto") this.#callerWork.learn(token, this.ledger.active - 1);
    this.#attemptFailed(token, FAILED, error, false);
  }

  unstartable(lane: Lane, call: LaneCall, error: unknown): void {
    this.#answered(lane);
    this.#attemptFailed(call as CallToken, FAILED, error, false);
  }

  expired(lane: Lane, call: LaneCall): void {
    const token = call as CallToken;
    this.#answered(lane);
    // By the lane's clock, which may be a little ahead.
    const nowMs = Math.max(this.#clock.now(), token.latestMs);
    const limit = expiredLimit(token, nowMs, NaN, NaN) ?? "deadlineMs";
    this.#reject(token, TIMEOUT, timeoutError(token.operation, limit, token.limits[limit]!));
  }

  unsendable(call: LaneCall, error: unknown): void {
    this.#fail(call as CallToken, error);
    this.#planTurn();
  }

  late(lane: Lane): void {
    this.#answered(lane);
    this.ledger.late++;
  }

  called(lane: Lane, call: ChildCall): void {
    this.#domains.called(lane, call);
    this.#planTurn();
  }

  unreadable(lane: Lane, id: number, error: unknown): void {
    this.#domains.unreadable(lane, id, error);
  }

  givenUp(_lane: Lane, id: number, reason: unknown): void {
    this.#domains.givenUp(id, reason);
  }

  hungry(lane: Lane): void {
    this.#domains.hungry(lane);
  }

  settled(lane: Lane): void {
    const { crew, stopping } = this.#groupOf(lane);
    stopping.answered(crew.seatOf(lane));
    this.#turn();
  }

  retired(lane: Lane, failures: readonly unknown[]): void {
    const { crew, retirement } = this.#groupOf(lane);
    retirement.retired(crew.seatOf(lane));
    for (const cause of failures) this.#parts.listener.disposeFailed(lane.index, cause);
  }

  lost(lane: Lane, loss: LaneLoss): void {
    const group = this.#groupOf(lane);
    const { crew, stopping } = group;
    const seat = crew.seatOf(lane);
    const wasStopped = seat.state === "stopping";
    const startError = crew.lost(seat, loss);
    group.takeBack(loss.unstarted);
    group.recallFromBoard();
    this.#parts.listener.laneGone(lane.index, loss.exitCode);
    if (!wasStopped) {
      this.ledger.crashes++;
      this.#parts.listener.crashed(lane.index, loss);
    }
    stopping.lost(seat);
    group.retirement.lost(seat);
    // All of them are gone: what one has called may be among the others.
    this.#domains.hold();
    for (const call of loss.started) {
      this.#attemptFailed(call as CallToken, FAILED, crashError(call, lane.index, loss), true);
    }
    this.#domains.lost(lane);
    this.#domains.release();
    if (startError !== undefined) {
      for (const token of group.waiting()) this.#fail(token, startError);
    }
    this.#planTurn();
  }

  #answered(lane: Lane): void {
    const { crew } = this.#groupOf(lane);
    crew.answered(crew.seatOf(lane));
  }

  // The moves.

  #enqueue(token: CallToken, desk: Desk): void {
    // Where nothing crosses, arguments are copied as they are.
    if (desk.group !== this.#callerGroup) {
      if (!this.#payloads.pass(token)) return;
      if (token.id < 0) this.#nameFamily(token);
    }
    if (
      token.limits.inline === "auto" && this.#mayRunInline(desk) &&
      this.#callerWork.takes(token, this.ledger.active)
    ) return this.#planTurn();
    this.#awaitLane(token, desk);
  }

  #awaitLane(token: CallToken, desk: Desk): void {
    token.sequence = this.#ageing.placeOf(token.limits.priority, token.submittedMs);
    desk.push(token);
    this.#keepAlive.hold();
    for (let i = 0; i < this.#groups.length; i++) this.#groups[i]!.crew.encourage();
    this.#planTurn();
  }

  #mayRunInline(desk: Desk): boolean {
    return !this.#parts.isForLanes(desk.operation) && !desk.isGated && !desk.isPaused &&
      !desk.group.isPaused &&
      desk.group !== this.#callerGroup;
  }

  #awaitArguments(token: CallToken, desk: Desk, sources: readonly number[]): void {
    token.waits = FOR_ARGUMENTS;
    resolveArguments(
      desk.operation,
      token.args,
      sources,
      (args) => {
        if (token.isSettled) return;
        token.waits = FOR_ITS_DESK;
        token.args = args;
        this.#enqueue(token, desk);
      },
      (error, wasKilled) => {
        if (!token.isSettled) this.#reject(token, wasKilled ? KILLED : FAILED, error);
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
    for (let i = 0; i < this.#groups.length; i++) this.#groups[i]!.turn();
    if (this.#domains.isHungry) this.#domains.turn();
    this.#callerGroup.turn();
    this.#callerWork.plan();
    this.admission.grant();
  }

  /** Nobody tells when a function starts, so the limit of its run time is first looked at when it may have run out at the earliest. */
  #limitRun(token: CallToken): void {
    const { timeoutMs } = token.limits;
    if (timeoutMs === undefined || token.isSettled) return;
    const atMs = token.admittedMs + timeoutMs;
    if (atMs < this.#limits.nextMs(token)) this.#limits.set(token, atMs);
  }

  /** Ends a token from outside, wherever it is. */
  #end(token: CallToken, code: number, error: Error): void {
    const isRunning = !this.#recall(token);
    if (isRunning) token.startedMs = this.startedMs(token);
    this.#reject(token, code, error);
    // Last: the reason crosses to the lane, and reading it may run code of the user's, which may end this token again.
    if (isRunning) this.#placeOf(token).giveUp(token, error);
    this.#planTurn();
  }

  /** Takes a token back from the lane that has it, if one has; false means that its function has started. */
  #recall(token: CallToken): boolean {
    return token.code !== ADMITTED || this.#holderOf(token).recall(token);
  }

  #complete(token: CallToken, value: unknown, isOfLane: boolean): void {
    this.#leave(token, COMPLETED);
    if (isOfLane && token.limits.inline === "auto") {
      this.#callerWork.learn(token, this.ledger.active);
    }
    token.fulfil(value);
    this.#tell(token);
  }

  /**
   * An attempt has failed: another one follows, or the token settles.
   *
   * @param isLost whether its lane was lost, so that nobody knows what the function has done
   */
  #attemptFailed(token: CallToken, code: number, error: unknown, isLost: boolean): void {
    if (this.#retrying.isPossible(token, isLost)) {
      // It waits already when its owner is asked, who may end it.
      this.#waitForAttempt(token);
      if (this.#retrying.plan(token, error, isLost)) {
        this.ledger.retries++;
        (token.desk as Desk).record.attempt(token, this.#clock.now());
        return this.#planTurn();
      }
      if (token.isSettled) return;
    }
    this.#reject(token, code, finalError(token, error));
  }

  #waitForAttempt(token: CallToken): void {
    const desk = token.desk as Desk;
    this.#placeOf(token).left(token);
    desk.giveBack(token);
    this.ledger.move(token, WAITING);
    this.#limits.remove(token);
    token.lane = NOWHERE;
    token.waits = FOR_ITS_ATTEMPT;
    this.#setFirstCheck(token);
    this.#domains.ended(token);
  }

  #tryAgain(token: CallToken): void {
    token.waits = FOR_ITS_DESK;
    this.#awaitLane(token, token.desk as Desk);
  }

  #fail(token: CallToken, error: unknown): void {
    this.#reject(token, FAILED, error);
  }

  #reject(token: CallToken, code: number, error: unknown): void {
    this.#leave(token, code);
    // A child that fails is told to the lane that has called it, where somebody waits for it or nobody does.
    token.fail(error, code === KILLED || token.id < 0);
    this.#tell(token);
  }

  /** Last of all: this may run functions of the user's. */
  #tell(token: CallToken): void {
    if (token.id < 0 || this.#domains.size > 0) this.#domains.ended(token);
    if (token.pass >= 0) (token.desk as Desk).judge(token, this.#clock.now());
    this.#parts.listener.settled?.(token);
  }

  /** Takes a token out of everything that knows it. Once per token: each way here starts from an unsettled one. */
  #leave(token: CallToken, code: number): void {
    const desk = token.desk as Desk;
    token.queue?.remove(token);
    if (token.code === ADMITTED) this.#placeOf(token).left(token);
    if (token.isCleared) desk.giveBack(token);
    this.ledger.move(token, code);
    this.#limits.remove(token);
    if (token.signal !== undefined) this.#signals.remove(token);
    if (token.retries !== undefined) this.#retrying.remove(token);
    this.#table.release(token);
    desk.record.settled(token, code, this.#clock);
    if (desk.active === 0 && this.#onEmpty.size > 0) this.#tellEmpty(desk);
    if (this.ledger.active > 0) return;
    if (this.#onEmpty.size > 0) this.#tellEmpty(undefined);
    if (this.#closing !== undefined) this.#drain.end();
    this.#keepAlive.release();
  }

  // Controls. Without a desk they are for all operations.

  /** Nothing starts any more; what has not started waits again, in its order. */
  pause(desk: Desk | undefined): void {
    if (desk === undefined) {
      for (const group of this.#allGroups()) {
        group.isPaused = true;
        group.recallAll();
      }
    } else {
      desk.pause();
      // What was given out before something stood in for it may be elsewhere.
      for (const group of this.#allGroups()) group.recallAll();
    }
    this.#planTurn();
  }

  /** Ends a pause, and a drain. */
  resume(desk: Desk | undefined): void {
    if (desk === undefined) {
      this.#isDraining = false;
      for (const group of this.#allGroups()) group.isPaused = false;
    } else {
      desk.isDraining = false;
      desk.resume();
    }
    this.#planTurn();
  }

  /** Takes no more calls. @returns resolves when those it has are settled */
  drain(desk: Desk | undefined): Promise<void> {
    if (desk === undefined) this.#isDraining = true;
    else desk.isDraining = true;
    if ((desk ?? this.ledger).active === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const waiters = this.#onEmpty.get(desk);
      if (waiters === undefined) this.#onEmpty.set(desk, [resolve]);
      else waiters.push(resolve);
    });
  }

  /** Kills what has not started. @returns how many */
  purge(desk: Desk | undefined, reason: unknown): number {
    let killed = 0;
    for (const token of this.live(desk)) {
      if (token.isSettled || !this.#recall(token)) continue;
      this.#reject(token, KILLED, cancelledError(token.operation, reason));
      killed++;
    }
    this.#planTurn();
    return killed;
  }

  /** Kills what has not settled. @returns how many */
  killAll(desk: Desk | undefined, reason: unknown): number {
    let killed = 0;
    for (const token of this.live(desk)) if (this.cancel(token, reason)) killed++;
    return killed;
  }

  /** @param id id of a token @returns the token; undefined when it has settled */
  find(id: number): CallToken | undefined {
    return this.#table.get(id);
  }

  /** @returns the tokens that have not settled */
  live(desk: Desk | undefined): CallToken[] {
    const live = this.#table.live();
    return desk === undefined ? live : live.filter((token) => token.desk === desk);
  }

  /** Sets how many calls of an operation may be in lanes at once. */
  limit(desk: Desk, maxConcurrent: number): void {
    if (!desk.isGated) {
      desk.group.recallMail();
      for (const token of this.live(desk)) if (token.code === ADMITTED) desk.adopt(token);
    }
    desk.limit(maxConcurrent);
    this.#planTurn();
  }

  /** Has a function stand in for an operation, on the caller's thread; undefined ends that. */
  mock(desk: Desk, fn: ((...args: unknown[]) => unknown) | undefined): void {
    desk.mock = fn;
    desk.moveTo(fn === undefined ? this.#groupFor(desk.operation) : this.#callerGroup);
    this.#planTurn();
  }

  /** Waits for room. @throws {GateClosedError} when the gate is closing or closed */
  request(request: RoomRequest): void {
    if (this.#closing !== undefined) throw closedError("reserve room in");
    this.admission.request(request);
  }

  #tellEmpty(desk: Desk | undefined): void {
    const waiters = this.#onEmpty.get(desk);
    if (waiters === undefined) return;
    this.#onEmpty.delete(desk);
    for (const resolve of waiters) resolve();
  }

  // Time limits.

  #setFirstCheck(token: CallToken): void {
    const atMs = nextCheck(token, token.submittedMs, NaN);
    if (atMs < Infinity) this.#limits.set(token, atMs);
  }

  #checkLimits(token: CallToken, nowMs: number): void {
    // What is done is done, also when nobody has told yet.
    for (const group of this.#groups) if (group.collect()) this.#planTurn();
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
    if (limit === "timeoutMs" && this.#retrying.isPossible(token, false)) {
      token.startedMs = startedMs;
      this.#placeOf(token).giveUp(token, error);
      return this.#attemptFailed(token, TIMEOUT, error, false);
    }
    if (limit !== "queueTimeoutMs") {
      return this.#end(token, TIMEOUT, finalError(token, error) as Error);
    }
    // It may start this very moment; then it has made it after all.
    if (!this.#recall(token)) return this.#checkLimits(token, nowMs);
    this.#reject(token, TIMEOUT, error);
    this.#planTurn();
  }

  // Closing.

  async #close(): Promise<void> {
    for (const { crew } of this.#groups) crew.encourage();
    const error = closedError("use");
    this.admission.close(error);
    if (this.ledger.active === 0) this.#drain.end();
    await this.#drain.ended;
    for (const { crew } of this.#groups) crew.close(error);
    for (const token of this.#table.live()) {
      if (!token.isSettled) this.#end(token, KILLED, error);
    }
    for (const desk of this.desks.values()) desk.close();
    // Before they are stopped: a lane that is let go tells nobody of its end.
    if (this.liveLanes > 0) this.#keepAlive.hold();
    await Promise.all(this.#groups.map(({ stopping }) => stopping.stopAll()));
  }

  // Domains.

  /** Calls that were made inside of operations and given to the gate, since it was made. */
  get spread(): number {
    return this.#domains.spread;
  }

  /** @returns what ran inside of calls, in their lanes */
  tallyChildren(): ChildTally {
    const tally = new ChildTally();
    for (const { lane } of this.seats) lane.tallyChildren(tally);
    return tally;
  }

  /** @returns the domains that have something in them */
  domains(): DomainInfo[] {
    const inLanes: Map<number, number> = new Map();
    for (const { lane } of this.seats) {
      for (const { id, live } of lane.leads()) inLanes.set(id, live);
    }
    return this.#domains.list(inLanes);
  }

  #makeDomains(): Domains {
    return new Domains(this.#clock, {
      find: (id) => this.find(id),
      laneOf: (token) => this.#laneOf(token),
      groupOf: (lane) => this.#groupOf(lane),
      deskFor: ({ url, name, perLane }) => this.deskOf(this.#operationOf(url, name, perLane)),
      lacksRoom: (desk, call) => this.#lacksRoom(desk, call),
      submit: (desk, call) => this.#submitChild(desk, call),
      start: (token) => this.#enqueue(token, token.desk as Desk),
      kill: (token, reason) => this.cancel(token, reason),
      planTurn: () => this.#planTurn(),
    });
  }

  /** The lane that a token runs in; -1 for none. */
  #laneOf(token: CallToken): number {
    const isOut = token.code === ADMITTED && token.lane !== ON_CALLER;
    if (!isOut || !this.hasStarted(token)) return -1;
    return (this.#placeOf(token) as LaneGroup).seatOf(token).lane.index;
  }

  #operationOf(url: string, name: string, perLane: number): OperationReference {
    const declared = this.#parts.lookUp?.(url, name);
    if (declared !== undefined) return declared;
    const key = `${url}\n${name}`;
    let foreign = this.#foreign.get(key);
    if (foreign === undefined) this.#foreign.set(key, foreign = { url, name, perLane });
    return foreign;
  }

  #lacksRoom(desk: Desk, call: ChildCall): Error | undefined {
    const { stranded, maxStranded } = this.#parts;
    const count = stranded();
    if (count > maxStranded) return strandedError(count, maxStranded);
    const bytes = this.#bytesOf(desk, call);
    const full = this.admission.fullBound(desk, bytes);
    return full && fullError(desk, full, bytes);
  }

  #bytesOf(desk: Desk, { args }: ChildCall): number {
    return this.admission.countsBytes(desk) ? payloadBytes(args, undefined, Infinity) : 0;
  }

  /** Makes the token of a child. It belongs to what is there: a gate that drains, or closes, finishes it too. */
  #submitChild(desk: Desk, call: ChildCall): CallToken {
    const nowMs = this.#clock.now();
    const pass = this.#askBreaker(desk, nowMs);
    const request: CallRequest = {
      timeoutMs: call.timeoutMs,
      queueTimeoutMs: call.queueTimeoutMs,
      deadlineMs: call.deadlineMs,
      priority: call.priority,
      inline: "never",
      signal: undefined,
    };
    const token = new CallToken(call.id, desk.operation, call.args, request, this, nowMs);
    token.pass = pass;
    token.bytes = this.#bytesOf(desk, call);
    this.#table.set(token);
    this.ledger.enter(token, desk);
    this.#setFirstCheck(token);
    if (desk.group === this.#callerGroup) this.#callerGroup.submitted(token);
    return token;
  }

  /** Its lane is told whose child it is, in front of its arguments. */
  #nameFamily(token: CallToken): void {
    const family = this.#domains.familyOf(token);
    if (family === undefined) return;
    token.args = [...family, ...token.args];
    token.operation = childOperation(token.operation);
  }

  // The caller's own thread.

  #makeCallerWork(): CallerWork {
    return new CallerWork(this.#clock, this.#parts.makeCaller, {
      admitHere: (token, nowMs) => {
        this.ledger.move(token, ADMITTED);
        token.admittedMs = nowMs;
        token.lane = ON_CALLER;
      },
      isHeld: (token) => !this.#mayRunInline(token.desk as Desk),
      sendToLanes: (token) => {
        if (token.code === ADMITTED) {
          this.ledger.move(token, WAITING);
          token.lane = NOWHERE;
          token.admittedMs = NaN;
        }
        this.#awaitLane(token, token.desk as Desk);
      },
      hold: () => this.#keepAlive.hold(),
      complete: (token, value) => this.#complete(token, value, false),
      fail: (token, error) => this.#attemptFailed(token, FAILED, error, false),
      late: () => this.ledger.late++,
    });
  }

  // Where things are.

  #allGroups(): TokenGroup[] {
    return [...this.#groups, this.#callerGroup];
  }

  /** Where the calls of an operation run. */
  #groupFor(operation: OperationReference): TokenGroup {
    const { isolation = "thread", makeOtherLanes } = this.#parts;
    const [first, other] = this.#groups;
    if (first === undefined) return this.#callerGroup;
    const asked = (operation as DeclaredOperation).policy?.isolation ?? isolation;
    if (asked === isolation || makeOtherLanes === undefined) return first;
    return other ?? this.#addOtherGroup(first, makeOtherLanes(this, first.crew.endIndex));
  }

  /** The first operation asks for lanes of the other kind. */
  #addOtherGroup(first: LaneGroup, lanes: LaneSet): LaneGroup {
    const group = this.#addGroup(lanes);
    group.isPaused = first.isPaused;
    this.#keepAlive.add(group.crew.seats);
    if (this.#closing !== undefined) group.crew.close(closedError("start the lanes of"));
    return group;
  }

  #groupOf(lane: Lane): LaneGroup {
    const first = this.#groups[0]!;
    return first.crew.has(lane) ? first : this.#groups[1]!;
  }

  /** Where a token is that was given out: not where its operation runs by now. */
  #placeOf(token: CallToken): TokenGroup {
    if (token.lane === ON_CALLER) return this.#callerGroup;
    if (token.lane === ON_BOARD) return this.#boardGroup!;
    const first = this.#groups[0]!;
    return token.lane < first.crew.endIndex ? first : this.#groups[1]!;
  }

  #holderOf(token: CallToken): CallHolder {
    return this.#placeOf(token).holderOf(token);
  }
}

function isDroppedBefore(one: CallToken, other: CallToken): boolean {
  const higher = one.limits.priority - other.limits.priority;
  return higher === 0 ? one.submittedMs < other.submittedMs : higher < 0;
}

function fullError(desk: Desk, bound: QueueBound, bytes: number): QueueFullError {
  const limit = bound.lacks(1, bytes) ?? "maxQueue";
  const { policy } = bound;
  const waiting = limit === "maxQueue"
    ? bound.waiting + bound.reserved
    : bound.bytes + bound.reservedBytes;
  return queueFullError(desk.operation, limit, policy[limit], waiting, policy.whenFull);
}
