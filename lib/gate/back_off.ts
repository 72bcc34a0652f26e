/**
 * Crash loops: a lane that crashes again and again is started later each time, instead of spinning.
 *
 * The first crash costs nothing: the lane is started again at once. From the second in a row on there is a delay, which doubles. A lane that has worked for a while
 * in between begins anew.
 *
 * @module
 */

import type { LaneLoss } from "../bridge/contract.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import type { Seat } from "./seat.ts";

/** Delay before the start that follows the second crash in a row, in ms; it doubles with each further one. */
const FIRST_DELAY_MS = 10;
/** The longest delay, in ms. */
const LONGEST_DELAY_MS = 5_000;
/** So many crashes in a row are told as a loop. */
const LOOP_CRASHES = 3;
/**
 * A lane that has answered so many calls has worked, whatever it dies of; so has one that was up for so long, in ms. Few: where one call of a hundred ends its
 * lane, many a lane dies before it has answered a hundred, and the work that goes on is not to wait for seconds each time.
 */
const WORKED_CALLS = 10;
const WORKED_MS = 10_000;

/** A lane in a crash loop. */
export interface CrashLoop {
  /** The lane. */
  readonly lane: number;
  /** How often it has crashed in a row. */
  readonly crashes: number;
  /** How long it is left alone now, in ms. */
  readonly delayMs: number;
  /** What it died of last. */
  readonly cause: unknown;
  /** Whether it had taken calls. When it never does, its calls reject with the reason. */
  readonly wasReady: boolean;
}

/** What a back-off is made of. */
export interface BackOffParts {
  readonly clock: Clock;
  /** Plans to start lanes, and to give out what waits. */
  readonly planTurn: () => void;
  /** Told of a loop, once: not again before the lane has worked for a while. */
  readonly onLoop: (loop: CrashLoop) => void;
}

/** When the lanes of a crew may be started. */
export class BackOff {
  readonly #parts: BackOffParts;
  #timer: Timer = undefined;
  #timerMs = Infinity;

  /** @param parts what it is made of */
  constructor(parts: BackOffParts) {
    this.#parts = parts;
  }

  /** Records that a lane has died by itself. */
  crashed(seat: Seat, loss: LaneLoss): void {
    const nowMs = this.#parts.clock.now();
    const hasWorked = seat.answers >= WORKED_CALLS || nowMs - seat.readyMs >= WORKED_MS;
    seat.crashes = hasWorked ? 1 : seat.crashes + 1;
    const delayMs = seat.crashes === 1
      ? 0
      : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (seat.crashes - 2));
    seat.restartMs = nowMs + delayMs;
    if (seat.crashes !== LOOP_CRASHES) return;
    const { cause, wasReady } = loss;
    this.#parts.onLoop({ lane: seat.lane.index, crashes: seat.crashes, delayMs, cause, wasReady });
  }

  /** A new reason to try it. */
  forgive(seat: Seat): void {
    seat.crashes = 0;
    seat.restartMs = -Infinity;
  }

  /** Whether the lane may be started now. */
  mayStart(seat: Seat): boolean {
    return this.#parts.clock.now() >= seat.restartMs;
  }

  /**
   * Work waits for a lane that may not be started before a moment. The timer keeps the process alive: no lane does, and the work is not done.
   *
   * @param untilMs the moment, in ms since the epoch; infinite when none is waited for
   */
  wait(untilMs: number): void {
    if (untilMs === this.#timerMs) return;
    const { clock, planTurn } = this.#parts;
    if (this.#timer !== undefined) clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#timerMs = untilMs;
    if (untilMs === Infinity) return;
    this.#timer = clock.setTimer(
      () => {
        this.#timer = undefined;
        this.#timerMs = Infinity;
        planTurn();
      },
      Math.max(0, untilMs - clock.now()),
      false,
    );
  }
}
