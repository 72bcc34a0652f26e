/**
 * Calls that a lane's calls have made, as they come to the gate, and what became of them, as it goes back.
 *
 * @module
 */

import type { ChildCall, ChildOutcome } from "./contract.ts";
import { pack, type PackedPlace, unpack } from "./packing.ts";
import type { ChildAnswer, SpreadCall } from "./protocol.ts";
import { hasRevivables } from "./revivables.ts";
import { encodeThrown } from "./thrown.ts";

/** State code of a token that has completed. */
const COMPLETED = 3;

/**
 * @param spread a call as it came
 * @returns the call, with its instances
 * @throws {NotCloneableError} when a class among the arguments is not declared in the program
 * @throws what `decode` of a class throws
 */
export function readSpread(spread: SpreadCall): ChildCall {
  const { places } = spread;
  if (places === undefined) return spread;
  return { ...spread, args: unpack(spread.args, places as readonly PackedPlace[]) as unknown[] };
}

/** @param outcome what became of a call @returns the same, to be sent */
export function writeOutcome(outcome: ChildOutcome): ChildAnswer {
  const { value } = outcome;
  if (outcome.code !== COMPLETED) {
    return { ...outcome, value: encodeThrown(value), places: undefined };
  }
  const packed = hasRevivables() ? pack(value) : undefined;
  if (packed === undefined) return { ...outcome, places: undefined };
  return { ...outcome, value: packed.value, places: packed.places };
}
