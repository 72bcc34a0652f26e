/**
 * How long a lane that has run out of calls looks for more before it sleeps.
 *
 * Waking a thread takes some microseconds, but tens of them where its processor went to sleep with it, as on virtual machines. A program that awaits one call
 * after the other has the next one ready sooner than that. One whose calls come now and then has not; nor has one that shares a processor with the lane, which it
 * does not get while the lane looks. So a lane looks as long as that pays off: each look in vain takes credit, each call that is found gives some, and without
 * credit only a trial is made from time to time. Adaptive mutexes spin by the same rule.
 *
 * A look in vain may hold up the program by all of its time, a call that is found saves a part of that: the one counts twice as much as the other. And trials that
 * fail become rarer, so that they are not what the slowest one in a hundred calls has to wait for.
 *
 * @module
 */

/** How long a lane looks where nothing was asked for, in ms: a little more than it takes to wake the program's thread. */
const LINGER_MS = 0.1;
/**
 * How long it looks while the program's thread does not answer its bell, in ms, once looking has paid off: on another processor that is awake, an answer takes some
 * microseconds. The first time that processor may have to be woken, and so it may for a trial.
 */
const UNHEARD_MS = 0.04;
const MOST_CREDIT = 8;
const LOSS = 2;
/** What a trial gives that pays off. */
const TRIAL_CREDIT = 4;
/** Without credit, every so many times that the work runs out, one look is made: more rarely each time that fails. */
const REST_PER_TRIAL = 64;
const MOST_REST_PER_TRIAL = 1_024;

/** What one lane knows of how soon calls come. */
export class Lingering {
  readonly #fixedMs: number | undefined;
  #credit = MOST_CREDIT;
  #hasPaidOff = false;
  #rests = 0;
  #restsPerTrial = REST_PER_TRIAL;

  /** @param fixedMs how long it always looks, in ms; undefined for as long as that pays off */
  constructor(fixedMs: number | undefined) {
    this.#fixedMs = fixedMs;
  }

  /** The lane has run out of calls. @returns how long it is to look for more, in ms */
  limitMs(): number {
    if (this.#fixedMs !== undefined) return this.#fixedMs;
    if (this.#credit > 0) return LINGER_MS;
    if (++this.#rests < this.#restsPerTrial) return 0;
    this.#rests = 0;
    return LINGER_MS;
  }

  /** How long it is to look without a sign of the program's thread, in ms. */
  get unheardMs(): number {
    const isTrial = this.#credit === 0 || !this.#hasPaidOff;
    return this.#fixedMs ?? (isTrial ? LINGER_MS : UNHEARD_MS);
  }

  /** The lane has looked. @param hasPaidOff whether there was a call */
  note(hasPaidOff: boolean): void {
    if (hasPaidOff) {
      this.#hasPaidOff = true;
      this.#credit = this.#credit === 0 ? TRIAL_CREDIT : Math.min(this.#credit + 1, MOST_CREDIT);
      this.#restsPerTrial = REST_PER_TRIAL;
    } else if (this.#credit > 0) this.#credit = Math.max(this.#credit - LOSS, 0);
    else this.#restsPerTrial = Math.min(this.#restsPerTrial * 2, MOST_REST_PER_TRIAL);
  }
}
