/**
 * What an idle lane may take from the mailbox of another one.
 *
 * A call that prefers its lane waits a little for it. A key that needs one moves as a whole or not at all: when none of its calls has run where it is, and all that are there can be taken.
 *
 * @module
 */

import type { Lane, LaneCall } from "../bridge/contract.ts";
import type { CallToken } from "../call_token.ts";
import { type Pin, pinOf } from "./pin.ts";

/**
 * @param lane a lane
 * @param nowMs now, in ms since the epoch
 * @param patienceMs how long after they were sent calls that prefer it may go, in ms
 * @returns the calls of its mailbox that could run elsewhere, in the order they were sent
 */
export function movableCalls(lane: Lane, nowMs: number, patienceMs: number): LaneCall[] {
  const calls = lane.movable().filter((call) => {
    const { pin, admittedMs } = call as CallToken;
    return pin === undefined || needsItsLane(call) || admittedMs + patienceMs <= nowMs;
  });
  const needed = calls.filter(needsItsLane);
  if (needed.length === 0) return calls;
  const there: Map<Pin, number> = new Map();
  for (const call of needed) {
    const pin = pinOf(call as CallToken);
    there.set(pin, (there.get(pin) ?? 0) + 1);
  }
  return calls.filter((call) => {
    if (!needsItsLane(call)) return true;
    const pin = pinOf(call as CallToken);
    return !pin.isUsed && pin.haunts === 0 && there.get(pin) === pin.inFlight;
  });
}

function needsItsLane(call: LaneCall): boolean {
  const { pin, limits } = call as CallToken;
  return pin !== undefined && limits.affinity!.isRequired;
}
