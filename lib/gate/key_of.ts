/**
 * The key of a call as a text, by which calls are compared: what its operation says is the key, or a fingerprint of that.
 *
 * @module
 */

import type { CallAffinity } from "../call_token.ts";
import { fingerprint } from "./fingerprint.ts";

/**
 * @param affinity says what the key is
 * @param args the arguments of the call
 * @returns the key; two texts or two numbers that are the same have the same, a text and a number never. Undefined when the call has none
 * @throws what the function throws that gives the key, or an accessor in what it gives
 */
export function keyOf(affinity: CallAffinity, args: readonly unknown[]): string | undefined {
  const key = affinity.keyOf(args);
  if (key === undefined) return undefined;
  if (typeof key === "string") return `"${key}`;
  // A list that was made as a key is one of several parts; each counts.
  return Array.isArray(key) ? `[${key.map(partOf).join(",")}` : fingerprint(key);
}

/** The key of a call could not be found. */
export interface KeyFailure {
  /** Why. */
  readonly error: unknown;
}

/** @param affinity says what the key is @param args the arguments of the call @returns the key, undefined when it has none, or why there is none */
export function tryKey(
  affinity: CallAffinity,
  args: readonly unknown[],
): string | KeyFailure | undefined {
  try {
    return keyOf(affinity, args);
  } catch (error) {
    return { error };
  }
}

/** @param args the arguments of a call @returns what is the key where nothing else was said: each of them */
export function allArguments(args: readonly unknown[]): unknown {
  return [...args];
}

function partOf(part: unknown): string {
  return typeof part === "string" ? JSON.stringify(part) : fingerprint(part);
}
