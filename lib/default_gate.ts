/**
 * The gate of bare calls.
 *
 * @module
 */

import { TokenGate } from "./token_gate.ts";

let gate: TokenGate | undefined;

/**
 * The gate that calls go through when none is named. It is made on first use, starts lanes as they are needed, and lets the process end by itself.
 *
 * @returns the gate, the same each time
 * @throws {GateInLaneError} inside a lane
 */
export function defaultGate(): TokenGate {
  return gate ??= new TokenGate();
}
