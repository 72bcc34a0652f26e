/**
 * A call of an operation inside a running operation: it runs in the same lane, at once, in a context of its own below the caller's.
 *
 * @module
 */

import {
  CallToken,
  COMPLETED,
  EXECUTING,
  FAILED,
  FOR_ARGUMENTS,
  KILLED,
  TIMEOUT,
  type TokenOwner,
} from "./call_token.ts";
import { withoutMark, withoutMarks } from "./bridge/transfer.ts";
import { isThenable } from "./bridge/thenable.ts";
import type { TokenLimit } from "./errors.ts";
import { findTokens, resolveArguments } from "./gate/arguments.ts";
import { cancelledError, timeoutError } from "./gate/token_errors.ts";
import { laneMark, type OperationContext } from "./lane_mark.ts";
import { refuseInLane } from "./lane_context.ts";
import type { CallSettings } from "./operation_options.ts";
import type { Definition } from "./registry.ts";

let nextId = -1;

function now(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * Runs an operation here, for the operation that is running.
 *
 * @param definition the operation
 * @param args its arguments; tokens among them are waited for
 * @param settings limits and signal of the call
 * @returns a token, settled already when the function is synchronous
 * @throws {GateInLaneError} when no operation is running in this context
 */
export function callHere(
  definition: Definition,
  args: readonly unknown[],
  settings: CallSettings,
): CallToken {
  const parent = laneMark()?.context();
  if (parent === undefined) throw refuseInLane("call", definition);
  return new NestedCall(definition, args, settings, parent).token;
}

/** One nested call: owner of its token, and context of its function. Ids are negative: they name a call in this lane only. */
class NestedCall implements TokenOwner, OperationContext {
  readonly token: CallToken;
  readonly lane: number;
  readonly #parent: OperationContext;
  readonly #definition: Definition;
  readonly #timers: ReturnType<typeof setTimeout>[] = [];
  #controller: AbortController | undefined;
  #signal: AbortSignal | undefined;
  #onSignal: (() => void) | undefined;
  #isAborted = false;

  constructor(
    definition: Definition,
    args: readonly unknown[],
    settings: CallSettings,
    parent: OperationContext,
  ) {
    this.#definition = definition;
    this.#parent = parent;
    this.lane = parent.lane;
    this.token = new CallToken(nextId--, definition, args, settings, this, now());
    const { signal, deadlineMs, queueTimeoutMs } = settings;
    if (signal?.aborted) {
      this.cancel(this.token, signal.reason);
      return;
    }
    const places = findTokens(args);
    if (places === undefined) this.#run(args);
    else {
      this.token.waits = FOR_ARGUMENTS;
      this.#limit("queueTimeoutMs", queueTimeoutMs);
      resolveArguments(
        args,
        places,
        (args) => this.#run(args),
        (error) => this.#fail(FAILED, error),
      );
    }
    if (this.token.isSettled) return;
    this.#limit("deadlineMs", deadlineMs);
    if (signal !== undefined) {
      this.#onSignal = () => this.cancel(this.token, signal.reason);
      this.token.signal = signal;
      signal.addEventListener("abort", this.#onSignal);
    }
  }

  get tokenId(): number {
    return this.token.id;
  }

  get aborted(): boolean {
    return this.#isAborted || this.#parent.aborted;
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted) this.#controller.abort(this.token.outcome);
      this.#signal = AbortSignal.any([this.#controller.signal, this.#parent.signal]);
    }
    return this.#signal;
  }

  cancel(token: CallToken, reason: unknown): boolean {
    if (token.isSettled) return false;
    this.#fail(KILLED, cancelledError(token.operation, reason));
    return true;
  }

  hasStarted(token: CallToken): boolean {
    return token.code === EXECUTING;
  }

  startedMs(token: CallToken): number {
    return token.startedMs;
  }

  #run(args: readonly unknown[]): void {
    const { token } = this;
    if (token.isSettled) return;
    token.admittedMs = token.startedMs = now();
    token.code = EXECUTING;
    let result: unknown;
    try {
      result = laneMark()!.within(this, this.#definition.fn, withoutMarks(args));
    } catch (error) {
      return this.#fail(FAILED, error);
    }
    if (isThenable(result)) {
      this.#limit("timeoutMs", token.limits.timeoutMs);
      new Promise((resolve) => resolve(result)).then(
        (value: unknown) => this.#fulfil(value),
        (error: unknown) => this.#fail(FAILED, error),
      );
    } else this.#fulfil(result);
  }

  #limit(limit: TokenLimit, limitMs: number | undefined): void {
    if (limitMs === undefined) return;
    this.#timers.push(setTimeout(() => {
      if (this.token.isSettled || (limit === "queueTimeoutMs" && this.token.code === EXECUTING)) {
        return;
      }
      this.#fail(TIMEOUT, timeoutError(this.token.operation, limit, limitMs));
    }, Math.min(limitMs, 2 ** 31 - 1)));
  }

  #fulfil(value: unknown): void {
    if (this.token.isSettled) return;
    this.#leave(COMPLETED);
    this.token.fulfil(withoutMark(value));
  }

  #fail(code: number, error: unknown): void {
    if (this.token.isSettled) return;
    this.#leave(code);
    this.token.fail(error, code === KILLED);
    if (code !== KILLED && code !== TIMEOUT) return;
    // Last: the listeners are the user's, and find the token settled.
    this.#isAborted = true;
    this.#controller?.abort(error);
  }

  #leave(code: number): void {
    const { token } = this;
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#onSignal !== undefined) token.signal?.removeEventListener("abort", this.#onSignal);
    if (token.code === EXECUTING) token.endedMs = now();
    token.code = code;
  }
}
