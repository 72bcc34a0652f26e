/**
 * The guard house's record of an operation: how its last runs went.
 *
 * The window is bounded twice: by time, so that old trouble is forgotten, and by count, so that the memory is bounded however fast the calls
 * come. Within it each run is counted, and leaves by itself: the counts are exact, and there are no buckets. A run costs the same whatever the window holds: each is
 * entered once and taken out once.
 *
 * @module
 */

/** How far back a record reaches, in ms, unless said otherwise. */
export const RECORD_WINDOW_MS: number = 60_000;
/** How many runs a record holds at most, unless said otherwise; it takes 9 bytes for each. */
export const RECORD_RUNS: number = 256;

/** With fewer runs than this nothing is said. */
const LEAST_RUNS = 5;
const EXCELLENT = 0.95;
const HEALTHY = 0.8;
const AT_RISK = 0.5;

/**
 * How an operation fares, by the share of its last runs that succeeded: `excellent` from 95 %, `healthy` from 80 %, `at-risk` from 50 %,
 * `problematic` below; `unknown` while there were fewer than 5.
 */
export type HealthClass = "unknown" | "excellent" | "healthy" | "at-risk" | "problematic";

/** How the runs of the last `windowMs` went, and of these the last `maxRuns`. */
export class GuardRecord {
  readonly #windowMs: number;
  readonly #endedMs: Float64Array;
  readonly #failed: Uint8Array;
  /** Where the oldest run is. */
  #first = 0;
  #runs = 0;
  #failures = 0;

  /**
   * @param windowMs how far back it reaches, in ms: a run is forgotten when it is as old as this
   * @param maxRuns how many runs it holds; one more takes the place of the oldest
   * @throws {RangeError} when either is not above zero, or `maxRuns` no whole number
   */
  constructor(windowMs: number = RECORD_WINDOW_MS, maxRuns: number = RECORD_RUNS) {
    if (!(windowMs > 0)) {
      throw new RangeError(`Cannot keep a record: received a window of ${windowMs} ms`);
    }
    if (!(Number.isInteger(maxRuns) && maxRuns > 0)) {
      throw new RangeError(`Cannot keep a record: received a length of ${maxRuns} runs`);
    }
    this.#windowMs = windowMs;
    this.#endedMs = new Float64Array(maxRuns);
    this.#failed = new Uint8Array(maxRuns);
  }

  /**
   * Enters a run. A call that was killed is none: its owner ended it, whatever the operation is like.
   *
   * @param isFailure how it went
   * @param endedMs when it ended, in ms. Where lanes tell it is not always in order: then it leaves with the one before it
   */
  record(isFailure: boolean, endedMs: number): void {
    this.#forget(endedMs);
    const places = this.#failed.length;
    if (this.#runs === places) this.#drop();
    let at = this.#first + this.#runs++;
    if (at >= places) at -= places;
    this.#endedMs[at] = endedMs;
    this.#failed[at] = isFailure ? 1 : 0;
    if (isFailure) this.#failures++;
  }

  /** @param nowMs now, in ms @returns how many runs the window holds */
  runs(nowMs: number): number {
    this.#forget(nowMs);
    return this.#runs;
  }

  /** @param nowMs now, in ms @returns how many of them failed */
  failures(nowMs: number): number {
    this.#forget(nowMs);
    return this.#failures;
  }

  /** @param nowMs now, in ms @returns which share of them failed, from 0 to 1; 0 while there are none */
  failureRate(nowMs: number): number {
    this.#forget(nowMs);
    return this.#runs === 0 ? 0 : this.#failures / this.#runs;
  }

  /** @param nowMs now, in ms @returns how the operation fares */
  health(nowMs: number): HealthClass {
    this.#forget(nowMs);
    if (this.#runs < LEAST_RUNS) return "unknown";
    // Not 1 less the failure rate: by a rounding, 1 - 0.05 need not be 0.95.
    const success = (this.#runs - this.#failures) / this.#runs;
    if (success >= EXCELLENT) return "excellent";
    if (success >= HEALTHY) return "healthy";
    return success >= AT_RISK ? "at-risk" : "problematic";
  }

  /** Forgets all runs. */
  clear(): void {
    this.#first = 0;
    this.#runs = 0;
    this.#failures = 0;
  }

  /** Takes out what has become too old. */
  #forget(nowMs: number): void {
    while (this.#runs > 0 && nowMs - this.#endedMs[this.#first]! >= this.#windowMs) this.#drop();
  }

  #drop(): void {
    this.#failures -= this.#failed[this.#first]!;
    this.#runs--;
    if (++this.#first === this.#failed.length) this.#first = 0;
  }
}
