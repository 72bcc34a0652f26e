/**
 * The lanes of one kind, what waits for them, and how it gets there: by the board that they share, or to the mailbox of one of them.
 *
 * It decides nothing about tokens but where they are; who settles them, and why, is the engine's.
 *
 * @module
 */

import type { Board, CallHolder, Lane, LaneCall } from "../bridge/contract.ts";
import { ADMITTED, type CallToken, NOWHERE, ON_BOARD, WAITING } from "../call_token.ts";
import type { Clock } from "../runtime/clock.ts";
import { BoundCalls } from "./bound_calls.ts";
import type { Crew } from "./crew.ts";
import type { Desk } from "./desk.ts";
import { Intake } from "./intake.ts";
import type { Ledger } from "./ledger.ts";
import { Lineup } from "./lineup.ts";
import { type RecyclePolicy, Retirement, type RetireReason } from "./retirement.ts";
import { route, takeForIdle, type TokenSource } from "./router.ts";
import type { Seat } from "./seat.ts";
import type { Stopping } from "./stopping.ts";
import type { TokenGroup } from "./token_group.ts";

/** So many calls are given out at once where priorities differ: those that are to make way are taken back one by one. */
const MOST_MIXED = 128;

/** What a group is made of. */
export interface LaneGroupParts {
  readonly clock: Clock;
  readonly crew: Crew;
  /** Where the lanes take their calls; undefined when they have mailboxes only. */
  readonly board: Board | undefined;
  readonly stopping: Stopping;
  /** When lanes are recycled; undefined for never. */
  readonly recycle: RecyclePolicy | undefined;
  /** How long the dispose hooks of a lane may take together, in ms, and how much longer it may take to say so. */
  readonly disposeTimeoutMs: number;
  readonly graceMs: number;
  /** A lane was retired. */
  readonly onRecycled: (lane: number, reason: RetireReason) => void;
  /** A retired lane did not come to its end in time. */
  readonly onForced: (lane: number) => void;
  readonly ledger: Ledger;
  /** Plans to give out what waits. */
  readonly planTurn: () => void;
  /** A token was given to a lane. */
  readonly onAdmitted: (token: CallToken) => void;
}

/** Lanes of one kind. */
export class LaneGroup implements TokenGroup {
  readonly crew: Crew;
  readonly stopping: Stopping;
  readonly retirement: Retirement;
  readonly lineup: Lineup = new Lineup();
  /** What waits for one lane and no other. */
  readonly bound: BoundCalls = new BoundCalls();
  isPaused = false;
  /** How many calls may run at once in one lane, of the operation that allows most. */
  perLane = 1;
  readonly planTurn: () => void;
  readonly #parts: LaneGroupParts;
  readonly #board: Board | undefined;
  /** What waits for a mailbox, since the board does not take it; it has its permits. Unused where there is no board. */
  readonly #mail: Intake = new Intake();
  readonly #source: TokenSource;
  // Made once: it is passed for every token.
  readonly #admit: (seat: Seat, token: CallToken) => void;
  #admitted = 0;
  /** The lowest priority of what was given out since nothing was out, and the last place in the order of the calls. */
  #leastOut = Infinity;
  #lastOut = -Infinity;
  /** Whether calls of different priorities were seen since it was empty. */
  #isMixed = false;

  /** @param parts what it is made of */
  constructor(parts: LaneGroupParts) {
    this.#parts = parts;
    this.crew = parts.crew;
    this.stopping = parts.stopping;
    this.retirement = new Retirement({
      clock: parts.clock,
      crew: parts.crew,
      policy: parts.recycle,
      disposeTimeoutMs: parts.disposeTimeoutMs,
      graceMs: parts.graceMs,
      takeBack: (calls) => this.takeBack(calls),
      planTurn: parts.planTurn,
      onRecycled: parts.onRecycled,
      onForced: parts.onForced,
    });
    this.planTurn = parts.planTurn;
    this.#board = parts.board;
    this.#source = parts.board === undefined ? this.lineup : this.#mail;
    this.#admit = (seat, token) => this.#admitTo(seat, token);
  }

  // Giving out.

  turn(): void {
    this.retirement.look();
    if (!this.isPaused) {
      this.bound.giveOut(this.#admit);
      this.#giveWay();
      this.crew.ensure(this.lineup.size + this.#mail.size + this.#admitted);
      this.#giveOut();
      if (this.#source.size === 0) {
        const taken = takeForIdle(this.crew.seats);
        if (taken.length > 0) {
          this.takeBack(taken);
          this.#giveOut();
        }
      }
    }
    // Last: it may deliver answers, and so come back here.
    this.#board?.flush();
  }

  /**
   * What was given out and has not started makes way for what is more urgent; but not for what comes after it all the same, since the lesser ones have waited long: they
   * would be given out anew, and taken back in the next turn.
   */
  #giveWay(): void {
    const { first } = this.lineup;
    if (first === undefined) return;
    const { priority } = first.limits;
    if (this.#leastOut !== Infinity && priority !== this.#leastOut) this.#isMixed = true;
    if (priority <= this.#leastOut || first.sequence > this.#lastOut) return;
    this.recallAll();
    this.#forgetOut();
  }

  #forgetOut(): void {
    this.#leastOut = Infinity;
    this.#lastOut = -Infinity;
  }

  #giveOut(): void {
    if (this.#board !== undefined && this.crew.hasOpenSeat) this.#postAll(this.#board);
    route(this.#source, this.crew.seats, this.perLane, this.#admit);
  }

  #postAll(board: Board): void {
    const { lineup } = this;
    if (lineup.size === 0) return;
    // They are admitted together.
    const nowMs = this.#parts.clock.now();
    const most = this.#isMixed ? MOST_MIXED : Infinity;
    while (board.room > 0 && this.#admitted < most) {
      const token = lineup.shift();
      if (token === undefined) return;
      this.#admitAs(token, ON_BOARD, nowMs);
      // Encoding the arguments may run accessors of the user's, which may end the token.
      if (board.post(token)) this.#parts.onAdmitted(token);
      else if (!token.isSettled) this.#mailInstead(token);
    }
  }

  #mailInstead(token: CallToken): void {
    this.#return(token);
    this.#mail.push(token);
  }

  #admitTo(seat: Seat, token: CallToken): void {
    this.#admitAs(token, seat.lane.index, this.#parts.clock.now());
    seat.lane.send(token);
    this.#parts.onAdmitted(token);
  }

  #admitAs(token: CallToken, lane: number, nowMs: number): void {
    this.#admitted++;
    const { priority } = token.limits;
    if (priority < this.#leastOut) this.#leastOut = priority;
    if (token.sequence > this.#lastOut) this.#lastOut = token.sequence;
    this.#parts.ledger.move(token, ADMITTED);
    token.admittedMs = nowMs;
    token.lane = lane;
  }

  /**
   * Gives a child to a lane in which all that runs waits for children, wherever it is: it is run at once there.
   *
   * @returns false when it has started, or may not go on, or has failed
   */
  hand(lane: Lane, token: CallToken): boolean {
    const seat = this.crew.seatOf(lane);
    if (this.isPaused || !seat.isServing || lane.stuck) return false;
    if (lane.occupied >= lane.capacity) return false;
    if (token.code === ADMITTED) {
      // On its way to another such lane it stays: two of them would take it from each other for ever.
      if (token.lane >= 0 && this.crew.seatAt(token.lane).isBlocked) return false;
      if (!this.holderOf(token).recall(token)) return false;
      this.#return(token);
    } else if (token.queue === this.#mail) this.#mail.remove(token);
    else if (token.queue === undefined || !(token.desk as Desk).takeOut(token)) return false;
    this.#admitAs(token, lane.index, this.#parts.clock.now());
    lane.sendChild(token);
    // It may be one that cannot be sent.
    if (token.isSettled) return false;
    this.#parts.onAdmitted(token);
    return true;
  }

  /** A lane is blocked by calls that wait for children: what it was given ahead, and has not started, is for others, and so are its permits. */
  block(lane: Lane): void {
    const seat = this.crew.seatOf(lane);
    // It may say so again while a child is on its way to it, which it is to keep.
    if (seat.isBlocked) return;
    seat.isBlocked = true;
    this.takeBack(lane.recallUnstarted(Infinity));
    if (!this.crew.hasOpenSeat) this.recallFromBoard();
  }

  /** It takes calls again. */
  unblock(lane: Lane): void {
    this.crew.seatOf(lane).isBlocked = false;
  }

  /** @returns how many lanes have nothing to do, this one not counted */
  idleBesides(lane: Lane): number {
    let idle = 0;
    for (const seat of this.crew.seats) {
      if (seat.lane !== lane && seat.isOpen && isIdle(seat.lane)) idle++;
    }
    return idle;
  }

  /** Whether a lane has nothing to do, or could be started, while nothing waits for it. */
  hasIdle(besides: Lane): boolean {
    let idle = this.idleBesides(besides);
    for (const seat of this.crew.seats) {
      if (seat.state === "starting" || this.crew.mayStart(seat)) idle++;
    }
    const waiting = this.lineup.size + this.#mail.size + this.#admitted - this.crew.executing;
    return idle > waiting;
  }

  // Taking back.

  /** Calls wait again that certainly will not start where they were, each in its place. */
  takeBack(calls: readonly LaneCall[]): void {
    // The last one first: then each finds its place at the front.
    for (let i = calls.length - 1; i >= 0; i--) {
      const token = calls[i] as CallToken;
      const { admittedMs } = token;
      this.#return(token);
      (token.desk as Desk).putBack(token, admittedMs);
    }
  }

  recallAll(): void {
    if (this.#board !== undefined) this.takeBack(this.#board.recallAll());
    for (const seat of this.crew.seats) {
      if (seat.state === "ready") this.takeBack(seat.lane.recallUnstarted(Infinity));
    }
    this.recallMail();
  }

  recallMail(): void {
    while (this.#mail.first !== undefined) {
      const token = this.#mail.shift()!;
      (token.desk as Desk).putBack(token, NaN);
    }
  }

  recall(token: CallToken): boolean {
    return this.holderOf(token).recall(token);
  }

  /** A token of a lane waits again. */
  #return(token: CallToken): void {
    this.left();
    this.#parts.ledger.move(token, WAITING);
    token.lane = NOWHERE;
    token.admittedMs = NaN;
  }

  left(): void {
    if (--this.#admitted > 0) return;
    this.#forgetOut();
    if (this.lineup.size === 0) this.#isMixed = false;
  }

  grant(token: CallToken, count: number): void {
    this.seatOf(token).lane.grant(token, count);
  }

  /** What waits behind it goes elsewhere at once; itself it has its time of grace. */
  giveUp(token: CallToken, reason: unknown): void {
    const seat = this.seatOf(token);
    this.takeBack(seat.lane.recallUnstarted(Infinity));
    if (Number.isNaN(this.holderOf(token).endedMs(token))) this.stopping.startGrace(seat);
    seat.lane.release(token, reason);
  }

  // Where things are.

  holderOf(token: CallToken): CallHolder {
    return token.lane === ON_BOARD ? this.#board! : this.crew.seatAt(token.lane).lane;
  }

  /** The seat of a token that has started. */
  seatOf(token: CallToken): Seat {
    return this.crew.seatAt(token.lane === ON_BOARD ? this.#board!.laneOf(token) : token.lane);
  }

  /** @returns the calls that run here */
  started(): LaneCall[] {
    const calls = this.#board?.started() ?? [];
    for (const { lane } of this.crew.seats) calls.push(...lane.started());
    return calls;
  }

  /** Delivers the answers there are by now. @returns whether there were any */
  collect(): boolean {
    if (!this.#board?.collect()) return false;
    for (const seat of this.crew.seats) this.stopping.answered(seat);
    return true;
  }

  /** The lane is gone that has these calls; the others of the board lose nothing but a moment. */
  recallFromBoard(): void {
    // The lane may have taken one from the board without starting it.
    if (this.#board !== undefined) this.takeBack(this.#board.recallAll());
  }

  /** Takes every token that waits here, the next first. */
  *waiting(): Generator<CallToken> {
    while (this.#mail.first !== undefined) yield this.#mail.first;
    for (let token = this.lineup.shift(); token !== undefined; token = this.lineup.shift()) {
      yield token;
    }
  }
}

function isIdle(lane: Lane): boolean {
  return lane.executing === 0 && lane.occupied === 0;
}
