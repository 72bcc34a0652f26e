/**
 * How many lanes are worth having, found by trying.
 *
 * Up to as many as there are processors each lane does more work, and none has to be tried. Beyond that it depends on what the calls do: those that wait for something overlap, those that
 * compute only get in each other's way. So while calls wait, some more lanes are tried, and kept if as much more is done as a good part of them would do; each success is followed by a
 * larger step. When it is not, they go again, and the next trial has to wait, longer each time: what has been found stays, and a load that sits between two numbers does not
 * move it to and fro.
 *
 * It knows no clock and no lanes; it is told figures, and says how many there should be.
 *
 * Source: hill climbing on throughput, as in the thread pool of .NET (Hellerstein, Morrison, Eilebrecht: "Optimizing Concurrency Levels in the .NET ThreadPool", 2008), with steps as in the slow
 * start of TCP.
 *
 * @module
 */

/** How long throughput is measured at least, in ms, and over how many calls, so that chance is small. */
const LEAST_MS = 200;
const LEAST_CALLS = 16;
/** How many calls of each lane at least. */
const LEAST_PER_LANE = 2;
/** Shorter waits are not worth a lane, in ms: starting one takes as long. */
const WORTH_MS = 50;
/** Which part of what the lanes that were added would do, if all lanes did as much as before, has to be done. */
const LEAST_GAIN = 1 / 2;
/** How many lanes are tried, as a part of those there are: so many that chance alone does not decide. And after a trial that has succeeded. */
const STEP = 1 / 4;
const LARGE_STEP = 1 / 2;
/** How long nothing is tried after a trial that has failed, in ms: at first, and at most. */
const FIRST_HOLD_MS = 5_000;
const LONGEST_HOLD_MS = 60_000;

/** What is known at some moment. */
export interface ScaleFigures {
  /** Now, in ms since the epoch. */
  readonly nowMs: number;
  /** Lanes that take calls. */
  readonly lanes: number;
  /** Calls that wait for a lane, or are in one and have not started. */
  readonly waiting: number;
  /** Calls that lanes have answered, ever. */
  readonly answered: number;
}

/** Between which numbers it stays. */
export interface ScaleBounds {
  /** How many lanes there are at least. */
  readonly minLanes: number;
  /** How many at most. */
  readonly maxLanes: number;
  /** With how many it begins. */
  readonly usualLanes: number;
}

/** A change of mind. */
export interface ScaleDecision {
  /** How many lanes there should be. */
  readonly target: number;
  /** Why. */
  readonly reason: "waiting" | "no-gain";
  /** Calls that waited, the fewest at any time while this was measured. */
  readonly waiting: number;
  /** How long they would wait as things went, in ms. */
  readonly waitMs: number;
  /** Calls done in a second as it was measured last. */
  readonly perSecond: number;
  /** And before the lanes were added that are to go again; undefined when some are to be added. */
  readonly perSecondBefore: number | undefined;
}

interface Trial {
  /** How many lanes there were before. */
  readonly from: number;
  /** How many calls they did in a second. */
  readonly perSecond: number;
  /** Whether the time until the new ones have settled in is over. */
  hasSettled: boolean;
}

/** Finds the number of lanes. */
export class Scaler {
  /** How many lanes there should be while there is work for them. */
  target: number;
  readonly #bounds: ScaleBounds;
  #trial: Trial | undefined;
  #step = STEP;
  #holdMs = FIRST_HOLD_MS;
  #heldUntilMs = -Infinity;
  // What is being measured.
  #sinceMs = NaN;
  #answeredBefore = 0;
  #lanes = 0;
  #leastWaiting = 0;

  /** @param bounds between which numbers it stays */
  constructor(bounds: ScaleBounds) {
    this.#bounds = bounds;
    this.target = usualTarget(bounds);
  }

  /** Calls no longer keep all lanes at work: what was found of them does not hold for others. */
  rest(): void {
    this.#trial = undefined;
    this.#step = STEP;
    this.#holdMs = FIRST_HOLD_MS;
    this.#heldUntilMs = -Infinity;
    this.#sinceMs = NaN;
    this.target = usualTarget(this.#bounds);
  }

  /** Takes some figures, a few times in a second while there is work. @returns what follows from them, if that is anything */
  note(figures: ScaleFigures): ScaleDecision | undefined {
    const { nowMs, lanes, waiting, answered } = figures;
    // Whether it was the lanes that were tried which have done away with it, nobody knows.
    if (waiting === 0) this.#trial = undefined;
    // While lanes come and go there is nothing to be measured.
    if (lanes !== this.target || waiting === 0 || lanes !== this.#lanes) {
      this.#begin(figures);
      return undefined;
    }
    this.#leastWaiting = Math.min(this.#leastWaiting, waiting);
    const tookMs = nowMs - this.#sinceMs;
    const calls = answered - this.#answeredBefore;
    if (tookMs < LEAST_MS || calls < Math.max(LEAST_CALLS, LEAST_PER_LANE * lanes)) {
      return undefined;
    }
    const perSecond = calls / tookMs * 1_000;
    const waited = this.#leastWaiting;
    this.#begin(figures);
    const trial = this.#trial;
    if (trial === undefined) return this.#climb(nowMs, lanes, waited, perSecond);
    if (!trial.hasSettled) {
      trial.hasSettled = true;
      return undefined;
    }
    this.#trial = undefined;
    const gain = perSecond / trial.perSecond - 1;
    if (gain >= LEAST_GAIN * (lanes / trial.from - 1)) {
      this.#step = LARGE_STEP;
      this.#holdMs = FIRST_HOLD_MS;
      return this.#climb(nowMs, lanes, waited, perSecond);
    }
    this.#step = STEP;
    this.#heldUntilMs = nowMs + this.#holdMs;
    this.#holdMs = Math.min(2 * this.#holdMs, LONGEST_HOLD_MS);
    this.target = trial.from;
    return this.#decide("no-gain", waited, perSecond, trial.perSecond);
  }

  #climb(
    nowMs: number,
    lanes: number,
    waiting: number,
    perSecond: number,
  ): ScaleDecision | undefined {
    const isWorthIt = waiting / perSecond * 1_000 >= WORTH_MS;
    if (!isWorthIt || nowMs < this.#heldUntilMs || lanes >= this.#bounds.maxLanes) return undefined;
    this.#trial = { from: lanes, perSecond, hasSettled: false };
    this.target = Math.min(lanes + Math.ceil(lanes * this.#step), this.#bounds.maxLanes);
    return this.#decide("waiting", waiting, perSecond, undefined);
  }

  #decide(
    reason: ScaleDecision["reason"],
    waiting: number,
    perSecond: number,
    perSecondBefore: number | undefined,
  ): ScaleDecision {
    const waitMs = waiting / perSecond * 1_000;
    return { target: this.target, reason, waiting, waitMs, perSecond, perSecondBefore };
  }

  #begin({ nowMs, lanes, waiting, answered }: ScaleFigures): void {
    this.#sinceMs = nowMs;
    this.#answeredBefore = answered;
    this.#lanes = lanes;
    this.#leastWaiting = waiting;
  }
}

function usualTarget({ minLanes, maxLanes, usualLanes }: ScaleBounds): number {
  return Math.max(minLanes, Math.min(maxLanes, usualLanes), 1);
}
