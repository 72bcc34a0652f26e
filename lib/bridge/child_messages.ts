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
import { isTransferred, toMove, transfer } from "./transfer.ts";

/** State code of a token that has completed. */
const COMPLETED = 3;

/**
 * @param spread a call as it came
 * @returns the call, with its instances, and marks where something is to be moved on
 * @throws {NotCloneableError} when a class among the arguments is not declared in the program
 * @throws what `decode` of a class throws
 */
export function readSpread(spread: SpreadCall): ChildCall {
  const { places, moved } = spread;
  let args = spread.args;
  if (places !== undefined) args = unpack(args, places as readonly PackedPlace[]) as unknown[];
  if (moved !== undefined) {
    args = args.map((value, place) => {
      const list = moved[place];
      return list === undefined ? value : transfer(value, list);
    });
  }
  return { ...spread, args };
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

/** @param call a call that is to run where it was made @returns all that was moved here with its arguments, to be moved back */
export function movedBack(call: ChildCall): object[] {
  const list: object[] = [...call.transfer ?? []];
  for (const value of call.args) if (isTransferred(value)) list.push(...value.list);
  return toMove(list);
}
