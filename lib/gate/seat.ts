/**
 * A seat: the gate's view of one lane, from start to loss and to the next start.
 *
 * @module
 */

import type { Lane } from "../bridge/contract.ts";
import type { Timer } from "../runtime/clock.ts";

/** Whether a lane can be given work. */
export type SeatState = "down" | "starting" | "ready" | "stopping";

/** One lane and what the gate knows of it. */
export class Seat {
  readonly lane: Lane;
  state: SeatState = "down";
  /** Whether it has answered a call since it was started. */
  hasAnswered = false;
  /** How many times in a row it ended before it answered anything. */
  barrenStarts = 0;
  /** When it last did so, in ms since the epoch. */
  givenUpMs: number = -Infinity;
  /** Runs out when a function that was asked to stop has not returned in time. */
  graceTimer: Timer = undefined;

  /** @param lane the lane */
  constructor(lane: Lane) {
    this.lane = lane;
  }

  /** Whether calls may be sent: not behind a function that was given up, which may never return. */
  get isOpen(): boolean {
    return this.state === "ready" && !this.lane.stuck;
  }
}
