/**
 * What is done to tokens from outside. Without a desk it is done to those of all operations.
 *
 * @module
 */

import type { OperationReference } from "../bridge/contract.ts";
import { ADMITTED, type CallToken, KILLED } from "../call_token.ts";
import type { Desk } from "./desk.ts";
import type { Entrance } from "./entrance.ts";
import type { Ledger } from "./ledger.ts";
import type { Moves } from "./moves.ts";
import { cancelledError } from "./token_errors.ts";
import type { TokenGroups } from "./token_groups.ts";
import type { TokenTable } from "./token_table.ts";

/** What steering has to do with the rest of its engine. */
export interface SteeringParts {
  readonly ledger: Ledger;
  readonly table: TokenTable;
  readonly entrance: Entrance;
  readonly groups: TokenGroups;
  readonly moves: Moves;
  /** Plans to give out what waits. */
  readonly planTurn: () => void;
}

/** Pauses, drains, kills. */
export class Steering {
  readonly #parts: SteeringParts;

  /** @param parts what it has to do with the rest */
  constructor(parts: SteeringParts) {
    this.#parts = parts;
  }

  /** Nothing starts any more; what has not started waits again, in its order. */
  pause(desk: Desk | undefined): void {
    const { groups, planTurn } = this.#parts;
    if (desk === undefined) {
      for (const group of groups.all()) {
        group.isPaused = true;
        group.recallAll();
      }
    } else {
      desk.pause();
      // What was given out before something stood in for it may be elsewhere.
      for (const group of groups.all()) group.recallAll();
    }
    planTurn();
  }

  /** Ends a pause, and a drain. */
  resume(desk: Desk | undefined): void {
    const { groups, entrance, planTurn } = this.#parts;
    if (desk === undefined) {
      entrance.isDraining = false;
      for (const group of groups.all()) group.isPaused = false;
    } else {
      desk.isDraining = false;
      desk.resume();
    }
    planTurn();
  }

  /** Takes no more calls. @returns resolves when those it has are settled */
  drain(desk: Desk | undefined): Promise<void> {
    const { entrance, ledger, moves } = this.#parts;
    if (desk === undefined) entrance.isDraining = true;
    else desk.isDraining = true;
    if ((desk ?? ledger).active === 0) return Promise.resolve();
    return moves.empty.wait(desk);
  }

  /** Kills what has not started. @returns how many */
  purge(desk: Desk | undefined, reason: unknown): number {
    const { moves, planTurn } = this.#parts;
    let killed = 0;
    for (const token of this.live(desk)) {
      if (token.isSettled || !moves.recall(token)) continue;
      moves.reject(token, KILLED, cancelledError(token.operation, reason), false);
      killed++;
    }
    planTurn();
    return killed;
  }

  /** Kills what has not settled. @returns how many */
  killAll(desk: Desk | undefined, reason: unknown): number {
    let killed = 0;
    for (const token of this.live(desk)) if (this.#parts.moves.cancel(token, reason)) killed++;
    return killed;
  }

  /** @returns the tokens that have not settled */
  live(desk: Desk | undefined): CallToken[] {
    const live = this.#parts.table.live();
    return desk === undefined ? live : live.filter((token) => token.desk === desk);
  }

  /** Sets how many calls of an operation may be in lanes at once. */
  limit(desk: Desk, maxConcurrent: number): void {
    // What is on its way has its permits already, or needs none.
    for (const group of this.#parts.groups.lanes) group.recallMail();
    if (!desk.isGated) {
      for (const token of this.live(desk)) if (token.code === ADMITTED) desk.adopt(token);
    }
    desk.limit(maxConcurrent);
    this.#parts.planTurn();
  }

  /** Has a function stand in for an operation, on the caller's thread; undefined ends that. */
  mock(desk: Desk, fn: ((...args: unknown[]) => unknown) | undefined): void {
    const { groups, moves, planTurn } = this.#parts;
    const operation: OperationReference = desk.operation;
    desk.mock = fn;
    // What is on its way to a mailbox waits too.
    for (const group of groups.lanes) group.recallMail();
    moves.borrowers.recallAll(desk);
    const waiting = desk.moveTo(fn === undefined ? groups.groupFor(operation) : groups.caller);
    for (const token of waiting) if (!token.isSettled) moves.prepare(token, desk);
    planTurn();
  }
}
