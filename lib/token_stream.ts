/**
 * A stream where it is read: the items that have come and were not read, and how far the generator may go on.
 *
 * Reading gives credit back, half a window at once, so that the generator goes on while the reader reads. What has come is read before the end is told, whatever the
 * end is.
 *
 * @module
 */

import type { FollowedToken, TokenFollower } from "./token_follower.ts";

/** The token of a stream, as its reader needs it. */
export interface StreamedToken extends FollowedToken {
  readonly operation: { readonly name: string };
  readonly isSettled: boolean;
  /** Ends it, unless it has settled. */
  cancel(reason: unknown): boolean;
  /** Lets the generator go on by so many items. */
  grant(count: number): void;
}

/** The reader of a stream. Each stream has one; who asks for it again gets the same. */
export interface StreamReader<T, R> extends AsyncIterator<T, R | undefined, undefined> {
  /**
   * Reads the next item. It may be called again before the item is there; all are answered, in order.
   *
   * @returns the next item, or the end with what the generator returned
   */
  next(): Promise<IteratorResult<T, R | undefined>>;
  /**
   * Leaves the stream, as leaving a loop does: unless the generator has come to its end, its token is killed, and its `finally` blocks run in the lane.
   *
   * @returns the end
   */
  return(): Promise<IteratorResult<T, R | undefined>>;
  /**
   * Makes it the source of a loop.
   *
   * @returns itself
   */
  [Symbol.asyncIterator](): StreamReader<T, R>;
}

type Step = IteratorResult<unknown, unknown>;

interface Waiter {
  resolve(step: Step): void;
  reject(error: unknown): void;
}

const END: Step = Object.freeze({ done: true, value: undefined });

/** One stream. */
export class TokenStream implements StreamReader<unknown, unknown>, TokenFollower {
  readonly isForResults: boolean = false;
  /** One that is kept is no stream. */
  readonly takesKept: boolean = true;
  readonly #token: StreamedToken;
  readonly #share: number;
  readonly #items: unknown[] = [];
  #head = 0;
  readonly #waiters: Waiter[] = [];
  /** Items that were read since credit was given back last. */
  #read = 0;
  /** Whether the lane has said that there are items, and whether it has sent some. */
  #isStream = false;
  #hasItems = false;
  #isRead = false;
  #hasLeft = false;
  /** Its end, until it is told. */
  #end: { readonly error?: unknown; readonly value?: unknown } | undefined;
  #isOver = false;

  /** @param token its token @param window how many items may have been made and not read */
  constructor(token: StreamedToken, window: number) {
    this.#token = token;
    this.#share = Math.max(1, window >> 1);
  }

  /** Whether some of its items have come. */
  get hasItems(): boolean {
    return this.#hasItems;
  }

  /** Items have come; none, where the generator has made none. */
  receive(items: readonly unknown[]): void {
    this.#isStream = true;
    if (items.length > 0) this.#hasItems = true;
    if (this.#hasLeft) return;
    for (let i = 0; i < items.length; i++) {
      const waiter = this.#waiters.shift();
      if (waiter === undefined) this.#items.push(items[i]);
      else {
        this.#read++;
        waiter.resolve({ done: false, value: items[i] });
      }
    }
    this.#giveCredit();
  }

  // The end.

  fulfilled(token: FollowedToken): void {
    if (this.#isStream) this.#end = { value: token.outcome };
    else {
      const { name } = this.#token.operation;
      this.#end = {
        error: new TypeError(
          `Cannot read the token of "${name}" as a stream: its function is no generator; await it`,
        ),
      };
    }
    this.#tellEnd();
  }

  rejected(token: FollowedToken): boolean {
    this.#end = { error: token.outcome };
    this.#tellEnd();
    return this.#isRead;
  }

  /** What has come before was read: those who wait are told. */
  #tellEnd(): void {
    const first = this.#waiters.shift();
    if (first === undefined) return;
    this.#takeEnd(first);
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(END);
  }

  /** The end is told once, and then it is over. */
  #takeEnd({ resolve, reject }: Waiter): void {
    const end = this.#end!;
    this.#end = undefined;
    this.#isOver = true;
    if ("error" in end) reject(end.error);
    else resolve({ done: true, value: end.value });
  }

  // The reader.

  [Symbol.asyncIterator](): this {
    this.#isRead = true;
    return this;
  }

  next(): Promise<Step> {
    this.#isRead = true;
    if (this.#head < this.#items.length) {
      const value = this.#takeItem();
      this.#read++;
      this.#giveCredit();
      return Promise.resolve({ done: false, value });
    }
    if (this.#isOver) return Promise.resolve(END);
    return new Promise((resolve, reject) => {
      if (this.#end === undefined) this.#waiters.push({ resolve, reject });
      else this.#takeEnd({ resolve, reject });
    });
  }

  return(): Promise<Step> {
    this.#isRead = this.#hasLeft = this.#isOver = true;
    this.#items.length = this.#head = 0;
    this.#end = undefined;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(END);
    this.#token.cancel("the reader of its items has left");
    return Promise.resolve(END);
  }

  #takeItem(): unknown {
    const items = this.#items;
    const item = items[this.#head];
    items[this.#head++] = undefined;
    // What was read goes when it is all of it, or the greater part.
    if (this.#head === items.length) items.length = this.#head = 0;
    else if (this.#head > this.#share && this.#head * 2 > items.length) {
      items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }

  #giveCredit(): void {
    if (this.#read < this.#share || this.#token.isSettled) return;
    const count = this.#read;
    this.#read = 0;
    this.#token.grant(count);
  }
}
