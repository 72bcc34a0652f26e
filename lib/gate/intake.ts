/**
 * The intake: tokens that wait for a place in a lane, first come first served.
 *
 * The links are fields of the tokens, so that one that is cancelled leaves at once from the middle, and nothing of it stays behind.
 *
 * @module
 */

import type { CallToken, TokenQueue } from "../call_token.ts";

/** A queue of tokens. A token is in one intake at most. */
export class Intake implements TokenQueue {
  #first: CallToken | undefined;
  #last: CallToken | undefined;
  #size = 0;

  /** How many tokens wait. */
  get size(): number {
    return this.#size;
  }

  /** The token that has waited longest. */
  get first(): CallToken | undefined {
    return this.#first;
  }

  /** Puts a token at the end. */
  push(token: CallToken): void {
    token.queue = this;
    token.previous = this.#last;
    token.next = undefined;
    if (this.#last === undefined) this.#first = token;
    else this.#last.next = token;
    this.#last = token;
    this.#size++;
  }

  /** Puts tokens at the front, in their order: they were taken back from a lane, and have waited longest. */
  unshift(tokens: readonly CallToken[]): void {
    for (let i = tokens.length - 1; i >= 0; i--) {
      const token = tokens[i]!;
      token.queue = this;
      token.previous = undefined;
      token.next = this.#first;
      if (this.#first === undefined) this.#last = token;
      else this.#first.previous = token;
      this.#first = token;
    }
    this.#size += tokens.length;
  }

  /** Takes the first token. */
  shift(): CallToken | undefined {
    const token = this.#first;
    if (token !== undefined) this.remove(token);
    return token;
  }

  /** Takes a token that is in this intake from wherever it is. */
  remove(token: CallToken): void {
    const { previous, next } = token;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    token.queue = undefined;
    token.previous = undefined;
    token.next = undefined;
    this.#size--;
  }
}
