/**
 * Keeping the process alive while there is work, and no longer.
 *
 * Letting go is put off to a timer: a program that awaits one call after the other would otherwise switch every lane twice per call.
 *
 * @module
 */

import type { Clock } from "../runtime/clock.ts";
import type { Seat } from "./seat.ts";

/** Holds the lanes of a gate, or lets them go. */
export class KeepAlive {
  readonly #clock: Clock;
  readonly #seats: Seat[];
  readonly #isNeeded: () => boolean;
  readonly #onTimer: () => void;
  #isHeld = true;
  #isReleasePlanned = false;

  /** @param clock the time @param seats the lanes @param isNeeded whether there is work */
  constructor(clock: Clock, seats: readonly Seat[], isNeeded: () => boolean) {
    this.#clock = clock;
    this.#seats = [...seats];
    this.#isNeeded = isNeeded;
    this.#onTimer = () => this.#checkRelease();
    this.#set(false);
  }

  /** There are more lanes. @param seats those that were added */
  add(seats: readonly Seat[]): void {
    this.#seats.push(...seats);
    for (const { lane } of seats) lane.hold(this.#isHeld);
  }

  /** There is work. */
  hold(): void {
    if (!this.#isHeld) this.#set(true);
  }

  /** There may be no work any more. */
  release(): void {
    if (!this.#isHeld || this.#isReleasePlanned) return;
    this.#isReleasePlanned = true;
    this.#clock.setTimer(this.#onTimer, 0, false);
  }

  #checkRelease(): void {
    this.#isReleasePlanned = false;
    if (!this.#isNeeded()) this.#set(false);
  }

  #set(on: boolean): void {
    this.#isHeld = on;
    for (const seat of this.#seats) seat.lane.hold(on);
  }
}
