/**
 * The keys of the calls that have not settled. A key is here exactly as long as a call of it is, so there are never more keys than tokens; but one of which a function still runs
 * that was given up stays until that has come to its end, so that it is not given to another lane meanwhile.
 *
 * It also sees to the order of calls that go one after the other: only the first of them is in a line.
 *
 * @module
 */

import type { CallToken } from "../call_token.ts";
import type { Desk } from "./desk.ts";
import { Pin, pinOf } from "./pin.ts";

/** Begins the keys of lanes. No key of a call begins so. */
const OF_LANES = "\0";

/** The keys of one kind of lanes. */
export class Keys {
  readonly #pins: Map<string, Pin> = new Map();
  readonly #onGone: (pin: Pin) => void;
  #live = 0;

  /** @param onGone told when nothing is left of a key: the lane that it has is to forget it */
  constructor(onGone: (pin: Pin) => void) {
    this.#onGone = onGone;
  }

  /** How many keys have calls that have not settled. */
  get live(): number {
    return this.#live;
  }

  /** How many keys are kept: those with calls that have not settled, and those of which a function may still run that was given up. */
  get size(): number {
    return this.#pins.size;
  }

  /** The keys that have calls which have not settled, the oldest first. */
  *pins(): Generator<Pin> {
    for (const pin of this.#pins.values()) if (pin.tokens > 0 && isOfCalls(pin)) yield pin;
  }

  /** A token has this key until it settles. */
  hold(token: CallToken, key: string): void {
    if (this.#hold(token, key)) this.#live++;
  }

  /** A token needs a lane until it settles, for what that has kept: as by a key that no call can have. */
  holdLane(token: CallToken, lane: number): void {
    this.#hold(token, `${OF_LANES}${lane}`);
  }

  /** @returns whether it is the first of its key */
  #hold(token: CallToken, key: string): boolean {
    let pin = this.#pins.get(key);
    if (pin === undefined) this.#pins.set(key, pin = new Pin(key));
    token.pin = pin;
    return pin.tokens++ === 0;
  }

  /** @returns whether it is the turn of a token that is about to wait for its lane; when it is not, it waits here */
  admits(token: CallToken): boolean {
    if (!token.limits.affinity!.isOrdered) return true;
    const pin = pinOf(token);
    if (pin.current === token) return true;
    if (pin.current === undefined && pin.haunts === 0) {
      pin.current = token;
      return true;
    }
    pin.behind.push(token);
    return false;
  }

  /** A token has settled. It is in no queue. */
  settled(token: CallToken): void {
    const pin = pinOf(token);
    token.pin = undefined;
    if (--pin.tokens === 0 && isOfCalls(pin)) this.#live--;
    if (pin.current === token) {
      pin.current = undefined;
      this.goOn(pin);
    }
    this.#forgetIfDone(pin);
  }

  /** No function of a key runs any more in one lane that was given up there. */
  exorcised(pin: Pin): void {
    pin.haunts--;
    this.goOn(pin);
    this.#forgetIfDone(pin);
  }

  /** The next call of a key has its turn, if it may. */
  goOn(pin: Pin): void {
    if (pin.haunts > 0 || pin.current !== undefined) return;
    const next = pin.behind.shift();
    if (next === undefined) return;
    pin.current = next;
    const desk = next.desk as Desk;
    desk.place(next);
    desk.group.planTurn();
  }

  #forgetIfDone(pin: Pin): void {
    if (pin.tokens > 0 || pin.haunts > 0) return;
    this.#pins.delete(pin.key);
    this.#onGone(pin);
  }
}

function isOfCalls({ key }: Pin): boolean {
  return !key.startsWith(OF_LANES);
}
