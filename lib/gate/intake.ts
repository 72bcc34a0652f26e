/**
 * The intake of one operation: its tokens that wait for a lane, in the order in which they were submitted.
 *
 * The links are fields of the tokens, so that one that is cancelled leaves at once from the middle, and nothing of it stays behind.
 *
 * @module
 */

import type { CallToken, TokenQueue } from "../call_token.ts";
import type { WaitingFor } from "../token.ts";

/** A queue of tokens. A token is in one intake at most. */
export class Intake implements TokenQueue {
  #first: CallToken | undefined;
  #last: CallToken | undefined;
  #size = 0;

  /** Its tokens have all else that they need. */
  get waitingFor(): WaitingFor {
    return "lane";
  }

  /** How many tokens wait. */
  get size(): number {
    return this.#size;
  }

  /** The token that was submitted first. */
  get first(): CallToken | undefined {
    return this.#first;
  }

  /** Puts a token at the end. It was submitted after all that are here. */
  push(token: CallToken): void {
    this.#link(token, this.#last, undefined);
  }

  /**
   * Puts a token that was taken back from a lane where it belongs by the order. That is near the front: those behind it were never given out. Of several,
   * the last one goes first, and none has to look for its place.
   */
  insert(token: CallToken): void {
    let next = this.#first;
    while (next !== undefined && next.sequence < token.sequence) next = next.next;
    if (next === undefined) this.push(token);
    else this.#link(token, next.previous, next);
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

  #link(token: CallToken, previous: CallToken | undefined, next: CallToken | undefined): void {
    token.queue = this;
    token.previous = previous;
    token.next = next;
    if (previous === undefined) this.#first = token;
    else previous.next = token;
    if (next === undefined) this.#last = token;
    else next.previous = token;
    this.#size++;
  }
}
