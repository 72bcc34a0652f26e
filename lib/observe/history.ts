/**
 * What became of the last tokens: names, numbers and stamps, so that nothing of the values that went in or out is kept alive.
 *
 * A ring of columns: one entry is a place in each of them, and takes some 70 bytes. Entering a token makes no object.
 *
 * @module
 */

/** The most entries a history may have. */
const MOST_ENTRIES = 1_000_000;
/** Longer labels are no names, and might be user data. */
const LONGEST_LABEL = 64;

/** What became of one token. */
export interface HistoryEntry {
  /** The token's id. */
  readonly id: number;
  /** Name of the operation that was called. */
  readonly operation: string;
  /** The state it ended in. */
  readonly state: string;
  /** When it was called, in ms since the epoch. */
  readonly submittedMs: number;
  /** When it was given to its last lane, in ms since the epoch; undefined when it never was. */
  readonly admittedMs: number | undefined;
  /** When its function last started, in ms since the epoch; undefined when it never did. */
  readonly startedMs: number | undefined;
  /** When its function last ended, in ms since the epoch; undefined when it never did. */
  readonly endedMs: number | undefined;
  /** Number of the last lane that had it; below zero when none had. */
  readonly lane: number;
  /** How often its function was started, or may have been. */
  readonly attempts: number;
  /** The `code` of the error it rejected with or, without one, its name; undefined when it completed. */
  readonly error: string | undefined;
}

/** The last settled tokens, oldest first. */
export class History {
  readonly #capacity: number;
  readonly #ids: Float64Array;
  readonly #operations: string[] = [];
  readonly #states: string[] = [];
  readonly #submittedMs: Float64Array;
  readonly #admittedMs: Float64Array;
  readonly #startedMs: Float64Array;
  readonly #endedMs: Float64Array;
  readonly #lanes: Int32Array;
  readonly #attempts: Uint32Array;
  readonly #errors: (string | undefined)[] = [];
  #recorded = 0;

  /**
   * @param capacity how many tokens are remembered; with 0 none is
   * @throws {RangeError} when it is no whole number from 0 to a million
   */
  constructor(capacity: number) {
    if (!(Number.isInteger(capacity) && capacity >= 0 && capacity <= MOST_ENTRIES)) {
      throw new RangeError(
        `Cannot keep a history: received a capacity of ${capacity}, not a whole number from 0 to ${MOST_ENTRIES}`,
      );
    }
    this.#capacity = capacity;
    this.#ids = new Float64Array(capacity);
    this.#submittedMs = new Float64Array(capacity);
    this.#admittedMs = new Float64Array(capacity);
    this.#startedMs = new Float64Array(capacity);
    this.#endedMs = new Float64Array(capacity);
    this.#lanes = new Int32Array(capacity);
    this.#attempts = new Uint32Array(capacity);
  }

  /** How many tokens are remembered at most. */
  get capacity(): number {
    return this.#capacity;
  }

  /** How many tokens are remembered now. */
  get size(): number {
    return Math.min(this.#recorded, this.#capacity);
  }

  /** How many tokens were ever entered; what exceeds the capacity has been forgotten. */
  get recorded(): number {
    return this.#recorded;
  }

  /**
   * Enters a token that has settled, in place of the oldest one.
   *
   * @param id its id
   * @param operation name of its operation
   * @param state the state it ended in
   * @param submittedMs when it was called, in ms since the epoch
   * @param admittedMs when it was given to its last lane, in ms since the epoch; NaN when it never was
   * @param startedMs when its function last started, in ms since the epoch; NaN when it never did
   * @param endedMs when its function last ended, in ms since the epoch; NaN when it never did
   * @param lane number of the last lane that had it; below zero when none had
   * @param attempts how often its function was started
   * @param error label of its error, by {@linkcode errorLabel}; undefined when it completed
   */
  record(
    id: number,
    operation: string,
    state: string,
    submittedMs: number,
    admittedMs: number,
    startedMs: number,
    endedMs: number,
    lane: number,
    attempts: number,
    error: string | undefined,
  ): void {
    if (this.#capacity === 0) return;
    const at = this.#recorded++ % this.#capacity;
    this.#ids[at] = id;
    this.#operations[at] = operation;
    this.#states[at] = state;
    this.#submittedMs[at] = submittedMs;
    this.#admittedMs[at] = admittedMs;
    this.#startedMs[at] = startedMs;
    this.#endedMs[at] = endedMs;
    this.#lanes[at] = lane;
    this.#attempts[at] = attempts;
    this.#errors[at] = error;
  }

  /** @returns what is remembered, oldest first; a copy */
  entries(): HistoryEntry[] {
    const entries: HistoryEntry[] = [];
    for (let n = this.#recorded - this.size; n < this.#recorded; n++) {
      entries.push(this.#entry(n % this.#capacity));
    }
    return entries;
  }

  /** @returns what is remembered, oldest first; stamps there are none of are left out of the text */
  toJSON(): HistoryEntry[] {
    return this.entries();
  }

  /** Forgets everything. */
  clear(): void {
    this.#recorded = 0;
    this.#operations.length = 0;
    this.#states.length = 0;
    this.#errors.length = 0;
  }

  #entry(at: number): HistoryEntry {
    return {
      id: this.#ids[at]!,
      operation: this.#operations[at]!,
      state: this.#states[at]!,
      submittedMs: this.#submittedMs[at]!,
      admittedMs: stamp(this.#admittedMs[at]!),
      startedMs: stamp(this.#startedMs[at]!),
      endedMs: stamp(this.#endedMs[at]!),
      lane: this.#lanes[at]!,
      attempts: this.#attempts[at]!,
      error: this.#errors[at],
    };
  }
}

/**
 * Names an error without keeping it.
 *
 * @param error whatever a token rejected with
 * @returns its `code`, if that is a short text, else its `name`, else the type of what was thrown. Reading them may run
 * a user's code, whose errors end here
 */
export function errorLabel(error: unknown): string {
  if (typeof error !== "object" || error === null) return typeof error;
  return label(error, "code") ?? label(error, "name") ?? "object";
}

function label(error: object, key: string): string | undefined {
  try {
    const value: unknown = Reflect.get(error, key);
    const isLabel = typeof value === "string" && value !== "" && value.length <= LONGEST_LABEL;
    return isLabel ? value : undefined;
  } catch {
    return undefined;
  }
}

function stamp(ms: number): number | undefined {
  return Number.isNaN(ms) ? undefined : ms;
}
