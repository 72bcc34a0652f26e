/**
 * The asynchronous calls of a lane that go on beside others: those of operations whose calls may overlap in one lane (`perLane`).
 *
 * A lane takes further calls while some are in flight, as long as none of their operations has as many as it may have, and none was asked to stop: a lane
 * that may be replaced soon is not to take more along.
 *
 * @module
 */

import type { CallContext } from "./context.ts";

/** What is counted for an operation. */
export interface Overlapping {
  /** How many of its asynchronous calls may overlap in one lane. */
  readonly perLane: number;
  /** How many do now. */
  inFlight: number;
}

/** Calls in flight. */
export class InFlight {
  readonly #contexts: Set<CallContext> = new Set();
  /** Generators among them that wait for their readers. */
  readonly #suspended: Set<CallContext> = new Set();
  #full = 0;
  #aborted = 0;

  /** How many there are. */
  get size(): number {
    return this.#contexts.size;
  }

  /** Whether the lane may take another call. */
  get isOpen(): boolean {
    return this.#full === 0 && this.#aborted === 0;
  }

  /** Whether each of them waits for a call inside of it that was given to the gate, or for its reader. */
  get areAllWaiting(): boolean {
    for (const context of this.#contexts) {
      if (context.outside === 0 && !this.#suspended.has(context)) return false;
    }
    return true;
  }

  /** A call goes on asynchronously. */
  enter(operation: Overlapping, context: CallContext): void {
    this.#contexts.add(context);
    if (++operation.inFlight === operation.perLane) this.#full++;
  }

  /** It has come to its end. */
  leave(operation: Overlapping, context: CallContext): void {
    this.#contexts.delete(context);
    this.#suspended.delete(context);
    if (operation.inFlight-- === operation.perLane) this.#full--;
    if (context.wasTold) this.#aborted--;
  }

  /** A generator waits for its reader: it keeps no other call. */
  suspend(operation: Overlapping, context: CallContext): void {
    this.#suspended.add(context);
    if (operation.inFlight-- === operation.perLane) this.#full--;
  }

  /** It goes on, beside those that were taken meanwhile. */
  resume(operation: Overlapping, context: CallContext): void {
    this.#suspended.delete(context);
    if (++operation.inFlight === operation.perLane) this.#full++;
  }

  /** Tells a call to stop, if it is one of these. @param reason gives the reason, which is decoded only for the call that is told */
  abort(tokenId: number, reason: () => unknown): void {
    for (const context of this.#contexts) {
      if (context.tokenId !== tokenId || !context.aborted || context.wasTold) continue;
      this.#aborted++;
      return context.abort(reason());
    }
  }
}
