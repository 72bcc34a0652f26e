/**
 * Calls that are for one lane and no other: those of a broadcast. They wait here until their lane is ready, go to its mailbox, and are not taken back from there: to a lane they are as
 * calls whose arguments were moved to it. When their lane is lost they are lost with it.
 *
 * They take no permits and have no part in the choice of lanes: they are not work that has to be done, but something that is told.
 *
 * @module
 */

import type { CallToken } from "../call_token.ts";
import type { Desk } from "./desk.ts";
import { Intake } from "./intake.ts";
import type { Seat } from "./seat.ts";

/** What makes a call one of these: a list of what is moved, of which there is nothing. */
export const BOUND: readonly object[] = Object.freeze([]);

/** Calls that wait for their lanes. */
export class BoundCalls {
  readonly #waiting: Map<Seat, Intake> = new Map();

  /** @param seats the lanes of a gate @returns those that are up, or will be */
  static live(seats: readonly Seat[]): Seat[] {
    return seats.filter(({ state }) => state === "ready" || state === "starting");
  }

  /** Has a token wait for a lane. */
  bind(token: CallToken, seat: Seat): void {
    let intake = this.#waiting.get(seat);
    if (intake === undefined) this.#waiting.set(seat, intake = new Intake());
    intake.push(token);
  }

  /** Gives out what may go on. @param admit sends one token to its lane */
  giveOut(admit: (seat: Seat, token: CallToken) => void): void {
    for (const [seat, intake] of this.#waiting) {
      while (intake.first !== undefined && isReadyFor(seat, intake.first)) {
        admit(seat, intake.shift()!);
        // One by one: what is sent is not taken back, what is about to be sent would be.
        seat.lane.flush();
      }
      if (intake.size === 0) this.#waiting.delete(seat);
    }
  }

  /** A lane is lost. @returns the tokens that waited for it; they are here no more */
  take(seat: Seat): CallToken[] {
    const tokens: CallToken[] = [];
    const intake = this.#waiting.get(seat);
    this.#waiting.delete(seat);
    for (let token = intake?.shift(); token !== undefined; token = intake!.shift()) {
      tokens.push(token);
    }
    return tokens;
  }
}

function isReadyFor({ isOpen, lane }: Seat, token: CallToken): boolean {
  return isOpen && lane.occupied < lane.capacity && !(token.desk as Desk).isPaused;
}
