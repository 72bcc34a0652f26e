/**
 * Which calls are run on the caller's own thread: those of operations that are known to cost less than crossing to a lane and back, as long as
 * the time for such work lasts. It knows no clock; times are passed in.
 *
 * What an operation costs is learned from what the lanes report. A run here feeds the same record. When one takes long, the record is void,
 * and twice as many runs in lanes are asked for than the last time: a function that has become slow is met once here, and one that is slow
 * now and then ever more rarely. Long stretches without such a run lower that number again.
 *
 * The time is given out when calls are submitted, by what they are expected to take, so that the rest of a burst goes to the lanes before the
 * caller's thread is busy; and it is counted as it is spent, for when the expectation was wrong. It is renewed by turns of the event loop and not
 * by time passing: a program that does nothing but await such calls never lets timers and sockets have their turn.
 *
 * @module
 */

import type { OperationReference } from "../bridge/contract.ts";

/** How much work is done on the caller's thread in one turn of its event loop, in ms. */
export const BUDGET_MS: number = 1;
/** How many runs in lanes tell what an operation costs. */
export const LEAST_RUNS: number = 8;
/** How many are asked for at most, after runs here took long again and again; after so many runs without that, half as many as before. */
export const MOST_RUNS: number = 1_024;
/** A run that takes longer has no place here, however short the others are, in ms. */
export const LONGEST_MS: number = 0.25;
/** What each run is taken to cost at least, in ms: it bounds their number where a clock is too coarse to see them. */
export const LEAST_MS: number = 0.001;
/** What crossing to a lane and back is taken to cost until it was measured, and between what bounds it is believed, in ms. */
export const FIRST_CROSSING_MS: number = 0.02;
export const LEAST_CROSSING_MS: number = 0.005;
export const MOST_CROSSING_MS: number = 0.1;

/** How much of a new sample goes into a mean. */
const SHARE = 1 / 8;
/** How fast the memory of the slowest run fades, per run: one of 10 ms is below the longest after 72 runs. */
const FADING = 0.95;

/** What is known of one operation. */
interface Cost {
  /** Runs since the record began. */
  runs: number;
  /** How many are asked for before it may run here. */
  wanted: number;
  /** How long the function runs, in ms: mean and maximum of the recent runs. */
  meanMs: number;
  longestMs: number;
  /** What a run here costs beyond the function, in ms: copies, context, settlement. */
  extraMs: number;
  /** It was seen to be asynchronous. */
  isNever: boolean;
}

/** The learned costs and the budget of one gate. */
export class InlinePolicy {
  /** By identity: a declared operation is one object. */
  readonly #costs: Map<OperationReference, Cost> = new Map();
  #crossingMs = FIRST_CROSSING_MS;
  #givenMs = 0;
  #spentMs = 0;

  /** What crossing to a lane and back costs a lone call, in ms. */
  get crossingMs(): number {
    return this.#crossingMs;
  }

  /** Whether what was to be run here in this turn of the event loop took all the time there is. */
  get isSpent(): boolean {
    return this.#spentMs >= BUDGET_MS;
  }

  /** Whether an operation is cheap enough, whatever is left of the time. */
  isCheap(operation: OperationReference): boolean {
    const cost = this.#costs.get(operation);
    return cost !== undefined && this.#isCheap(cost);
  }

  /** Gives a call its share of the time. @param operation what is called @returns whether it is to run here */
  take(operation: OperationReference): boolean {
    if (this.#givenMs >= BUDGET_MS || this.#spentMs >= BUDGET_MS) return false;
    const cost = this.#costs.get(operation);
    if (cost === undefined || !this.#isCheap(cost)) return false;
    this.#givenMs += Math.max(LEAST_MS, cost.meanMs + cost.extraMs);
    return true;
  }

  /** The event loop had its turn: the time begins anew. */
  renew(): void {
    this.#givenMs = 0;
    this.#spentMs = 0;
  }

  /** Records a run in a lane. @param operation what ran @param runMs how long its function took, in ms */
  ranInLane(operation: OperationReference, runMs: number): void {
    const cost = this.#cost(operation);
    // Copies may have become cheaper too, and only a run here would tell.
    cost.extraMs *= FADING;
    note(cost, runMs);
  }

  /**
   * Records a run here.
   *
   * @param operation what ran
   * @param runMs how long its function took, in ms
   * @param tookMs how long all of it took, copies included, in ms
   */
  ranHere(operation: OperationReference, runMs: number, tookMs: number): void {
    const cost = this.#cost(operation);
    this.spend(tookMs);
    cost.extraMs += (Math.max(0, tookMs - runMs) - cost.extraMs) * SHARE;
    note(cost, runMs);
    if (tookMs > LONGEST_MS) this.#forget(cost);
    // The system puts a thread aside now and then; that is not to be held against a function for ever.
    else if (cost.runs % MOST_RUNS === 0) cost.wanted = Math.max(LEAST_RUNS, cost.wanted / 2);
  }

  /** Records time that was spent here without a result. @param ms how long, in ms */
  spend(ms: number): void {
    this.#spentMs += Math.max(LEAST_MS, ms);
  }

  /** An operation cannot be run here: it is asynchronous. */
  exclude(operation: OperationReference): void {
    this.#cost(operation).isNever = true;
  }

  /** The arguments of a call could not be copied here; they are likely to be of that kind again. */
  refused(operation: OperationReference): void {
    this.#forget(this.#cost(operation));
  }

  /**
   * Records what a lane's call took, nothing else being under way, beyond its function. One sample moves the estimate by an eighth at
   * most: a thread may have been put aside by the system meanwhile.
   *
   * @param ms from submission to settlement, less the run time, in ms
   */
  crossed(ms: number): void {
    const step = this.#crossingMs * SHARE;
    const next = this.#crossingMs + Math.max(-step, Math.min(step, ms - this.#crossingMs));
    this.#crossingMs = Math.max(LEAST_CROSSING_MS, Math.min(MOST_CROSSING_MS, next));
  }

  #isCheap(cost: Cost): boolean {
    return !cost.isNever && cost.runs >= cost.wanted && cost.longestMs <= LONGEST_MS &&
      cost.meanMs + cost.extraMs <= this.#crossingMs;
  }

  #cost(operation: OperationReference): Cost {
    let cost = this.#costs.get(operation);
    if (cost === undefined) {
      cost = { runs: 0, wanted: LEAST_RUNS, meanMs: 0, longestMs: 0, extraMs: 0, isNever: false };
      this.#costs.set(operation, cost);
    }
    return cost;
  }

  #forget(cost: Cost): void {
    cost.runs = 0;
    cost.wanted = Math.min(MOST_RUNS, cost.wanted * 2);
  }
}

function note(cost: Cost, runMs: number): void {
  if (cost.runs++ === 0) {
    cost.meanMs = runMs;
    cost.longestMs = runMs;
    return;
  }
  cost.meanMs += (runMs - cost.meanMs) * SHARE;
  cost.longestMs = Math.max(runMs, cost.longestMs * FADING);
}
