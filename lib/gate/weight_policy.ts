/**
 * Which calls may be in how many lanes at once, by their weight. One object says so: the gate gives calls out by it, `gate.policy` and `gate.stats()` show it, and
 * the table in `docs/routing.md` is compared with it.
 *
 * So that light work never waits for heavy work to end, heavy calls leave some lanes to lighter ones, and medium calls leave some to light ones; light calls may be in all
 * of them. Which lanes those are is not fixed: it is their number that counts, so that no lane idles while there is work that it may take. A gate with one lane has none to
 * leave.
 *
 * @module
 */

import type { CallWeight } from "../call_token.ts";

/** The names of weights, the lightest first. */
export type WeightName = "light" | "medium" | "heavy";

/** What the policy says of one weight. */
export interface WeightRule {
  /** The weight. */
  readonly weight: WeightName;
  /** In how many lanes its calls may be at once, those of heavier ones included. */
  readonly lanes: number;
  /** How many lanes they leave to lighter ones. */
  readonly reserved: number;
}

/** How many lanes are left to lighter calls, where the gate was told so. */
export interface Reserve {
  /** By medium calls; undefined for half of what heavy ones leave. */
  readonly medium: number | undefined;
  /** By heavy calls; undefined for a quarter of the lanes, one of two at least. */
  readonly heavy: number | undefined;
}

/** The policy of a gate. */
export class WeightPolicy {
  readonly #reserve: Reserve;

  /** @param reserve what the gate was told */
  constructor(reserve: Reserve = { medium: undefined, heavy: undefined }) {
    this.#reserve = reserve;
  }

  /** @param lanes how many lanes there are @returns in how many of them heavy calls may be at once */
  heavyLanes(lanes: number): number {
    return lanes - this.#leftByHeavy(lanes);
  }

  /** @param lanes how many lanes there are @returns in how many of them heavy and medium calls may be at once */
  mediumLanes(lanes: number): number {
    const byHeavy = this.#leftByHeavy(lanes);
    const asked = this.#reserve.medium ?? Math.floor(byHeavy / 2);
    return lanes - Math.min(asked, byHeavy);
  }

  /** @param lanes how many lanes there are @returns what holds for each weight, the lightest first */
  rules(lanes: number): WeightRule[] {
    const rule = (weight: WeightName, most: number): WeightRule => ({
      weight,
      lanes: most,
      reserved: lanes - most,
    });
    return [
      rule("light", lanes),
      rule("medium", this.mediumLanes(lanes)),
      rule("heavy", this.heavyLanes(lanes)),
    ];
  }

  #leftByHeavy(lanes: number): number {
    const { heavy, medium = 0 } = this.#reserve;
    const asked = heavy ?? Math.max(medium, Math.round(lanes / 4), 1);
    // One is always theirs.
    return Math.max(0, Math.min(asked, lanes - 1));
  }
}

/** Weights by their names; a number is that many slots of those that heavy calls share. Light calls have none. */
export const WEIGHTS: Readonly<Record<WeightName, CallWeight | undefined>> = {
  light: undefined,
  medium: { isHeavy: false, slots: 1 },
  heavy: { isHeavy: true, slots: 1 },
};

const wide: Map<number, CallWeight> = new Map();

/** @param slots how many slots a call has, a whole number above zero @returns its weight; the same object for the same number */
export function weightOf(slots: number): CallWeight {
  if (slots === 1) return WEIGHTS.heavy!;
  let weight = wide.get(slots);
  if (weight === undefined) wide.set(slots, weight = { isHeavy: true, slots });
  return weight;
}

/** @param weight that of a call @returns its name; a number of slots is heavy */
export function nameOf(weight: CallWeight | undefined): WeightName {
  if (weight === undefined) return "light";
  return weight.isHeavy ? "heavy" : "medium";
}
