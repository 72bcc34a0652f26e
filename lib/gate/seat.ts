/**
 * A seat: the gate's view of one lane, from start to loss and to the next start.
 *
 * @module
 */

import type { Lane } from "../bridge/contract.ts";
import type { Timer } from "../runtime/clock.ts";

/** Whether a lane can be given work. */
export type SeatState = "down" | "starting" | "ready" | "retiring" | "stopping";

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
  /** Calls it has answered since it was started. */
  answers = 0;
  /** Whether all that runs in it waits for children: what it is given ahead would wait behind them, and hold permits that they may need. */
  isBlocked = false;
  /** When it was last ready, in ms since the epoch. */
  readyMs: number = Infinity;
  /** How often it has crashed in a row, and when it may be started again, in ms since the epoch. */
  crashes = 0;
  restartMs: number = -Infinity;
  /** Runs out when it is old enough to be recycled, or has not ended in time after it was retired. */
  leaveTimer: Timer = undefined;

  /** @param lane the lane */
  constructor(lane: Lane) {
    this.lane = lane;
  }

  /** Whether functions may run in it that nobody has told to end with their lane. */
  get isServing(): boolean {
    return this.state === "ready" || this.state === "retiring";
  }

  /** Whether calls may be sent: not behind a function that was given up, which may never return, or one that waits for other calls. */
  get isOpen(): boolean {
    return this.state === "ready" && !this.isBlocked && !this.lane.stuck;
  }
}
