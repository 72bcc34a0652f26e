/**
 * The gate of bare calls, and who makes it.
 *
 * Every lane imports modules of operations, and has no use for gates, which are the greater part of the package. So operations know only this file; the
 * gates say that they are there when they are imported.
 *
 * @module
 */

import type { BoundCall } from "./bound_call.ts";

/** What gates do for operations. */
export interface Gates {
  /** Makes a gate with default options. It starts lanes as they are needed, and lets the process end by itself. */
  make(): unknown;
  /** Makes a call through a gate. @returns its token */
  call(gate: unknown, bound: BoundCall, args: readonly unknown[]): unknown;
  /** Whether this is a gate. */
  isGate(value: unknown): boolean;
}

let gates: Gates | undefined;
let defaultGate: unknown;

/** Says that there are gates. */
export function provideGates(provided: Gates): void {
  gates = provided;
}

/** @param value anything @returns whether it is a gate */
export function isGate(value: unknown): boolean {
  return gates?.isGate(value) ?? false;
}

/**
 * Makes a call through the gate that the operation is bound to, or else through the default gate, which is made by the first such call.
 *
 * @param bound the operation
 * @param args the arguments
 * @returns the token
 * @throws {Error} when the program has imported no gates
 */
export function callThroughGate(bound: BoundCall, args: readonly unknown[]): unknown {
  if (gates === undefined) {
    throw new Error(
      `Cannot call "${bound.definition.name}": the gates are not imported yet; await the module that declares it`,
    );
  }
  return gates.call(bound.gate ?? (defaultGate ??= gates.make()), bound, args);
}
