/**
 * An operation among whose arguments are values that its lane has kept: the first argument says which they are.
 *
 * @module
 */

import type { OperationReference } from "./contract.ts";
import { OperationVariant, variantsBy } from "./operation_variant.ts";
import { PackedOperation } from "./packing.ts";

/** What its lane has kept for a call: the place of an argument and the number of the value, in turn. */
export type BorrowedList = readonly number[];

/** An operation whose calls use what their lane has kept. */
export class BorrowingOperation extends OperationVariant {
  /** Whether what follows the list is packed. */
  readonly isPacked: boolean;

  /** @param operation the operation */
  constructor(operation: OperationReference) {
    super(operation);
    this.isPacked = operation instanceof PackedOperation;
  }
}

/** @param operation an operation, which may be packed @returns the same, called with kept values */
export const borrowingOperation: (operation: OperationReference) => BorrowingOperation = variantsBy(
  (operation) => new BorrowingOperation(operation),
);
