/**
 * A call that waits for the tokens among its arguments, as those tokens see it: no promise is made for any of them.
 *
 * It is told in the middle of the gate's work, and goes on in a microtask: what follows may run code of the user's.
 *
 * @module
 */

import { CallToken } from "../call_token.ts";
import type { FollowedToken, TokenFollower } from "../token_follower.ts";

/** What becomes of the call. */
export interface ArgumentListener {
  /** All are there; where a lane has kept one, a `KeptValue` stands for it. */
  done(args: readonly unknown[]): void;
  /** One gives no result. @param place which @param error what it rejects with */
  failed(place: number, error: unknown): void;
}

/** Waits for the tokens among the arguments of one call. */
export class ArgumentWaiter implements TokenFollower {
  readonly isForResults: boolean = false;
  readonly takesKept: boolean = true;
  readonly #args: unknown[];
  readonly #listener: ArgumentListener;
  #missing: number;

  /** @param args the arguments @param places where they are tokens @param listener told what becomes of the call */
  constructor(args: readonly unknown[], places: readonly number[], listener: ArgumentListener) {
    this.#args = args.slice();
    this.#listener = listener;
    this.#missing = places.length;
    for (const place of places) this.#wait(args[place] as PromiseLike<unknown>, place);
  }

  fulfilled({ outcome }: FollowedToken, place: number): void {
    this.#args[place] = outcome;
    if (--this.#missing === 0) queueMicrotask(() => this.#listener.done(this.#args));
  }

  rejected({ outcome }: FollowedToken, place: number): boolean {
    queueMicrotask(() => this.#listener.failed(place, outcome));
    return true;
  }

  #wait(token: PromiseLike<unknown>, place: number): void {
    if (token instanceof CallToken) return token.follow(this, place);
    // One of another copy of the package.
    token.then(
      (outcome) => this.fulfilled({ outcome }, place),
      (outcome) => void this.rejected({ outcome }, place),
    );
  }
}
