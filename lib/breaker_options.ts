/**
 * The options of an operation's circuit breaker.
 *
 * @module
 */

import type { BreakerSettings } from "./gate/breaker.ts";
import { RECORD_RUNS, RECORD_WINDOW_MS } from "./gate/guard_record.ts";
import { checkKeys, checkType, type NumberRange, readNumber } from "./options.ts";

/**
 * A circuit breaker: calls of an operation that fails too often are refused for some time with a `CircuitOpenError`. Calls that were
 * ended by their owner count neither as failures nor as successes.
 */
export interface BreakerOptions {
  /** The breaker opens when a share of the runs above this failed, from 0 to below 1. Default: 0.9. */
  readonly failureRate?: number;
  /** With fewer runs in the window it stays closed. A whole number up to `windowRuns`. Default: 10. */
  readonly minRuns?: number;
  /** How far back runs count, in ms. Default: 60,000. */
  readonly windowMs?: number;
  /** How many runs count at most, the last ones: a whole number up to 10,000. Default: 256. */
  readonly windowRuns?: number;
  /** How long calls are refused, in ms, until probes are let through. Default: 30,000. */
  readonly coolDownMs?: number;
  /** By how much the cool-down grows each time a probe fails, from 1. It is back at `coolDownMs` when the breaker closes. Default: 1. */
  readonly coolDownFactor?: number;
  /** The longest cool-down, in ms. Default: 300,000, or `coolDownMs` if that is more. */
  readonly maxCoolDownMs?: number;
  /** How many calls are let through after the cool-down; when all of them succeed the breaker closes. A whole number up to 1,000. Default: 1. */
  readonly halfOpenProbes?: number;
  /**
   * Which errors count as failures; with any other the call counts as a success. It is to be quick, and to give true or false: when it throws, or
   * gives something else, the error counts. Default: all errors.
   */
  readonly failureIf?: (error: unknown) => boolean;
}

const KEYS: readonly (keyof BreakerOptions)[] = [
  "failureRate",
  "minRuns",
  "windowMs",
  "windowRuns",
  "coolDownMs",
  "coolDownFactor",
  "maxCoolDownMs",
  "halfOpenProbes",
  "failureIf",
];
/** The longest time that is taken, in ms: a day. */
const MOST_MS = 86_400_000;
const TIME: NumberRange = { min: 1, max: MOST_MS, unit: "ms" };
const MOST_GROWING_MS = 300_000;

/**
 * @param subject what the option is for, as in `operation "resize"`
 * @param value options, or true for the defaults
 * @returns what a breaker goes by; undefined when none is asked for
 * @throws {TypeError} when a key is unknown or a value has the wrong type
 * @throws {RangeError} when a number is out of bounds
 */
export function readBreakerOptions(subject: string, value: unknown): BreakerSettings | undefined {
  if (value === undefined || value === false) return undefined;
  const about = `the breaker of ${subject}`;
  const options: unknown = value === true ? {} : value;
  checkKeys(about, options, KEYS);
  const given = options as Readonly<Record<keyof BreakerOptions, unknown>>;
  const number = (key: keyof BreakerOptions, range: NumberRange, otherwise: number): number =>
    readNumber(about, key, given[key], range) ?? otherwise;
  checkType(about, "failureIf", given.failureIf, "function");
  const windowRuns = number("windowRuns", { min: 1, max: 10_000, isWhole: true }, RECORD_RUNS);
  const coolDownMs = number("coolDownMs", TIME, 30_000);
  return {
    // At 1 it would never open.
    failureRate: number("failureRate", { min: 0, max: 1 - Number.EPSILON }, 0.9),
    minRuns: number(
      "minRuns",
      { min: 1, max: windowRuns, isWhole: true },
      Math.min(10, windowRuns),
    ),
    windowMs: number("windowMs", TIME, RECORD_WINDOW_MS),
    windowRuns,
    coolDownMs,
    coolDownFactor: number("coolDownFactor", { min: 1, max: 100 }, 1),
    maxCoolDownMs: number(
      "maxCoolDownMs",
      { min: coolDownMs, max: MOST_MS, unit: "ms" },
      Math.max(coolDownMs, MOST_GROWING_MS),
    ),
    halfOpenProbes: number("halfOpenProbes", { min: 1, max: 1_000, isWhole: true }, 1),
    failureIf: given.failureIf as BreakerSettings["failureIf"],
  };
}
