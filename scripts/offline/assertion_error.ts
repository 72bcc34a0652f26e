/** What a failed assertion throws; the stand-in for the class of the same name in `@std/assert`. */
export class AssertionError extends Error {
  override readonly name: string = "AssertionError";
}

/** Ends a message the way `@std/assert` does: with the caller's own words, or a full stop. */
export function suffix(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}
