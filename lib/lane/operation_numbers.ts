/**
 * The numbers of a gate's operations. A call crosses with a number; every lane is told what it stands for before the first call that has it.
 *
 * @module
 */

import type { OperationReference } from "../bridge/contract.ts";

/** Who is to be told. */
export interface NumberListener {
  /** A number and what it stands for. */
  introduce(number: number, operation: OperationReference): void;
}

/** Numbers operations, from 0, by identity: a declared operation is one object. */
export class OperationNumbers {
  readonly #numbers: Map<OperationReference, number> = new Map();
  readonly #listeners: Set<NumberListener> = new Set();
  // Of the operation that was asked for last: a burst is of one, and a look into a map is a fortieth of what a quick call costs.
  #last: OperationReference | undefined;
  #lastNumber = 0;

  /** @returns the number of an operation, after everybody was told */
  of(operation: OperationReference): number {
    if (operation !== this.#last) {
      this.#lastNumber = this.#numbers.get(operation) ?? this.#add(operation);
      this.#last = operation;
    }
    return this.#lastNumber;
  }

  /** Tells a listener all there are, and all that will be. */
  join(listener: NumberListener): void {
    this.#listeners.add(listener);
    for (const [operation, number] of this.#numbers) listener.introduce(number, operation);
  }

  /** Tells a listener no more. */
  leave(listener: NumberListener): void {
    this.#listeners.delete(listener);
  }

  #add(operation: OperationReference): number {
    const number = this.#numbers.size;
    this.#numbers.set(operation, number);
    for (const listener of this.#listeners) listener.introduce(number, operation);
    return number;
  }
}
