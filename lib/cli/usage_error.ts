/**
 * Mistakes in what the user typed.
 *
 * @module
 */

/** The arguments cannot be used; the message says why, and what to type instead. */
export class UsageError extends Error {
  /** Always `UsageError`. */
  override readonly name: string = "UsageError";
}

/**
 * Reads arguments, and has what is wrong with them told as a mistake of the user's.
 *
 * @param read throws a RangeError or a TypeError for a value that cannot be used
 * @returns what it read
 * @throws {UsageError} in the place of those
 */
export function asUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}
