/**
 * Results as they are read: an asynchronous iterator over the results of many calls, which pulls no more inputs than it has room for results.
 *
 * What is on its way, and what has come and was not read, are together never more than the window. Each call has a place, counted from 0; each result a position: that of its
 * call where results are ordered, else the next one as it comes. Positions are read one after the other.
 *
 * The gate tells of results in the middle of its work. They are noted there, and no more: the source is the user's, and is pulled, or closed, by the reader's own call or
 * in a microtask.
 *
 * @module
 */

import { watchAborts } from "./abort_watch.ts";
import type { BoundCall } from "./bound_call.ts";
import { CallBatch, type RoomWait } from "./call_batch.ts";
import type { Promised } from "./gate/admission.ts";
import type { Engine } from "./gate/engine.ts";
import { type InputListener, InputReader, type SourceFailure } from "./input_reader.ts";
import type { ManySettings } from "./many_options.ts";
import { ERROR, NOTHING, RESULT, ResultRing, SKIPPED } from "./result_ring.ts";
import type { FollowedToken, TokenFollower } from "./token_follower.ts";

/** The results of {@linkcode TokenGate.map}, to be read once, by one `for await`. Nothing is called before the first is asked for. */
export interface ResultIterator<T> extends AsyncIterable<T>, AsyncDisposable {
  /**
   * Reads the next result. It may be called again before the result is there; all are answered, in order.
   *
   * @returns the next result, or the end
   */
  next(): Promise<IteratorResult<T, undefined>>;
  /**
   * Ends it, as leaving a loop does: what is on its way is killed, and the source is closed.
   *
   * @returns the end, when the source is closed; a source that has not answered to being asked for an input is not waited for
   * @throws {unknown} what the source throws when it is closed
   */
  return(): Promise<IteratorResult<T, undefined>>;
  /**
   * Makes it the source of a loop.
   *
   * @returns itself
   */
  [Symbol.asyncIterator](): ResultIterator<T>;
}

type Step = IteratorResult<unknown, undefined>;

interface Reader {
  resolve(step: Step): void;
  reject(error: unknown): void;
}

/** The calls of one map. */
export class MapCalls implements ResultIterator<unknown>, TokenFollower, InputListener {
  readonly isForResults: boolean = true;
  readonly takesKept: boolean = false;
  readonly #batch: CallBatch;
  readonly #source: InputReader;
  readonly #settings: ManySettings;
  readonly #signals: readonly (AbortSignal | undefined)[];
  readonly #ring: ResultRing;
  readonly #readers: Reader[] = [];
  /** Calls made, and those of them that are done with: read, or passed over. */
  #called = 0;
  #done = 0;
  /** Positions given to results, where they are not those of the calls. */
  #arrived = 0;
  /** Place of the call that has failed first; nothing that comes after it is wanted. */
  #failedPlace = Infinity;
  #hasStarted = false;
  #isFilling = false;
  #isLookPlanned = false;
  /** Whether no more inputs are wanted, or there are none. */
  #isSourceOver = false;
  /** What the source has thrown, to be told after the results of what it gave before. */
  #sourceFailure: SourceFailure | undefined;
  /** Whether everything after the failed call was ended. */
  #isWoundDown = false;
  #isOver = false;
  /** An input that waits for room. */
  #wait: RoomWait | undefined;
  #closed: Promise<void> | undefined;
  /** What a signal has ended it with, until the reader is told. */
  #abortion: SourceFailure | undefined;
  #endWatch: () => void = () => {};

  /** @param engine the engine of the gate @param bound the operation, with its settings @param source gives the arguments of each call @param settings how they are read */
  constructor(engine: Engine, bound: BoundCall, source: object, settings: ManySettings) {
    this.#batch = new CallBatch(engine, bound, this);
    this.#source = new InputReader(source, this);
    this.#settings = settings;
    // Calls that a signal ends before they are made come back at once; with errors left out there would be no end to them.
    this.#signals = [settings.signal, bound.settings.signal];
    this.#ring = new ResultRing(settings.window);
  }

  // The reader's side.

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  next(): Promise<Step> {
    const promise = new Promise<Step>((resolve, reject) => this.#readers.push({ resolve, reject }));
    if (!this.#hasStarted) this.#start();
    this.#look();
    return promise;
  }

  async return(): Promise<Step> {
    this.#finish("the reader of its results has left");
    await this.#closed;
    return END;
  }

  #start(): void {
    this.#hasStarted = true;
    if (!this.#isOver) this.#endWatch = watchAborts(this.#signals, (reason) => this.#abort(reason));
  }

  #abort(reason: unknown): void {
    if (this.#isOver) return;
    this.#abortion = { error: this.#batch.cancelled(reason) };
    this.#finish(reason);
  }

  // What the gate tells.

  fulfilled(token: FollowedToken, place: number): void {
    const value = token.outcome;
    const isSettled = this.#settings.onError === "settle";
    this.#note(place, RESULT, isSettled ? { status: "fulfilled", value } : value);
  }

  rejected(token: FollowedToken, place: number): boolean {
    const error = token.outcome;
    if (this.#settings.onError === "throw") this.#fail(place, error);
    else if (this.#settings.onError === "skip") this.#note(place, SKIPPED, undefined);
    else this.#note(place, RESULT, { status: "rejected", reason: error });
    return true;
  }

  #fail(place: number, error: unknown): void {
    const { isOrdered } = this.#settings;
    if (isOrdered ? place > this.#failedPlace : this.#failedPlace < Infinity) return;
    this.#note(place, ERROR, error);
    this.#failedPlace = place;
    this.#isSourceOver = true;
    this.#isWoundDown = false;
  }

  #note(place: number, state: number, value: unknown): void {
    if (this.#isOver) return;
    if (this.#settings.isOrdered) {
      if (place > this.#failedPlace) return;
      this.#ring.put(place, state, value);
    } else {
      if (this.#failedPlace < Infinity) return;
      if (state === SKIPPED) this.#done++;
      else this.#ring.put(this.#arrived++, state, value);
    }
    this.#planLook();
  }

  // What follows from it.

  #planLook(): void {
    if (this.#isLookPlanned) return;
    this.#isLookPlanned = true;
    queueMicrotask(() => {
      this.#isLookPlanned = false;
      this.#look();
    });
  }

  #look(): void {
    if (this.#failedPlace < Infinity && !this.#isWoundDown) this.#windDown();
    this.#deliver();
    this.#fill();
  }

  /** Nothing after the failed call is wanted any more. */
  #windDown(): void {
    this.#isWoundDown = true;
    const from = this.#settings.isOrdered ? this.#failedPlace + 1 : 0;
    this.#batch.kill(from, "a call before it has failed");
    this.#wait?.end();
    this.#close();
  }

  #deliver(): void {
    const ring = this.#ring;
    while (this.#readers.length > 0 && !this.#isOver) {
      const { state } = ring;
      if (state === NOTHING) break;
      const value = ring.take();
      this.#done++;
      if (state === RESULT) this.#readers.shift()!.resolve({ done: false, value });
      else if (state === ERROR) this.#failReader(value);
    }
    if (this.#readers.length === 0) return;
    if (this.#abortion !== undefined) {
      this.#readers.shift()!.reject(this.#abortion.error);
      this.#abortion = undefined;
    }
    if (this.#isSourceOver && this.#done === this.#called && !this.#isOver) {
      if (this.#sourceFailure !== undefined) this.#failReader(this.#sourceFailure.error);
      else this.#finish(undefined);
    }
    if (this.#isOver) { for (const reader of this.#readers.splice(0)) reader.resolve(END); }
  }

  /** Tells the reader when the source is closed, as a loop would. */
  #failReader(error: unknown): void {
    const [reader, ...others] = this.#readers.splice(0);
    this.#finish(error);
    const tell = (): void => {
      reader!.reject(error);
      for (const other of others) other.resolve(END);
    };
    if (this.#closed === undefined) tell();
    else this.#closed.then(tell, tell);
  }

  #finish(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#endWatch();
    this.#wait?.end();
    if (this.#done < this.#called) this.#batch.kill(0, reason);
    this.#ring.clear();
    this.#close();
    this.#deliver();
  }

  #close(): void {
    this.#isSourceOver = true;
    this.#closed ??= this.#source.close();
    // Where nobody waits for it, an error has been told already that is the reason.
    this.#closed.catch(() => {});
  }

  // The source's side.

  #fill(): void {
    if (this.#isFilling) return;
    this.#isFilling = true;
    while (
      !this.#isSourceOver && !this.#isOver && this.#wait === undefined && !this.#source.isPulling &&
      this.#called - this.#done < this.#settings.window
    ) this.#source.pull();
    this.#isFilling = false;
  }

  take(input: unknown): void {
    try {
      this.#batch.check(input, this.#called);
      if (this.#batch.waitsForRoom) return void this.#callWithRoom(input);
      this.#call(input, undefined);
    } catch (error) {
      this.#refuse(error);
    }
    this.#fill();
  }

  end(failure: SourceFailure | undefined): void {
    this.#isSourceOver = true;
    this.#sourceFailure = failure;
    this.#planLook();
  }

  async #callWithRoom(args: readonly unknown[]): Promise<void> {
    const batch = this.#batch;
    try {
      this.#wait = batch.askForRoom(args);
      const room = await this.#wait.room;
      this.#wait = undefined;
      try {
        if (!this.#isSourceOver) this.#call(args, room);
      } finally {
        batch.giveBack(room);
      }
    } catch (error) {
      this.#wait = undefined;
      this.#refuse(error);
    }
    this.#fill();
  }

  #call(args: readonly unknown[], room: Promised | undefined): void {
    const place = this.#called++;
    try {
      this.#batch.submit(args, place, room);
    } catch (error) {
      this.#called--;
      throw error;
    }
  }

  /** A call that is refused ends it, after the results of those before: there may be any number like it. */
  #refuse(error: unknown): void {
    if (this.#isSourceOver) return;
    this.#sourceFailure = { error };
    this.#close();
    this.#planLook();
  }
}

const END: Step = Object.freeze({ done: true, value: undefined });
