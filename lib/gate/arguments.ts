/**
 * Tokens as arguments of other calls: the call waits for their results before it wants a lane, so that no lane is held by waiting.
 *
 * @module
 */

import { isToken } from "../call_token.ts";
import { ArgumentWaiter } from "./argument_waiter.ts";

/** @param args arguments of a call @returns the places where they are tokens, or undefined when none is */
export function findTokens(args: readonly unknown[]): number[] | undefined {
  let places: number[] | undefined;
  for (let i = 0; i < args.length; i++) {
    if (isToken(args[i])) (places ??= []).push(i);
  }
  return places;
}

/**
 * Waits for the tokens among the arguments.
 *
 * @param args the arguments
 * @param places where they are tokens
 * @param done called once with the arguments, results in the place of tokens
 * @param failed called with the error of each token that fails
 */
export function resolveArguments(
  args: readonly unknown[],
  places: readonly number[],
  done: (args: readonly unknown[]) => void,
  failed: (error: unknown) => void,
): void {
  new ArgumentWaiter(args, places, { done, failed: (_place, error) => failed(error) });
}
