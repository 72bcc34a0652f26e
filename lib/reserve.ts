/**
 * Reserving: from the call of `ready()` to the places.
 *
 * @module
 */

import { boundCall } from "./bound_call.ts";
import type { Promised, RoomRequest } from "./gate/admission.ts";
import type { Desk } from "./gate/desk.ts";
import type { Engine } from "./gate/engine.ts";
import { checkKeys, show } from "./options.ts";
import {
  makeReservation,
  type ReadyOptions,
  type Reservation,
  type ReservationTarget,
} from "./reservation.ts";
import type { Token } from "./token.ts";

const SUBJECT = "a reservation";

/**
 * @param engine the engine of the gate
 * @param count how many calls are to be made
 * @param options what was passed with it
 * @returns the places, when they are there
 */
export function reserve(
  engine: Engine,
  count: number,
  options: ReadyOptions,
): Promise<Reservation> {
  checkKeys(SUBJECT, options, ["operation", "bytes", "signal"]);
  const { bytes = 0, signal } = options;
  if (typeof count !== "number" || typeof bytes !== "number") {
    const wrong = typeof count === "number" ? bytes : count;
    throw new TypeError(`Cannot reserve room in a gate: received ${show(wrong)}, not a number`);
  }
  if (!Number.isInteger(count) || count < 1 || !(bytes >= 0)) {
    throw new RangeError(
      `Cannot reserve room in a gate: received ${count} calls and ${bytes} bytes; whole numbers, one call at least`,
    );
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`Cannot set "signal" of ${SUBJECT}: received ${show(signal)}`);
  }
  const desk = options.operation &&
    engine.deskOf(boundCall(options.operation, "reserve room for").definition);
  checkPossible(engine, desk, count, bytes);
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = (): void => {
      engine.admission.withdraw(request);
      reject(signal!.reason);
    };
    const request: RoomRequest = {
      places: count,
      bytes,
      desk,
      granted: () => {
        signal?.removeEventListener("abort", abort);
        resolve(makeReservation(new Places(engine, { places: count, bytes, desk })));
      },
      refused: (error) => {
        signal?.removeEventListener("abort", abort);
        reject(error);
      },
    };
    signal?.addEventListener("abort", abort);
    engine.request(request);
  });
}

function checkPossible(
  engine: Engine,
  desk: Desk | undefined,
  count: number,
  bytes: number,
): void {
  for (const bound of [engine.admission.bound, desk?.bound]) {
    if (bound === undefined) continue;
    const { maxQueue, maxQueueBytes } = bound.policy;
    if (count <= maxQueue && bytes <= maxQueueBytes) continue;
    throw new RangeError(
      `Cannot reserve room for ${count} calls with ${bytes} bytes: maxQueue is ${maxQueue}, maxQueueBytes ${maxQueueBytes}`,
    );
  }
}

class Places implements ReservationTarget {
  readonly #engine: Engine;
  readonly #promised: Promised;

  constructor(engine: Engine, promised: Promised) {
    this.#engine = engine;
    this.#promised = promised;
  }

  get places(): number {
    return this.#promised.places;
  }

  call(operation: unknown, args: readonly unknown[]): Token<unknown> {
    const { definition, settings } = boundCall(operation);
    const { desk, places } = this.#promised;
    if (places === 0) {
      throw new RangeError(
        `Cannot call "${definition.name}" through this reservation: all of its places are used`,
      );
    }
    if (desk !== undefined && desk.operation !== definition) {
      throw new TypeError(
        `Cannot call "${definition.name}" through this reservation: its places are for "${desk.name}"`,
      );
    }
    return this.#engine.submit(definition, args, settings, this.#promised);
  }

  giveBack(): void {
    if (this.#promised.places > 0) this.#engine.admission.giveBack(this.#promised);
  }
}
