/**
 * How long a lane that has run out of calls looks for more before it sleeps.
 *
 * Waking a thread takes some microseconds, but tens of them where its processor went to sleep with it, as on virtual machines. A program that awaits one call
 * after the other has the next one ready sooner than that. One whose calls come now and then has not; nor has one that shares a processor with the lane, which it
 * does not get while the lane looks. So a lane looks as long as that pays off: each look in vain takes a credit, each call that is found gives one, and without
 * credit only a trial is made from time to time. Adaptive mutexes spin by the same rule.
 *
 * @module
 */

/** How long a lane looks where nothing was asked for, in ms: a little more than it takes to wake the program's thread. */
const LINGER_MS = 0.1;
const FIRST_CREDIT = 2;
const MOST_CREDIT = 8;
/** Without credit, every so many times that the work runs out, one look is made. */
const REST_PER_TRIAL = 64;

/** What one lane knows of how soon calls come. */
export class Lingering {
  readonly #fixedMs: number | undefined;
  #credit = FIRST_CREDIT;
  #rests = 0;

  /** @param fixedMs how long it always looks, in ms; undefined for as long as that pays off */
  constructor(fixedMs: number | undefined) {
    this.#fixedMs = fixedMs;
  }

  /** The lane has run out of calls. @returns how long it is to look for more, in ms */
  limitMs(): number {
    if (this.#fixedMs !== undefined) return this.#fixedMs;
    if (this.#credit > 0) return LINGER_MS;
    if (++this.#rests < REST_PER_TRIAL) return 0;
    this.#rests = 0;
    return LINGER_MS;
  }

  /** The lane has looked. @param hasPaidOff whether there was a call */
  note(hasPaidOff: boolean): void {
    if (hasPaidOff) this.#credit = Math.min(this.#credit + 1, MOST_CREDIT);
    else if (this.#credit > 0) this.#credit--;
  }
}
