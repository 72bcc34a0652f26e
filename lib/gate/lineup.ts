/**
 * The lineup: which token is next, over the lines of all operations, by their places in the order of the calls; but for operations whose tokens may not go on now: their
 * lines are left out, and hold nobody else. So are weighty calls for which there are no slots.
 *
 * @module
 */

import { type CallToken, type CallWeight, SLOTS } from "../call_token.ts";
import type { Line } from "./line.ts";
import { LineHeap } from "./line_heap.ts";
import { pinOf } from "./pin.ts";
import type { Seat } from "./seat.ts";
import type { Slots } from "./slots.ts";

/** The lines whose tokens may go on. */
export class Lineup {
  /** All of its lines, those that are left out too; kept only where calls that need the lane of their key wait. */
  readonly lines: Set<Line> | undefined;
  readonly #slots: Slots | undefined;
  /** The lane whose keys wait here; undefined for keys that have none. */
  readonly #seat: Seat | undefined;
  readonly #light: LineHeap = new LineHeap();
  /** Made for the first call that is not light. */
  #medium: LineHeap | undefined;
  #heavy: LineHeap | undefined;
  #size = 0;

  /**
   * @param slots those of weighty calls; undefined where weights do not count
   * @param isForKeys whether it has the calls that need the lane of their key
   * @param seat that lane; undefined for keys that have none yet
   */
  constructor(slots?: Slots, isForKeys: boolean = false, seat?: Seat) {
    this.#slots = slots;
    this.#seat = seat;
    this.lines = isForKeys ? new Set() : undefined;
  }

  /** How many tokens wait in the lines that are not left out; those that lack slots are among them. */
  get size(): number {
    return this.#size;
  }

  /** The next token, if it may go on. */
  get first(): CallToken | undefined {
    return this.#next()?.queue.first;
  }

  /** Takes the next token that may go on. Desks whose first token may not leave the lineup on the way. */
  shift(): CallToken | undefined {
    for (;;) {
      const line = this.#next();
      if (line === undefined) return undefined;
      const token = line.queue.first!;
      const { desk, weight } = line;
      if (desk.isGated && !desk.clears(token)) continue;
      line.remove(token);
      if (weight !== undefined && this.#slots !== undefined) {
        this.#slots.take(weight);
        token.holds |= SLOTS;
      }
      return token;
    }
  }

  /** Whether calls of a weight wait for slots. */
  holds(weight: CallWeight | undefined): boolean {
    return weight !== undefined && this.#slots !== undefined && !this.#slots.has(weight);
  }

  /** Where lines with tokens of a weight are. */
  heapFor(weight: CallWeight | undefined): LineHeap {
    if (weight === undefined || this.#slots === undefined) return this.#light;
    this.#slots.isUsed = true;
    if (weight.isHeavy) return this.#heavy ??= new LineHeap();
    return this.#medium ??= new LineHeap();
  }

  /** A token with a key waits here, or does so no longer. @param change 1 or -1 */
  count(token: CallToken, change: number): void {
    const pin = pinOf(token);
    if (this.#seat === undefined) pin.unplaced += change;
    else pin.parked += change;
  }

  /** A line that is here has one token more. */
  grew(line: Line, hasNewFirst: boolean): void {
    this.#size++;
    if (hasNewFirst) line.heap.update(line);
  }

  /** A line that is here has one token less. */
  shrank(line: Line, hasNewFirst: boolean): void {
    this.#size--;
    if (line.queue.size === 0) line.heap.remove(line);
    else if (hasNewFirst) line.heap.update(line);
  }

  /** Takes a line in, if it has tokens and is left out. */
  enter(line: Line): void {
    if (line.heapIndex >= 0 || line.queue.size === 0) return;
    this.#size += line.queue.size;
    line.heap.add(line);
  }

  /** Leaves a line out. */
  leave(line: Line): void {
    if (line.heapIndex < 0) return;
    this.#size -= line.queue.size;
    line.heap.remove(line);
  }

  #next(): Line | undefined {
    const light = this.#light.top;
    const isLightOnly = this.#medium === undefined && this.#heavy === undefined;
    return isLightOnly ? light : this.#nextByWeight(light);
  }

  #nextByWeight(light: Line | undefined): Line | undefined {
    const slots = this.#slots!;
    const heavy = this.#heavy?.top;
    const medium = this.#medium?.top;
    let next = light;
    if (heavy !== undefined && slots.has(heavy.weight!)) next = earlier(next, heavy);
    if (medium === undefined || !slots.has(medium.weight!)) return next;
    // A heavy call that needs several slots would wait for ever while medium ones take each that is given back.
    const isHeldUp = heavy !== undefined && earlier(heavy, medium) === heavy &&
      !slots.hasShared(heavy.weight!);
    return isHeldUp ? next : earlier(next, medium);
  }
}

function earlier(one: Line | undefined, other: Line): Line {
  if (one === undefined) return other;
  return one.queue.first!.sequence < other.queue.first!.sequence ? one : other;
}
