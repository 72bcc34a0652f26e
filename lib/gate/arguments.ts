/**
 * Tokens as arguments of other calls: the call waits for their results before it wants a lane, so that no lane is held by waiting.
 *
 * @module
 */

import type { OperationReference } from "../bridge/contract.ts";
import { isToken } from "../call_token.ts";
import { ArgumentWaiter } from "./argument_waiter.ts";
import { argumentError } from "./token_errors.ts";

/** @param args arguments of a call @returns the places where they are tokens, or undefined when none is */
export function findTokens(args: readonly unknown[]): number[] | undefined {
  let places: number[] | undefined;
  for (let i = 0; i < args.length; i++) {
    if (isToken(args[i])) (places ??= []).push(i);
  }
  return places;
}

/**
 * Waits for the tokens among the arguments. When one of them does not give a result, the call cannot have its argument: it is killed when that was killed, and fails when that
 * failed or ran out of time. Its error names the argument, and has the error of that token as its `cause`; in a chain of calls each has the one before behind it.
 *
 * No cycle can be built: the arguments of a call are there before its token is.
 *
 * @param operation what is called
 * @param args the arguments
 * @param places where they are tokens
 * @param done called once with the arguments, results in the place of tokens
 * @param failed called with the error of the call for each token that gives no result, and whether that was killed
 */
export function resolveArguments(
  operation: OperationReference,
  args: readonly unknown[],
  places: readonly number[],
  done: (args: readonly unknown[]) => void,
  failed: (error: Error, wasKilled: boolean) => void,
): void {
  new ArgumentWaiter(args, places, {
    done,
    failed: (place, cause) => {
      const source = args[place] as Source;
      const wasKilled = source.state === "killed";
      failed(argumentError(operation, place, source.operation, wasKilled, cause), wasKilled);
    },
  });
}

/** A token, maybe of another copy of the package. */
interface Source extends PromiseLike<unknown> {
  readonly state: string;
  readonly operation: OperationReference;
}
