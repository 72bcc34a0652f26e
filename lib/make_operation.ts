/**
 * Making the function that is called in the place of an operation's own, whoever takes its calls.
 *
 * @module
 */

import { bindOperation, type BoundCall } from "./bound_call.ts";
import { isThenable } from "./bridge/thenable.ts";
import { withoutMark, withoutMarks } from "./bridge/transfer.ts";
import type { CallOptions, Operation } from "./operation.ts";
import { readCallOptions } from "./operation_options.ts";
import { show } from "./options.ts";
import type { AnyFunction } from "./registry.ts";

/** Who takes the calls of an operation. */
export interface OperationHost {
  /** Makes a call. @returns its token */
  call(bound: BoundCall, args: readonly unknown[]): unknown;
  /** Whether this is a gate that an operation can be bound to. */
  isGate(value: unknown): boolean;
}

/** @param bound what the operation stands for @param host who takes its calls @returns the operation */
export function makeOperation<A extends readonly unknown[], R>(
  bound: BoundCall,
  host: OperationHost,
): Operation<A, R> {
  const { definition } = bound;
  const call = (...args: unknown[]): unknown => host.call(bound, args);
  Object.defineProperty(call, "name", { value: definition.name });
  bindOperation(call, bound);
  return Object.assign(call, {
    local: (...args: unknown[]): unknown => runHere(definition.fn, args),
    with(options: CallOptions<A>): Operation<A, R> {
      const subject = `a call of "${definition.name}"`;
      const settings = readCallOptions(subject, bound.settings, options);
      const gate: unknown = options.gate ?? bound.gate;
      if (gate !== undefined && !host.isGate(gate)) {
        throw new TypeError(
          `Cannot set "gate" of ${subject}: received ${show(gate)}, not a TokenGate`,
        );
      }
      return makeOperation({ definition, settings, gate }, host);
    },
  }) as unknown as Operation<A, R>;
}

/** Nothing crosses here, so nothing is moved; the marks are taken off all the same. */
function runHere(fn: AnyFunction, args: readonly unknown[]): unknown {
  const value: unknown = fn(...withoutMarks(args) as never[]);
  return isThenable(value) ? value.then(withoutMark) : withoutMark(value);
}
