/**
 * Calls among whose arguments are results that lanes have kept: each goes to the lane that has most of them, which uses them as they are; what that one has not is sent for
 * first.
 *
 * Where it goes is a wish, which a lost lane, or one on its way out, makes void: what counts is looked at once more when it is given to a lane, and a call that is given to another
 * one waits again, for its values.
 *
 * @module
 */

import { type BorrowedList, borrowingOperation } from "../bridge/borrowing_operation.ts";
import { KeptValue } from "../bridge/kept_value.ts";
import {
  type CallAffinity,
  type CallLimits,
  type CallToken,
  FOR_ARGUMENTS,
  FOR_ITS_DESK,
} from "../call_token.ts";
import type { Desk } from "./desk.ts";
import type { LaneGroup, Loans } from "./lane_group.ts";
import type { Seat } from "./seat.ts";
import { argumentError } from "./token_errors.ts";

/** Calls that use what a lane has kept need that lane. */
const BORROWING: CallAffinity = { keyOf: () => undefined, isRequired: true, isOrdered: false };

/** What a call borrows. */
interface Loan {
  /** The arguments with what stands for kept values, and the limits of the call, as they were. */
  readonly args: readonly unknown[];
  readonly limits: CallLimits;
  /** What is used where it is. */
  readonly values: readonly KeptValue[];
  readonly list: BorrowedList;
}

/** What the borrowers have to do with the rest of their engine. */
export interface BorrowersParts {
  /** The lanes in which calls of an operation run; undefined where they run on the caller's own thread. */
  readonly lanesOf: (desk: Desk) => LaneGroup | undefined;
  /** A token has its arguments, or a lane that has what is missing: it can be enqueued. */
  readonly go: (token: CallToken, desk: Desk) => void;
  /** Settles a token that fails before a lane has tried it. */
  readonly fail: (token: CallToken, error: Error) => void;
}

/** Sees to the calls of one gate that borrow. */
export class Borrowers implements Loans {
  readonly #parts: BorrowersParts;
  /** What stands for values must not be lost while a call is to use them. */
  readonly #loans: Map<CallToken, Loan> = new Map();

  /** @param parts what they have to do with the rest */
  constructor(parts: BorrowersParts) {
    this.#parts = parts;
  }

  /** A token has its arguments, some of which may be kept in lanes. It goes on now, or when it has what it needs. @param token the token @param args the arguments */
  receive(token: CallToken, args: readonly unknown[]): void {
    const desk = token.desk as Desk;
    const places = placesOf(args);
    if (places.length === 0) return this.#go(token, args);
    const group = this.#parts.lanesOf(desk);
    // A key is found in the arguments themselves.
    const isFree = token.limits.affinity === undefined;
    const seat = isFree && group !== undefined ? homeOf(args, places, group) : undefined;
    const missing = places.filter((place) => !isAt(args[place], seat));
    if (missing.length > 0) {
      return this.#fetch(token, args, missing, (args) => this.receive(token, args));
    }
    this.#lend(token, args, places);
    group!.borrow(token, seat!);
    this.#go(token, token.args);
  }

  /**
   * Has the values themselves sent, where the lane of a call is not for the gate to choose.
   *
   * @param token the token @param args its arguments
   * @param then called with the arguments, when all have come and the token has not settled
   */
  gather(
    token: CallToken,
    args: readonly unknown[],
    then: (args: readonly unknown[]) => void,
  ): void {
    const places = placesOf(args);
    if (places.length === 0) then(args);
    else this.#fetch(token, args, places, then);
  }

  #go(token: CallToken, args: readonly unknown[]): void {
    token.waits = FOR_ITS_DESK;
    token.args = args;
    this.#parts.go(token, token.desk as Desk);
  }

  /** The token waits meanwhile. */
  #fetch(
    token: CallToken,
    args: readonly unknown[],
    places: readonly number[],
    then: (args: readonly unknown[]) => void,
  ): void {
    token.waits = FOR_ARGUMENTS;
    const own = args.slice();
    let missing = places.length;
    for (const place of places) {
      const kept = args[place] as KeptValue;
      // It may be here already: in the middle of the gate's work nothing of the user's is to run.
      kept.whenHere((isHere, value) =>
        queueMicrotask(() => {
          if (token.isSettled) return;
          if (!isHere) {
            const error = argumentError(token.operation, place, kept.operation, false, value);
            return this.#parts.fail(token, error);
          }
          own[place] = value;
          if (--missing === 0) then(own);
        })
      );
    }
  }

  #lend(token: CallToken, args: readonly unknown[], places: readonly number[]): void {
    const values = places.map((place) => args[place] as KeptValue);
    const list = places.flatMap((place, n) => [place, values[n]!.id]);
    this.#loans.set(token, { args, limits: token.limits, values, list });
    token.args = args.map((each) => each instanceof KeptValue ? undefined : each);
    token.limits = { ...token.limits, affinity: BORROWING };
  }

  /** The arguments of a token are ready for their way, but for what stands before them: what is to be found in the lane. */
  address(token: CallToken): void {
    const loan = this.#loans.get(token);
    if (loan === undefined) return;
    token.args = [loan.list, ...token.args];
    token.operation = borrowingOperation(token.operation);
  }

  /** Whether a token that is to be given to a lane finds there what it needs. */
  suits(token: CallToken, seat: Seat): boolean {
    const loan = this.#loans.get(token);
    return loan === undefined || loan.values.every((kept) => kept.lane === seat.lane);
  }

  /** A token that has left its line was to be given to a lane that does not suit it: it waits for the values themselves. */
  misplaced(token: CallToken): void {
    // By its line it gives back what it holds.
    (token.desk as Desk).putBack(token, NaN);
    this.recall(token);
  }

  /** The calls of an operation are about to run elsewhere: those that wait for lanes wait for the values themselves. */
  recallAll(desk: Desk): void {
    for (const token of this.#loans.keys()) {
      if (token.desk === desk && token.queue !== undefined) this.recall(token);
    }
  }

  /** A token that is in no lane is not to have what it has borrowed: it waits for the values themselves. @returns whether it has any */
  recall(token: CallToken): boolean {
    const loan = this.#loans.get(token);
    if (loan === undefined) return false;
    const desk = token.desk as Desk;
    token.queue?.remove(token);
    this.#loans.delete(token);
    desk.home.keys.settled(token);
    token.limits = loan.limits;
    token.operation = desk.operation;
    this.gather(token, loan.args, (args) => this.receive(token, args));
    return true;
  }

  /** A token has settled. */
  settled(token: CallToken): void {
    this.#loans.delete(token);
  }
}

function placesOf(args: readonly unknown[]): number[] {
  const places: number[] = [];
  for (let i = 0; i < args.length; i++) if (args[i] instanceof KeptValue) places.push(i);
  return places;
}

function isAt(arg: unknown, seat: Seat | undefined): boolean {
  return seat !== undefined && (arg as KeptValue).lane === seat.lane;
}

/** @returns the lane that has most of them, of those that take calls; undefined when none does */
function homeOf(
  args: readonly unknown[],
  places: readonly number[],
  { crew }: LaneGroup,
): Seat | undefined {
  let home: Seat | undefined;
  let most = 0;
  for (const seat of crew.seats) {
    if (seat.state !== "ready") continue;
    const count = places.filter((place) => isAt(args[place], seat)).length;
    if (count > most) [home, most] = [seat, count];
  }
  return home;
}
