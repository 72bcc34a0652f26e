/**
 * What becomes of the errors of earlier attempts: a token rejects with its last attempt's own error, and behind that, by `cause`, come those of the
 * attempts before.
 *
 * @module
 */

import { isErrorLike, isOwnCode } from "../bridge/error_classes.ts";

/** How many earlier errors are kept for a token that is tried again: the last. */
export const MOST_KEPT: number = 8;
/** A chain of causes longer than this is not followed to its end. */
const LONGEST_CHAIN = 64;

/**
 * Keeps the error of an attempt that is to be repeated.
 *
 * @param earlier the errors kept so far, oldest first; undefined when there are none. It is changed
 * @param error what the attempt failed with
 * @returns the errors kept, eight at most
 */
export function keepAttempt(earlier: unknown[] | undefined, error: unknown): unknown[] {
  if (earlier === undefined) return [error];
  if (earlier.length === MOST_KEPT) earlier.shift();
  earlier.push(error);
  return earlier;
}

/**
 * Hangs the errors of earlier attempts behind the last one's, newest first. The last error itself is what it was: what it says of its own cause
 * stays, and the earlier attempt comes behind the end of that.
 *
 * The errors must be the token's own, as they are when they were made from a lane's answer: all that such a one holds was made with it. What the gate makes may have a
 * cause that other tokens' errors share, so nothing is put behind the cause of one of TokenGate's own errors.
 *
 * The chain ends early where no `cause` can be put: at what is frozen, or no error. An error that is in it already is left out, since it would be its
 * own cause. Nothing is thrown, and no user's code is run, save that of a Proxy.
 *
 * @param error what the last attempt failed with
 * @param earlier what the attempts before failed with, oldest first
 * @returns `error`
 */
export function withAttempts(error: unknown, earlier: readonly unknown[]): unknown {
  try {
    chain(error, earlier);
  } catch {
    // A Proxy whose traps throw: it has shown that it has no place for a cause.
  }
  return error;
}

function chain(error: unknown, earlier: readonly unknown[]): void {
  const links: object[] = [];
  let isOpen = follow(error, links);
  for (let i = earlier.length - 1; i >= 0 && isOpen; i--) {
    const before = earlier[i];
    const more: object[] = [];
    const staysOpen = follow(before, more);
    if (more.some((link) => links.includes(link))) continue;
    if (links.length + more.length > LONGEST_CHAIN) return;
    // Hidden, as the platform has it; false where it cannot be defined.
    isOpen = Reflect.defineProperty(links.at(-1)!, "cause", {
      value: before,
      writable: true,
      enumerable: false,
      configurable: true,
    }) && staysOpen;
    links.push(...more);
  }
}

/** Lists an error and its causes. @returns whether they end where another may be put: with an error that has no cause, and whose place is not shared */
function follow(error: unknown, links: object[]): boolean {
  let link = error;
  let isOurs = true;
  while (isErrorLike(link)) {
    if (links.includes(link) || links.push(link) > LONGEST_CHAIN) return false;
    const cause = Reflect.getOwnPropertyDescriptor(link, "cause");
    if (cause === undefined) return isOurs;
    if (!("value" in cause)) return false;
    if (cause.value === undefined) return isOurs;
    if (isOwn(link)) isOurs = false;
    link = cause.value;
  }
  return false;
}

function isOwn(error: object): boolean {
  return isOwnCode(Reflect.getOwnPropertyDescriptor(error, "code")?.value);
}
