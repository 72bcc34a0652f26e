/**
 * Running a generator for a reader elsewhere: its items go in batches, and no further ahead of the reader than it was given credit for.
 *
 * The window is credit, as in the flow control of HTTP/2 (RFC 9113, section 5.2): the generator begins with credit for so many items, each item takes one, and the reader
 * gives back what it has read. Without credit the generator is not asked for more. So the items that were made and not read are never more than the window, wherever
 * they are.
 *
 * Each item goes at once, since nobody knows how long the generator works on the next one, and keeps this thread: until it has made many without ever taking long. Then they go in
 * batches: of half a window, or what there is when the generator waits for anything, when the event loop has a turn, and after a millisecond.
 *
 * @module
 */

import type { AnyGenerator } from "./generators.ts";
import { isThenable } from "./thenable.ts";

/** How long an item may wait for others, in ms; and one that took longer to be made was a slow one. */
const LONGEST_HOLD_MS = 1;
/** After so many items without a slow one they go in batches. */
const LEAST_QUICK = 64;
/** How long it works before the event loop has a turn, in ms. */
const TURN_MS = 10;

/** What is around a generator that is run. */
export interface GeneratorHost {
  /** Whether it is to end: nobody reads any more, or it has run out of time. */
  readonly isStopped: boolean;
  /** Takes a step of the generator, in the context of its call. */
  within(step: () => unknown): unknown;
  /** Sends items. @returns what is wrong with one that cannot be sent; those before it were */
  send(items: readonly unknown[]): unknown;
  /** It waits for its reader, or waits no more. */
  waits(isWaiting: boolean): void;
  /** Does something when the event loop has a turn. */
  afterTurn(task: () => void): void;
}

/** One generator, from its first item to its end. */
export class GeneratorRun {
  readonly #generator: AnyGenerator;
  readonly #host: GeneratorHost;
  readonly #batchSize: number;
  // Made once: they are passed for every item.
  readonly #next: () => unknown;
  readonly #onFlush: () => void;
  #credit: number;
  #batch: unknown[] = [];
  /** When the first item of the batch was made, and the last one; and when the event loop had its last turn. */
  #oldestMs = 0;
  #madeMs = 0;
  #turnMs = 0;
  /** Items made since the last slow one. */
  #quick = 0;
  #isFlushPlanned = false;
  #failure: { readonly error: unknown } | undefined;
  #goOn: (() => void) | undefined;

  /** @param generator the generator, not begun @param window how many items it may be ahead of its reader @param host what is around it */
  constructor(generator: AnyGenerator, window: number, host: GeneratorHost) {
    this.#generator = generator;
    this.#host = host;
    this.#credit = window;
    this.#batchSize = Math.max(1, window >> 1);
    this.#next = () => this.#generator.next();
    this.#onFlush = () => {
      this.#isFlushPlanned = false;
      this.#flush();
    };
  }

  /**
   * Runs it, from the next microtask on. Once.
   *
   * @returns what the generator returns; undefined when it was stopped
   * @throws {unknown} what the generator throws, or what is wrong with an item that cannot be sent. The items before are sent by then
   */
  async run(): Promise<unknown> {
    await undefined;
    const host = this.#host;
    this.#noteTurn();
    // Whether it is in the middle, and is to be ended when it is left: not so when it has thrown.
    let isOpen = true;
    try {
      while (!host.isStopped) {
        this.#checkSent();
        if (this.#credit === 0) {
          await this.#waitForCredit();
          continue;
        }
        isOpen = false;
        let step = host.within(this.#next);
        if (isThenable(step)) {
          this.#planFlush();
          step = await step;
        }
        const { done, value } = step as IteratorResult<unknown>;
        if (done) {
          this.#flush();
          this.#checkSent();
          return value;
        }
        isOpen = true;
        // A synchronous generator may yield promises; a loop would await them.
        this.#add(isThenable(value) ? await value : value);
        if (this.#madeMs - this.#turnMs > TURN_MS) await this.#giveWay();
      }
      await this.#return();
      return undefined;
    } catch (error) {
      // As leaving a loop does: what it throws then is not what went wrong.
      if (isOpen) await this.#return().catch(() => {});
      this.#flush();
      throw error;
    }
  }

  /** The reader has read so many items. */
  grant(count: number): void {
    this.#credit += count;
    this.#wake();
  }

  /** It may have been told to end. */
  stop(): void {
    this.#wake();
  }

  #add(item: unknown): void {
    this.#credit--;
    const nowMs = performance.now();
    this.#quick = nowMs - this.#madeMs > LONGEST_HOLD_MS ? 0 : this.#quick + 1;
    this.#madeMs = nowMs;
    if (this.#batch.length === 0) this.#oldestMs = nowMs;
    this.#batch.push(item);
    const isFull = this.#batch.length >= this.#batchSize;
    const isOld = nowMs - this.#oldestMs >= LONGEST_HOLD_MS;
    if (isFull || isOld || this.#quick < LEAST_QUICK) this.#flush();
  }

  #noteTurn(): void {
    this.#madeMs = this.#turnMs = performance.now();
  }

  /** @throws what is wrong with an item that could not be sent */
  #checkSent(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #planFlush(): void {
    if (this.#batch.length === 0 || this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    this.#host.afterTurn(this.#onFlush);
  }

  #flush(): void {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    if (this.#host.isStopped) return;
    const error = this.#host.send(batch);
    if (error !== undefined) this.#failure ??= { error };
  }

  /** Nobody is kept from working by a generator that waits for its reader. */
  async #waitForCredit(): Promise<void> {
    this.#flush();
    if (this.#failure !== undefined) return;
    const wait = new Promise<void>((resolve) => this.#goOn = resolve);
    this.#host.waits(true);
    await wait;
    this.#noteTurn();
  }

  #wake(): void {
    const goOn = this.#goOn;
    if (goOn === undefined) return;
    this.#goOn = undefined;
    this.#host.waits(false);
    goOn();
  }

  async #giveWay(): Promise<void> {
    this.#flush();
    await new Promise<void>((resolve) => this.#host.afterTurn(resolve));
    this.#noteTurn();
  }

  async #return(): Promise<void> {
    await this.#host.within(() => this.#generator.return(undefined));
  }
}
