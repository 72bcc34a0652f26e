/**
 * What a gate remembers of the calls of one operation, in a fixed amount of memory: how long they waited and ran, and how well they did lately.
 *
 * @module
 */

import type { CallToken } from "../call_token.ts";
import { Histogram } from "../observe/histogram.ts";
import type { Clock } from "../runtime/clock.ts";
import { GuardRecord, type HealthClass } from "./guard_record.ts";

/** How much of a new run goes into the mean. */
const SHARE = 1 / 16;

/** The record of one operation. */
export class DeskRecord {
  /** From submission to the start of the function. */
  readonly wait: Histogram = new Histogram();
  /** Time inside of the function. */
  readonly run: Histogram = new Histogram();
  readonly #guard: GuardRecord = new GuardRecord();
  /** How long a run is expected to take, in ms: a mean in which the recent ones count for more; infinite before the first. */
  expectedMs: number = Infinity;

  /** Records an attempt that was not the last. @param token its token, with its stamps @param nowMs now, in ms since the epoch */
  attempt(token: CallToken, nowMs: number): void {
    this.#times(token);
    this.#guard.record(true, nowMs);
  }

  /** Records what became of a token. What was killed, or came to its end before a lane had tried it, is no run. */
  settled(token: CallToken, isFailure: boolean, hasRun: boolean, clock: Clock): void {
    this.#times(token);
    if (!hasRun) return;
    // The lane's own stamp, where there is one, spares a look at the clock.
    const { endedMs } = token;
    this.#guard.record(isFailure, Number.isNaN(endedMs) ? clock.now() : endedMs);
  }

  /** @param nowMs now, in ms since the epoch @returns how well its calls did lately */
  health(nowMs: number): HealthClass {
    return this.#guard.health(nowMs);
  }

  #times(token: CallToken): void {
    const { waitedUs, ranUs } = token;
    if (waitedUs === undefined) return;
    this.wait.record(waitedUs);
    if (ranUs === undefined) return;
    this.run.record(ranUs);
    const tookMs = ranUs / 1_000;
    if (this.expectedMs === Infinity) this.expectedMs = tookMs;
    else this.expectedMs += (tookMs - this.expectedMs) * SHARE;
  }
}
