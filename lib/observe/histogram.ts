/**
 * Durations, counted by size: how many there were, and what share of them took no longer than so much.
 *
 * A log-linear histogram, after HdrHistogram by Gil Tene (hdrhistogram.org): each doubling of the duration is divided into equal steps. Here they are
 * 32, in whole µs: a quantile is off by 1/64 (1.6 %) of the duration at most, or by half a µs where that is more. It takes 4.2 KB, whatever it counts.
 *
 * @module
 */

/** Steps in each doubling. */
const STEPS = 32;
/** Below this, in µs, each step is 1 µs. */
const LINEAR_US = 2 * STEPS;
/** Where whole numbers no longer fit into 32 bits, in µs. */
const WIDE_US = 2 ** 32;
/** From here on, in µs, all is counted together: 38 hours. */
const OVERFLOW_US = 2 ** 37;
/** The doublings from 64 µs to 38 hours. */
const DOUBLINGS = 31;
const OVERFLOW = LINEAR_US + DOUBLINGS * STEPS;
/** The most that a counter of 32 bits holds. */
const MOST_NARROW = 2 ** 32 - 1;

/** A histogram in a few numbers; all are 0 while it is empty. */
export interface HistogramSnapshot {
  /** How many durations were recorded. */
  readonly count: number;
  /** Half of them took no longer than this, in ms. */
  readonly p50Ms: number;
  /** Nine of ten took no longer than this, in ms. */
  readonly p90Ms: number;
  /** 99 of 100 took no longer than this, in ms. */
  readonly p99Ms: number;
  /** The longest, in ms. */
  readonly maxMs: number;
  /** The mean, in ms. */
  readonly meanMs: number;
}

/** Counts durations from 1 µs to a day and more. Histograms can be added up. */
export class Histogram {
  /** Counters of 32 bits, until one of them might run over. */
  #counts: Uint32Array | Float64Array = new Uint32Array(OVERFLOW + 1);
  #count = 0;
  #sumUs = 0;
  #maxUs = 0;

  /** How many durations were recorded. */
  get count(): number {
    return this.#count;
  }

  /** The longest, in ms, exactly; 0 while there is none. */
  get maxMs(): number {
    return this.#maxUs / 1_000;
  }

  /** The mean, in ms, but for rounding exact; 0 while there is none. */
  get meanMs(): number {
    return this.#count === 0 ? 0 : this.#sumUs / this.#count / 1_000;
  }

  /**
   * Records a duration. Once for each token, and so in µs: V8 hands a whole number to it as it is, and makes an object of a fraction.
   *
   * @param us how long, in µs. Less than nothing counts as 0, since two clocks may differ by a little; so does NaN
   */
  record(us: number): void {
    const tookUs = us > 0 ? us : 0;
    if (this.#count === MOST_NARROW) this.#widen();
    this.#count++;
    this.#counts[stepOf(tookUs)]!++;
    this.#sumUs += tookUs;
    if (tookUs > this.#maxUs) this.#maxUs = tookUs;
  }

  /**
   * Tells what a share of the durations did not exceed: the nearest-rank quantile.
   *
   * @param q the share, from 0 to 1; 1 gives the longest
   * @returns the duration in ms, as exact as the steps are; 0 while there is none
   * @throws {RangeError} when `q` is not from 0 to 1
   */
  quantile(q: number): number {
    if (!(q >= 0 && q <= 1)) {
      throw new RangeError(`Cannot take a quantile: received ${q}, not a share from 0 to 1`);
    }
    let left = Math.max(1, Math.ceil(q * this.#count));
    if (left >= this.#count) return this.maxMs;
    const counts = this.#counts;
    for (let step = 0; step < OVERFLOW; step++) {
      left -= counts[step]!;
      // The middle of the step may lie above the longest, which is known.
      if (left <= 0) return Math.min(middleUs(step), this.#maxUs) / 1_000;
    }
    return this.maxMs;
  }

  /** Adds what another histogram has recorded, as if all of it had been recorded here. @param other it stays as it is */
  merge(other: Histogram): void {
    if (other.#count === 0) return;
    if (this.#count + other.#count > MOST_NARROW) this.#widen();
    const counts = this.#counts;
    const added = other.#counts;
    // Nothing lies above the step of the longest.
    const last = stepOf(other.#maxUs);
    for (let step = 0; step <= last; step++) counts[step]! += added[step]!;
    this.#sumUs += other.#sumUs;
    this.#count += other.#count;
    this.#maxUs = Math.max(this.#maxUs, other.#maxUs);
  }

  /** Forgets everything. */
  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#sumUs = 0;
    this.#maxUs = 0;
  }

  /** @returns the histogram in a few numbers */
  snapshot(): HistogramSnapshot {
    return {
      count: this.#count,
      p50Ms: this.quantile(0.5),
      p90Ms: this.quantile(0.9),
      p99Ms: this.quantile(0.99),
      maxMs: this.maxMs,
      meanMs: this.meanMs,
    };
  }

  /** A counter never exceeds their sum: as long as that fits into 32 bits, none runs over. */
  #widen(): void {
    if (this.#counts instanceof Uint32Array) this.#counts = Float64Array.from(this.#counts);
  }
}

/** Finds the step of a duration: its highest six bits say it all, and are the same after a division by a power of two. */
function stepOf(us: number): number {
  if (us < LINEAR_US) return us >>> 0;
  if (us < WIDE_US) {
    const shift = 26 - Math.clz32(us);
    return shift * STEPS + (us >>> shift);
  }
  if (!(us < OVERFLOW_US)) return OVERFLOW;
  const shift = 26 - Math.clz32(us / LINEAR_US);
  return (shift + 6) * STEPS + ((us / LINEAR_US) >>> shift);
}

/** The middle of a step, in µs. */
function middleUs(step: number): number {
  if (step < LINEAR_US) return step + 0.5;
  const shift = Math.floor(step / STEPS) - 1;
  return (step - shift * STEPS + 0.5) * 2 ** shift;
}
