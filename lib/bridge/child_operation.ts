/**
 * An operation that is called inside of another one and runs elsewhere: another one to the lanes, which take the first two of its arguments for the place of the call
 * in its domain. So calls of the program carry nothing more than they did.
 *
 * @module
 */

import type { OperationReference } from "./contract.ts";
import { OperationVariant, variantsBy } from "./operation_variant.ts";
import { PackedOperation } from "./packing.ts";

/** How many arguments say whose child it is. */
export const FAMILY_FIELDS: number = 2;

/** An operation whose calls say whose children they are. */
export class ChildOperation extends OperationVariant {
  /** Whether what follows is packed. */
  readonly isPacked: boolean;
  /** Its result goes to the lane of its lead, which has kept nothing. */
  override readonly keeps: boolean | undefined = undefined;

  /** @param operation the operation */
  constructor(operation: OperationReference) {
    super(operation);
    this.isPacked = operation instanceof PackedOperation;
  }
}

/** @param operation an operation, which may be packed @returns the same, called as a child */
export const childOperation: (operation: OperationReference) => ChildOperation = variantsBy(
  (operation) => new ChildOperation(operation),
);
