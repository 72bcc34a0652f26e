/**
 * What is done to the arguments of a call before it goes to a lane: instances of revivable classes are taken apart, and their size is held against the limit.
 *
 * @module
 */

import { ChildOperation, FAMILY_FIELDS } from "../bridge/child_operation.ts";
import type { OperationReference } from "../bridge/contract.ts";
import {
  pack,
  PackedOperation,
  packedOperation,
  type PackedPlace,
  unpack,
} from "../bridge/packing.ts";
import { payloadBytes } from "../bridge/payload_size.ts";
import { hasRevivables } from "../bridge/revivables.ts";
import type { CallToken } from "../call_token.ts";
import { tooLargeError, unpackableError } from "./token_errors.ts";

/** Prepares arguments for their way. */
export class PayloadChecks {
  readonly #maxBytes: number;
  readonly #fail: (token: CallToken, error: Error) => void;

  /** @param maxBytes how large the arguments of a call may be, in bytes @param fail settles a token whose arguments cannot go */
  constructor(maxBytes: number, fail: (token: CallToken, error: Error) => void) {
    this.#maxBytes = maxBytes;
    this.#fail = fail;
  }

  /** @returns false when the token has settled, since its arguments cannot go, or one of their accessors has ended it */
  pass(token: CallToken): boolean {
    if (hasRevivables() && !this.#pack(token)) return false;
    return this.#maxBytes === Infinity || this.#fits(token);
  }

  /** Puts the arguments of a token back together, which are not to go to a lane after all. @param operation what was called */
  undo(token: CallToken, operation: OperationReference): void {
    const { operation: sent } = token;
    if (sent === operation) return;
    let { args } = token;
    const isChild = sent instanceof ChildOperation;
    if (isChild) args = args.slice(FAMILY_FIELDS);
    if (isChild ? sent.isPacked : sent instanceof PackedOperation) {
      args = unpack(...args as [unknown, PackedPlace[]]) as unknown[];
    }
    token.args = args;
    token.operation = operation;
  }

  #pack(token: CallToken): boolean {
    try {
      const packed = pack(token.args);
      if (packed !== undefined && !token.isSettled) {
        token.args = [packed.value, packed.places];
        token.operation = packedOperation(token.operation);
      }
    } catch (cause) {
      if (!token.isSettled) this.#fail(token, unpackableError(token.operation, cause));
    }
    return !token.isSettled;
  }

  #fits(token: CallToken): boolean {
    const bytes = sizeOf(token.args, token.transfer, this.#maxBytes);
    if (bytes > this.#maxBytes && !token.isSettled) {
      this.#fail(token, tooLargeError(token.operation, bytes, this.#maxBytes));
    }
    return !token.isSettled;
  }
}

/**
 * @param args arguments of a call @param transfer what of them is moved @param maxBytes where counting may end, in bytes
 * @returns about how large they are, in bytes; 0 when an accessor among them throws, which sending them will say
 */
export function sizeOf(
  args: readonly unknown[],
  transfer: readonly object[] | undefined,
  maxBytes: number,
): number {
  try {
    return payloadBytes(args, transfer, maxBytes);
  } catch {
    return 0;
  }
}
