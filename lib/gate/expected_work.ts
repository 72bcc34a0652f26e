/**
 * How long calls are expected to run, and how long lanes are at work with what they have been given.
 *
 * What a call was said to take counts before what was measured: who makes it knows how large it is. What an operation was said to take counts until some of its calls
 * were measured.
 *
 * @module
 */

import type { Board, LaneCall } from "../bridge/contract.ts";
import type { CallToken, CallWeight } from "../call_token.ts";
import type { Desk } from "./desk.ts";
import type { Seat } from "./seat.ts";

/** So many runs tell what an operation costs. */
const LEAST_RUNS = 8;
/** In place of what nobody knows of a weighty call: longer than any other. A light one is taken to be quick. */
const LONG_MS = 1e6;

/** @param desk an operation @returns how long a call of it is expected to run, in ms; infinite when nobody knows */
export function expectedRunMs({ policy, record }: Desk): number {
  const { costMs } = policy;
  return costMs === undefined || record.run.count >= LEAST_RUNS ? record.expectedMs : costMs;
}

/** @param call a token @returns how long it is expected to run, in ms */
export function costOf(call: LaneCall): number {
  const { limits, desk } = call as CallToken;
  const costMs = limits.costMs ?? expectedRunMs(desk as Desk);
  if (costMs < Infinity) return costMs;
  return limits.weight === undefined ? 0 : LONG_MS;
}

/** @param weight that of a call @returns 0 for light, 1 for medium, 2 for heavy */
export function classOf(weight: CallWeight | undefined): number {
  if (weight === undefined) return 0;
  return weight.isHeavy ? 2 : 1;
}

/** The heaviest of the calls that were looked at. */
let heaviest = 0;

function weigh(call: LaneCall): number {
  heaviest = Math.max(heaviest, classOf((call as CallToken).limits.weight));
  return costOf(call);
}

/** Looks how much work lanes have, and how heavy it is. @param seats the lanes, numbered one after the other @param board what they share, if they do */
export function measureWork(seats: readonly Seat[], board: Board | undefined): void {
  for (let i = 0; i < seats.length; i++) {
    const seat = seats[i]!;
    heaviest = 0;
    seat.workMs = seat.lane.occupied === 0 ? 0 : seat.lane.sum(weigh);
    seat.heaviest = heaviest;
  }
  if (board === undefined) return;
  const firstIndex = seats[0]!.lane.index;
  for (const call of board.started()) {
    const seat = seats[board.laneOf(call) - firstIndex]!;
    heaviest = seat.heaviest;
    seat.workMs += weigh(call);
    seat.heaviest = heaviest;
  }
}
