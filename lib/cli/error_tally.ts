/**
 * Errors counted by how they read, so that none is dropped and a thousand equal ones are one line.
 *
 * @module
 */

/** Errors that read the same. */
export interface ErrorGroup {
  name: string;
  message: string;
  /** Stable code of the error, if it has one. */
  code?: string;
  /** Stack of the first one. */
  stack?: string;
  /** How many there were. */
  count: number;
  /** The token that failed with the first one, if it was a token's. */
  token?: number;
}

/** Groups told apart; a wave in which every error reads differently must not fill the memory. */
const MOST_GROUPS = 1_000;

/** Counts errors. */
export class ErrorTally {
  /** In the order of their first errors. */
  readonly #groups = new Map<string, ErrorGroup>();

  /**
   * Counts one error.
   *
   * @param error What was thrown or rejected.
   * @param token Index of the token that failed with it, if it was a token's.
   */
  add(error: unknown, token?: number): void {
    let described = describeError(error);
    if (this.#groups.size >= MOST_GROUPS && !this.#groups.has(keyOf(described))) {
      described = { name: "Error", message: `of more than ${MOST_GROUPS} kinds`, count: 1 };
    }
    const group = this.#groups.get(keyOf(described));
    if (group !== undefined) {
      group.count++;
      return;
    }
    if (token !== undefined) described.token = token;
    this.#groups.set(keyOf(described), described);
  }

  /** The groups so far. */
  groups(): ErrorGroup[] {
    return [...this.#groups.values()];
  }
}

/**
 * Describes anything that can be thrown.
 *
 * @param error What was thrown.
 * @returns A group of one.
 */
export function describeError(error: unknown): ErrorGroup {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error), count: 1 };
  const group: ErrorGroup = { name: error.name, message: error.message, count: 1 };
  const { code } = error as { code?: unknown };
  if (typeof code === "string") group.code = code;
  if (error.stack !== undefined) group.stack = error.stack;
  if (error.cause !== undefined) {
    const cause = describeError(error.cause);
    group.message += ` (cause: ${cause.name}: ${cause.message})`;
  }
  return group;
}

function keyOf(group: ErrorGroup): string {
  return `${group.name}: ${group.message}`;
}
