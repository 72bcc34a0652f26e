/**
 * Ending lanes: the one whose function does not stop when it was asked to, and all of them at the end.
 *
 * @module
 */

import type { Clock, Timer } from "../runtime/clock.ts";
import type { Crew } from "./crew.ts";
import type { Seat } from "./seat.ts";

/** Stops lanes, each after its time of grace if a function in it was asked to stop. */
export class Stopping {
  readonly #clock: Clock;
  readonly #crew: Crew;
  readonly #graceMs: number;
  readonly #onReplaced: (lane: number) => void;
  readonly #retire: (seat: Seat) => void;
  #onAllDown: (() => void) | undefined;

  /**
   * @param clock the time
   * @param crew the lanes
   * @param graceMs the time of grace, in ms
   * @param onReplaced told when it was not enough
   * @param retire ends a lane whose modules have something to dispose of
   */
  constructor(
    clock: Clock,
    crew: Crew,
    graceMs: number,
    onReplaced: (lane: number) => void,
    retire: (seat: Seat) => void,
  ) {
    this.#clock = clock;
    this.#crew = crew;
    this.#graceMs = graceMs;
    this.#onReplaced = onReplaced;
    this.#retire = retire;
  }

  /** Whether all lanes are being stopped, and some are not down yet. */
  get isUnderWay(): boolean {
    return this.#onAllDown !== undefined && this.#crew.liveCount > 0;
  }

  /** A function in the lane was asked to stop: from now on it has its time of grace. */
  startGrace(seat: Seat): void {
    if (seat.graceTimer !== undefined || !seat.isServing) return;
    // Quiet: a program that is done need not wait for a function that it gave up.
    seat.graceTimer = this.#clock.setTimer(() => this.#replace(seat), this.#graceMs, true);
  }

  /** The lane takes calls: if all are being stopped, it is to be too. */
  ready(seat: Seat): void {
    if (this.#onAllDown !== undefined) this.#stopWhenFree(seat);
  }

  /** The lane has answered: if the function was what kept it, it is free. */
  answered(seat: Seat): void {
    if (seat.graceTimer === undefined || seat.lane.stuck) return;
    this.#cancelGrace(seat);
    if (this.#onAllDown !== undefined) this.#stopWhenFree(seat);
  }

  /** The lane is gone. */
  lost(seat: Seat): void {
    this.#cancelGrace(seat);
    if (this.#crew.liveCount === 0) this.#onAllDown?.();
  }

  /** @returns resolves when every lane is down */
  stopAll(): Promise<void> {
    return new Promise((resolve) => {
      this.#onAllDown = resolve;
      if (this.#crew.liveCount === 0) resolve();
      for (const seat of this.#crew.seats) this.#stopWhenFree(seat);
    });
  }

  #stopWhenFree(seat: Seat): void {
    if (seat.graceTimer !== undefined) return;
    if (seat.state === "ready" && seat.lane.isDisposable) return this.#retire(seat);
    if (seat.state !== "ready" && seat.state !== "starting") return;
    seat.state = "stopping";
    seat.lane.stop();
  }

  #cancelGrace(seat: Seat): void {
    const timer: Timer = seat.graceTimer;
    seat.graceTimer = undefined;
    if (timer !== undefined) this.#clock.clearTimer(timer);
  }

  #replace(seat: Seat): void {
    seat.graceTimer = undefined;
    if (!seat.isServing) return;
    seat.state = "stopping";
    seat.lane.stop();
    this.#onReplaced(seat.lane.index);
  }
}
