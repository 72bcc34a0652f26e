/**
 * How many calls may start in a stretch of time, wherever that begins: no window of `perMs` ever holds more than `count` starts. (A limit that is renewed at fixed moments lets
 * twice as many through around such a moment, and a token bucket lets a full bucket and its refill through.)
 *
 * It remembers the last starts. Up to 1,024 of them each is remembered; where `count` is larger they are taken in groups of equal size, each of which leaves the window
 * as a whole, with its last start. That errs on the safe side, costs less than 0.3 % of the rate, and takes 8 KB, however large `count` is.
 *
 * @module
 */

/** A rate. */
export interface RateLimitSettings {
  /** How many calls may start within any `perMs`. */
  readonly count: number;
  /** The length of the window, in ms. */
  readonly perMs: number;
}

/** How many moments are remembered at most. */
const MOST_GROUPS = 1_024;

/** Says when the next call may start. It knows no clock; times are passed in, in ms, and never go back. */
export class RateLimit {
  readonly #perMs: number;
  /** How many starts make a group. */
  readonly #groupSize: number;
  /** By group, as a ring: the moment of its last start, in ms. */
  readonly #lastMs: Float64Array;
  /** Place of the group that is being filled, and how many starts it has. */
  #group = 0;
  #inGroup = 0;

  /** @param settings how many, in how long */
  constructor(settings: RateLimitSettings) {
    const { count, perMs } = settings;
    this.#perMs = perMs;
    this.#groupSize = Math.ceil(count / MOST_GROUPS);
    // Rounded down: groups that are full hold no more than `count`.
    this.#lastMs = new Float64Array(Math.floor(count / this.#groupSize)).fill(-Infinity);
  }

  /**
   * @param nowMs now, in ms
   * @returns how long to wait until a call may start, in ms; 0 when it may now
   */
  waitMs(nowMs: number): number {
    // Within a group nothing has to leave: those that had to left before its first start. Where it begins, the oldest group is still in its place.
    if (this.#inGroup > 0) return 0;
    return Math.max(0, this.#lastMs[this.#group]! + this.#perMs - nowMs);
  }

  /**
   * Enters a start.
   *
   * @param nowMs now, in ms
   * @throws {RangeError} when no call may start yet
   */
  take(nowMs: number): void {
    const waitMs = this.waitMs(nowMs);
    if (waitMs > 0) {
      throw new RangeError(`Cannot start a call: received it ${waitMs} ms before the rate allows`);
    }
    this.#lastMs[this.#group] = nowMs;
    if (++this.#inGroup < this.#groupSize) return;
    this.#inGroup = 0;
    if (++this.#group === this.#lastMs.length) this.#group = 0;
  }

  /**
   * A start that was entered did not come about. The oldest of the window leaves in its place: what is remembered is never earlier than what was. Where
   * starts are taken in groups nothing leaves.
   *
   * @param takenMs when it was entered, in ms; one that has left the window leaves no room
   * @param nowMs now, in ms
   * @returns whether there is room for another one
   */
  giveBack(takenMs: number, nowMs: number): boolean {
    if (this.#groupSize > 1 || !(takenMs + this.#perMs > nowMs)) return false;
    const lastMs = this.#lastMs;
    for (let n = 0, at = this.#group; n < lastMs.length; n++, at++) {
      if (at === lastMs.length) at = 0;
      if (lastMs[at]! + this.#perMs <= nowMs) continue;
      lastMs[at] = -Infinity;
      return true;
    }
    return false;
  }
}
