/**
 * What a check found.
 *
 * @module
 */

/** One thing that was looked at. */
export interface Finding {
  /** What, as a key of the report. */
  readonly check: string;
  /** Whether it works here; null when it could not be found out, or is no question of that kind. */
  readonly works: boolean | null;
  /** What was found, in a line. */
  readonly text: string;
  /** What to do about it, where something can be done. */
  readonly advice?: string;
  /** The figures. */
  readonly data?: Readonly<Record<string, unknown>>;
}
