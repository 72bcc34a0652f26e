/**
 * A result that has stayed in the lane that made it: what stands for it in the program, until somebody asks for the value itself.
 *
 * Nobody counts who may still ask. While this object can be reached somebody can; when it is gone, the lane is told to forget the value.
 *
 * @module
 */

import type { Lane, OperationReference } from "./contract.ts";

/** Told once of the value, or of the error for which there is none. */
export type KeptListener = (isHere: boolean, value: unknown) => void;

/** One life of a lane, as what has kept a value. */
export interface ValueKeeper {
  /** The lane. */
  readonly lane: Lane;
  /** Whether calls may still go there. */
  readonly isOpen: boolean;
  /** Asks for a value: `arrive` or `lose` follows, maybe at once. */
  fetch(kept: KeptValue): void;
}

/** A value in a lane. */
export class KeptValue {
  /** Its number in that life of the lane: not the id of the call, of which a lane may run several attempts. */
  readonly id: number;
  /** What was called. */
  readonly operation: OperationReference;
  readonly #keeper: ValueKeeper;
  #isAsked = false;
  #isHere = false;
  #isLost = false;
  #value: unknown = undefined;
  #listeners: KeptListener[] = [];

  /** @param id its number in the lane @param operation what was called @param keeper who has the value */
  constructor(id: number, operation: OperationReference, keeper: ValueKeeper) {
    this.id = id;
    this.operation = operation;
    this.#keeper = keeper;
  }

  /** The lane in which it can be used as it is; undefined when there is none. */
  get lane(): Lane | undefined {
    return this.#keeper.isOpen ? this.#keeper.lane : undefined;
  }

  /** Has the value sent, unless it was before. @param listener told of it, at once when it is here */
  whenHere(listener: KeptListener): void {
    if (this.#isHere || this.#isLost) return listener(this.#isHere, this.#value);
    this.#listeners.push(listener);
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#keeper.fetch(this);
  }

  /** The value has come. */
  arrive(value: unknown): void {
    this.#isHere = true;
    this.#settle(value);
  }

  /** The value will not come. @param error why */
  lose(error: unknown): void {
    this.#isLost = true;
    this.#settle(error);
  }

  #settle(value: unknown): void {
    this.#value = value;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(this.#isHere, value);
  }
}
