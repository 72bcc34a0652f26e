/**
 * Which lane gets which tokens, where the gate chooses: those that go to mailboxes.
 *
 * A token goes to the lane where it is expected to wait the shortest, by what the calls there are expected to take; where that is the same the lanes take turns. Lanes are filled evenly
 * and not deeply: a lane holds its share of half of what there is, and no more than some milliseconds of work and one call, so that the rest stays free for the lane that is done first.
 * No call is put behind a heavier one that takes long. When nothing waits any more, an idle lane gets what another has not started.
 *
 * Calls that need the lane of their key wait for that one, in one order with all others. A key without a lane gets the one that its first call goes to.
 *
 * Source: the choice is that of joining the shortest queue (Haight, 1958), weighed by work; the turns are the staggered positions of the original.
 *
 * @module
 */

import type { Board, LaneCall } from "../bridge/contract.ts";
import type { CallToken } from "../call_token.ts";
import type { Desk } from "./desk.ts";
import { classOf, costOf, measureWork } from "./expected_work.ts";
import type { Lineup } from "./lineup.ts";
import { hashOf } from "./key_hash.ts";
import { pinOf } from "./pin.ts";
import type { Seat } from "./seat.ts";
import { movableCalls } from "./stealing.ts";

/** Fewest calls a lane is given when there is work, beside those that may run in it at once: one, so that it need not wait for the next. */
const LEAST_AHEAD = 1;
/** Most calls a lane holds. */
const MOST_DEPTH = 128;
/** How much work a lane may have before it is given more, in ms. The way there and back takes a fiftieth of it. */
export const AHEAD_MS: number = 5;
/** A lane that has less work than another by this much gets the next call, in ms. */
const EVEN_MS = 0.2;
/** Lanes whose work differs by less are alike to a key, in ms. */
const ALIKE_MS = 1;

/** Where tokens come from. */
export interface TokenSource {
  /** How many wait there, as far as is known without looking at each. */
  readonly size: number;
  /** The next one that may go on. */
  readonly first: CallToken | undefined;
  /** Takes the next one; undefined when none may go on. */
  shift(): CallToken | undefined;
}

/** What a router is made of. */
export interface RouterParts {
  readonly seats: readonly Seat[];
  /** The tokens that any lane may have. */
  readonly general: TokenSource;
  /** Those that need the lane of their key, while that has none. */
  readonly unplaced: Lineup;
  /** A key has this lane from now on. */
  readonly place: (token: CallToken, seat: Seat) => void;
  /** Gives a token to a lane. */
  readonly admit: (seat: Seat, token: CallToken) => void;
  /** What the lanes share; undefined when they have mailboxes only. */
  readonly board: Board | undefined;
}

/** Fills the mailboxes of the lanes of one kind. */
export class Router {
  readonly #parts: RouterParts;
  readonly #seats: readonly Seat[];
  /** How many calls a lane is to have at most, and at least before it is not given one by one. */
  #depth = 0;
  #least = 0;
  /** When an idle lane may take calls that it has left where they are, since they were only just sent there, in ms since the epoch; infinite for none. */
  patientUntilMs: number = Infinity;
  /** Lanes for which there was nothing, in this run. */
  readonly #passed: Set<Seat> = new Set();

  /** @param parts what it is made of */
  constructor(parts: RouterParts) {
    this.#parts = parts;
    this.#seats = parts.seats;
  }

  /** Looks how much work the lanes have. @param perLane how many calls may run at once in one of them */
  look(perLane: number): void {
    measureWork(this.#seats, this.#parts.board);
    this.#least = perLane + LEAST_AHEAD;
    this.#depth = this.#depthNow();
  }

  /** Gives waiting tokens to lanes. @param perLane how many calls may run at once in one of them */
  give(perLane: number): void {
    // While calls wait for any lane nobody asks what an idle one may take.
    this.patientUntilMs = Infinity;
    if (!this.#hasAny) return;
    this.look(perLane);
    for (;;) {
      const seat = this.#best();
      if (seat === undefined) break;
      this.#fill(seat);
      seat.lane.flush();
    }
    this.#passed.clear();
    // A key or a preference may have sent one elsewhere.
    this.flush();
  }

  /** Sends what lanes were given. */
  flush(): void {
    for (let i = 0; i < this.#seats.length; i++) this.#seats[i]!.lane.flush();
  }

  /** Whether there is a token that may go on, to whatever lane. */
  get hasForAny(): boolean {
    const { general, unplaced } = this.#parts;
    return general.first !== undefined || unplaced.first !== undefined;
  }

  /** Whether a lane has calls in its mailbox that have not started. */
  get hasUnstarted(): boolean {
    for (let i = 0; i < this.#seats.length; i++) {
      if (this.#seats[i]!.lane.unstarted > 0) return true;
    }
    return false;
  }

  get #hasAny(): boolean {
    if (this.hasForAny) return true;
    for (let i = 0; i < this.#seats.length; i++) {
      if (this.#seats[i]!.lineup?.first !== undefined) return true;
    }
    return false;
  }

  /** Gives a token to the lane of its key, if it would not wait there for long. @returns whether it has */
  prefers(token: CallToken): boolean {
    const pin = pinOf(token);
    const seat = pin.seat ?? this.#bestFor(token);
    if (seat === undefined || !this.#suits(seat, token)) return false;
    if (pin.seat === undefined) this.#parts.place(token, seat);
    this.#send(seat, token);
    return true;
  }

  /**
   * Takes work back for an idle lane from the one that has most of it.
   *
   * @param nowMs now, in ms since the epoch
   * @returns calls that have not started, to be routed anew; empty when there is no idle lane or nothing to take
   */
  takeForIdle(nowMs: number): LaneCall[] {
    this.patientUntilMs = Infinity;
    if (!this.#seats.some(isIdle)) return [];
    let from: Seat | undefined;
    let movable: LaneCall[] = [];
    let share = 0;
    for (let i = 0; i < this.#seats.length; i++) {
      const seat = this.#seats[i]!;
      const { lane, state } = seat;
      if (state !== "ready" || lane.unstarted === 0) continue;
      const calls = movableCalls(lane, nowMs, AHEAD_MS);
      if (calls.length === 0) this.#waitFor(movableCalls(lane, nowMs, 0));
      // The last call is worth taking too from a lane that has another one; one that has not begun yet keeps it.
      const hasOther = lane.executing > 0 || lane.unstarted > calls.length;
      const most = hasOther ? Math.ceil(calls.length / 2) : calls.length >> 1;
      if (most <= share) continue;
      [from, movable, share] = [seat, calls, most];
    }
    const taken: LaneCall[] = [];
    for (let i = movable.length - 1; i >= 0 && taken.length < share; i--) {
      if (from!.lane.recall(movable[i]!)) taken.push(movable[i]!);
    }
    return taken.reverse();
  }

  #waitFor(calls: readonly LaneCall[]): void {
    for (let i = 0; i < calls.length; i++) {
      const untilMs = (calls[i] as CallToken).admittedMs + AHEAD_MS;
      if (untilMs < this.patientUntilMs) this.patientUntilMs = untilMs;
    }
  }

  /** The lane with the least work, of those for which there is a call, and which have room for it. */
  #best(): Seat | undefined {
    let best: Seat | undefined;
    for (let i = 0; i < this.#seats.length; i++) {
      const seat = this.#seats[i]!;
      if (this.#passed.has(seat)) continue;
      const next = this.#firstFor(seat);
      if (next === undefined || !this.#hasRoom(seat, next)) continue;
      // Half a depth at once: a lane that has just answered one call is not sent one by one.
      const { occupied } = seat.lane;
      if (occupied > this.#least && this.#depth - occupied < this.#depth >> 1) continue;
      if (best === undefined || this.#isBefore(seat, best)) best = seat;
    }
    return best;
  }

  /** The next token that may go to a lane, by the order of all. */
  #firstFor(seat: Seat): CallToken | undefined {
    const { general, unplaced } = this.#parts;
    return earlier(earlier(general.first, unplaced.first), seat.lineup?.first);
  }

  #isBefore(one: Seat, other: Seat): boolean {
    if (one.workMs !== other.workMs) return one.workMs < other.workMs;
    const more = one.lane.occupied - other.lane.occupied;
    return more === 0 ? one.given < other.given : more < 0;
  }

  /** Gives a lane as much as it has room for, until another one has clearly less work. */
  #fill(seat: Seat): void {
    const leastMs = this.#leastOfOthers(seat);
    let hasGiven = false;
    for (;;) {
      const token = this.#nextFor(seat);
      if (token === undefined) break;
      hasGiven = true;
      this.#send(this.#choose(token, seat), token);
      if (seat.workMs > leastMs + EVEN_MS) return;
    }
    if (!hasGiven) this.#passed.add(seat);
  }

  #leastOfOthers(seat: Seat): number {
    let leastMs = Infinity;
    for (let i = 0; i < this.#seats.length; i++) {
      const other = this.#seats[i]!;
      if (other === seat || other.workMs >= leastMs || !other.isOpen) continue;
      if (other.lane.occupied < this.#depth) leastMs = other.workMs;
    }
    return leastMs;
  }

  /** Takes the next token that may go to a lane, if it has room. */
  #nextFor(seat: Seat): CallToken | undefined {
    const { general, unplaced } = this.#parts;
    for (;;) {
      const next = this.#firstFor(seat);
      if (next === undefined || !this.#hasRoom(seat, next)) return undefined;
      const isFresh = next === unplaced.first;
      // Its key may have got a lane since.
      if (isFresh && park(next)) continue;
      const source: TokenSource = isFresh
        ? unplaced
        : next === general.first
        ? general
        : seat.lineup!;
      const token = source.shift();
      // Its operation may not go on; others may.
      if (token === undefined) continue;
      if (!isFresh || pinOf(token).seat === undefined) return token;
      // Another than was seen first, which has a lane. What it holds it takes again when it is its turn there.
      (token.desk as Desk).putBack(token, NaN);
      park(token);
    }
  }

  /** The lane for a token, where this one has least work. */
  #choose(token: CallToken, seat: Seat): Seat {
    if (token.pin === undefined) return seat;
    const pin = pinOf(token);
    if (pin.seat === undefined) {
      const usual = this.#usual(token, seat);
      this.#parts.place(token, usual);
      return usual;
    }
    return pin.seat !== seat && this.#suits(pin.seat, token) ? pin.seat : seat;
  }

  /** Whether a call that prefers a lane is worth waiting for it: not before calls that need it, and come first. */
  #suits(seat: Seat, token: CallToken): boolean {
    if (seat.workMs >= AHEAD_MS || !this.#hasRoom(seat, token)) return false;
    const before = earlier(seat.lineup?.first, this.#parts.unplaced.first);
    return before === undefined || token.sequence < before.sequence;
  }

  /** The lane for a key that has none; undefined when none has room. */
  #bestFor(token: CallToken): Seat | undefined {
    let best: Seat | undefined;
    for (let i = 0; i < this.#seats.length; i++) {
      const seat = this.#seats[i]!;
      if (!this.#hasRoom(seat, token)) continue;
      if (best === undefined || this.#suitsBetter(seat, best)) best = seat;
    }
    return best && this.#usual(token, best);
  }

  /** Keys are spread: of lanes that are alike in work the one with fewer of them. */
  #suitsBetter(one: Seat, other: Seat): boolean {
    if (Math.abs(one.workMs - other.workMs) >= ALIKE_MS) return one.workMs < other.workMs;
    if (one.pins.size !== other.pins.size) return one.pins.size < other.pins.size;
    return one.given < other.given;
  }

  /** The lane that a key has when nothing speaks against it, so that one that comes back is likely to find what it has left; or else this one. */
  #usual(token: CallToken, seat: Seat): Seat {
    let best = seat;
    for (let i = 0; i < this.#seats.length; i++) {
      const other = this.#seats[i]!;
      const isAlike = Math.abs(other.workMs - seat.workMs) < ALIKE_MS;
      if (isAlike && other.pins.size < best.pins.size && this.#hasRoom(other, token)) best = other;
    }
    const usual = this.#seats[hashOf(pinOf(token).key) % this.#seats.length]!;
    const isAlike = Math.abs(usual.workMs - seat.workMs) < ALIKE_MS;
    if (!isAlike || usual.pins.size !== best.pins.size) return best;
    return this.#hasRoom(usual, token) ? usual : best;
  }

  #hasRoom(seat: Seat, token: CallToken): boolean {
    if (!seat.isOpen) return false;
    const { occupied, capacity } = seat.lane;
    if (occupied >= Math.min(this.#depth, capacity)) return false;
    if (seat.workMs < AHEAD_MS) return true;
    return occupied < this.#least && seat.heaviest <= classOf(token.limits.weight);
  }

  #send(seat: Seat, token: CallToken): void {
    seat.workMs += costOf(token);
    seat.heaviest = Math.max(seat.heaviest, classOf(token.limits.weight));
    const place = seat.lane.index - this.#seats[0]!.lane.index;
    token.position = seat.given++ * this.#seats.length + place;
    this.#parts.admit(seat, token);
  }

  #depthNow(): number {
    const { general, unplaced } = this.#parts;
    let total = general.size + unplaced.size;
    let open = 0;
    for (let i = 0; i < this.#seats.length; i++) {
      const seat = this.#seats[i]!;
      if (!seat.isOpen) continue;
      total += seat.lane.occupied + (seat.lineup?.size ?? 0);
      open++;
    }
    const share = Math.ceil(total / (2 * Math.max(1, open)));
    return Math.max(this.#least, Math.min(MOST_DEPTH, share));
  }
}

function earlier(one: CallToken | undefined, other: CallToken | undefined): CallToken | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.sequence < other.sequence ? one : other;
}

function isIdle({ isOpen, lane }: Seat): boolean {
  return isOpen && lane.occupied === 0 && lane.executing === 0;
}

/** Has a token wait for the lane of its key, if that has one. */
function park(token: CallToken): boolean {
  const { seat } = pinOf(token);
  if (seat === undefined) return false;
  token.queue!.remove(token);
  (token.desk as Desk).park(token, seat.lineup!);
  return true;
}
