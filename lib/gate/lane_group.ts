/**
 * The lanes of one kind, what waits for them, and how it gets there: by the board that they share, or to the mailbox of one of them.
 *
 * It decides nothing about tokens but where they are; who settles them, and why, is the engine's.
 *
 * @module
 */

import type { Board, CallHolder, Lane, LaneCall } from "../bridge/contract.ts";
import {
  ADMITTED,
  type CallToken,
  FOR_ITS_DESK,
  LAID_OUT,
  NOWHERE,
  ON_BOARD,
  WAITING,
} from "../call_token.ts";
import type { Clock } from "../runtime/clock.ts";
import { BoundCalls } from "./bound_calls.ts";
import type { Crew } from "./crew.ts";
import type { Desk } from "./desk.ts";
import { Elastic, type ElasticPolicy, type ScaleInfo } from "./elastic.ts";
import { Intake } from "./intake.ts";
import { KeyPlaces } from "./key_places.ts";
import type { Keys } from "./keys.ts";
import type { Ledger } from "./ledger.ts";
import { Lineup } from "./lineup.ts";
import { Patience } from "./patience.ts";
import { type RecyclePolicy, Retirement, type RetireReason } from "./retirement.ts";
import { Router, type TokenSource } from "./router.ts";
import { pinOf } from "./pin.ts";
import type { Seat } from "./seat.ts";
import { Slots } from "./slots.ts";
import type { Stopping } from "./stopping.ts";
import { Succession } from "./succession.ts";
import type { TokenGroup } from "./token_group.ts";
import type { WeightPolicy } from "./weight_policy.ts";

/** So many calls are given out at once where priorities differ: those that are to make way are taken back one by one. */
const MOST_MIXED = 128;

/** Tokens that use what a lane has kept. */
export interface Loans {
  /** Whether a token that is to be given to a lane finds there what it needs. */
  suits(token: CallToken, seat: Seat): boolean;
  /** It does not. It has left its line, and is in no lane. */
  misplaced(token: CallToken): void;
}

/** What a group is made of. */
export interface LaneGroupParts {
  readonly clock: Clock;
  readonly crew: Crew;
  /** Where the lanes take their calls; undefined when they have mailboxes only. */
  readonly board: Board | undefined;
  readonly stopping: Stopping;
  /** How many lanes weighty calls may be in at once. */
  readonly policy: WeightPolicy;
  /** When lanes are recycled; undefined for never. */
  readonly recycle: RecyclePolicy | undefined;
  /** When lanes come and go; undefined where their number is fixed. */
  readonly elastic: ElasticPolicy | undefined;
  /** Their number has changed. */
  readonly onScale: (info: ScaleInfo) => void;
  /** How long the dispose hooks of a lane may take together, in ms, and how much longer it may take to say so. */
  readonly disposeTimeoutMs: number;
  readonly graceMs: number;
  /** A lane was retired. */
  readonly onRecycled: (lane: number, reason: RetireReason) => void;
  /** A retired lane did not come to its end in time. */
  readonly onForced: (lane: number) => void;
  readonly ledger: Ledger;
  readonly loans: Loans;
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
  /** What makes lanes come and go; undefined where their number is fixed. */
  readonly elastic: Elastic | undefined;
  readonly slots: Slots;
  readonly succession: Succession | undefined;
  readonly lineup: Lineup;
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
  readonly #places: KeyPlaces;
  readonly #router: Router;
  // Made once: it is passed for every token.
  readonly #admit: (seat: Seat, token: CallToken) => void;
  readonly #patience: Patience;
  #admitted = 0;
  #isGivingOut = false;
  /** The lowest priority of what was given out since nothing was out, and the last place in the order of the calls. */
  #leastOut = Infinity;
  #lastOut = -Infinity;
  /** Whether calls of different priorities were seen since it was empty. */
  #isMixed = false;

  /** @param parts what it is made of */
  constructor(parts: LaneGroupParts) {
    this.#parts = parts;
    this.slots = new Slots(parts.policy);
    this.lineup = new Lineup(this.slots);
    this.crew = parts.crew;
    this.stopping = parts.stopping;
    this.retirement = new Retirement({
      clock: parts.clock,
      crew: parts.crew,
      policy: parts.recycle,
      disposeTimeoutMs: parts.disposeTimeoutMs,
      graceMs: parts.graceMs,
      empty: (seat) => {
        this.takeBack(seat.lane.recallUnstarted(Infinity));
        this.#places.leaving(seat);
      },
      planTurn: parts.planTurn,
      onRecycled: parts.onRecycled,
      onForced: parts.onForced,
    });
    this.elastic = parts.elastic && new Elastic({
      clock: parts.clock,
      crew: parts.crew,
      policy: parts.elastic,
      waiting: () => this.#waitingCount + this.#admitted - this.crew.executing,
      retire: (seat) => this.retirement.begin(seat, "spare"),
      planTurn: parts.planTurn,
      onScale: parts.onScale,
    });
    this.planTurn = parts.planTurn;
    this.#patience = new Patience(parts.clock, parts.planTurn);
    const board = this.#board = parts.board;
    this.succession = board && new Succession({
      board,
      admit: (token, startedMs) => this.#admitLaidOut(token, startedMs),
    });
    this.#places = new KeyPlaces(this.slots);
    const general: TokenSource = parts.board === undefined ? this.lineup : this.#mail;
    this.#admit = (seat, token) => this.#admitTo(seat, token);
    this.#router = new Router({
      seats: parts.crew.seats,
      general,
      unplaced: this.#places.unplaced,
      place: (token, seat) => this.#places.place(pinOf(token), seat),
      admit: this.#admit,
      board: parts.board,
    });
  }

  get keys(): Keys {
    return this.#places.keys;
  }

  /** What needs the lane of its key, while that has none. */
  get unplaced(): Lineup {
    return this.#places.unplaced;
  }

  lineupFor(token: CallToken): Lineup {
    return token.limits.affinity!.isRequired ? this.#places.lineupFor(token) : this.lineup;
  }

  /** How many tokens wait that a lane could be started for. */
  get #waitingCount(): number {
    let count = this.lineup.size + this.#mail.size + this.#places.unplaced.size;
    for (const { lineup } of this.crew.seats) count += lineup?.size ?? 0;
    return count;
  }

  /** A token uses what a lane has kept: it waits for that one. */
  borrow(token: CallToken, seat: Seat): void {
    this.keys.holdLane(token, seat.lane.index);
    const pin = pinOf(token);
    if (pin.seat === undefined) this.#places.place(pin, seat);
    // It stays there without having run: what it is for is there already.
    if (pin.seat === seat) pin.isUsed = true;
  }

  // Giving out.

  turn(): void {
    this.retirement.look();
    this.#places.look();
    if (!this.isPaused) {
      if (this.slots.isUsed) this.slots.resize(this.crew.usableCount);
      this.bound.giveOut(this.#admit);
      this.#giveWay();
      const started = this.crew.ensure(this.#waitingCount + this.#admitted);
      if (started.length > 0) this.elastic?.started(started);
      this.#giveOut();
      this.#steal();
    }
    this.elastic?.watch();
    // Last: it may deliver answers, and so come back here.
    this.#board?.flush();
  }

  /**
   * Takes the answers there are, and gives out what waits, before it is this group's turn. Not while a call is being encoded: an accessor among its arguments may
   * come here, and the next call would be written over it.
   */
  keepUp(): void {
    if (this.#isGivingOut) return;
    this.collect();
    this.turn();
  }

  /**
   * What was given out and has not started makes way for what is more urgent; but not for what comes after it all the same, since the lesser ones have waited long: they
   * would be given out anew, and taken back in the next turn.
   */
  #giveWay(): void {
    for (let { first } = this.lineup; first !== undefined; first = this.lineup.first) {
      const { priority } = first.limits;
      if (this.#leastOut !== Infinity && priority !== this.#leastOut) this.#isMixed = true;
      // What has waited long may have been given out before it, and would be again.
      if (priority <= this.#leastOut || first.sequence > this.#lastOut) break;
      // What is taken back gives up what it holds, and so may let go on what is more urgent still.
      if (!this.#recallLesser(first)) break;
    }
    this.#giveWayToKeys();
  }

  /** Calls that need the lane of their key gain nothing by what is elsewhere. */
  #giveWayToKeys(): void {
    const fresh = this.#places.unplaced.first;
    const { seats } = this.crew;
    for (let i = 0; i < seats.length; i++) {
      const seat = seats[i]!;
      const own = seat.lineup?.first;
      if (own === undefined && fresh === undefined) continue;
      if (!seat.makesWayFor(fresh) && !seat.makesWayFor(own)) continue;
      this.takeBack(seat.lane.recallUnstarted(Infinity));
      seat.forgetGiven();
    }
  }

  /**
   * What is less urgent than a token, and comes after it, waits again. Nothing else does: it would give back what it holds, such as its turn by a rate, and wait for that anew.
   *
   * @returns whether there was any
   */
  #recallLesser({ limits, sequence }: CallToken): boolean {
    const before = this.#admitted + this.#mail.size;
    this.#nothingIsOut();
    const makesWay = (call: LaneCall): boolean => {
      const token = call as CallToken;
      if (token.limits.priority < limits.priority && token.sequence > sequence) return true;
      this.#noteOut(token);
      return false;
    };
    if (this.#board !== undefined) this.takeBack(this.#board.recallSome(makesWay));
    for (const { lane, state } of this.crew.seats) {
      if (state !== "ready") continue;
      this.takeBack(lane.movable().filter((call) => makesWay(call) && lane.recall(call)));
    }
    for (let token = this.#mail.first, next = token?.next; token !== undefined; token = next) {
      next = token.next;
      if (!makesWay(token)) continue;
      this.#mail.remove(token);
      (token.desk as Desk).putBack(token, NaN);
    }
    return this.#admitted + this.#mail.size < before;
  }

  #nothingIsOut(): void {
    this.#leastOut = Infinity;
    this.#lastOut = -Infinity;
  }

  #giveOut(): void {
    this.#isGivingOut = true;
    try {
      if (this.#board !== undefined && this.crew.hasOpenSeat) {
        this.#postAll(this.#board);
        this.succession!.layOut();
      }
      this.#router.give(this.perLane);
    } finally {
      this.#isGivingOut = false;
    }
  }

  /** Idle lanes get what others have not started, once nothing else may go on. */
  #steal(): void {
    const router = this.#router;
    for (let lane = 0; lane < this.crew.seats.length && !router.hasForAny; lane++) {
      const taken = router.takeForIdle(this.#parts.clock.now());
      if (taken.length === 0) break;
      this.#patience.renew();
      this.takeBack(taken);
      // What the idle lane has no room for waits again, and what is less urgent is not to be elsewhere meanwhile.
      this.#giveWay();
      this.#giveOut();
    }
    // A lane may have gone on with the board before it has read its mail, and nobody tells when another one is idle.
    const { patientUntilMs } = router;
    if (patientUntilMs < Infinity) this.#patience.lookBy(patientUntilMs);
    else if (this.#board !== undefined && router.hasUnstarted) this.#patience.lookLater();
    else this.#patience.renew();
  }

  takesNow(token: CallToken, nowMs: number): boolean {
    const board = this.#board;
    if (board === undefined || !this.#isNext(token) || board.room === 0) return false;
    this.#isGivingOut = true;
    try {
      this.#post(board, token, nowMs);
    } finally {
      this.#isGivingOut = false;
    }
    return true;
  }

  /** Whether a token that is in no line would be given to the board at once, and nothing else would change. */
  #isNext({ pin, limits, desk }: CallToken): boolean {
    const { isGated, isPaused } = desk as Desk;
    if (pin !== undefined || limits.weight !== undefined || isGated || isPaused) return false;
    if (this.isPaused || this.#isGivingOut || this.lineup.size > 0) return false;
    // What is less urgent would have to make way for it; and of what is not equal only so many are given out.
    const isEqual = this.#leastOut === Infinity || limits.priority === this.#leastOut;
    return isEqual && !this.#isMixed && this.crew.hasOpenSeat;
  }

  #postAll(board: Board): void {
    const { lineup } = this;
    if (lineup.size === 0) return;
    // They are admitted together.
    const nowMs = this.#parts.clock.now();
    const most = this.#isMixed ? MOST_MIXED : Infinity;
    let hasLooked = false;
    while (board.room > 0 && this.#admitted < most) {
      const token = lineup.shift();
      if (token === undefined) break;
      if (token.pin !== undefined) {
        if (!hasLooked) this.#router.look(this.perLane);
        hasLooked = true;
        if (this.#router.prefers(token)) continue;
      }
      if (token.lane === LAID_OUT) {
        this.succession!.admitted(token, board.startedMs(token));
        continue;
      }
      this.#post(board, token, nowMs);
    }
    if (hasLooked) this.#router.flush();
  }

  #post(board: Board, token: CallToken, nowMs: number): void {
    this.#admitAs(token, ON_BOARD, nowMs);
    // Encoding the arguments may run accessors of the user's, which may end the token.
    if (board.post(token, token.isCleared)) this.#parts.onAdmitted(token);
    else if (!token.isSettled) this.#mailInstead(token);
  }

  /** It may have started before anybody here knew that it may. */
  #admitLaidOut(token: CallToken, startedMs: number): void {
    const nowMs = this.#parts.clock.now();
    this.#admitAs(token, ON_BOARD, startedMs < nowMs ? startedMs : nowMs);
    this.#parts.onAdmitted(token);
  }

  #mailInstead(token: CallToken): void {
    this.#return(token);
    this.#mail.push(token);
  }

  #admitTo(seat: Seat, token: CallToken): void {
    const { loans } = this.#parts;
    if (token.pin !== undefined && !loans.suits(token, seat)) return loans.misplaced(token);
    this.#admitAs(token, seat.lane.index, this.#parts.clock.now());
    if (needsLane(token)) this.#places.entered(token);
    seat.gave(token);
    seat.lane.send(token);
    this.#parts.onAdmitted(token);
  }

  #admitAs(token: CallToken, lane: number, nowMs: number): void {
    this.#admitted++;
    this.#noteOut(token);
    this.#parts.ledger.move(token, ADMITTED);
    token.admittedMs = nowMs;
    token.lane = lane;
  }

  #noteOut({ limits, sequence }: CallToken): void {
    if (limits.priority < this.#leastOut) this.#leastOut = limits.priority;
    if (sequence > this.#lastOut) this.#lastOut = sequence;
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
    if (!this.crew.hasOpenSeat) this.#recallFromBoard();
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
    const waiting = this.#waitingCount + this.#admitted - this.crew.executing;
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
    this.recallMail();
    if (this.#board !== undefined) this.takeBack(this.#board.recallAll());
    for (const seat of this.crew.seats) {
      if (seat.state === "ready") this.takeBack(seat.lane.recallUnstarted(Infinity));
    }
  }

  recallMail(): void {
    this.succession?.withdrawAll();
    while (this.#mail.first !== undefined) {
      const token = this.#mail.shift()!;
      (token.desk as Desk).putBack(token, NaN);
    }
  }

  recall(token: CallToken): boolean {
    if (token.lane === LAID_OUT) return this.succession!.withdraw(token.desk as Desk);
    return this.holderOf(token).recall(token);
  }

  /** A token of a lane waits again. */
  #return(token: CallToken): void {
    this.left(token);
    this.#parts.ledger.move(token, WAITING);
    token.lane = NOWHERE;
    token.waits = FOR_ITS_DESK;
    token.admittedMs = NaN;
  }

  left(token: CallToken): void {
    // It may run on for a while, but gives its permit back now.
    if (token.lane === ON_BOARD && token.isCleared) this.#board!.disown(token);
    if (token.pin !== undefined) this.#leftKey(token);
    if (--this.#admitted > 0) return;
    this.#nothingIsOut();
    if (this.lineup.size === 0) this.#isMixed = false;
  }

  #leftKey(token: CallToken): void {
    const { isRequired, isOrdered } = token.limits.affinity!;
    const isGivenUp = !Number.isNaN(token.startedMs) && Number.isNaN(token.endedMs);
    if (isGivenUp && (isRequired || isOrdered)) {
      this.#places.haunt(pinOf(token), this.seatOf(token));
    }
    if (isRequired) this.#places.left(token);
  }

  grant(token: CallToken, count: number): void {
    this.seatOf(token).lane.grant(token, count);
  }

  /** What waits behind it goes elsewhere at once; itself it has its time of grace. */
  giveUp(token: CallToken, reason: unknown): void {
    const seat = this.seatOf(token);
    this.takeBack(seat.lane.recallUnstarted(Infinity));
    this.planTurn();
    if (Number.isNaN(this.holderOf(token).endedMs(token))) this.stopping.startGrace(seat);
    seat.lane.release(token, reason);
    token.lane = seat.lane.index;
  }

  // Where things are.

  holderOf(token: CallToken): CallHolder {
    const isOnBoard = token.lane === ON_BOARD || token.lane === LAID_OUT;
    return isOnBoard ? this.#board! : this.crew.seatAt(token.lane).lane;
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

  /** A lane is gone. @param unstarted the calls that it had and has certainly not started */
  lost(seat: Seat, unstarted: readonly LaneCall[]): void {
    this.#places.lost(seat);
    this.takeBack(unstarted);
    // The lane may have taken one from the board without starting it; the others there lose nothing but a moment.
    this.#recallFromBoard();
  }

  #recallFromBoard(): void {
    if (this.#board !== undefined) this.takeBack(this.#board.recallAll());
  }

  /** Takes every token that waits here, the next first. */
  *waiting(): Generator<CallToken> {
    this.succession?.withdrawAll();
    while (this.#mail.first !== undefined) yield this.#mail.first;
    const lineups = [this.lineup, this.#places.unplaced];
    for (const { lineup } of this.crew.seats) if (lineup !== undefined) lineups.push(lineup);
    for (const lineup of lineups) {
      for (let token = lineup.shift(); token !== undefined; token = lineup.shift()) yield token;
    }
  }
}

/** Whether a token needs the lane of its key. */
function needsLane(token: CallToken): boolean {
  return token.pin !== undefined && token.limits.affinity!.isRequired;
}

function isIdle(lane: Lane): boolean {
  return lane.executing === 0 && lane.occupied === 0;
}
