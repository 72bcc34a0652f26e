/**
 * The controls of a gate: pausing, draining, killing, for all operations or for one.
 *
 * @module
 */

import { boundCall } from "./bound_call.ts";
import { type CallToken, STATES } from "./call_token.ts";
import type { Breaker } from "./gate/breaker.ts";
import type { Desk } from "./gate/desk.ts";
import type { Engine } from "./gate/engine.ts";
import { checkKeys, show } from "./options.ts";
import type { Operation } from "./operation.ts";
import type { Token, TokenState } from "./token.ts";

/** An operation, whatever it takes and gives. */
export type AnyOperation = Operation<never[], unknown>;

/** Makes the controls of a gate; kept from the public surface. */
export let makeControls: (engine: Engine) => GateControls;

/**
 * What can be done to the tokens of a gate from outside. Each takes an operation, or none for all of them; what it was done to by itself stays so whatever is
 * done to all: a paused operation of a resumed gate stays paused.
 *
 * |                | waiting           | admitted, not started   | executing       | settled | new calls |
 * | -------------- | ----------------- | ----------------------- | --------------- | ------- | --------- |
 * | `pause()`      | goes on waiting   | waits again, in its place | goes on       | –       | taken, and wait |
 * | `resume()`     | goes on, in order | goes on                 | goes on         | –       | taken; ends a `drain()` too |
 * | `drain()`      | is finished       | is finished             | is finished     | –       | refused with a `GateDrainingError` |
 * | `purge()`      | killed            | killed                  | goes on         | –       | taken |
 * | `kill(id)`     | killed            | killed                  | killed, and stopped after `graceMs` | `false` | taken |
 * | `killWhere()`  | killed            | killed                  | killed, and stopped after `graceMs` | –       | taken |
 *
 * What waits for arguments, for a permit or for its next attempt is `waiting`. A killed token rejects those who await it with a `TokenCancelledError`, and is
 * otherwise quiet. Calls that operations make are seen here when they were given to the gate (see {@linkcode OperationOptions.spread}); those that run in the lane of
 * their caller belong to that, and end with it.
 *
 * @example
 * ```ts
 * import { inLane, type Operation, operation, TokenGate } from "@tokengate/tokengate";
 *
 * export const double: Operation<[n: number], number> = operation(import.meta, "double", (n) => n * 2);
 *
 * if (!inLane) {
 *   const gate = new TokenGate();
 *   gate.controls.pause();
 *   const tokens = [1, 2, 3].map((n) => gate.call(double, n));
 *   gate.controls.kill(tokens[1].id);
 *   gate.controls.resume();
 *   console.log((await Promise.allSettled(tokens)).map(({ status }) => status)); // fulfilled, rejected, fulfilled
 *   await gate.close();
 * }
 * ```
 */
export class GateControls {
  readonly #engine: Engine;

  static {
    makeControls = (engine) => new GateControls(engine);
  }

  private constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Lets nothing start any more. What runs goes on; what was in a lane and has not started waits again. The time limits of waiting tokens run on.
   *
   * @param operation what to pause; all operations when it is left out
   * @throws {TypeError} when it is no operation
   */
  pause(operation?: AnyOperation): void {
    this.#engine.pause(this.#deskOf("pause", operation));
  }

  /**
   * Ends a `pause()` and a `drain()`; what waits goes on in the order in which it was called.
   *
   * @param operation what to resume; the gate when it is left out
   * @throws {TypeError} when it is no operation
   */
  resume(operation?: AnyOperation): void {
    this.#engine.resume(this.#deskOf("resume", operation));
  }

  /**
   * Refuses new calls, and finishes those there are: all of their attempts, and what waits for a `resume()` first.
   *
   * @param operation what to drain; all operations when it is left out
   * @returns resolves when no token of it is left
   * @throws {TypeError} when it is no operation
   */
  drain(operation?: AnyOperation): Promise<void> {
    return this.#engine.drain(this.#deskOf("drain", operation));
  }

  /**
   * Kills what has not started.
   *
   * @param operation whose tokens; those of all operations when it is left out
   * @param reason why; becomes the `cause` of their errors
   * @returns how many were killed
   * @throws {TypeError} when it is no operation
   */
  purge(operation?: AnyOperation, reason: unknown = "purged"): number {
    return this.#engine.purge(this.#deskOf("purge", operation), reason);
  }

  /**
   * Kills one token, as its own `cancel` does.
   *
   * @param id the token's `id`
   * @param reason why; becomes the `cause` of its error
   * @returns whether this killed it; false when it has settled, or never was
   * @throws {TypeError} when `id` is no number
   */
  kill(id: number, reason: unknown = "killed"): boolean {
    if (typeof id !== "number") {
      throw new TypeError(`Cannot kill a token: received ${show(id)}, not the id of a token`);
    }
    const token = this.#engine.find(id);
    return token !== undefined && this.#engine.cancel(token, reason);
  }

  /**
   * Kills all tokens of an operation, those that run too.
   *
   * @param operation whose tokens; those of all operations when it is left out
   * @param reason why; becomes the `cause` of their errors
   * @returns how many were killed
   * @throws {TypeError} when it is no operation
   */
  killWhere(operation?: AnyOperation, reason: unknown = "killed"): number {
    return this.#engine.killAll(this.#deskOf("kill", operation), reason);
  }

  /**
   * The tokens that have not settled. It looks at those and at no others.
   *
   * @param filter whose tokens, and in which state; all when it is left out
   * @returns the tokens, a snapshot
   * @throws {TypeError} when the operation is none, the state is none, or the filter has another key
   */
  live(
    filter: { readonly operation?: AnyOperation; readonly state?: TokenState } = {},
  ): Token<unknown>[] {
    checkKeys("live()", filter, ["operation", "state"]);
    const { operation, state } = filter;
    if (state !== undefined && !STATES.includes(state)) {
      throw new TypeError(
        `Cannot look at tokens: received ${show(state)}, not one of ${STATES.join(", ")}`,
      );
    }
    const live: CallToken[] = this.#engine.live(this.#deskOf("look at", operation));
    return state === undefined ? live : live.filter((token) => token.state === state);
  }

  /**
   * Sets how many calls of an operation may be in lanes at once, in place of its `maxConcurrent`. When more are there now, they go on, and no further one joins
   * them until they are fewer.
   *
   * @param operation the operation
   * @param maxConcurrent how many; `Infinity` for no limit
   * @throws {TypeError} when it is no operation, or the number is none
   * @throws {RangeError} when the number is not whole and above zero
   */
  limit(operation: AnyOperation, maxConcurrent: number): void {
    if (typeof maxConcurrent !== "number") {
      throw new TypeError(
        `Cannot limit an operation: received ${show(maxConcurrent)}, not a number`,
      );
    }
    if (!(maxConcurrent === Infinity || (Number.isInteger(maxConcurrent) && maxConcurrent > 0))) {
      throw new RangeError(
        `Cannot limit an operation: received ${maxConcurrent}, not a whole number above 0`,
      );
    }
    this.#engine.limit(this.#ownDesk("limit", operation), maxConcurrent);
  }

  /**
   * Opens the breaker of an operation until it is reset.
   *
   * @param operation the operation
   * @throws {TypeError} when it is no operation, or has no breaker
   */
  isolate(operation: AnyOperation): void {
    this.#breakerOf("isolate", operation).isolate();
  }

  /**
   * Closes the breaker of an operation, and forgets what it has seen.
   *
   * @param operation the operation
   * @throws {TypeError} when it is no operation, or has no breaker
   */
  reset(operation: AnyOperation): void {
    this.#breakerOf("reset", operation).reset();
  }

  /**
   * The state of an operation's breaker, to be kept somewhere and given to {@linkcode restoreBreaker} of another process.
   *
   * @param operation the operation
   * @returns plain data, to be written as JSON
   * @throws {TypeError} when it is no operation, or has no breaker
   */
  breakerState(operation: AnyOperation): unknown {
    return this.#breakerOf("read", operation).toJSON();
  }

  /**
   * Gives the breaker of an operation a state that was kept.
   *
   * @param operation the operation
   * @param state what {@linkcode breakerState} gave, back from JSON
   * @throws {TypeError} when it is no operation, has no breaker, or the state is none
   */
  restoreBreaker(operation: AnyOperation, state: unknown): void {
    this.#breakerOf("restore", operation).restore(state, this.#engine.nowMs);
  }

  #breakerOf(action: string, operation: AnyOperation): Breaker {
    const { breaker } = this.#ownDesk(`${action} the breaker of`, operation);
    if (breaker !== undefined) return breaker;
    throw new TypeError(
      `Cannot ${action} the breaker of "${operation.name}": it has none; declare it with the option breaker`,
    );
  }

  #deskOf(action: string, operation: AnyOperation | undefined): Desk | undefined {
    return operation === undefined ? undefined : this.#ownDesk(action, operation);
  }

  #ownDesk(action: string, operation: AnyOperation): Desk {
    return this.#engine.deskOf(boundCall(operation, action).definition);
  }
}
