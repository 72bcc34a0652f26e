/**
 * Who is told when a token settles, where a promise would be one object too many: what gathers the results of many calls, and what reads a stream.
 *
 * A follower is told inside of the gate's own work: it records, and settles promises, whose reactions run later; what may run code of the user's it puts off.
 *
 * @module
 */

import { KeptValue } from "./bridge/kept_value.ts";

/** What a follower sees of a token. */
export interface FollowedToken {
  /** The result, or the error. */
  readonly outcome: unknown;
}

/** Told of the end of tokens, once for each. */
export interface TokenFollower {
  /** Whether it wants a result, and could do nothing with a stream. */
  readonly isForResults: boolean;
  /** Whether it is told of a `KeptValue` in the place of a result that its lane has kept; others are told when that has come. */
  readonly takesKept: boolean;
  /** The token is completed. @param place what the follower gave with it */
  fulfilled(token: FollowedToken, place: number): void;
  /**
   * The token is not completed.
   *
   * @param place what the follower gave with it
   * @returns whether somebody learns of the error; what nobody learns of becomes an unhandled rejection
   */
  rejected(token: FollowedToken, place: number): boolean;
}

/** A promise that was made for a token, in the company of others who are told. */
export class PromiseFollower implements TokenFollower {
  readonly isForResults = false;
  readonly takesKept = false;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;

  /** @param resolve fulfils the promise @param reject rejects it */
  constructor(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  fulfilled(token: FollowedToken): void {
    this.#resolve(token.outcome);
  }

  rejected(token: FollowedToken): boolean {
    this.#reject(token.outcome);
    return true;
  }
}

/** Two followers of one token, either of which may be two. */
export class FollowerPair implements TokenFollower {
  readonly isForResults: boolean;
  readonly takesKept = true;
  readonly #first: TokenFollower;
  readonly #firstPlace: number;
  readonly #second: TokenFollower;
  readonly #secondPlace: number;

  /** @param first told first @param firstPlace what it gave @param second told then @param secondPlace what that gave */
  constructor(
    first: TokenFollower,
    firstPlace: number,
    second: TokenFollower,
    secondPlace: number,
  ) {
    this.isForResults = first.isForResults || second.isForResults;
    this.#first = first;
    this.#firstPlace = firstPlace;
    this.#second = second;
    this.#secondPlace = secondPlace;
  }

  fulfilled(token: FollowedToken): void {
    tellFulfilled(this.#first, token, this.#firstPlace);
    tellFulfilled(this.#second, token, this.#secondPlace);
  }

  rejected(token: FollowedToken): boolean {
    const isTold = this.#first.rejected(token, this.#firstPlace);
    return this.#second.rejected(token, this.#secondPlace) || isTold;
  }

  /** @param follower a follower @returns what it gave, if it is one of these; or -1 */
  placeOf(follower: TokenFollower): number {
    const place = placeAmong(follower, this.#first, this.#firstPlace);
    return place >= 0 ? place : placeAmong(follower, this.#second, this.#secondPlace);
  }
}

/**
 * Tells a follower of a token that is completed, now or when its result has come from its lane.
 *
 * @param follower who is told @param token the token @param place what the follower gave with it
 */
export function tellFulfilled(follower: TokenFollower, token: FollowedToken, place: number): void {
  const { outcome } = token;
  if (follower.takesKept || !(outcome instanceof KeptValue)) {
    return follower.fulfilled(token, place);
  }
  outcome.whenHere((isHere, value) => {
    if (isHere) follower.fulfilled({ outcome: value }, place);
    else follower.rejected({ outcome: value }, place);
  });
}

/** @param follower a follower @param among followers of a token @param place what those gave @returns what it gave, if it is one of them; or -1 */
export function placeAmong(
  follower: TokenFollower,
  among: TokenFollower,
  place: number,
): number {
  if (among === follower) return place;
  return among instanceof FollowerPair ? among.placeOf(follower) : -1;
}
