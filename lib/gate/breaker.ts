/**
 * The circuit breaker of an operation. While it is *closed*, calls go on, and their outcomes are counted. When too many fail it *opens*: calls are refused, so that what is broken
 * is left alone and the callers know at once. After a cool-down it is *half-open*: a few calls are let through as probes; when all of them
 * succeed it closes, when one fails it opens again. By hand it can be *isolated*, until it is reset.
 *
 * Outcomes come late, in any order. Each state is a generation with a number, which a call keeps from its admission; an outcome counts in the generation that
 * admitted the call and in no other. So what was admitted before the opening neither closes it nor opens it once more, and a probe
 * of an earlier half-open state is nobody's probe any more.
 *
 * What the gate owes it: for each call that was admitted exactly one of `succeeded`, `failed` and `abandoned`, with its generation. Every token
 * settles exactly once, so there is one place for it. A probe that were never heard of would keep its place, and the breaker half-open.
 *
 * @module
 */

import { show } from "../options.ts";
import { GuardRecord } from "./guard_record.ts";
import { askVerdict } from "./user_functions.ts";

/** The states of a breaker. Half-open begins with the first call after the cool-down; until it comes, the breaker is open. */
export type BreakerState = "closed" | "open" | "half-open" | "isolated";

/** What a breaker goes by. */
export interface BreakerSettings {
  /** It opens when a share of the runs above this failed, from 0 to 1. */
  readonly failureRate: number;
  /** With fewer runs in the window it does not open. */
  readonly minRuns: number;
  /** How far back runs count, in ms. */
  readonly windowMs: number;
  /** How many runs count at most: the last. */
  readonly windowRuns: number;
  /** How long it stays open, in ms. */
  readonly coolDownMs: number;
  /** By how much that grows with each opening that a failed probe was the reason of. */
  readonly coolDownFactor: number;
  /** Where that growth ends, in ms. */
  readonly maxCoolDownMs: number;
  /** How many probes there are at once, all of which have to succeed. */
  readonly halfOpenProbes: number;
  /** Which errors count as failures; all of them when undefined. */
  readonly failureIf: ((error: unknown) => boolean) | undefined;
}

/** A breaker as plain data. Runs are not part of it: a closed breaker begins its window anew. */
export interface BreakerSnapshot {
  /** Its state; half-open becomes open with nothing left of the cool-down, since its probes are lost. */
  readonly state: "closed" | "open" | "isolated";
  /** When its cool-down ends, in ms since the epoch; 0 unless it is open. */
  readonly openUntilMs: number;
  /** How long its cool-down is at present, in ms. */
  readonly coolDownMs: number;
}

/** Told of each change of state, when it is complete. It must neither throw nor run a user's code. */
export type BreakerListener = (from: BreakerState, to: BreakerState) => void;

/** Decides which calls go on. It knows no clock; times are passed in, in ms, and never go back. */
export class Breaker {
  /** Told of each change of state. */
  onChange: BreakerListener | undefined;
  readonly #settings: BreakerSettings;
  readonly #record: GuardRecord;
  #state: BreakerState = "closed";
  #generation = 0;
  #openUntilMs = 0;
  #coolDownMs: number;
  /** Probes under way, and those that succeeded. */
  #probing = 0;
  #passed = 0;

  /** @param settings what it goes by @param onChange told of each change of state */
  constructor(settings: BreakerSettings, onChange?: BreakerListener) {
    this.#settings = settings;
    this.#record = new GuardRecord(settings.windowMs, settings.windowRuns);
    this.onChange = onChange;
    this.#coolDownMs = settings.coolDownMs;
  }

  /**
   * Makes a breaker from what {@linkcode toJSON} gave, earlier or in another process.
   *
   * @param settings what it goes by; its cool-down is brought within their bounds
   * @param value the plain data
   * @param nowMs now, in ms since the epoch. An open breaker does not stay open for longer than one cool-down from here, whatever clock set the time
   * @param onChange told of each change of state from here on
   * @returns a breaker in that state
   * @throws {TypeError} when `value` is no breaker's data
   */
  static fromJSON(
    settings: BreakerSettings,
    value: unknown,
    nowMs: number,
    onChange?: BreakerListener,
  ): Breaker {
    const breaker = new Breaker(settings);
    breaker.restore(value, nowMs);
    breaker.onChange = onChange;
    return breaker;
  }

  /**
   * Takes the state that {@linkcode toJSON} gave, earlier or in another process. Outcomes of calls that were admitted before do not count.
   *
   * @param value the plain data
   * @param nowMs now, in ms since the epoch, as in {@linkcode fromJSON}
   * @throws {TypeError} when `value` is no breaker's data
   */
  restore(value: unknown, nowMs: number): void {
    const { state, openUntilMs, coolDownMs } = readSnapshot(value);
    const { maxCoolDownMs } = this.#settings;
    this.#record.clear();
    this.#coolDownMs = Math.min(Math.max(coolDownMs, this.#settings.coolDownMs), maxCoolDownMs);
    if (state === "open") this.#openUntilMs = Math.min(openUntilMs, nowMs + this.#coolDownMs);
    this.#enter(state);
  }

  /** Its state. */
  get state(): BreakerState {
    return this.#state;
  }

  /** Number of the present state. A call that was admitted keeps it, as it is right after {@linkcode admit}. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Asks whether a call may go on. After the cool-down this makes the breaker half-open, and the call its probe.
   *
   * @param nowMs now, in ms
   * @returns 0 when it may; else how long it is worth waiting, in ms: what is left of the cool-down, a whole cool-down while the probes are under way,
   * for ever when it is isolated
   */
  admit(nowMs: number): number {
    if (this.#state === "closed") return 0;
    const waitMs = this.retryAfterMs(nowMs);
    if (waitMs > 0) return waitMs;
    if (this.#state === "open") this.#enter("half-open");
    this.#probing++;
    return 0;
  }

  /**
   * Tells what {@linkcode admit} would, and changes nothing.
   *
   * @param nowMs now, in ms
   * @returns 0 when a call may go on; else how long it is worth waiting, in ms
   */
  retryAfterMs(nowMs: number): number {
    switch (this.#state) {
      case "closed":
        return 0;
      case "isolated":
        return Infinity;
      case "open":
        return Math.max(0, this.#openUntilMs - nowMs);
      case "half-open": {
        const hasPlace = this.#probing + this.#passed < this.#settings.halfOpenProbes;
        return hasPlace ? 0 : this.#coolDownMs;
      }
    }
  }

  /**
   * A call has done its work. So has one whose error is none that counts.
   *
   * @param nowMs now, in ms
   * @param generation the one that admitted it
   */
  succeeded(nowMs: number, generation: number): void {
    if (generation !== this.#generation) return;
    if (this.#state === "closed") this.#record.record(false, nowMs);
    else if (this.#state === "half-open") {
      this.#probing--;
      if (++this.#passed === this.#settings.halfOpenProbes) this.#close();
    }
  }

  /**
   * A call has failed.
   *
   * @param nowMs now, in ms
   * @param generation the one that admitted it
   */
  failed(nowMs: number, generation: number): void {
    if (generation !== this.#generation) return;
    const { failureRate, minRuns, coolDownFactor, maxCoolDownMs } = this.#settings;
    if (this.#state === "closed") {
      this.#record.record(true, nowMs);
      if (this.#record.runs(nowMs) < minRuns) return;
      if (this.#record.failureRate(nowMs) > failureRate) this.#open(nowMs);
    } else if (this.#state === "half-open") {
      this.#coolDownMs = Math.min(this.#coolDownMs * coolDownFactor, maxCoolDownMs);
      this.#open(nowMs);
    }
  }

  /**
   * A call was ended by its owner, or never ran: it says nothing about the operation. The place of a probe is free again.
   *
   * @param generation the one that admitted it
   */
  abandoned(generation: number): void {
    if (generation === this.#generation && this.#state === "half-open") this.#probing--;
  }

  /** Refuses all calls until the breaker is reset. */
  isolate(): void {
    if (this.#state !== "isolated") this.#enter("isolated");
  }

  /** Closes the breaker whatever it has seen, and forgets that: outcomes of calls that were admitted before do not count. */
  reset(): void {
    this.#close();
  }

  /** @returns the breaker as plain data, for {@linkcode Breaker.fromJSON} */
  toJSON(): BreakerSnapshot {
    const isOpen = this.#state === "open" || this.#state === "half-open";
    return {
      state: this.#state === "half-open" ? "open" : this.#state,
      openUntilMs: isOpen ? this.#openUntilMs : 0,
      coolDownMs: this.#coolDownMs,
    };
  }

  #open(nowMs: number): void {
    this.#openUntilMs = nowMs + this.#coolDownMs;
    this.#enter("open");
  }

  #close(): void {
    this.#record.clear();
    this.#coolDownMs = this.#settings.coolDownMs;
    this.#enter("closed");
  }

  #enter(state: BreakerState): void {
    const from = this.#state;
    this.#state = state;
    this.#generation++;
    this.#probing = 0;
    this.#passed = 0;
    // Last: whoever is told finds the change complete.
    if (from !== state) this.onChange?.(from, state);
  }
}

/**
 * Tells whether an error counts against the operation. It runs the user's function.
 *
 * @param settings what the breaker goes by
 * @param error what a call rejected with
 * @returns what `failureIf` says; true when there is none, when it throws, or gives neither true nor false
 */
export function countsAsFailure(settings: BreakerSettings, error: unknown): boolean {
  const { failureIf } = settings;
  return failureIf === undefined || askVerdict("failureIf", failureIf, error, undefined, true);
}

function readSnapshot(value: unknown): BreakerSnapshot {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`Cannot restore a circuit breaker: received ${show(value)}`);
  }
  const { state, openUntilMs, coolDownMs } = value as Record<keyof BreakerSnapshot, unknown>;
  if (state !== "closed" && state !== "open" && state !== "isolated") {
    throw new TypeError(
      `Cannot restore a circuit breaker: received ${
        show(state)
      } as "state", not "closed", "open" or "isolated"`,
    );
  }
  return {
    state,
    openUntilMs: readTime("openUntilMs", openUntilMs),
    coolDownMs: readTime("coolDownMs", coolDownMs),
  };
}

function readTime(key: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value < Infinity) return value;
  throw new TypeError(
    `Cannot restore a circuit breaker: received ${show(value)} as "${key}", not a time in ms`,
  );
}
