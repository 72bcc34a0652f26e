/**
 * A desk: what a gate keeps of one operation. Its lines, its counters, and what says whether the next of its tokens may go on: permits, a rate, a pause.
 *
 * Permits are taken when a token leaves its line, before it is in a lane, all of them or none; and given back when it settles or comes back. A desk whose first token may not
 * go on leaves the lineup with all its lines, so that it holds no other operation, and is back when it is told that something has changed.
 *
 * @module
 */

import type { OperationReference } from "../bridge/contract.ts";
import {
  type CallToken,
  type CallWeight,
  COMPLETED,
  PERMITS,
  SLOTS,
  type TokenDesk,
} from "../call_token.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import type { WaitingFor } from "../token.ts";
import { Breaker, countsAsFailure } from "./breaker.ts";
import { type DeskPolicy, NO_POLICY } from "./desk_policy.ts";
import { DeskRecord } from "./desk_record.ts";
import { Line } from "./line.ts";
import type { Lineup } from "./lineup.ts";
import { permitsOf } from "./permit_pool.ts";
import { type PermitListener, Permits } from "./permits.ts";
import { QueueBound } from "./queue_bound.ts";
import { RateLimit } from "./rate_limit.ts";
import type { Slots } from "./slots.ts";
import type { TokenGroup } from "./token_group.ts";

/** More permits than there are tokens. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** What a gate keeps of one operation. */
export class Desk implements TokenDesk, PermitListener {
  readonly operation: OperationReference;
  readonly policy: DeskPolicy;
  /** Where its calls run, */
  group: TokenGroup;
  /** and where they do unless something stands in for it. */
  readonly home: TokenGroup;
  /** How many of its tokens wait in lines. */
  queued = 0;
  /** Tokens by state code. Those that execute are among the admitted. */
  readonly counts: number[] = [0, 0, 0, 0, 0, 0, 0];
  submitted = 0;
  refused = 0;
  readonly record: DeskRecord = new DeskRecord();
  readonly bound: QueueBound | undefined;
  readonly breaker: Breaker | undefined;
  /** How many of its calls may be in lanes at once. */
  readonly permits: Permits;
  /** Whether a token needs more than a place in a lane. */
  isGated: boolean;
  /** Whether it takes no calls, since it is to finish those it has. */
  isDraining = false;
  /** Its token that is laid out for a lane to start when another one ends; the first that waits. Kept by the succession. */
  ahead: CallToken | undefined = undefined;
  /** What stands in for its function; undefined when nothing does. */
  mock: ((...args: unknown[]) => unknown) | undefined;
  readonly #clock: Clock;
  readonly #rate: RateLimit | undefined;
  /** Permits that it shares with other operations. */
  readonly #pools: readonly Permits[];
  /** The slots of its weighty calls, where those of its own kind run. */
  readonly #slots: Slots | undefined;
  /** That of its light calls. */
  #line: Line;
  /** The others, by where they wait; made when they are needed. */
  #lines: Map<Lineup, Line[]> | undefined;
  #isPaused = false;
  #lacks: WaitingFor | undefined;
  /** The permits it waits for. */
  #awaited: Permits | undefined;
  #rateTimer: Timer = undefined;

  /** @param operation the operation @param policy what it asks for @param group where its calls run @param clock the time */
  constructor(
    operation: OperationReference,
    policy: DeskPolicy | undefined,
    group: TokenGroup,
    clock: Clock,
  ) {
    this.operation = operation;
    this.policy = policy ??= NO_POLICY;
    this.home = this.group = group;
    this.#slots = group.slots;
    this.#line = new Line(this, group.lineup, undefined);
    this.#clock = clock;
    this.bound = policy.queue && new QueueBound(policy.queue, this.counts);
    this.breaker = policy.breaker && new Breaker(policy.breaker);
    this.permits = new Permits(Math.min(policy.maxConcurrent, UNLIMITED));
    this.#pools = policy.pools.map(permitsOf);
    this.#rate = policy.rateLimit && new RateLimit(policy.rateLimit);
    this.isGated = policy.maxConcurrent < Infinity || policy.pools.length > 0 ||
      policy.rateLimit !== undefined;
  }

  /** Name of the operation. */
  get name(): string {
    return this.operation.name;
  }

  /** Tokens that have not settled. */
  get active(): number {
    return this.counts[0]! + this.counts[1]!;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whether its tokens may go on, as far as it is concerned. */
  get isOpen(): boolean {
    return !this.#isPaused && this.#lacks === undefined;
  }

  /** Whether its tokens hold permits while they are in lanes, for which others may have to wait. */
  get hasPermits(): boolean {
    return this.permits.limit < UNLIMITED || this.#pools.length > 0;
  }

  /** @param other another operation, or this one @returns whether a token of it may wait for a permit that one of this holds */
  sharesPermits(other: Desk): boolean {
    if (this === other) return this.hasPermits;
    return this.#pools.some((pool) => other.#pools.includes(pool));
  }

  /** What its tokens wait for before they wait for a lane. */
  get waitsFor(): WaitingFor | undefined {
    return this.#isPaused || this.group.isPaused ? "resume" : this.#lacks;
  }

  // The lines.

  /** Its lines; some may be empty. */
  *lines(): Generator<Line> {
    yield this.#line;
    if (this.#lines === undefined) return;
    for (const lines of this.#lines.values()) yield* lines;
  }

  /** Puts a token at the end of its line, or of those of its priority. */
  push(token: CallToken): void {
    this.#lineOf(token).push(token);
  }

  /** Puts a token where it belongs in its line, which it has left before, or comes to out of its turn. */
  place(token: CallToken): void {
    this.#lineOf(token).insert(token);
  }

  /** Puts a token that comes back from a lane where it belongs. @param token the token @param admittedMs when it went there, in ms; NaN when it did not get so far */
  putBack(token: CallToken, admittedMs: number): void {
    if ((token.holds & PERMITS) !== 0) this.#giveRateBack(admittedMs);
    this.giveBack(token);
    this.place(token);
  }

  /** Has a token wait for the lane of its key, where it belongs there. It is in no line, and holds nothing. */
  park(token: CallToken, lineup: Lineup): void {
    this.#otherLine(lineup, token.limits.weight).insert(token);
  }

  /** A token has left a line. */
  left(line: Line): void {
    this.queued--;
    if (line.queue.size === 0 && line !== this.#line) this.#drop(line);
    // Nobody is left to wait: a timer would keep the process alive, and a pool would count it.
    if (this.#lacks !== undefined && this.queued === 0) this.#stopWaiting();
  }

  #lineOf(token: CallToken): Line {
    const { weight } = token.limits;
    if (token.pin === undefined) {
      return weight === undefined ? this.#line : this.#otherLine(this.group.lineup, weight);
    }
    const lineup = this.group.lineupFor(token);
    const isOwn = weight === undefined && lineup === this.#line.lineup;
    return isOwn ? this.#line : this.#otherLine(lineup, weight);
  }

  #otherLine(lineup: Lineup, weight: CallWeight | undefined): Line {
    const byLineup = this.#lines ??= new Map();
    let lines = byLineup.get(lineup);
    if (lines === undefined) byLineup.set(lineup, lines = []);
    for (const line of lines) if (line.weight === weight) return line;
    const line = new Line(this, lineup, weight);
    lines.push(line);
    return line;
  }

  /** Weights may be any numbers: what was used once is not kept. */
  #drop(line: Line): void {
    const lines = this.#lines!.get(line.lineup)!;
    lines.splice(lines.indexOf(line), 1);
    line.lineup.lines?.delete(line);
    if (lines.length === 0) this.#lines!.delete(line.lineup);
  }

  /** Takes a token out of its turn, with its permits. @returns whether it was free to go */
  takeOut(token: CallToken): boolean {
    if (!this.isOpen) return false;
    if (this.isGated && !this.clears(token)) return false;
    token.queue!.remove(token);
    return true;
  }

  // Whether the next token may go on.

  /** Takes the permits of a token. @returns false when there are none; then it leaves the lineup until there are */
  clears(token: CallToken): boolean {
    let lacking = this.#lackingPermits();
    if (lacking === undefined && this.ahead !== undefined && this.ahead !== token) {
      // A lane may have started what is laid out, and the permit is its then.
      this.group.succession!.withdraw(this);
      lacking = this.#lackingPermits();
    }
    if (lacking !== undefined) {
      if (lacking === this.permits) this.group.succession?.lacksPermit(this);
      this.#awaited = lacking;
      lacking.wait();
      lacking.listen(this);
      return this.#waitFor("permit");
    }
    const waitMs = this.#rate?.waitMs(this.#clock.now()) ?? 0;
    if (waitMs > 0) {
      this.#rateTimer = this.#clock.setTimer(() => this.#goOn(), waitMs, false);
      return this.#waitFor("rate");
    }
    this.permits.tryTake();
    for (let i = 0; i < this.#pools.length; i++) this.#pools[i]!.tryTake();
    this.#rate?.take(this.#clock.now());
    token.holds |= PERMITS;
    return true;
  }

  /** Gives back what a token holds, if it holds anything. */
  giveBack(token: CallToken): void {
    const { holds } = token;
    if (holds === 0) return;
    token.holds = 0;
    if ((holds & SLOTS) !== 0) this.#slots!.give(token.limits.weight!);
    if ((holds & PERMITS) === 0) return;
    this.permits.give();
    for (let i = 0; i < this.#pools.length; i++) this.#pools[i]!.give();
  }

  /** A token has not started: another may start in its place, or itself. */
  #giveRateBack(takenMs: number): void {
    const isRoom = this.#rate?.giveBack(takenMs, this.#clock.now()) ?? false;
    if (isRoom && this.#lacks === "rate") this.#stopWaiting();
  }

  /**
   * The token that a lane may start by itself when one of this operation ends; undefined when there is none, or when more than a permit of its own stands
   * before it.
   */
  get successor(): CallToken | undefined {
    const { permits } = this;
    const lacksOwn = this.#awaited === permits && permits.inUse === permits.limit;
    const lacksMore = this.#pools.length > 0 || this.#rate !== undefined || this.#isPaused;
    const hasOtherLines = this.#lines !== undefined && this.#lines.size > 0;
    if (!lacksOwn || lacksMore || hasOtherLines) return undefined;
    const { first } = this.#line.queue;
    // A child may have to run where it was called.
    return first !== undefined && first.pin === undefined && first.id >= 0 ? first : undefined;
  }

  /** Counts a token that a lane has started by itself. */
  begun(token: CallToken): void {
    token.holds |= PERMITS;
    this.permits.takeAnyway();
  }

  /** Counts a token that was given out before there were permits. */
  adopt(token: CallToken): void {
    if ((token.holds & PERMITS) !== 0) return;
    token.holds |= PERMITS;
    this.permits.tryTake();
  }

  permitsFree(): void {
    this.#goOn();
  }

  /** No more tokens leave the queue. */
  pause(): void {
    this.#isPaused = true;
    this.#leave();
  }

  /** Tokens leave the queue again. */
  resume(): void {
    this.#isPaused = false;
    this.#enter();
  }

  /** Sets how many of its calls may be in lanes at once; for the moment more may be. */
  limit(maxConcurrent: number): void {
    this.isGated = true;
    this.permits.resize(Math.min(maxConcurrent, UNLIMITED));
  }

  /** Tells the breaker what became of a token that it let pass. Runs a function of the user's, if there is one: nothing may be half done. */
  judge(token: CallToken, hasRun: boolean, nowMs: number): void {
    const breaker = this.breaker!;
    if (!hasRun) breaker.abandoned(token.pass);
    else if (token.code === COMPLETED || !countsAsFailure(this.policy.breaker!, token.outcome)) {
      breaker.succeeded(nowMs, token.pass);
    } else breaker.failed(nowMs, token.pass);
  }

  /** From now on its calls run elsewhere, those that wait too. @returns those */
  moveTo(group: TokenGroup): readonly CallToken[] {
    const tokens: CallToken[] = [];
    for (const line of [...this.lines()]) {
      for (const token of line.queue.tokens()) {
        line.remove(token);
        tokens.push(token);
      }
    }
    this.group.lineup.leave(this.#line);
    this.group = group;
    this.#line = new Line(this, group.lineup, undefined);
    tokens.sort((a, b) => a.sequence - b.sequence);
    for (const token of tokens) this.push(token);
    return tokens;
  }

  /** Nothing waits any more: no timer is left, and no pool remembers it. */
  close(): void {
    this.#stopWaiting();
  }

  #lackingPermits(): Permits | undefined {
    if (!this.permits.isFree) return this.permits;
    return this.#pools.find((pool) => !pool.isFree);
  }

  #waitFor(what: WaitingFor): false {
    this.#lacks = what;
    this.#leave();
    return false;
  }

  #leave(): void {
    this.#line.lineup.leave(this.#line);
    if (this.#lines === undefined) return;
    for (const line of this.lines()) line.lineup.leave(line);
  }

  #enter(): void {
    if (!this.isOpen) return;
    this.#line.lineup.enter(this.#line);
    if (this.#lines === undefined) return;
    for (const line of this.lines()) line.lineup.enter(line);
  }

  #stopWaiting(): void {
    this.#lacks = undefined;
    if (this.#awaited !== undefined) {
      this.#awaited.unlisten(this);
      this.#awaited.leave();
      this.#awaited = undefined;
    }
    if (this.#rateTimer !== undefined) this.#clock.clearTimer(this.#rateTimer);
    this.#rateTimer = undefined;
  }

  #goOn(): void {
    this.#stopWaiting();
    if (this.#isPaused || this.queued === 0) return;
    this.#enter();
    this.group.planTurn();
  }
}
