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
 * cause that other tokens' errors share, so behind the causes of TokenGate's own errors nothing is put.
 *
 * Where a `cause` cannot be set, as on what is frozen or no error, the earlier attempts are left out; so they are where an object would be in
 * the chain twice. Nothing is thrown, and no user's code is run, save that of a Proxy.
 *
 * @param error what the last attempt failed with
 * @param earlier what the attempts before failed with, oldest first
 * @returns `error`
 */
export function withAttempts(error: unknown, earlier: readonly unknown[]): unknown {
  // From the oldest on: each is put behind the next with all that is behind it already.
  for (let i = 0; i < earlier.length; i++) {
    try {
      putBehind(i + 1 < earlier.length ? earlier[i + 1] : error, earlier[i]);
    } catch {
      // A Proxy whose traps throw. The attempt before is left out.
    }
  }
  return error;
}

function putBehind(error: unknown, before: unknown): void {
  const chain = chainOf(error);
  if (chain === undefined) return;
  const end = chain.at(-1)!;
  if (chain.length > 1 && chain.some(isOwn)) return;
  for (const link of chainOf(before) ?? [before]) {
    if (typeof link === "object" && link !== null && chain.includes(link)) return;
  }
  // Hidden, as the platform has it; false where it cannot be defined.
  Reflect.defineProperty(end, "cause", {
    value: before,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

/** An error and its causes, as far as they can be followed; undefined when it does not end where a cause can be put. */
function chainOf(error: unknown): object[] | undefined {
  const chain: object[] = [];
  let link = error;
  while (isErrorLike(link) && chain.length < LONGEST_CHAIN && !chain.includes(link)) {
    chain.push(link);
    const cause = Reflect.getOwnPropertyDescriptor(link, "cause");
    if (cause === undefined) return chain;
    if (!("value" in cause)) return undefined;
    if (cause.value === undefined) return chain;
    link = cause.value;
  }
  return undefined;
}

function isOwn(error: object): boolean {
  return isOwnCode(Reflect.getOwnPropertyDescriptor(error, "code")?.value);
}
