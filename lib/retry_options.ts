/**
 * The options of an operation's retries.
 *
 * @module
 */

import type { RetryBackoff, RetryJitter, RetryPolicy } from "./gate/retry_policy.ts";
import { checkKeys, checkType, readNumber, show } from "./options.ts";

/**
 * Retries: a call whose function throws, or runs longer than its `timeoutMs`, is tried again, as the same token. It settles with the last attempt. All attempts and the
 * delays between them are within its `deadlineMs`.
 *
 * A call that its owner ended is never tried again. One that was lost with its lane may have had any part of its effects: it is tried again only
 * if the operation is declared `idempotent`.
 */
export interface RetryOptions {
  /** How often a call is tried in all, the first time included: a whole number from 1 to 100. Default: 3. */
  readonly attempts?: number;
  /** The delay before the second attempt, in ms; 0 for none. Default: 100. */
  readonly delayMs?: number;
  /**
   * How the delay develops: `"constant"`, or `"exponential"`, by `factor` from attempt to attempt, or as a function says that is
   * given the number of the attempt that failed, from 1, and gives ms. What it gives is brought to 0 to `maxDelayMs`; when it throws, or gives no number,
   * `delayMs` is taken. Default: `"exponential"`.
   */
  readonly backoff?: RetryBackoff;
  /** By how much an exponential delay grows from attempt to attempt, and a decorrelated one at most; from 1 to 100. Default: 2, or 3 when decorrelated. */
  readonly factor?: number;
  /**
   * What chance does to the delay, so that calls that failed together do not come back together. `"none"`: nothing. `"full"`: anything from nothing to the delay.
   * `"equal"`: anything from half of it to all of it. `"decorrelated"`: anything from `delayMs` to `factor` times the previous delay. Default: `"full"`, or
   * `"none"` when `backoff` is a function.
   */
  readonly jitter?: RetryJitter;
  /** The longest delay, in ms: from `delayMs` to 86,400,000, a day. Default: 30,000, or `delayMs` if that is more. */
  readonly maxDelayMs?: number;
  /**
   * Which errors are worth another attempt. It is given the error as the token would reject with it, and the number of the attempt that failed, from 1. It
   * is to be quick, and to give true or false: when it throws, or gives something else, there is no other attempt. Default: all errors.
   */
  readonly retryIf?: (error: unknown, attempt: number) => boolean;
}

const KEYS: readonly (keyof RetryOptions)[] = [
  "attempts",
  "delayMs",
  "backoff",
  "factor",
  "jitter",
  "maxDelayMs",
  "retryIf",
];
const JITTERS: readonly unknown[] = ["none", "full", "equal", "decorrelated"];
const MOST_ATTEMPTS = 100;
/** The longest delay that is taken, in ms: a day. */
const MOST_MS = 86_400_000;
const MOST_FACTOR = 100;

/**
 * @param subject what the option is for, as in `operation "resize"`
 * @param value what was passed as `retry`
 * @returns what the retries go by, with the defaults; undefined when there are to be none
 * @throws {TypeError} when a key is unknown, a value has the wrong type, or would have no effect beside another
 * @throws {RangeError} when a number is out of bounds
 */
export function readRetryOptions(subject: string, value: unknown): RetryPolicy | undefined {
  if (value === undefined) return undefined;
  const about = `the retries of ${subject}`;
  checkKeys(about, value, KEYS);
  const given = value as Readonly<Record<keyof RetryOptions, unknown>>;
  const backoff = readBackoff(about, given.backoff);
  const jitter = readJitter(about, given.jitter, backoff);
  if (given.factor !== undefined && backoff !== "exponential") {
    throw new TypeError(`Cannot set "factor" of ${about}: only an exponential backoff grows by it`);
  }
  checkType(about, "retryIf", given.retryIf, "function");
  const attempts = { min: 1, max: MOST_ATTEMPTS, isWhole: true };
  const delayMs =
    readNumber(about, "delayMs", given.delayMs, { min: 0, max: MOST_MS, unit: "ms" }) ?? 100;
  return {
    attempts: readNumber(about, "attempts", given.attempts, attempts) ?? 3,
    delayMs,
    backoff,
    factor: readNumber(about, "factor", given.factor, { min: 1, max: MOST_FACTOR }) ??
      (jitter === "decorrelated" ? 3 : 2),
    jitter,
    maxDelayMs: readNumber(about, "maxDelayMs", given.maxDelayMs, {
      min: delayMs,
      max: MOST_MS,
      unit: "ms",
    }) ??
      Math.max(30_000, delayMs),
    retryIf: given.retryIf as RetryPolicy["retryIf"],
  };
}

function readBackoff(about: string, backoff: unknown): RetryBackoff {
  if (backoff === undefined || backoff === "exponential") return "exponential";
  if (backoff === "constant") return backoff;
  if (typeof backoff === "function") return backoff as (attempt: number) => number;
  throw new TypeError(
    `Cannot set "backoff" of ${about}: received ${
      show(backoff)
    }, not "constant", "exponential" or a function`,
  );
}

function readJitter(about: string, jitter: unknown, backoff: RetryBackoff): RetryJitter {
  if (jitter === undefined) return typeof backoff === "function" ? "none" : "full";
  if (!JITTERS.includes(jitter)) {
    throw new TypeError(
      `Cannot set "jitter" of ${about}: received ${
        show(jitter)
      }, not "none", "full", "equal" or "decorrelated"`,
    );
  }
  if (jitter === "decorrelated" && backoff !== "exponential") {
    throw new TypeError(
      `Cannot set "jitter" of ${about}: a decorrelated delay follows from the one before, and leaves no room for another backoff than "exponential"`,
    );
  }
  return jitter as RetryJitter;
}
