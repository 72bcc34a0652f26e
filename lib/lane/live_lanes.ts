/**
 * How many workers live in this process, over all gates: what the tests look at when they say that nothing is left behind.
 *
 * @module
 */

let live = 0;

/** Counts a worker that was started. */
export function laneStarted(): void {
  live++;
}

/** Counts a worker whose end was told. */
export function laneEnded(): void {
  live--;
}

/** @returns the workers that were started and have not ended; threads that a runtime cannot stop are not among them */
export function liveLanes(): number {
  return live;
}
