/**
 * How much of the lanes' time was in use of late.
 *
 * Runs are entered when they end, by their two stamps, into buckets of time; each gets its part of a run. The buckets are a ring, so that nothing
 * grows and nothing is scanned when a run is entered: it touches as many buckets as it lasted through, and never more than there are.
 *
 * @module
 */

/** How many buckets the window has, unless said otherwise. */
const BUCKETS = 60;

/** Time in use over a sliding window. */
export class Utilisation {
  readonly #bucketMs: number;
  readonly #sinceMs: number;
  /** Time in use by bucket, in lane-ms; the bucket with number n is at n modulo their count. */
  readonly #busyMs: Float64Array;
  /** Number of the newest bucket. */
  #newest: number;

  /**
   * @param nowMs now, in ms since the epoch; what was before is not known, and counts neither as use nor as idleness
   * @param windowMs how far back it reaches, in ms
   * @param buckets into how many parts that is divided: the window moves by one of them at a time
   * @throws {RangeError} when the window is not above 0 ms, or has no bucket
   */
  constructor(nowMs: number, windowMs: number = 60_000, buckets: number = BUCKETS) {
    if (!(windowMs > 0 && windowMs < Infinity)) {
      throw new RangeError(`Cannot observe utilisation: received a window of ${windowMs} ms`);
    }
    if (!(Number.isInteger(buckets) && buckets > 0)) {
      throw new RangeError(`Cannot observe utilisation: received ${buckets} buckets`);
    }
    this.#bucketMs = windowMs / buckets;
    this.#sinceMs = nowMs;
    this.#busyMs = new Float64Array(buckets);
    this.#newest = this.#bucketAt(nowMs);
  }

  /**
   * Enters a run that has ended. Runs may be entered in any order; what lies before the window is left out.
   *
   * @param startedMs when it started, in ms since the epoch
   * @param endedMs when it ended, in ms since the epoch; a run that ends before it starts, or has no stamps, is left out
   */
  record(startedMs: number, endedMs: number): void {
    if (!(endedMs > startedMs)) return;
    const fromMs = Math.max(startedMs, this.#sinceMs);
    const last = this.#bucketAt(endedMs);
    if (last > this.#newest) this.#advance(last);
    const oldest = this.#newest - this.#busyMs.length + 1;
    for (let n = Math.max(this.#bucketAt(fromMs), oldest); n <= last; n++) {
      const beginMs = Math.max(fromMs, n * this.#bucketMs);
      const endMs = Math.min(endedMs, (n + 1) * this.#bucketMs);
      if (endMs > beginMs) this.#busyMs[n % this.#busyMs.length]! += endMs - beginMs;
    }
  }

  /**
   * @param nowMs now, in ms since the epoch
   * @returns time in use within the window, in lane-ms
   */
  busyMs(nowMs: number): number {
    const now = this.#bucketAt(nowMs);
    if (now > this.#newest) this.#advance(now);
    let busyMs = 0;
    for (let i = 0; i < this.#busyMs.length; i++) busyMs += this.#busyMs[i]!;
    return busyMs;
  }

  /**
   * @param nowMs now, in ms since the epoch
   * @returns how much of the window has been observed, in ms: from its first bucket, or from when observation began, until now
   */
  observedMs(nowMs: number): number {
    const newest = Math.max(this.#newest, this.#bucketAt(nowMs));
    const beginMs = (newest - this.#busyMs.length + 1) * this.#bucketMs;
    return Math.max(0, nowMs - Math.max(beginMs, this.#sinceMs));
  }

  /**
   * Tells which share of the lanes' time was in use.
   *
   * @param nowMs now, in ms since the epoch
   * @param lanes how many lanes there are
   * @param runningMs lane-ms within the window of runs that have not ended yet, which this cannot know
   * @returns from 0, idle, to 1, all lanes busy all the time; 0 while nothing was observed
   */
  share(nowMs: number, lanes: number, runningMs: number = 0): number {
    // First: it moves the window.
    const busyMs = this.busyMs(nowMs) + runningMs;
    const capacityMs = this.observedMs(nowMs) * lanes;
    return capacityMs > 0 ? Math.min(1, busyMs / capacityMs) : 0;
  }

  #bucketAt(ms: number): number {
    return Math.floor(ms / this.#bucketMs);
  }

  /** Empties the buckets that come into the window. */
  #advance(newest: number): void {
    const buckets = this.#busyMs.length;
    const first = Math.max(this.#newest + 1, newest - buckets + 1);
    for (let n = first; n <= newest; n++) this.#busyMs[n % buckets] = 0;
    this.#newest = newest;
  }
}
