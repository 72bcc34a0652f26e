/**
 * The gate's engine: the control plane of one gate, put together. It runs no function of the user's, knows no runtime and no kind of
 * lane, and takes its time from a clock, so that the tests can drive it in virtual time.
 *
 * Its rooms: the entrance takes calls or refuses them; the moves take a token from its submission to its settlement; the groups are where tokens run; the reports
 * say what the lanes tell; the steering is what can be done from outside.
 *
 * @module
 */

import { ChildTally } from "../bridge/child_tally.ts";
import type { OperationReference } from "../bridge/contract.ts";
import { findUncloneable } from "../bridge/cloneable.ts";
import { CallToken } from "../call_token.ts";
import { Utilisation } from "../observe/utilisation.ts";
import type { Clock } from "../runtime/clock.ts";
import { Admission, type Promised, type RoomRequest } from "./admission.ts";
import { findTokens } from "./arguments.ts";
import { BOUND, BoundCalls } from "./bound_calls.ts";
import { CallerGroup } from "./caller_group.ts";
import { callerMoves } from "./caller_moves.ts";
import { CallerWork } from "./caller_work.ts";
import { ChildMoves } from "./child_moves.ts";
import { Closing } from "./closing.ts";
import { Desk } from "./desk.ts";
import { type DomainInfo, Domains } from "./domains.ts";
import type { CallRequest, EngineParts } from "./engine_parts.ts";
import { Entrance, sizeOfArguments } from "./entrance.ts";
import { KeepAlive } from "./keep_alive.ts";
import { tryKey } from "./key_of.ts";
import { LaneReports } from "./lane_reports.ts";
import { Ledger } from "./ledger.ts";
import { Moves } from "./moves.ts";
import { Steering } from "./steering.ts";
import { closedError } from "./token_errors.ts";
import { TokenGroups } from "./token_groups.ts";
import { TokenTable } from "./token_table.ts";
import type { WeightPolicy } from "./weight_policy.ts";

export type { CallRequest, EngineListener, EngineParts, LaneSet } from "./engine_parts.ts";

/** The control plane of one gate. */
export class Engine {
  readonly ledger: Ledger = new Ledger();
  /** By operation; an operation is one object. */
  readonly desks: Map<OperationReference, Desk> = new Map();
  readonly admission: Admission;
  /** Where tokens run. */
  readonly groups: TokenGroups;
  /** How much of the lanes' time is spent inside of functions. */
  readonly utilisation: Utilisation;
  readonly #parts: EngineParts;
  readonly #clock: Clock;
  readonly #table: TokenTable = new TokenTable();
  readonly #entrance: Entrance;
  readonly #moves: Moves;
  readonly #callerWork: CallerWork;
  readonly #steering: Steering;
  readonly #keepAlive: KeepAlive;
  readonly #domains: Domains;
  readonly #closing: Closing;
  readonly #onTurn: () => void;
  #isTurnPlanned = false;

  /** @param parts what it is made of */
  constructor(parts: EngineParts) {
    const { clock, listener } = parts;
    const { ledger } = this;
    const table = this.#table;
    const planTurn = (): void => this.#planTurn();
    this.#parts = parts;
    this.#clock = clock;
    this.utilisation = new Utilisation(clock.now());
    this.#onTurn = () => this.#turn();
    this.admission = new Admission(
      parts.queue,
      ledger.counts,
      (isFull, desk, bound) => listener.saturation(isFull, desk?.operation, bound),
    );
    ledger.bound = this.admission.bound;
    const moves = this.#moves = new Moves({
      engine: parts,
      ledger,
      table,
      planTurn,
      onIdle: () => {
        this.#closing.idle();
        this.#keepAlive.release();
      },
    });
    const { admission } = this;
    const desks = (): Iterable<Desk> => this.desks.values();
    const entrance = this.#entrance = new Entrance({
      engine: parts,
      ledger,
      admission,
      table,
      desks,
      recall: (token) => moves.recall(token),
      end: (token, code, error) => moves.end(token, code, error),
    });
    const callerWork = this.#callerWork = new CallerWork(
      clock,
      parts.makeCaller,
      callerMoves(ledger, moves, () => this.#keepAlive.hold()),
    );
    const reports = new LaneReports({
      clock,
      ledger,
      utilisation: this.utilisation,
      listener,
      moves,
      callerWork,
      planTurn,
      turn: this.#onTurn,
    });
    const onAdmitted = (token: CallToken): void => moves.limits.limitRun(token);
    const groups = this.groups = new TokenGroups({
      engine: parts,
      ledger,
      caller: new CallerGroup({
        clock,
        ledger,
        caller: callerWork.caller,
        planTurn,
        onAdmitted,
        onRefused: (token) => {
          const cause = new TypeError("its arguments cannot be copied");
          moves.fail(token, findUncloneable(token.operation.name, token.args, cause));
        },
      }),
      events: reports,
      loans: moves.borrowers,
      planTurn,
      onAdmitted,
      onAdded: ({ crew }) => {
        this.#keepAlive.add(crew.seats);
        if (this.#closing.hasBegun) crew.close(closedError("start the lanes of"));
      },
    });
    const domains = this.#domains = new Domains(
      clock,
      new ChildMoves({
        engine: parts,
        ledger,
        table,
        admission,
        entrance,
        groups,
        moves,
        deskOf: (operation) => this.deskOf(operation),
        planTurn,
      }),
    );
    reports.hear(groups, domains);
    // A close that is under way is work too.
    const keepAlive = this.#keepAlive = new KeepAlive(
      clock,
      groups.seats,
      () => ledger.active > 0 || groups.areEnding,
    );
    moves.begin(groups, callerWork, keepAlive, domains);
    this.#closing = new Closing({
      clock,
      ledger,
      table,
      admission,
      entrance,
      groups,
      moves,
      keepAlive,
      desks,
    });
    this.#steering = new Steering({ ledger, table, entrance, groups, moves, planTurn });
  }

  /** Number of lanes. */
  get lanes(): number {
    return this.groups.lanes[0]?.crew.seats.length ?? 0;
  }

  /** How many lanes may be up now, one at least. */
  get mostLanes(): number {
    return Math.max(1, this.groups.lanes[0]?.crew.mostLanes ?? 0);
  }

  /** How many lanes weighty calls may be in at once. */
  get policy(): WeightPolicy {
    return this.#parts.policy;
  }

  /** The time, in ms since the epoch. */
  get nowMs(): number {
    return this.#clock.now();
  }

  /** Tokens that were started on the caller's thread while there were lanes. */
  get inline(): number {
    return this.#callerWork.started;
  }

  /** Starts all lanes. */
  started(): Promise<void> {
    if (this.#closing.hasBegun) return Promise.reject(closedError("start the lanes of"));
    const keepAlive = this.#clock.setTimer(() => {}, 2 ** 31 - 1, false);
    const started = this.groups.lanes[0]?.crew.started() ?? Promise.resolve();
    return started.finally(() => this.#clock.clearTimer(keepAlive));
  }

  /** What the gate keeps of an operation, from its first call on. */
  deskOf(operation: OperationReference): Desk {
    const known = this.desks.get(operation);
    if (known !== undefined) return known;
    const groups = this.groups;
    const policy = groups.policyOf(operation);
    const desk = new Desk(operation, policy, groups.groupFor(operation), this.#clock);
    if (desk.breaker !== undefined) {
      desk.breaker.onChange = (from, to) => this.#parts.listener.breaker(operation, from, to);
    }
    this.desks.set(operation, desk);
    for (const group of groups.lanes) {
      group.perLane = Math.max(group.perLane, operation.perLane ?? 1);
    }
    return desk;
  }

  /**
   * Makes a token and lets it wait for a lane.
   *
   * @param promised room that was reserved for it; undefined when it takes what there is
   * @param burstMs for one of many calls that are made at once: the time, in ms since the epoch. It may be in a lane before the next one is made
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
    burstMs?: number,
  ): CallToken {
    const moves = this.#moves;
    const desk = this.deskOf(operation);
    // Before there is a token: looking at proxies, and into objects, may run code of the user's.
    const sources = findTokens(args);
    const { affinity } = request;
    // Of a token among the arguments nobody knows yet what will come of it.
    const hasKey = affinity !== undefined && sources === undefined;
    const key = hasKey ? tryKey(affinity, args) : undefined;
    const token = this.#enter(desk, args, sources, request, promised, burstMs);
    if (token.isSettled) return token;
    if (key !== undefined && !moves.takeKey(token, key)) return token;
    const { caller } = this.groups;
    if (desk.group === caller) caller.submitted(token);
    if (sources === undefined) moves.enqueue(token, desk, burstMs);
    else moves.awaitArguments(token, desk, sources);
    return token;
  }

  /**
   * Makes a token for each lane that is up, or starting, and lets it wait for that and no other.
   *
   * @returns the tokens, in the order of the lanes; where calls run on the caller's own thread, one
   * @throws as a call does; then there are none
   */
  broadcast(
    operation: OperationReference,
    args: readonly unknown[],
    request: CallRequest,
  ): CallToken[] {
    const moves = this.#moves;
    const desk = this.deskOf(operation);
    const group = this.groups.lanes.find((group) => group === desk.group);
    if (group === undefined) return [this.submit(operation, args, request)];
    // Without lanes nothing would say so.
    if (this.#closing.hasBegun) throw closedError(`call "${operation.name}" through`);
    const sources = findTokens(args);
    const bound = { ...request, transfer: BOUND, affinity: undefined };
    const tokens: CallToken[] = [];
    try {
      for (const seat of BoundCalls.live(group.crew.seats)) {
        const token = this.#enter(desk, args, sources, bound, undefined);
        tokens.push(token);
        if (token.isSettled) continue;
        if (sources === undefined) moves.bind(token, group, seat);
        else moves.awaitArguments(token, desk, sources, (token) => moves.bind(token, group, seat));
      }
    } catch (error) {
      for (const token of tokens) moves.cancel(token, error);
      throw error;
    }
    return tokens;
  }

  /** Takes a call. @returns its token, which has settled when its signal has aborted before */
  #enter(
    desk: Desk,
    args: readonly unknown[],
    sources: readonly number[] | undefined,
    request: CallRequest,
    promised: Promised | undefined,
    nowMs: number = this.#clock.now(),
  ): CallToken {
    const moves = this.#moves;
    const bytes = this.admission.countsBytes(desk)
      ? sizeOfArguments(args, sources, request.transfer)
      : 0;
    const pass = this.#entrance.admit(desk, bytes, nowMs, promised);
    const id = this.#table.allocate();
    const token = new CallToken(id, desk.operation, args, request, moves, nowMs);
    token.pass = pass;
    token.bytes = bytes;
    this.#table.set(token);
    this.ledger.enter(token, desk);
    if (request.signal !== undefined) {
      if (request.signal.aborted) {
        moves.cancel(token, request.signal.reason);
        return token;
      }
      moves.signals.watch(token, request.signal);
    }
    moves.limits.begin(token);
    return token;
  }

  /** Ends a token that has not settled. */
  cancel(token: CallToken, reason: unknown): boolean {
    return this.#moves.cancel(token, reason);
  }

  /** Calls that were made inside of operations and given to the gate, since it was made. */
  get spread(): number {
    return this.#domains.spread;
  }

  /** @returns what ran inside of calls, in their lanes */
  tallyChildren(): ChildTally {
    const tally = new ChildTally();
    for (const { lane } of this.groups.seats) lane.tallyChildren(tally);
    return tally;
  }

  /** @returns the domains that have something in them */
  domains(): DomainInfo[] {
    const inLanes: Map<number, number> = new Map();
    for (const { lane } of this.groups.seats) {
      for (const { id, live } of lane.leads()) inLanes.set(id, live);
    }
    return this.#domains.list(inLanes);
  }

  /** Has lanes import their modules anew: replaces all of them. @returns resolves when the old ones are gone */
  async reload(): Promise<void> {
    if (this.#closing.hasBegun) throw closedError("reload the lanes of");
    const gone = this.groups.lanes.map(({ retirement }) => retirement.reload());
    this.#planTurn();
    this.#keepAlive.hold();
    await Promise.all(gone);
    this.#keepAlive.release();
  }

  /** Closes the gate: no new calls; those it has are finished, or ended. A later call may cut short what an earlier one allowed. */
  close(drain: boolean, timeoutMs: number): Promise<void> {
    return this.#closing.close(drain, timeoutMs);
  }

  // What is done from outside; told where it is done.

  /** Nothing starts any more; what has not started waits again, in its order. */
  pause(desk: Desk | undefined): void {
    this.#steering.pause(desk);
  }

  /** Ends a pause, and a drain. */
  resume(desk: Desk | undefined): void {
    this.#steering.resume(desk);
  }

  /** Takes no more calls. @returns resolves when those it has are settled */
  drain(desk: Desk | undefined): Promise<void> {
    return this.#steering.drain(desk);
  }

  /** Kills what has not started. @returns how many */
  purge(desk: Desk | undefined, reason: unknown): number {
    return this.#steering.purge(desk, reason);
  }

  /** Kills what has not settled. @returns how many */
  killAll(desk: Desk | undefined, reason: unknown): number {
    return this.#steering.killAll(desk, reason);
  }

  /** Kills a token. @param error what it rejects with @returns whether this ended it */
  kill(token: CallToken, error: Error): boolean {
    return this.#moves.kill(token, error);
  }

  /** @param id id of a token @returns the token; undefined when it has settled */
  find(id: number): CallToken | undefined {
    return this.#table.get(id);
  }

  /** @returns the tokens that have not settled */
  live(desk: Desk | undefined): CallToken[] {
    return this.#steering.live(desk);
  }

  /** Sets how many calls of an operation may be in lanes at once. */
  limit(desk: Desk, maxConcurrent: number): void {
    this.#steering.limit(desk, maxConcurrent);
  }

  /** Has a function stand in for an operation, on the caller's thread; undefined ends that. */
  mock(desk: Desk, fn: ((...args: unknown[]) => unknown) | undefined): void {
    this.#steering.mock(desk, fn);
  }

  /** Waits for room. @throws {GateClosedError} when the gate is closing or closed */
  request(request: RoomRequest): void {
    if (this.#closing.hasBegun) throw closedError("reserve room in");
    this.admission.request(request);
  }

  /**
   * Gives out what waits, and takes what has been answered, in the middle of many calls that are made at once: the lanes are to work meanwhile, and a token that has
   * settled before the next ones are made is still in the cache.
   */
  keepUp(): void {
    const { lanes } = this.groups;
    for (let i = 0; i < lanes.length; i++) lanes[i]!.keepUp();
  }

  #planTurn(): void {
    if (this.#isTurnPlanned) return;
    this.#isTurnPlanned = true;
    this.#clock.defer(this.#onTurn);
  }

  /** Gives out what waits, once per burst of calls or answers. */
  #turn(): void {
    this.#isTurnPlanned = false;
    const groups = this.groups;
    for (let i = 0; i < groups.lanes.length; i++) groups.lanes[i]!.turn();
    if (this.#domains.isHungry) this.#domains.turn();
    groups.caller.turn();
    this.#callerWork.plan();
    this.admission.grant();
  }
}
