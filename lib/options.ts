/**
 * Reading options that come from outside: wrong types and unknown keys are refused by name.
 *
 * @module
 */

/**
 * @param subject what the options are for, as in `operation "resize"`
 * @param options what was passed
 * @param known the keys there are
 * @throws {TypeError} when `options` is no object, or has another key
 */
export function checkKeys(subject: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot read the options of ${subject}: received ${show(options)}`);
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new TypeError(
      `Cannot set "${key}" of ${subject}: there is no such option; the options are ${
        known.join(", ")
      }`,
    );
  }
}

/**
 * @param subject what the option is for
 * @param key its name
 * @param value what was passed
 * @returns the duration in ms, or undefined when none was given
 * @throws {TypeError} when it is no number
 * @throws {RangeError} when it is not above zero; infinity is allowed, and means no limit
 */
export function readDuration(subject: string, key: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot set "${key}" of ${subject}: received ${show(value)}, not a number of ms`,
    );
  }
  if (!(value > 0)) {
    throw new RangeError(
      `Cannot set "${key}" of ${subject}: received ${value}, not a time above 0 ms`,
    );
  }
  return value === Infinity ? undefined : value;
}

/**
 * @param subject what the option is for
 * @param key its name
 * @param value what was passed
 * @param type the type it must have
 * @throws {TypeError} when it is given and has another type
 */
export function checkType(subject: string, key: string, value: unknown, type: string): void {
  if (value === undefined || (typeof value === type && value !== null)) return;
  throw new TypeError(`Cannot set "${key}" of ${subject}: received ${show(value)}, not a ${type}`);
}

/** @param value any value @returns it in a few words */
export function show(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/** What a number may be. */
export interface NumberRange {
  /** The least it may be. */
  readonly min: number;
  /** The most it may be. */
  readonly max: number;
  /** What it counts, for messages, as in `ms`. Default: nothing. */
  readonly unit?: string;
  /** Whether it must be a whole number. Default: false. */
  readonly isWhole?: boolean;
}

/**
 * @param subject what the option is for
 * @param key its name
 * @param value what was passed
 * @param range what it may be
 * @returns the number, or undefined when none was given
 * @throws {TypeError} when it is no number
 * @throws {RangeError} when it is out of range, or not whole where it must be
 */
export function readNumber(
  subject: string,
  key: string,
  value: unknown,
  range: NumberRange,
): number | undefined {
  if (value === undefined) return undefined;
  const { min, max, unit, isWhole = false } = range;
  const of = unit === undefined ? "" : ` of ${unit}`;
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot set "${key}" of ${subject}: received ${show(value)}, not a number${of}`,
    );
  }
  if (value >= min && value <= max && (!isWhole || Number.isInteger(value))) return value;
  const kind = isWhole ? "a whole number" : "a number";
  throw new RangeError(
    `Cannot set "${key}" of ${subject}: received ${value}, not ${kind}${of} from ${min} to ${max}`,
  );
}
