/**
 * An operation whose calls carry something beside their arguments: another one to the lanes, so that all other calls carry nothing more than they did.
 *
 * @module
 */

import type { FunctionSource, OperationReference } from "./contract.ts";

/** What a variant has in common with its operation. */
export abstract class OperationVariant implements OperationReference {
  readonly url: string;
  readonly name: string;
  readonly perLane: number | undefined;
  readonly source: FunctionSource | undefined;
  readonly window: number | undefined;
  readonly keeps: boolean | undefined;

  /** @param operation the operation */
  constructor(operation: OperationReference) {
    this.url = operation.url;
    this.name = operation.name;
    this.perLane = operation.perLane;
    this.source = operation.source;
    this.window = operation.window;
    this.keeps = operation.keeps;
  }
}

/**
 * @param make makes the variant of an operation
 * @returns gives the variant of an operation: the same each time, as a declared operation is one object
 */
export function variantsBy<V extends OperationVariant>(
  make: (operation: OperationReference) => V,
): (operation: OperationReference) => V {
  const variants: WeakMap<OperationReference, V> = new WeakMap();
  return (operation) => {
    let variant = variants.get(operation);
    if (variant === undefined) variants.set(operation, variant = make(operation));
    return variant;
  };
}
