/**
 * Which lane gets which tokens.
 *
 * Lanes are filled evenly and not deeply: a lane holds its share of half of what there is, so that the rest stays free for the lane that is done
 * first. When nothing waits any more, an idle lane gets what another has not started.
 *
 * @module
 */

import type { LaneCall } from "../bridge/contract.ts";
import type { CallToken } from "../call_token.ts";
import type { Seat } from "./seat.ts";

/** Fewest calls a lane is given when there is work, beside those that may run in it at once: one, so that it need not wait for the next. */
const LEAST_AHEAD = 1;
/** Most calls a lane holds. */
const MOST_DEPTH = 128;

/** Where tokens come from. */
export interface TokenSource {
  /** How many wait there, as far as is known without looking at each. */
  readonly size: number;
  /** Takes the next one; undefined when none may go on. */
  shift(): CallToken | undefined;
}

/**
 * Gives waiting tokens to lanes.
 *
 * @param source the tokens that wait
 * @param seats the lanes
 * @param perLane how many calls may run at once in one lane: more than one where some overlap
 * @param admit sends one token
 */
export function route(
  source: TokenSource,
  seats: readonly Seat[],
  perLane: number,
  admit: (seat: Seat, token: CallToken) => void,
): void {
  if (source.size === 0) return;
  const least = perLane + LEAST_AHEAD;
  const depth = depthOf(source, seats, least);
  for (;;) {
    const seat = leastOccupied(seats);
    if (seat === undefined) return;
    // Half a depth at once: a lane that has just answered one call is not sent one by one.
    const room = Math.min(depth, seat.lane.capacity) - seat.lane.occupied;
    if (room <= 0 || (room < depth >> 1 && seat.lane.occupied > least)) return;
    for (let n = 0; n < room; n++) {
      const token = source.shift();
      if (token === undefined) break;
      admit(seat, token);
    }
    seat.lane.flush();
    if (source.size === 0) return;
  }
}

/**
 * Takes work back for an idle lane from the one that has most of it.
 *
 * @param seats the lanes
 * @returns calls that have not started, to be routed anew; empty when there is no idle lane or nothing to take
 */
export function takeForIdle(seats: readonly Seat[]): LaneCall[] {
  const idle = leastOccupied(seats);
  if (idle === undefined || idle.lane.occupied > 0) return [];
  let richest: Seat | undefined;
  let most = 0;
  for (let i = 0; i < seats.length; i++) {
    const seat = seats[i]!;
    const { unstarted } = seat.lane;
    if (seat.state === "ready" && unstarted > most) {
      richest = seat;
      most = unstarted;
    }
  }
  if (richest === undefined) return [];
  // The one call that an executing lane has next is worth taking too; one that has not begun yet keeps it.
  const share = richest.lane.executing > 0 ? Math.ceil(most / 2) : most >> 1;
  return richest.lane.recallUnstarted(share);
}

function depthOf(source: TokenSource, seats: readonly Seat[], least: number): number {
  let total = source.size;
  let open = 0;
  for (let i = 0; i < seats.length; i++) {
    const seat = seats[i]!;
    if (!seat.isOpen) continue;
    total += seat.lane.occupied;
    open++;
  }
  const share = Math.ceil(total / (2 * Math.max(1, open)));
  return Math.max(least, Math.min(MOST_DEPTH, share));
}

function leastOccupied(seats: readonly Seat[]): Seat | undefined {
  let best: Seat | undefined;
  for (let i = 0; i < seats.length; i++) {
    const seat = seats[i]!;
    if (seat.isOpen && (best === undefined || seat.lane.occupied < best.lane.occupied)) best = seat;
  }
  return best;
}
