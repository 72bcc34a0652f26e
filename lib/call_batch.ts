/**
 * Calls of one operation that belong together, and are followed by one object: no promise for any of them.
 *
 * Where a queue has a bound they wait for room, in their turn among all that do, whatever single calls are told there; but for a queue that drops the oldest, where there is
 * always room.
 *
 * @module
 */

import type { BoundCall } from "./bound_call.ts";
import { isToken } from "./call_token.ts";
import type { Promised, RoomRequest } from "./gate/admission.ts";
import type { Desk } from "./gate/desk.ts";
import type { Engine } from "./gate/engine.ts";
import { sizeOf } from "./gate/payload_checks.ts";
import { cancelledError } from "./gate/token_errors.ts";
import { show } from "./options.ts";
import type { TokenFollower } from "./token_follower.ts";

/** A wait for room. */
export interface RoomWait {
  /** The room, when there is some; undefined when the wait was ended, or when the call is to be made without. */
  readonly room: Promise<Promised | undefined>;
  /** Waits no longer. Room that was granted before is to be given back. */
  readonly end: () => void;
}

const NO_WAIT: RoomWait = { room: Promise.resolve(undefined), end: () => {} };

/** Makes the calls of a batch. */
export class CallBatch {
  /** Whether a call may have to wait for room. */
  readonly waitsForRoom: boolean;
  readonly #engine: Engine;
  readonly #bound: BoundCall;
  readonly #follower: TokenFollower;
  readonly #desk: Desk;

  /** @param engine the engine of the gate @param bound the operation, with its settings @param follower who is told of the ends */
  constructor(engine: Engine, bound: BoundCall, follower: TokenFollower) {
    this.#engine = engine;
    this.#bound = bound;
    this.#follower = follower;
    this.#desk = engine.deskOf(bound.definition);
    this.waitsForRoom = isWaitedFor(engine.admission.bound) || isWaitedFor(this.#desk.bound);
  }

  /**
   * Makes a call.
   *
   * @param args what was given as its arguments
   * @param place what the follower is told with it
   * @param promised room that was reserved for it
   * @param burstMs for one of many that are made at once: the time, in ms since the epoch; undefined for one that is made when it is its turn
   * @throws what a call is refused with
   */
  submit(
    args: readonly unknown[],
    place: number,
    promised: Promised | undefined,
    burstMs?: number,
  ): void {
    const { definition, settings } = this.#bound;
    const token = this.#engine.submit(definition, args, settings, promised, burstMs);
    token.follow(this.#follower, place);
  }

  /** Has the lanes begin with the calls that were made so far. */
  keepUp(): void {
    this.#engine.keepUp();
  }

  /** The time, in ms since the epoch. */
  get nowMs(): number {
    return this.#engine.nowMs;
  }

  /** @param args what was given as the arguments of a call @param index which call it is @throws {TypeError} when they are no array */
  check(args: unknown, index: number): asserts args is readonly unknown[] {
    if (Array.isArray(args)) return;
    throw new TypeError(
      `Cannot call "${this.#desk.name}" with input ${index}: received ${
        show(args)
      }, not an array ` +
        `of arguments; pass [value] where it has one parameter`,
    );
  }

  /** Asks for room for a call, in its turn. @param args its arguments @returns the wait */
  askForRoom(args: readonly unknown[]): RoomWait {
    const { admission } = this.#engine;
    const desk = this.#desk;
    const bytes = admission.countsBytes(desk)
      ? sizeOf(args.filter((arg) => !isToken(arg)), this.#bound.settings.transfer, Infinity)
      : 0;
    for (const bound of [admission.bound, desk.bound]) {
      // There will never be room, which the call itself will say.
      if (bound !== undefined && bytes > bound.policy.maxQueueBytes) return NO_WAIT;
    }
    const engine = this.#engine;
    let end = (): void => {};
    const room = new Promise<Promised | undefined>((resolve, reject) => {
      const request: RoomRequest = {
        places: 1,
        bytes,
        desk,
        granted: () => resolve(request),
        refused: reject,
      };
      end = () => {
        admission.withdraw(request);
        resolve(undefined);
      };
      engine.request(request);
    });
    return { room, end };
  }

  /** Gives back room that was not used. */
  giveBack(room: Promised | undefined): void {
    if (room !== undefined && room.places > 0) this.#engine.admission.giveBack(room);
  }

  /** @param reason why @returns what the calls reject with that are killed */
  cancelled(reason: unknown): Error {
    return cancelledError(this.#bound.definition, reason);
  }

  /** Kills the calls that are left, from a place on. For the rare case: it looks at all tokens of the gate. */
  kill(from: number, reason: unknown): void {
    const error = this.cancelled(reason);
    for (const token of this.#engine.live(this.#desk)) {
      if (token.placeOf(this.#follower) >= from) this.#engine.kill(token, error);
    }
  }
}

function isWaitedFor(bound: Desk["bound"]): boolean {
  return bound !== undefined && bound.policy.whenFull !== "drop-oldest";
}
