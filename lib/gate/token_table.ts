/**
 * The live tokens by id. An id is a slot and the slot's generation, so that the id of a settled token never means a newcomer.
 *
 * @module
 */

import type { CallToken } from "../call_token.ts";

/** Slots fit in this many: some four million tokens at once, and two billion generations of each. */
const SLOTS = 2 ** 22;

/** Ids for tokens, and the tokens that are live. */
export class TokenTable {
  readonly #tokens: (CallToken | undefined)[] = [];
  readonly #generations: number[] = [];
  readonly #free: number[] = [];
  /** Those whose ids were given by lanes: they are below zero. */
  readonly #children: Map<number, CallToken> = new Map();
  #live = 0;

  /** How many tokens are live. */
  get size(): number {
    return this.#live;
  }

  /** @returns an id that no other token has or had @throws {RangeError} when four million tokens are live */
  allocate(): number {
    let slot = this.#free.pop();
    if (slot === undefined) {
      slot = this.#generations.length;
      if (slot === SLOTS) throw new RangeError(`Cannot make a token: ${SLOTS} are live`);
      this.#generations.push(0);
      this.#tokens.push(undefined);
    }
    return this.#generations[slot]! * SLOTS + slot;
  }

  /** Enters a token under its id. */
  set(token: CallToken): void {
    if (token.id < 0) this.#children.set(token.id, token);
    else this.#tokens[slotOf(token.id)] = token;
    this.#live++;
  }

  /** @param id id of a token @returns the token, or undefined when it has settled */
  get(id: number): CallToken | undefined {
    if (id < 0) return this.#children.get(id);
    const token = this.#tokens[slotOf(id)];
    return token?.id === id ? token : undefined;
  }

  /** Forgets a settled token; its slot gets a new generation. */
  release(token: CallToken): void {
    this.#live--;
    if (token.id < 0) return void this.#children.delete(token.id);
    const slot = slotOf(token.id);
    this.#tokens[slot] = undefined;
    this.#generations[slot]!++;
    this.#free.push(slot);
  }

  /** @returns the live tokens, oldest slot first, then those of lanes; a copy, so that they may settle meanwhile */
  live(): CallToken[] {
    const live = this.#tokens.filter((token) => token !== undefined);
    if (this.#children.size > 0) live.push(...this.#children.values());
    return live;
  }
}

/** Not by `%`: an id is above 2^31 after 512 generations, where V8 has `%` done by a function that takes 16 ns. */
function slotOf(id: number): number {
  return id - Math.floor(id / SLOTS) * SLOTS;
}
