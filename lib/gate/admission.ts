/**
 * Admission: whether there is room for a call, who is told when there is, and which token goes to make some.
 *
 * A producer that asked for room is told in the order of asking, and what it was promised counts as taken. One that asked for a full operation
 * holds up no other; one that asked for more places than are left in the gate holds up all behind it, or it would never have its turn.
 *
 * @module
 */

import type { Desk } from "./desk.ts";
import type { QueuePolicy } from "./desk_policy.ts";
import { QueueBound } from "./queue_bound.ts";

/** Places in the queue that are promised. */
export interface Promised {
  /** How many tokens. */
  places: number;
  /** How many bytes their arguments may have together. */
  bytes: number;
  /** The operation they are for; undefined for any. */
  readonly desk: Desk | undefined;
}

/** A producer that waits for room. */
export interface RoomRequest extends Promised {
  /** Told when the places are its own. */
  granted(): void;
  /** Told when they never will be. */
  refused(error: unknown): void;
}

/** Told of a queue that is full, or half empty again; the desk is undefined for that of the gate. */
export type SaturationListener = (
  isFull: boolean,
  desk: Desk | undefined,
  bound: QueueBound,
) => void;

/** The bounds of a gate and of its operations, and who waits for room. */
export class Admission {
  /** The bound of the gate; undefined for none. */
  readonly bound: QueueBound | undefined;
  /** In the order of asking. */
  readonly #requests: Set<RoomRequest> = new Set();
  /** Bounds that were reached, with whose they are. */
  readonly #saturated: Map<QueueBound, Desk | undefined> = new Map();
  readonly #onChange: SaturationListener;

  /** @param policy the bound of the gate @param counts its tokens by state @param onChange told when a queue is full, and when it is half empty again */
  constructor(
    policy: QueuePolicy | undefined,
    counts: readonly number[],
    onChange: SaturationListener,
  ) {
    this.bound = policy && new QueueBound(policy, counts);
    this.#onChange = onChange;
  }

  /** How many producers wait for room. */
  get waiting(): number {
    return this.#requests.size;
  }

  /** @returns whether the sizes of the arguments of its calls have to be known */
  countsBytes(desk: Desk): boolean {
    return (this.bound?.countsBytes ?? false) || (desk.bound?.countsBytes ?? false);
  }

  /**
   * @param desk the operation that is called
   * @param bytes size of the arguments, in bytes
   * @returns the bound that leaves no room for the call; undefined when there is room
   */
  fullBound(desk: Desk, bytes: number): QueueBound | undefined {
    const own = desk.bound;
    if (own?.lacks(1, bytes) !== undefined) return this.#noteFull(own, desk);
    const all = this.bound;
    if (all?.lacks(1, bytes) !== undefined) return this.#noteFull(all, undefined);
    return undefined;
  }

  /** Uses one place of those that were promised. @returns false when they are for another operation, or too small */
  use(promised: Promised, desk: Desk, bytes: number): boolean {
    if (promised.places === 0 || (promised.desk !== undefined && promised.desk !== desk)) {
      return false;
    }
    const own = Math.min(bytes, promised.bytes);
    this.#promise(promised.desk, -1, -own);
    const isOwn = promised.desk === desk;
    if (
      hasRoom(this.bound, bytes, own) &&
      (isOwn ? hasRoom(desk.bound, bytes, own) : desk.bound?.lacks(1, bytes) === undefined)
    ) {
      promised.places--;
      promised.bytes -= own;
      // Bytes are good for calls, and there is none left. Whoever waits for them is told in the next turn: the token is not counted yet.
      if (promised.places === 0) this.#takeBack(promised);
      return true;
    }
    this.#promise(promised.desk, 1, own);
    return false;
  }

  /** Gives back what was promised and not used. */
  giveBack(promised: Promised): void {
    this.#takeBack(promised);
    this.grant();
  }

  /** Waits for room. */
  request(request: RoomRequest): void {
    this.#requests.add(request);
    this.grant();
  }

  /** Waits no longer; those that it held up may have their turn. */
  withdraw(request: RoomRequest): void {
    this.#requests.delete(request);
    this.grant();
  }

  /** Grants what there is room for, in the order of asking. */
  grant(): void {
    if (this.#saturated.size > 0) this.#noteRelieved();
    if (this.#requests.size === 0) return;
    let full: Set<Desk> | undefined;
    for (const request of this.#requests) {
      const { desk, places, bytes } = request;
      if (this.bound?.lacks(places, bytes) !== undefined) return;
      if (desk !== undefined && (full?.has(desk) || desk.bound?.lacks(places, bytes))) {
        (full ??= new Set()).add(desk);
        continue;
      }
      this.#requests.delete(request);
      this.#promise(desk, places, bytes);
      request.granted();
    }
  }

  /** Nobody is given room any more. */
  close(error: unknown): void {
    for (const request of this.#requests) request.refused(error);
    this.#requests.clear();
  }

  #takeBack(promised: Promised): void {
    this.#promise(promised.desk, -promised.places, -promised.bytes);
    promised.places = 0;
    promised.bytes = 0;
  }

  #promise(desk: Desk | undefined, places: number, bytes: number): void {
    for (const bound of [this.bound, desk?.bound]) {
      if (bound === undefined) continue;
      bound.reserved += places;
      bound.reservedBytes += bytes;
    }
  }

  #noteFull(bound: QueueBound, desk: Desk | undefined): QueueBound {
    if (!this.#saturated.has(bound)) {
      this.#saturated.set(bound, desk);
      this.#onChange(true, desk, bound);
    }
    return bound;
  }

  #noteRelieved(): void {
    for (const [bound, desk] of this.#saturated) {
      if (!bound.isHalfEmpty) continue;
      this.#saturated.delete(bound);
      this.#onChange(false, desk, bound);
    }
  }
}

/**
 * @param bound a bound against which a place was promised @param bytes size of the arguments of the call that takes it @param promised how many bytes came with it
 * @returns whether it may. What was promised is there, also when calls have come back from lanes since and the queue is overfull; what is beyond needs room.
 */
function hasRoom(bound: QueueBound | undefined, bytes: number, promised: number): boolean {
  return bytes <= promised || bound === undefined || !bound.lacksBytes(bytes);
}
