/**
 * The gate's work on the caller's own thread: the tokens that wait for it, and their moves.
 *
 * They run in a microtask of their own, after the gate has given the lanes theirs: nothing of the gate is half done then, and lanes and caller
 * are at work at the same time.
 *
 * @module
 */

import {
  CALLER_PENDING,
  CALLER_REFUSED,
  type CallerEvents,
  type CallerLane,
  type LaneCall,
} from "../bridge/contract.ts";
import { PackedOperation } from "../bridge/packing.ts";
import type { CallToken } from "../call_token.ts";
import type { Clock } from "../runtime/clock.ts";
import { InlinePolicy } from "./inline_policy.ts";
import { Intake } from "./intake.ts";

/** The moves that are the engine's. */
export interface CallerMoves {
  /** The token is about to run on the caller's thread. */
  admitHere(token: CallToken, nowMs: number): void;
  /** Settles a token with its result. */
  complete(token: CallToken, value: unknown): void;
  /** Settles a token with its error. */
  fail(token: CallToken, error: unknown): void;
  /** A result came after its token had settled. */
  late(): void;
  /** A generator has made items. */
  yielded(token: CallToken, items: readonly unknown[]): void;
  /** Whether it may not run now. */
  isHeld(token: CallToken): boolean;
  /** The token is to wait for a lane after all. */
  sendToLanes(token: CallToken): void;
  /** A token goes on asynchronously: the process is to stay alive for it. */
  hold(): void;
}

/** What is run on the caller's thread for one gate. */
export class CallerWork implements CallerEvents {
  readonly caller: CallerLane;
  /** Tokens that were started here. */
  started = 0;
  readonly #clock: Clock;
  readonly #moves: CallerMoves;
  readonly #policy: InlinePolicy = new InlinePolicy();
  readonly #intake: Intake = new Intake();
  readonly #onRun: () => void;
  readonly #onEntered: () => void;
  readonly #onTurn: () => void;
  #isRunPlanned = false;
  #isTurnPlanned = false;
  /** A token on its way to a lane and back while there was no other, and since when. */
  #lone: CallToken | undefined;
  #loneMs = NaN;

  /** @param clock the time @param makeCaller makes the caller lane @param moves the engine's part */
  constructor(
    clock: Clock,
    makeCaller: (events: CallerEvents) => CallerLane,
    moves: CallerMoves,
  ) {
    this.#clock = clock;
    this.#moves = moves;
    this.caller = makeCaller(this);
    this.#onRun = () => {
      this.#isRunPlanned = false;
      this.caller.enter(this.#onEntered);
    };
    this.#onEntered = () => this.#run();
    this.#onTurn = () => {
      this.#isTurnPlanned = false;
      this.#policy.renew();
    };
  }

  /**
   * Decides where a token goes.
   *
   * @param token a token that may run here
   * @param active how many tokens have not settled, this one included
   * @returns whether it waits here now
   */
  takes(token: CallToken, active: number): boolean {
    if (this.#mayTake(token) && this.#policy.take(token.operation)) {
      this.#intake.push(token);
      this.#planTurn();
      return true;
    }
    this.#lone = active === 1 ? token : undefined;
    // Not since it was submitted: it may have waited for its arguments.
    if (active === 1) this.#loneMs = this.#clock.now();
    return false;
  }

  /** Learns from a token that a lane has run. @param token the settled token @param active how many have not settled */
  learn(token: CallToken, active: number): void {
    const runMs = token.endedMs - token.startedMs;
    if (Number.isNaN(runMs)) return;
    this.#policy.ranInLane(token.operation, runMs);
    if (this.#lone !== token) return;
    this.#lone = undefined;
    if (active === 0) this.#policy.crossed(this.#clock.now() - this.#loneMs - runMs);
  }

  /** Sees to it that what waits here is run. */
  plan(): void {
    if (this.#intake.size === 0 || this.#isRunPlanned) return;
    this.#isRunPlanned = true;
    this.#clock.defer(this.#onRun);
  }

  // What the caller lane tells.

  returned(call: LaneCall, value: unknown, startedMs: number, endedMs: number): void {
    this.#moves.complete(stamp(call, startedMs, endedMs), value);
  }

  threw(call: LaneCall, error: unknown, startedMs: number, endedMs: number): void {
    this.#moves.fail(stamp(call, startedMs, endedMs), error);
  }

  late(): void {
    this.#moves.late();
  }

  yielded(call: LaneCall, items: readonly unknown[]): void {
    this.#moves.yielded(call as CallToken, items);
  }

  progressed(call: LaneCall, value: unknown): void {
    (call as CallToken).progress.report(value);
  }

  /** A call that may have to be stopped needs a lane: here no timer and no signal gets its turn while a function runs. */
  #mayTake(token: CallToken): boolean {
    const { timeoutMs, queueTimeoutMs, deadlineMs } = token.limits;
    // Where nothing crosses nothing can be moved, and nothing revived.
    if (token.transfer !== undefined || token.operation instanceof PackedOperation) return false;
    return token.signal === undefined && timeoutMs === undefined && deadlineMs === undefined &&
      queueTimeoutMs === undefined;
  }

  #run(): void {
    let nowMs = this.#clock.now();
    // What the functions call meanwhile may be taken here too.
    while (this.#intake.first !== undefined && !this.#policy.isSpent) {
      const token = this.#intake.shift()!;
      if (this.#moves.isHeld(token)) this.#moves.sendToLanes(token);
      else nowMs = this.#runOne(token, nowMs);
    }
    while (this.#intake.first !== undefined) this.#moves.sendToLanes(this.#intake.shift()!);
  }

  /** @returns the time afterwards */
  #runOne(token: CallToken, nowMs: number): number {
    this.#moves.admitHere(token, nowMs);
    const { operation } = token;
    const runMs = this.caller.run(token);
    const endMs = this.#clock.now();
    const tookMs = endMs - nowMs;
    if (runMs === CALLER_REFUSED) {
      this.#policy.spend(tookMs);
      // An accessor among the arguments may have ended it.
      if (token.isSettled) return endMs;
      this.#policy.refused(operation);
      this.#moves.sendToLanes(token);
      return endMs;
    }
    this.started++;
    if (runMs === CALLER_PENDING) {
      this.#policy.spend(tookMs);
      this.#policy.exclude(operation);
      this.#moves.hold();
    } else {
      // What is around the function is compiled with the first run, and only then takes that long.
      this.#policy.ranHere(operation, runMs, this.started === 1 ? runMs : tookMs);
    }
    return endMs;
  }

  #planTurn(): void {
    if (this.#isTurnPlanned) return;
    this.#isTurnPlanned = true;
    this.#clock.afterTurn(this.#onTurn);
  }
}

function stamp(call: LaneCall, startedMs: number, endedMs: number): CallToken {
  const token = call as CallToken;
  token.startedMs = startedMs;
  token.endedMs = endedMs;
  return token;
}
