/**
 * An operation that is called inside of another one and runs elsewhere: another one to the lanes, which take the first two of its arguments for the place of the call
 * in its domain. So calls of the program carry nothing more than they did.
 *
 * @module
 */

import type { FunctionSource, OperationReference } from "./contract.ts";
import { PackedOperation } from "./packing.ts";

/** How many arguments say whose child it is. */
export const FAMILY_FIELDS: number = 2;

/** An operation whose calls say whose children they are. */
export class ChildOperation implements OperationReference {
  readonly url: string;
  readonly name: string;
  readonly perLane: number | undefined;
  readonly source: FunctionSource | undefined;
  readonly window: number | undefined;
  /** Whether what follows is packed. */
  readonly isPacked: boolean;

  /** @param operation the operation */
  constructor(operation: OperationReference) {
    this.url = operation.url;
    this.name = operation.name;
    this.perLane = operation.perLane;
    this.source = operation.source;
    this.window = operation.window;
    this.isPacked = operation instanceof PackedOperation;
  }
}

/** By the operation itself: a declared operation is one object, and so is this. */
const childOperations: WeakMap<OperationReference, ChildOperation> = new WeakMap();

/** @param operation an operation, which may be packed @returns the same, called as a child */
export function childOperation(operation: OperationReference): ChildOperation {
  let child = childOperations.get(operation);
  if (child === undefined) childOperations.set(operation, child = new ChildOperation(operation));
  return child;
}
