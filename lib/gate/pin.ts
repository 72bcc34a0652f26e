/**
 * A pin: what the gate keeps of one key while calls of it have not settled.
 *
 * @module
 */

import type { CallToken, TokenPin } from "../call_token.ts";
import type { WaitingFor } from "../token.ts";
import { Intake } from "./intake.ts";
import type { Seat } from "./seat.ts";

/** Calls that wait for those of their key before them. */
class Behind extends Intake {
  override get waitingFor(): WaitingFor {
    return "key";
  }
}

/** One key. */
export class Pin implements TokenPin {
  readonly key: string;
  /** Its calls that have not settled. */
  tokens = 0;
  /** The lane that it has; undefined while it has none. */
  seat: Seat | undefined;
  /** Calls that need that lane and are in it. */
  inFlight = 0;
  /** Calls that need a lane and wait: before the key has one, and for the one that it has. */
  unplaced = 0;
  parked = 0;
  /** Whether a call of it has run in that lane: from then on it stays there, since the lane may have learned something. */
  isUsed = false;
  /** In how many lanes functions of it may still be running that were given up. */
  haunts = 0;
  /** Of calls that go one after the other: the one whose turn it is, */
  current: CallToken | undefined;
  /** and those after it. */
  readonly behind: Intake = new Behind();

  /** @param key the key */
  constructor(key: string) {
    this.key = key;
  }

  /** Whether it could go to another lane: nothing of it is where it is, or was there. */
  get isFree(): boolean {
    return this.inFlight === 0 && this.haunts === 0 &&
      (!this.isUsed || this.seat?.state !== "ready");
  }
}

/** @param token a token of a key @returns its pin */
export function pinOf(token: CallToken): Pin {
  return token.pin as Pin;
}
