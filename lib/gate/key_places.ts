/**
 * Which lane a key has, in lanes of one kind.
 *
 * A key gets a lane with its first call, and keeps it until its last one has settled: a lane may learn something of a key, and two lanes never work for one key that needs its lane. It
 * moves before only when its lane is lost or on its way out, or when nothing of it has run there yet; with it move its calls that wait. On a lane that is on its way out it stays
 * while a call of it runs there; and while a function of it may be running that was given up, it is nowhere else either, whether it has other calls or not.
 *
 * @module
 */

import type { CallToken } from "../call_token.ts";
import type { Desk } from "./desk.ts";
import { Keys } from "./keys.ts";
import { Lineup } from "./lineup.ts";
import { type Pin, pinOf } from "./pin.ts";
import type { Seat } from "./seat.ts";
import type { Slots } from "./slots.ts";

/** The lanes of the keys. */
export class KeyPlaces {
  readonly keys: Keys = new Keys((pin) => this.#unplace(pin));
  /** Calls that need the lane of their key, while that has none. */
  readonly unplaced: Lineup;
  readonly #slots: Slots;
  /** Lanes in which functions may run that were given up. */
  readonly #haunted: Set<Seat> = new Set();

  /** @param slots those of weighty calls */
  constructor(slots: Slots) {
    this.#slots = slots;
    this.unplaced = new Lineup(slots, true);
  }

  /** Where a token waits that needs the lane of its key. While others of the key wait for it to have one, it is behind them. */
  lineupFor(token: CallToken): Lineup {
    const { seat, unplaced } = pinOf(token);
    return seat === undefined || unplaced > 0 ? this.unplaced : seat.lineup!;
  }

  /** A key has this lane from now on. */
  place(pin: Pin, seat: Seat): void {
    pin.seat = seat;
    seat.pins.add(pin);
    seat.lineup ??= new Lineup(this.#slots, true, seat);
  }

  /** A call that needs the lane of its key was given to it. */
  entered(token: CallToken): void {
    pinOf(token).inFlight++;
  }

  /** It is there no more: it has settled, comes back, or is given up. It has its stamps. */
  left(token: CallToken): void {
    const pin = pinOf(token);
    pin.inFlight--;
    if (!Number.isNaN(token.startedMs)) pin.isUsed = true;
    if (pin.isFree) this.#unplace(pin);
  }

  /** A function of a key was given up, and may run on in a lane. */
  haunt(pin: Pin, seat: Seat): void {
    if (seat.haunting.has(pin)) return;
    seat.haunting.add(pin);
    pin.haunts++;
    this.#haunted.add(seat);
  }

  /** Looks whether functions that were given up have come to their ends. */
  look(): void {
    for (const seat of this.#haunted) if (!seat.lane.stuck) this.#exorcise(seat);
  }

  /** A lane gets no more calls, and has only what runs. */
  leaving(seat: Seat): void {
    for (const pin of [...seat.pins]) if (pin.isFree) this.#unplace(pin);
  }

  /** A lane is gone, and everything that ran there. */
  lost(seat: Seat): void {
    for (const pin of [...seat.pins]) this.#unplace(pin);
    this.#exorcise(seat);
  }

  #exorcise(seat: Seat): void {
    this.#haunted.delete(seat);
    const pins = [...seat.haunting];
    seat.haunting.clear();
    for (const pin of pins) {
      this.keys.exorcised(pin);
      if (pin.isFree) this.#unplace(pin);
    }
  }

  /** A key has no lane any more; those of its calls that wait for it wait for another one. */
  #unplace(pin: Pin): void {
    const { seat } = pin;
    if (seat === undefined) return;
    seat.pins.delete(pin);
    pin.seat = undefined;
    pin.isUsed = false;
    if (pin.parked === 0) return;
    const tokens: CallToken[] = [];
    for (const line of [...seat.lineup!.lines!]) {
      for (const token of line.queue.tokens()) {
        if (token.pin !== pin) continue;
        line.remove(token);
        tokens.push(token);
      }
    }
    tokens.sort((a, b) => b.sequence - a.sequence);
    // The last one first: then each finds its place at the front.
    for (const token of tokens) (token.desk as Desk).place(token);
  }
}
