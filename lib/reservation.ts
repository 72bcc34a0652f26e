/**
 * Reservations: places in the queue of a gate that are promised to one producer, so that it is not refused when it comes to call.
 *
 * @module
 */

import type { Awaitable, Operation, StreamOperation } from "./operation.ts";
import type { StreamToken, Token } from "./token.ts";

/** Options of {@linkcode TokenGate.ready}. */
export interface ReadyOptions {
  /** The operation that is going to be called, for one with a queue bound of its own. Default: any. */
  readonly operation?: Operation<never[], unknown>;
  /** How many bytes the arguments of all the calls are going to have, where the gate or the operation has `maxQueueBytes`. Default: 0. */
  readonly bytes?: number;
  /** Ends the wait when it aborts. Default: none. */
  readonly signal?: AbortSignal;
}

/** What a reservation asks of its gate; kept from the public surface. */
export interface ReservationTarget {
  /** How many places are left. */
  readonly places: number;
  /** Calls an operation in one of them. */
  call(operation: unknown, args: readonly unknown[]): Token<unknown>;
  /** Gives back those that are left. */
  giveBack(): void;
}

/** Makes what a producer is given; kept from the public surface. */
export let makeReservation: (target: ReservationTarget) => Reservation;

/**
 * Places that are promised: each call through it uses one. What is not used is to be given back, by `release()` or by leaving a scope that holds it
 * with `using`; until then it counts as taken.
 */
export class Reservation {
  readonly #target: ReservationTarget;

  static {
    makeReservation = (target) => new Reservation(target);
  }

  private constructor(target: ReservationTarget) {
    this.#target = target;
  }

  /** How many calls are left. */
  get remaining(): number {
    return this.#target.places;
  }

  /**
   * Calls an operation in a place of this reservation. When the call is refused, the place is kept.
   *
   * @param operation the operation, with the options it has; its `gate` is not looked at
   * @param args its arguments; tokens among them are waited for
   * @returns the token of this call
   * @throws {RangeError} when no place is left
   * @throws {TypeError} when `operation` is none, or not the one that the places are for
   * @throws {QueueFullError} when the arguments are larger than what was reserved, and there is no room for the rest, or the operation's own queue is full
   * @throws {GateClosedError} when the gate is closed
   */
  call<A extends readonly unknown[], R>(
    operation: Operation<A, R>,
    ...args: Awaitable<A>
  ): Token<R>;
  /**
   * Calls an operation whose function is a generator, in the same way.
   *
   * @param operation the operation, with the options it has; its `gate` is not looked at
   * @param args its arguments; tokens among them are waited for
   * @returns the token of this call, whose items are to be read
   * @throws {RangeError} as for other operations
   * @throws {TypeError} as for other operations
   * @throws {QueueFullError} as for other operations
   * @throws {GateClosedError} when the gate is closed
   */
  call<A extends readonly unknown[], T, R>(
    operation: StreamOperation<A, T, R>,
    ...args: Awaitable<A>
  ): StreamToken<T, R>;
  call(operation: unknown, ...args: readonly unknown[]): unknown {
    return this.#target.call(operation, args);
  }

  /** Gives back the places that are left. Doing so again does nothing. */
  release(): void {
    this.#target.giveBack();
  }

  /** Gives back the places that are left when a scope that holds it with `using` is left. */
  [Symbol.dispose](): void {
    this.release();
  }
}
