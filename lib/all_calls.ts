/**
 * One promise for many calls: the results are written where they belong as they come, and a counter says when all are there.
 *
 * @module
 */

import { watchAborts } from "./abort_watch.ts";
import type { BoundCall } from "./bound_call.ts";
import { CallBatch, type RoomWait } from "./call_batch.ts";
import type { Promised } from "./gate/admission.ts";
import type { Engine } from "./gate/engine.ts";
import type { ManySettings } from "./many_options.ts";
import { show } from "./options.ts";
import type { FollowedToken, TokenFollower } from "./token_follower.ts";

/** In the place of a result that is left out. */
const SKIPPED: unique symbol = Symbol("skipped");

/** An array gives its elements at once, and a look at the clock is a tenth of what a quick call costs: so many calls share one. */
const CALLS_PER_CLOCK = 16;

/** After so many calls the answers there are by then are taken, and lanes woken, while the others are made. */
const CALLS_PER_TURN = 512;

/**
 * Calls an operation with each of some inputs.
 *
 * @param engine the engine of the gate
 * @param bound the operation, with its settings
 * @param inputs the arguments of each call
 * @param settings signal, and what becomes of errors
 * @returns the results, in the order of the inputs
 */
export function callAll(
  engine: Engine,
  bound: BoundCall,
  inputs: Iterable<unknown>,
  settings: ManySettings,
): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    void new AllCalls(engine, bound, settings, resolve, reject).submitAll(inputs);
  });
}

class AllCalls implements TokenFollower {
  readonly isForResults: boolean = true;
  readonly takesKept: boolean = false;
  readonly #batch: CallBatch;
  readonly #settings: ManySettings;
  readonly #signals: readonly (AbortSignal | undefined)[];
  readonly #resolve: (results: unknown[]) => void;
  readonly #reject: (error: unknown) => void;
  readonly #results: unknown[] = [];
  /** Calls without a result, and one more until all are made. */
  #missing = 1;
  #hasSkipped = false;
  #isOver = false;
  #endWatch: () => void = () => {};
  #wait: RoomWait | undefined;

  constructor(
    engine: Engine,
    bound: BoundCall,
    settings: ManySettings,
    resolve: (results: unknown[]) => void,
    reject: (error: unknown) => void,
  ) {
    this.#batch = new CallBatch(engine, bound, this);
    this.#settings = settings;
    this.#signals = [settings.signal, bound.settings.signal];
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Makes the calls: before it returns, unless they have to wait for room. Never rejects. */
  async submitAll(inputs: Iterable<unknown>): Promise<void> {
    try {
      checkIterable(inputs);
      const endWatch = watchAborts(this.#signals, (reason) => this.#abort(reason));
      if (this.#isOver) return endWatch();
      this.#endWatch = endWatch;
      const batch: CallBatch = this.#batch;
      if (Array.isArray(inputs) && !batch.waitsForRoom) this.#submitAtOnce(inputs);
      else {
        for (const args of inputs) {
          if (this.#isOver) return;
          const place = this.#results.length;
          batch.check(args, place);
          const room = batch.waitsForRoom ? await this.#room(args) : undefined;
          if (!this.#isOver) this.#submit(args, place, room);
          batch.giveBack(room);
        }
      }
      // Once it is over this says nothing more.
      if (--this.#missing === 0) this.#finish();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Many at once: without the object that an iterator of an array makes for each element, and outside of a function that can be suspended. */
  #submitAtOnce(inputs: readonly unknown[]): void {
    const batch: CallBatch = this.#batch;
    let burstMs: number | undefined;
    for (let place = 0; place < inputs.length && !this.#isOver; place++) {
      const args = inputs[place];
      batch.check(args, place);
      if (place % CALLS_PER_CLOCK === 0) burstMs = batch.nowMs;
      this.#submit(args, place, undefined, burstMs);
      if (place % CALLS_PER_TURN === CALLS_PER_TURN - 1) batch.keepUp();
    }
  }

  #submit(
    args: readonly unknown[],
    place: number,
    room: Promised | undefined,
    burstMs?: number,
  ): void {
    this.#results.push(undefined);
    this.#missing++;
    this.#batch.submit(args, place, room, burstMs);
  }

  async #room(args: readonly unknown[]): Promise<Promised | undefined> {
    this.#wait = this.#batch.askForRoom(args);
    return await this.#wait.room;
  }

  fulfilled(token: FollowedToken, place: number): void {
    const value = token.outcome;
    this.#results[place] = this.#settings.onError === "settle"
      ? { status: "fulfilled", value }
      : value;
    if (--this.#missing === 0) this.#finish();
  }

  rejected(token: FollowedToken, place: number): boolean {
    const { onError } = this.#settings;
    if (onError === "throw") this.#fail(token.outcome);
    else {
      const isSkipped = onError === "skip";
      this.#results[place] = isSkipped ? SKIPPED : { status: "rejected", reason: token.outcome };
      this.#hasSkipped ||= isSkipped;
      if (--this.#missing === 0) this.#finish();
    }
    return true;
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#end();
    const results = this.#results;
    this.#resolve(this.#hasSkipped ? results.filter((result) => result !== SKIPPED) : results);
  }

  /** Later, since the gate may be in the middle of something; what is left is killed when the promise rejects. */
  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#end();
    queueMicrotask(() => {
      this.#killRest(error);
      this.#reject(error);
    });
  }

  #abort(reason: unknown): void {
    if (this.#isOver) return;
    this.#end();
    this.#killRest(reason);
    this.#reject(this.#batch.cancelled(reason));
  }

  #killRest(reason: unknown): void {
    if (this.#missing > 0) this.#batch.kill(0, reason);
  }

  #end(): void {
    this.#isOver = true;
    this.#endWatch();
    this.#wait?.end();
  }
}

function checkIterable(inputs: unknown): void {
  const isIterable = typeof inputs === "object" && inputs !== null && Symbol.iterator in inputs;
  if (isIterable) return;
  throw new TypeError(
    `Cannot call an operation for all of ${show(inputs)}: pass an array, or another iterable, of ` +
      `arrays of arguments; gate.map takes an asynchronous one`,
  );
}
