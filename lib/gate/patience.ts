/**
 * When an idle lane may take what has waited for another one: nobody tells that a lane is idle, so it is looked for again, ever more rarely while there is none.
 *
 * @module
 */

import type { Clock, Timer } from "../runtime/clock.ts";
import { AHEAD_MS } from "./router.ts";

/** How long calls are left where they are at most before an idle lane is looked for again, in ms. */
const MOST_MS = 80;

/** The next look of a group of lanes. */
export class Patience {
  readonly #clock: Clock;
  readonly #onLook: () => void;
  #timer: Timer = undefined;
  #dueMs = Infinity;
  #patienceMs = AHEAD_MS;

  /** @param clock the time @param look looks for idle lanes */
  constructor(clock: Clock, look: () => void) {
    this.#clock = clock;
    this.#onLook = () => {
      this.#timer = undefined;
      this.#dueMs = Infinity;
      look();
    };
  }

  /** There was an idle lane, or nothing that could wait for one. */
  renew(): void {
    this.#patienceMs = AHEAD_MS;
  }

  /** Looks by then. @param dueMs in ms since the epoch */
  lookBy(dueMs: number): void {
    if (dueMs >= this.#dueMs) return;
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = this.#clock.setTimer(
      this.#onLook,
      Math.max(0, dueMs - this.#clock.now()),
      true,
    );
    this.#dueMs = dueMs;
  }

  /** Looks some time later, if it is not going to anyway. */
  lookLater(): void {
    if (this.#timer !== undefined) return;
    this.lookBy(this.#clock.now() + this.#patienceMs);
    this.#patienceMs = Math.min(2 * this.#patienceMs, MOST_MS);
  }
}
