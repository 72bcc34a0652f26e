/**
 * The options of making many calls at once.
 *
 * @module
 */

import type { Awaitable } from "./operation.ts";
import { checkKeys, checkType, readNumber, show } from "./options.ts";

/**
 * What becomes of a call that does not complete. `"throw"`: the first error ends the whole, and kills the calls that are left. `"skip"`: it is left out of the
 * results. `"settle"`: each result says what became of its call, as with `Promise.allSettled`.
 */
export type OnError = "throw" | "skip" | "settle";

/** A result, or what became of its call where errors are among the results. */
export type CallResult<R, E extends OnError> = E extends "settle" ? PromiseSettledResult<R> : R;

/** What an operation is called with, many times: for each call its arguments, always as an array, also where there is but one. */
export type Inputs<A extends readonly unknown[]> = Iterable<Awaitable<A>>;

/** The same, from a source that may be asynchronous. */
export type InputSource<A extends readonly unknown[]> = Inputs<A> | AsyncIterable<Awaitable<A>>;

/** Options of {@linkcode TokenGate.all}. */
export interface AllOptions<E extends OnError = OnError> {
  /** Ends it when it aborts: the calls are killed. Default: none. */
  readonly signal?: AbortSignal;
  /** What becomes of a call that does not complete. Default: `"throw"`. */
  readonly onError?: E;
}

/** Options of {@linkcode TokenGate.map}. */
export interface MapOptions<E extends OnError = OnError> extends AllOptions<E> {
  /** Whether results come in the order of the inputs. Otherwise they come as they are there. Default: true. */
  readonly ordered?: boolean;
  /** How many calls may be on their way, or have results that nobody has read yet: a whole number. Default: 32 for each lane of the gate. */
  readonly window?: number;
}

/** The same, read. */
export interface ManySettings {
  readonly signal: AbortSignal | undefined;
  readonly onError: OnError;
  readonly isOrdered: boolean;
  readonly window: number;
}

const ALL_KEYS: readonly (keyof MapOptions)[] = ["signal", "onError"];
const MAP_KEYS: readonly (keyof MapOptions)[] = [...ALL_KEYS, "ordered", "window"];
const MODES: readonly unknown[] = ["throw", "skip", "settle"];
/** Calls on their way for each lane: enough for a lane to find the next one, and to answer many at once. */
const WINDOW_OF_A_LANE = 32;
/** More than this is surely no window. */
const MOST_WINDOW = 2 ** 20;

/** @param subject what the options are for @param options what was passed @returns the settings @throws {TypeError} when an option is unknown or has the wrong type */
export function readAllOptions(subject: string, options: AllOptions): ManySettings {
  checkKeys(subject, options, ALL_KEYS);
  return read(subject, options, 1);
}

/**
 * @param subject what the options are for
 * @param options what was passed
 * @param lanes how many lanes the gate has
 * @returns the settings
 * @throws {TypeError} when an option is unknown or has the wrong type
 * @throws {RangeError} when the window is no whole number above zero
 */
export function readMapOptions(subject: string, options: MapOptions, lanes: number): ManySettings {
  checkKeys(subject, options, MAP_KEYS);
  return read(subject, options, lanes);
}

function read(subject: string, options: MapOptions, lanes: number): ManySettings {
  const { signal, onError = "throw", ordered = true } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(
      `Cannot set "signal" of ${subject}: received ${show(signal)}, not an AbortSignal`,
    );
  }
  if (!MODES.includes(onError)) {
    throw new TypeError(
      `Cannot set "onError" of ${subject}: received ${
        show(onError)
      }, not "throw", "skip" or "settle"`,
    );
  }
  checkType(subject, "ordered", ordered, "boolean");
  const range = { min: 1, max: MOST_WINDOW, unit: "calls", isWhole: true };
  const window = readNumber(subject, "window", options.window, range);
  return {
    signal,
    onError,
    isOrdered: ordered,
    window: window ?? WINDOW_OF_A_LANE * Math.max(1, lanes),
  };
}
