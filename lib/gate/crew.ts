/**
 * The crew: starting lanes as they are needed, replacing the lost, giving up on what cannot be started.
 *
 * @module
 */

import type { Lane, LaneLoss } from "../bridge/contract.ts";
import { LaneStartError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import type { BackOff } from "./back_off.ts";
import { Seat } from "./seat.ts";

/** After so many lanes in a row that did nothing before they died, starting is given up until there is a new reason. */
const MOST_BARREN_STARTS = 3;

/** How long a lane that was given up is left alone, while others do the work, in ms. */
const REST_MS = 30_000;

const NONE: readonly Seat[] = [];

interface StartWaiter {
  resolve(): void;
  reject(error: unknown): void;
}

/** The lanes of one gate. */
export class Crew {
  readonly seats: readonly Seat[];
  readonly #clock: Clock;
  readonly #backOff: BackOff;
  /** Number of the first lane: those of another kind come before. */
  readonly #firstIndex: number;
  #barrenStarts = 0;
  #startWaiters: StartWaiter[] = [];
  #isClosing = false;
  /** How many lanes there are at least while there is work for any, and at most. */
  #minLanes = 0;
  #mostLanes: number;
  /** Calls that were answered, by all lanes in all of their lives. */
  answers = 0;

  /**
   * @param clock the time
   * @param lanes the lanes, numbered one after the other, none of them started
   * @param backOff says when those may be started again that crash
   */
  constructor(clock: Clock, lanes: readonly Lane[], backOff: BackOff) {
    this.#clock = clock;
    this.#backOff = backOff;
    this.seats = lanes.map((lane) => new Seat(lane));
    this.#firstIndex = lanes[0]?.index ?? 0;
    this.#mostLanes = lanes.length;
  }

  /** Sets how many lanes there are. Those that are too many are ended by others. @param minLanes while there is work for any @param mostLanes at most */
  bound(minLanes: number, mostLanes: number): void {
    this.#minLanes = minLanes;
    this.#mostLanes = mostLanes;
  }

  /** How many lanes there are at most, now. */
  get mostLanes(): number {
    return this.#mostLanes;
  }

  /** Whether no lane is started any more. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Lanes that take calls, or have taken some and are at work with what may not end. */
  get readyCount(): number {
    let ready = 0;
    for (const seat of this.seats) if (seat.state === "ready") ready++;
    return ready;
  }

  /** The seat of a lane; they are numbered alike. */
  seatOf(lane: Lane): Seat {
    return this.seatAt(lane.index);
  }

  /** The seat of the lane with a number. */
  seatAt(index: number): Seat {
    return this.seats[index - this.#firstIndex]!;
  }

  /** One more than the number of the last lane. */
  get endIndex(): number {
    return this.#firstIndex + this.seats.length;
  }

  /** Whether this is one of its lanes. */
  has(lane: Lane): boolean {
    return this.seats[lane.index - this.#firstIndex]?.lane === lane;
  }

  /** Lanes that are started and not lost. */
  get liveCount(): number {
    let live = 0;
    for (const seat of this.seats) if (seat.state !== "down") live++;
    return live;
  }

  /** Lanes that take calls or are about to: not those that are on their way out. */
  get stayingCount(): number {
    let staying = 0;
    for (const { state } of this.seats) if (state === "ready" || state === "starting") staying++;
    return staying;
  }

  /** Lanes that do work or can be had at once: not those that are on their way out, or are left alone since they crash. */
  get usableCount(): number {
    let count = 0;
    for (const seat of this.seats) {
      const isDown = seat.state === "down";
      if (isDown ? this.#backOff.mayStart(seat) && !isGivenUp(seat) : seat.isComing) count++;
    }
    return Math.min(count, this.#mostLanes);
  }

  /** Whether a lane may be given calls. */
  get hasOpenSeat(): boolean {
    for (let i = 0; i < this.seats.length; i++) if (this.seats[i]!.isOpen) return true;
    return false;
  }

  /** Calls that are running. */
  get executing(): number {
    let executing = 0;
    for (let i = 0; i < this.seats.length; i++) executing += this.seats[i]!.lane.executing;
    return executing;
  }

  /**
   * Starts lanes until `wanted` are live, or as many as there may be; those that crash again and again only when it is time to.
   *
   * @returns those that were started
   */
  ensure(wanted: number): readonly Seat[] {
    if (this.#isClosing) return NONE;
    const asked = wanted > 0 ? Math.max(wanted, this.#minLanes) : 0;
    const started = this.#startWaiters.length > 0 ? this.#startCount : 0;
    let missing = Math.min(Math.max(asked, started), this.#mostLanes) - this.#atWork;
    let nextMs = Infinity;
    let seats = NONE;
    for (let i = 0; i < this.seats.length && missing > 0; i++) {
      const seat = this.seats[i]!;
      if (seat.state !== "down" || !this.#mayStart(seat)) continue;
      if (!this.#backOff.mayStart(seat)) {
        nextMs = Math.min(nextMs, seat.restartMs);
        continue;
      }
      seat.state = "starting";
      seat.hasAnswered = false;
      seat.answers = 0;
      seat.readyMs = Infinity;
      missing--;
      seats = [...seats, seat];
      seat.lane.start();
    }
    this.#backOff.wait(missing > 0 ? nextMs : Infinity);
    return seats;
  }

  /** How many lanes are started by somebody who asks for it: all, or where lanes come and go those that stay. */
  get #startCount(): number {
    return this.#minLanes > 0 ? this.#minLanes : this.#mostLanes;
  }

  /** Whether a lane that is down would be started, if it were needed. */
  mayStart(seat: Seat): boolean {
    return seat.state === "down" && !this.#isClosing && this.#atWork < this.#mostLanes &&
      this.#mayStart(seat) && this.#backOff.mayStart(seat);
  }

  /** Lanes that do work, or are going to: one that was retired and runs nothing any more does not. */
  get #atWork(): number {
    let count = 0;
    for (const seat of this.seats) {
      const hasLeft = seat.state === "retiring" && seat.lane.executing === 0;
      if (seat.state !== "down" && !hasLeft) count++;
    }
    return count;
  }

  /** A seat that was given up is tried again after some time. */
  #mayStart(seat: Seat): boolean {
    if (!isGivenUp(seat)) return true;
    if (this.#clock.now() < seat.givenUpMs + REST_MS) return false;
    seat.barrenStarts = 0;
    return true;
  }

  /** A new reason to try starting again, when all attempts had failed and no lane is left. */
  encourage(): void {
    if (this.#barrenStarts < MOST_BARREN_STARTS || this.liveCount > 0) return;
    this.#barrenStarts = 0;
    this.#forgetFailures();
  }

  #forgetFailures(): void {
    this.#barrenStarts = 0;
    for (const seat of this.seats) {
      seat.barrenStarts = 0;
      this.#backOff.forgive(seat);
    }
  }

  /** Starts all lanes. @returns resolves when all are ready; rejects when they cannot be started */
  started(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#forgetFailures();
      this.#startWaiters.push({ resolve, reject });
      this.ensure(0);
      this.#checkStarted();
    });
  }

  /** Records that a lane is ready. */
  ready(seat: Seat): void {
    seat.state = "ready";
    seat.readyMs = this.#clock.now();
    // It has not been given fewer calls than the others, but was not there.
    for (const other of this.seats) seat.given = Math.max(seat.given, other.given);
    this.#checkStarted();
  }

  /** Records that a lane does its work. */
  answered(seat: Seat): void {
    seat.answers++;
    this.answers++;
    if (seat.isBlocked && seat.lane.executing === 0) seat.isBlocked = false;
    if (seat.hasAnswered) return;
    seat.hasAnswered = true;
    seat.barrenStarts = 0;
    this.#barrenStarts = 0;
  }

  /**
   * Records the loss of a lane.
   *
   * @returns the reason why no lane can be had, when this loss was one too many; undefined when another may be started
   */
  lost(seat: Seat, loss: LaneLoss): LaneStartError | undefined {
    const wasStopped = seat.state === "stopping";
    seat.state = "down";
    seat.isBlocked = false;
    if (!wasStopped) this.#backOff.crashed(seat, loss);
    // A lane that took a token with it is no endless restart: each such loss ends a token. So did one that died of a call which was given up before.
    const hasWorked = seat.hasAnswered || loss.started.length > 0 || loss.wasStuck;
    const isBarren = !wasStopped && !hasWorked;
    if (!isBarren) return undefined;
    seat.barrenStarts++;
    seat.givenUpMs = this.#clock.now();
    this.#barrenStarts++;
    if (Math.max(seat.barrenStarts, this.#barrenStarts) < MOST_BARREN_STARTS) return undefined;
    const error = new LaneStartError(
      `Cannot start a lane: ${MOST_BARREN_STARTS} in a row ended before they finished a call` +
        (loss.exitCode === undefined ? "" : `, the last with exit code ${loss.exitCode}`),
      { cause: loss.cause },
    );
    this.#rejectStarted(error);
    return this.liveCount === 0 && this.#barrenStarts >= MOST_BARREN_STARTS ? error : undefined;
  }

  /** No lane is started any more. @param error what those who wait for the start are told */
  close(error: unknown): void {
    this.#isClosing = true;
    this.#backOff.wait(Infinity);
    this.#rejectStarted(error);
  }

  #checkStarted(): void {
    if (this.readyCount < this.#startCount) return;
    for (const waiter of this.#startWaiters) waiter.resolve();
    this.#startWaiters = [];
  }

  #rejectStarted(error: unknown): void {
    for (const waiter of this.#startWaiters) waiter.reject(error);
    this.#startWaiters = [];
  }
}

/** Whether a lane is left alone, since it has ended again and again before it answered anything. */
function isGivenUp(seat: Seat): boolean {
  return seat.barrenStarts >= MOST_BARREN_STARTS;
}
