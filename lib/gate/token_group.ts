/**
 * Where the tokens of an operation run: lanes of one kind, or the caller's own thread where there are no lanes.
 *
 * @module
 */

import type { CallHolder, Lane } from "../bridge/contract.ts";
import type { CallToken } from "../call_token.ts";
import type { Keys } from "./keys.ts";
import type { Lineup } from "./lineup.ts";
import type { Slots } from "./slots.ts";
import type { Succession } from "./succession.ts";

/** What the engine asks of a place where tokens run. */
export interface TokenGroup {
  /** What waits for it. */
  readonly lineup: Lineup;
  /** The keys of the calls whose operations are at home here. */
  readonly keys: Keys;
  /** What weighty calls have while they are here; undefined where weights do not count. */
  readonly slots: Slots | undefined;
  /** What lays out the next call of an operation that lacks a permit; undefined where nothing is laid out. */
  readonly succession: Succession | undefined;
  /** Nothing is given out. */
  isPaused: boolean;
  /** Where a token with a key waits for it. */
  lineupFor(token: CallToken): Lineup;
  /** Plans to give out what waits. */
  readonly planTurn: () => void;
  /** Gives out what waits, once per burst of calls or answers. */
  turn(): void;
  /**
   * Gives out a token that waits for nothing but its turn, when that has come: nothing is before it, or would have to make way for it. It is in no line.
   *
   * @param nowMs the time, in ms since the epoch
   * @returns false when it is to wait in its line
   */
  takesNow(token: CallToken, nowMs: number): boolean;
  /** Takes back all that has not started; it waits in its place. */
  recallAll(): void;
  /** Takes back what is on its way to a lane: what has its permits and is in no lane yet, and what is laid out. It waits in its place. */
  recallMail(): void;
  /** Takes a token back from where it was given, or is laid out; false means that its function has started. */
  recall(token: CallToken): boolean;
  /** Who has a token that was given out. */
  holderOf(token: CallToken): CallHolder;
  /** So many items of a token that runs here were read. */
  grant(token: CallToken, count: number): void;
  /** Leaves a function that runs to itself: it was asked to stop. */
  giveUp(token: CallToken, reason: unknown): void;
  /** Whether there is a place for one more call at once, other than a lane. */
  hasIdle(besides: Lane): boolean;
  /** A token that was given out is here no more. */
  left(token: CallToken): void;
}
