/**
 * Every move of a token, from the moment it exists to its settlement.
 *
 * The state is whole whenever control leaves: settling a token resolves a promise, whose reactions run later; giving a lane up can run getters of
 * the user's, and happens after everything is recorded.
 *
 * @module
 */

import type { LaneLoss } from "../bridge/contract.ts";
import {
  ADMITTED,
  type CallToken,
  COMPLETED,
  FAILED,
  FOR_ARGUMENTS,
  FOR_ITS_ATTEMPT,
  FOR_ITS_DESK,
  KILLED,
  LAID_OUT,
  NOWHERE,
  type TokenOwner,
  WAITING,
} from "../call_token.ts";
import { childOperation } from "../bridge/child_operation.ts";
import type { Clock } from "../runtime/clock.ts";
import { Ageing } from "./ageing.ts";
import { resolveArguments } from "./arguments.ts";
import { Borrowers } from "./borrowers.ts";
import type { CallerWork } from "./caller_work.ts";
import type { Desk } from "./desk.ts";
import type { Domains } from "./domains.ts";
import { EmptyWaiters } from "./empty_waiters.ts";
import type { EngineParts } from "./engine_parts.ts";
import type { KeepAlive } from "./keep_alive.ts";
import type { LaneGroup } from "./lane_group.ts";
import type { Ledger } from "./ledger.ts";
import { type KeyFailure, tryKey } from "./key_of.ts";
import { LimitChecks } from "./limit_checks.ts";
import { PayloadChecks } from "./payload_checks.ts";
import { finalError, Retrying } from "./retrying.ts";
import type { Seat } from "./seat.ts";
import { Signals } from "./signals.ts";
import { boundLossError, cancelledError, unreadError } from "./token_errors.ts";
import type { TokenGroups } from "./token_groups.ts";
import type { TokenTable } from "./token_table.ts";

/** How a lane ended of which nobody has kept it. */
const NO_LOSS: LaneLoss = {
  cause: undefined,
  exitCode: undefined,
  wasReady: true,
  wasStuck: false,
  started: [],
  unstarted: [],
};

/** What the moves have to do with the rest of their engine. */
export interface MovesParts {
  /** What the engine is made of. */
  readonly engine: EngineParts;
  readonly ledger: Ledger;
  readonly table: TokenTable;
  /** No token is left that has not settled. */
  readonly onIdle: () => void;
  /** Plans to give out what waits. */
  readonly planTurn: () => void;
}

/** Moves the tokens of one gate, which owns them. */
export class Moves implements TokenOwner {
  /** Who waits until nothing is left. */
  readonly empty: EmptyWaiters = new EmptyWaiters();
  readonly limits: LimitChecks;
  readonly signals: Signals;
  readonly borrowers: Borrowers;
  readonly #parts: MovesParts;
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  readonly #ageing: Ageing;
  readonly #payloads: PayloadChecks;
  readonly #retrying: Retrying;
  readonly #planTurn: () => void;
  #groups!: TokenGroups;
  #callerWork!: CallerWork;
  #keepAlive!: KeepAlive;
  #domains!: Domains;

  /** @param parts what they have to do with the rest */
  constructor(parts: MovesParts) {
    const { clock, random, ageMs, maxPayloadBytes } = parts.engine;
    this.#parts = parts;
    this.#clock = clock;
    this.#ledger = parts.ledger;
    this.#planTurn = parts.planTurn;
    this.#ageing = new Ageing(clock.now(), ageMs);
    this.#payloads = new PayloadChecks(maxPayloadBytes, (token, error) => this.fail(token, error));
    this.#retrying = new Retrying(clock, random, (token) => this.#tryAgain(token));
    this.borrowers = new Borrowers({
      lanesOf: ({ group }) => this.#groups.lanes.find((lanes) => lanes === group),
      go: (token, desk) => this.#enqueueWithKey(token, desk),
      fail: (token, error) => this.fail(token, error),
    });
    this.signals = new Signals((token, reason) => this.cancel(token, reason));
    this.limits = new LimitChecks({
      clock,
      retrying: this.#retrying,
      recall: (token) => this.recall(token),
      end: (token, code, error) => this.end(token, code, error),
      reject: (token, code, error) => this.reject(token, code, error, false),
      attemptFailed: (token, code, error, isLost) => this.attemptFailed(token, code, error, isLost),
      planTurn: parts.planTurn,
    });
  }

  /** The places are made where tokens run: from now on there may be some. */
  begin(
    groups: TokenGroups,
    callerWork: CallerWork,
    keepAlive: KeepAlive,
    domains: Domains,
  ): void {
    this.#domains = domains;
    this.#groups = groups;
    this.#callerWork = callerWork;
    this.#keepAlive = keepAlive;
    this.limits.look(groups);
  }

  // The owner of the tokens.

  cancel(token: CallToken, reason: unknown): boolean {
    return !token.isSettled && this.kill(token, cancelledError(token.operation, reason));
  }

  /** Kills a token. @param error what it rejects with @returns whether this ended it */
  kill(token: CallToken, error: Error): boolean {
    if (token.isSettled) return false;
    this.end(token, KILLED, error);
    return true;
  }

  hasStarted(token: CallToken): boolean {
    return this.#groups.holderOf(token).isStarted(token);
  }

  startedMs(token: CallToken): number {
    return this.#groups.holderOf(token).startedMs(token);
  }

  grant(token: CallToken, count: number): void {
    if (token.code === ADMITTED) this.#groups.placeOf(token).grant(token, count);
  }

  /** A generator has made items. */
  yielded(token: CallToken, items: readonly unknown[]): void {
    if (token.isForResults) return this.end(token, FAILED, unreadError(token.operation));
    token.stream.receive(items);
    // One that waits for its reader leaves its place to others.
    this.#planTurn();
  }

  // On its way to a lane.

  /**
   * Has a token wait until the tokens among its arguments have settled.
   *
   * @param sources where they are
   * @param go where it goes then; by default it waits for a lane, by preference one that has kept some of them
   */
  awaitArguments(
    token: CallToken,
    desk: Desk,
    sources: readonly number[],
    go?: (token: CallToken) => void,
  ): void {
    token.waits = FOR_ARGUMENTS;
    // Its place may have been the last of a reservation that had asked for more bytes.
    this.#planTurn();
    resolveArguments(
      desk.operation,
      token.args,
      sources,
      (args) => {
        if (token.isSettled) return;
        if (go === undefined) return this.borrowers.receive(token, args);
        this.borrowers.gather(token, args, (args) => {
          token.waits = FOR_ITS_DESK;
          token.args = args;
          go(token);
        });
      },
      (error, wasKilled) => {
        if (token.isSettled) return;
        this.reject(token, wasKilled ? KILLED : FAILED, error, false);
        // Its place in the queue is free.
        this.#planTurn();
      },
    );
  }

  /** Gives a token its key. @returns false when it has settled, since there is none */
  takeKey(token: CallToken, key: string | KeyFailure): boolean {
    if (typeof key === "string") (token.desk as Desk).home.keys.hold(token, key);
    else this.fail(token, key.error);
    return !token.isSettled;
  }

  /** The arguments of a token are there: its key can be asked for, by which whoever is asked may end it. */
  #enqueueWithKey(token: CallToken, desk: Desk): void {
    const { affinity } = token.limits;
    const key = affinity === undefined ? undefined : tryKey(affinity, token.args);
    if (token.isSettled) return;
    if (key === undefined || this.takeKey(token, key)) this.enqueue(token, desk);
  }

  /** Has a token wait for one lane and no other. */
  bind(token: CallToken, group: LaneGroup, seat: Seat): void {
    if (!this.#payloads.pass(token)) return;
    // It may have been lost while the token waited for its arguments.
    const isGone = seat.state !== "ready" && seat.state !== "starting";
    if (isGone) return this.fail(token, boundLossError(token, seat.lane.index, NO_LOSS));
    group.bound.bind(token, seat);
    this.#keepAlive.hold();
    this.#planTurn();
  }

  /**
   * Has a token wait for its place to run, which is a lane unless it may run here.
   *
   * @param burstMs the time, in ms since the epoch, for one of many that are made at once: it need not wait for the next turn
   */
  enqueue(token: CallToken, desk: Desk, burstMs?: number): void {
    if (!this.prepare(token, desk)) return;
    if (
      token.limits.inline === "auto" && token.pin === undefined && this.mayRunInline(desk) &&
      this.#callerWork.takes(token, this.#ledger.active)
    ) return this.#planTurn();
    this.awaitLane(token, desk, burstMs);
  }

  /** Makes the arguments of a token ready for the way to where its operation runs now. @returns false when it has settled, since they cannot go */
  prepare(token: CallToken, desk: Desk): boolean {
    // Where nothing crosses, arguments are copied as they are.
    if (desk.group === this.#groups.caller) {
      this.#payloads.undo(token, desk.operation);
      return true;
    }
    // It may have been there before: then that is done.
    if (token.operation !== desk.operation) return true;
    if (!this.#payloads.pass(token)) return false;
    if (token.id < 0) this.#nameFamily(token);
    if (token.pin !== undefined) this.borrowers.address(token);
    return true;
  }

  /** Its lane is told whose child it is, in front of its arguments. */
  #nameFamily(token: CallToken): void {
    const family = this.#domains.familyOf(token);
    if (family === undefined) return;
    token.args = [...family, ...token.args];
    token.operation = childOperation(token.operation);
  }

  /** Has a token wait for a lane. @param burstMs as for {@linkcode Moves.enqueue} */
  awaitLane(token: CallToken, desk: Desk, burstMs?: number): void {
    token.sequence = this.#ageing.placeOf(token.limits.priority, token.submittedMs);
    const isOut = burstMs !== undefined && desk.group.takesNow(token, burstMs);
    if (!isOut && (token.pin === undefined || desk.home.keys.admits(token))) desk.push(token);
    this.#keepAlive.hold();
    const groups = this.#groups.lanes;
    for (let i = 0; i < groups.length; i++) groups[i]!.crew.encourage();
    this.#planTurn();
  }

  /** Whether calls of an operation may run on the caller's own thread now. */
  mayRunInline(desk: Desk): boolean {
    return !this.#parts.engine.isForLanes(desk.operation) && !desk.isGated && !desk.isPaused &&
      !desk.group.isPaused &&
      desk.group !== this.#groups.caller;
  }

  // Its ends.

  /** Ends a token from outside, wherever it is. */
  end(token: CallToken, code: number, error: Error): void {
    const isRunning = !this.recall(token);
    if (isRunning) token.startedMs = this.startedMs(token);
    this.reject(token, code, error, isRunning && code !== KILLED);
    // Last: the reason crosses to the lane, and reading it may run code of the user's, which may end this token again.
    if (isRunning) this.#groups.placeOf(token).giveUp(token, error);
    this.#planTurn();
  }

  /** Takes a token back from the lane that has it, or may take it, if one has; false means that its function has started. */
  recall(token: CallToken): boolean {
    const isAnywhere = token.code === ADMITTED || token.lane === LAID_OUT;
    return !isAnywhere || this.#groups.placeOf(token).recall(token);
  }

  /** Settles a token with its result. @param isOfLane whether a lane has run it */
  complete(token: CallToken, value: unknown, isOfLane: boolean): void {
    this.#leave(token, COMPLETED, true);
    if (isOfLane && token.limits.inline === "auto") {
      this.#callerWork.learn(token, this.#ledger.active);
    }
    token.fulfil(value);
    this.#tell(token, true);
  }

  /**
   * An attempt has failed: another one follows, or the token settles.
   *
   * @param isLost whether its lane was lost, so that nobody knows what the function has done
   */
  attemptFailed(token: CallToken, code: number, error: unknown, isLost: boolean): void {
    if (this.#retrying.isPossible(token, isLost)) {
      // It waits already when its owner is asked, who may end it.
      this.#waitForAttempt(token);
      if (this.#retrying.plan(token, error, isLost)) {
        this.#ledger.retries++;
        (token.desk as Desk).record.attempt(token, this.#clock.now());
        // Or it would have run twice if it were ended before the next attempt.
        token.admittedMs = token.startedMs = token.endedMs = NaN;
        return this.#planTurn();
      }
      if (token.isSettled) return;
    }
    this.reject(token, code, finalError(token, error), true);
  }

  /** Settles a token that fails before a lane has tried it. Its place in the queue is free. */
  fail(token: CallToken, error: unknown): void {
    this.reject(token, FAILED, error, false);
    this.#planTurn();
  }

  /**
   * Settles a token with an error.
   *
   * @param hasRun whether this says anything of its operation: what was killed, or never came to be tried, does not
   */
  reject(token: CallToken, code: number, error: unknown, hasRun: boolean): void {
    this.#leave(token, code, hasRun);
    // A child that fails is told to the lane that has called it, where somebody waits for it or nobody does.
    token.fail(error, code === KILLED || token.id < 0);
    this.#tell(token, hasRun);
  }

  #waitForAttempt(token: CallToken): void {
    const desk = token.desk as Desk;
    this.#groups.placeOf(token).left(token);
    desk.giveBack(token);
    this.#ledger.move(token, WAITING);
    this.limits.remove(token);
    token.lane = NOWHERE;
    token.waits = FOR_ITS_ATTEMPT;
    this.limits.begin(token);
    this.#domains.ended(token);
  }

  #tryAgain(token: CallToken): void {
    const desk = token.desk as Desk;
    token.waits = FOR_ITS_DESK;
    // Something may stand in for its operation by now.
    if (desk.group === this.#groups.caller && this.borrowers.recall(token)) return;
    if (this.prepare(token, desk)) this.awaitLane(token, desk);
  }

  /** Last of all: this may run functions of the user's. */
  #tell(token: CallToken, hasRun: boolean): void {
    if (token.id < 0 || this.#domains.size > 0) this.#domains.ended(token);
    if (token.pass >= 0) (token.desk as Desk).judge(token, hasRun, this.#clock.now());
    this.#parts.engine.listener.settled?.(token);
  }

  /** Takes a token out of everything that knows it. Once per token: each way here starts from an unsettled one. */
  #leave(token: CallToken, code: number, hasRun: boolean): void {
    const ledger = this.#ledger;
    const desk = token.desk as Desk;
    token.queue?.remove(token);
    if (token.code === ADMITTED) this.#groups.placeOf(token).left(token);
    if (token.holds !== 0) desk.giveBack(token);
    ledger.move(token, code);
    this.limits.remove(token);
    if (token.signal !== undefined) this.signals.remove(token);
    if (token.retries !== undefined) this.#retrying.remove(token);
    if (token.pin !== undefined) {
      desk.home.keys.settled(token);
      this.borrowers.settled(token);
    }
    this.#parts.table.release(token);
    desk.record.settled(token, code !== COMPLETED, hasRun, this.#clock);
    if (desk.active === 0 && this.empty.hasAny) this.empty.tell(desk);
    if (ledger.active > 0) return;
    if (this.empty.hasAny) this.empty.tell(undefined);
    this.#parts.onIdle();
  }
}
