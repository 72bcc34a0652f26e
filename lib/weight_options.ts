/**
 * The options that say how heavy calls are, and how many lanes are left to lighter ones.
 *
 * @module
 */

import type { CallWeight } from "./call_token.ts";
import { type Reserve, type WeightName, weightOf, WEIGHTS } from "./gate/weight_policy.ts";
import { checkKeys, checkType, readNumber, show } from "./options.ts";

/**
 * How heavy a call is. Light ones may be in all lanes, and what says nothing is light. So that they never wait for heavy ones to end, heavy calls leave a quarter of the
 * lanes to lighter ones, one of two at least, and medium ones half of that; {@linkcode TokenGate.policy} says how many that is. A number is that of the lanes which the
 * call is worth: it is heavy, and so many heavy ones less go on beside it, as suits a function that starts threads of its own, or takes much memory.
 */
export type Weight = WeightName | number;

/** How many lanes are left to lighter calls. */
export interface ReserveOptions {
  /** By medium calls. Default: half of what heavy ones leave. */
  readonly medium?: number;
  /** By heavy calls, not fewer than by medium ones; one lane they always have. Default: a quarter of the lanes, one of two at least. */
  readonly heavy?: number;
}

/** More slots than lanes are allowed: such a call goes on when no other weighty one does. */
const MOST_SLOTS = 1_024;

/**
 * @param subject what the options are for
 * @param weight what was passed as `weight`
 * @returns the weight; undefined when it is light
 * @throws {TypeError} when it is none
 * @throws {RangeError} when it is a number that is not whole, or out of bounds
 */
export function readWeight(subject: string, weight: unknown): CallWeight | undefined {
  if (typeof weight === "string" && Object.hasOwn(WEIGHTS, weight)) {
    return WEIGHTS[weight as WeightName];
  }
  if (typeof weight !== "number") {
    throw new TypeError(
      `Cannot set "weight" of ${subject}: received ${show(weight)}, not a number, ` +
        `"light", "medium" or "heavy"`,
    );
  }
  const range = { min: 1, max: MOST_SLOTS, isWhole: true };
  return weightOf(readNumber(subject, "weight", weight, range)!);
}

/**
 * @param subject what the options are for
 * @param options what was passed as `reserve`
 * @returns how many lanes are left; undefined where that is not said
 * @throws {TypeError} when it is no object, a key is unknown, or a value has the wrong type
 * @throws {RangeError} when a number is not whole, below zero, or medium calls are to leave more than heavy ones
 */
export function readReserve(subject: string, options: ReserveOptions | undefined): Reserve {
  if (options === undefined) return { medium: undefined, heavy: undefined };
  checkType(subject, "reserve", options, "object");
  const own = `reserve of ${subject}`;
  checkKeys(own, options, ["medium", "heavy"]);
  const range = { min: 0, max: MOST_SLOTS, unit: "lanes", isWhole: true };
  const medium = readNumber(own, "medium", options.medium, range);
  const heavy = readNumber(own, "heavy", options.heavy, range);
  if (medium !== undefined && heavy !== undefined && medium > heavy) {
    throw new RangeError(
      `Cannot set "medium" of ${own}: received ${medium}, more than the ${heavy} that heavy calls leave`,
    );
  }
  return { medium, heavy };
}
