/**
 * A seat: the gate's view of one lane, from start to loss and to the next start.
 *
 * @module
 */

import type { Lane } from "../bridge/contract.ts";
import type { CallToken } from "../call_token.ts";
import type { Timer } from "../runtime/clock.ts";
import type { Lineup } from "./lineup.ts";
import type { Pin } from "./pin.ts";

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

  /** How many calls were given to it: what makes lanes that are alike take turns. */
  given = 0;
  /** How long it is expected to be at work with what is in its mailbox, in ms; as of the last look. */
  workMs = 0;
  /** How heavy the heaviest of it is: 0 for light, 1 for medium, 2 for heavy. */
  heaviest = 0;
  /** The keys that have this lane, */
  readonly pins: Set<Pin> = new Set();
  /** those of them whose functions may still run here after they were given up, */
  readonly haunting: Set<Pin> = new Set();
  /** and the calls of its keys that wait for it; undefined before the first. */
  lineup: Lineup | undefined;

  /** The lowest priority, and the last place in the order, of what it was given since its mailbox was empty. */
  #leastGiven = Infinity;
  #lastGiven = -Infinity;

  /** @param lane the lane */
  constructor(lane: Lane) {
    this.lane = lane;
  }

  /** Whether functions may run in it that nobody has told to end with their lane. */
  get isServing(): boolean {
    return this.state === "ready" || this.state === "retiring";
  }

  /** Whether calls may be sent, now or as soon as it is ready. */
  get isComing(): boolean {
    return this.isOpen || this.state === "starting";
  }

  /** Whether calls may be sent: not behind a function that was given up, which may never return, or one that waits for other calls. */
  get isOpen(): boolean {
    return this.state === "ready" && !this.isBlocked && !this.lane.stuck;
  }

  /** A call is about to be given to it. */
  gave({ limits, sequence }: CallToken): void {
    if (this.lane.occupied === 0) this.forgetGiven();
    if (limits.priority < this.#leastGiven) this.#leastGiven = limits.priority;
    if (sequence > this.#lastGiven) this.#lastGiven = sequence;
  }

  /** What it was given has been taken back, as far as it could be. */
  forgetGiven(): void {
    this.#leastGiven = Infinity;
    this.#lastGiven = -Infinity;
  }

  /** Whether it may have been given something less urgent that comes after a call. */
  makesWayFor(token: CallToken | undefined): boolean {
    if (token === undefined) return false;
    return token.limits.priority > this.#leastGiven && token.sequence < this.#lastGiven;
  }
}
