/**
 * The moves of tokens that may run on the caller's own thread while there are lanes.
 *
 * @module
 */

import { ADMITTED, type CallToken, FAILED, NOWHERE, ON_CALLER, WAITING } from "../call_token.ts";
import type { CallerMoves } from "./caller_work.ts";
import type { Desk } from "./desk.ts";
import type { Ledger } from "./ledger.ts";
import type { Moves } from "./moves.ts";

/**
 * @param ledger counts the tokens
 * @param moves the moves of all tokens
 * @param hold keeps the process alive
 * @returns those of tokens on the caller's thread
 */
export function callerMoves(ledger: Ledger, moves: Moves, hold: () => void): CallerMoves {
  return {
    admitHere(token: CallToken, nowMs: number): void {
      ledger.move(token, ADMITTED);
      token.admittedMs = nowMs;
      token.lane = ON_CALLER;
    },
    isHeld: (token) => !moves.mayRunInline(token.desk as Desk),
    sendToLanes(token: CallToken): void {
      if (token.code === ADMITTED) {
        ledger.move(token, WAITING);
        token.lane = NOWHERE;
        token.admittedMs = NaN;
      }
      moves.awaitLane(token, token.desk as Desk);
    },
    hold,
    complete: (token, value) => moves.complete(token, value, false),
    fail: (token, error) => moves.attemptFailed(token, FAILED, error, false),
    late: () => ledger.late++,
    yielded: (token, items) => moves.yielded(token, items),
  };
}
