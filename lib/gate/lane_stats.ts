/**
 * What a gate says of each of its lanes.
 *
 * @module
 */

import type { Seat, SeatState } from "./seat.ts";

/** One lane, now. */
export interface LaneStats {
  /** Its number. */
  readonly lane: number;
  /** `down` while none is needed, and while a lane that crashes again and again is left alone; `retiring` while it finishes what it has before it ends. */
  readonly state: SeatState;
  /** Calls it has answered since it was started. */
  readonly tokens: number;
  /** How long it has been ready, in ms; 0 when it is not up. */
  readonly ageMs: number;
  /** How large its heap was when it last looked, in bytes, garbage included; 0 when that is not known. */
  readonly heapBytes: number;
  /** How many results it has kept that somebody may still ask for: of calls of operations with `keep`. */
  readonly kept: number;
  /** How often it has crashed in a row; a lane that has worked for a while begins anew. */
  readonly crashes: number;
}

/** @param seat a lane @param nowMs now, in ms since the epoch @returns what is known of it */
export function readSeat(seat: Seat, nowMs: number): LaneStats {
  const isUp = seat.state !== "down" && seat.state !== "starting";
  return {
    lane: seat.lane.index,
    state: seat.state,
    tokens: isUp ? seat.answers : 0,
    ageMs: isUp ? Math.max(0, nowMs - seat.readyMs) : 0,
    heapBytes: seat.lane.heapBytes,
    kept: seat.lane.kept,
    crashes: seat.crashes,
  };
}
