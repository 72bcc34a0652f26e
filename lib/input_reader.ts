/**
 * Reading the inputs of a map one by one, from a source that may be asynchronous, as a `for await` would: what it throws ends it, and it is closed when it is left early.
 *
 * @module
 */

import { isThenable } from "./bridge/thenable.ts";
import { warn } from "./observe/report.ts";

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

/** What a source has thrown. */
export interface SourceFailure {
  readonly error: unknown;
}

/** Who is told of inputs: inside of `pull` where the source is synchronous. */
export interface InputListener {
  /** The next input. */
  take(input: unknown): void;
  /** There are no more. */
  end(failure: SourceFailure | undefined): void;
}

/** @param source anything @returns whether it gives inputs */
export function isSource(source: unknown): boolean {
  return typeof source === "object" && source !== null &&
    (Symbol.asyncIterator in source || Symbol.iterator in source);
}

/** A source and how far it is read. After it was closed nobody is told of anything. */
export class InputReader {
  readonly #source: object;
  readonly #listener: InputListener;
  #iterator: AnyIterator | undefined;
  /** Whether `next` of the source runs, or has not answered. */
  #isPulling = false;
  #isInside = false;
  #isOver = false;
  #isClosed = false;

  /** @param source what gives the inputs @param listener who is told */
  constructor(source: object, listener: InputListener) {
    this.#source = source;
    this.#listener = listener;
  }

  /** Whether an input was asked for and is not there yet. */
  get isPulling(): boolean {
    return this.#isPulling;
  }

  /** Asks for the next input. Not while one is asked for. */
  pull(): void {
    this.#isPulling = this.#isInside = true;
    let step: unknown;
    try {
      this.#iterator ??= open(this.#source);
      step = this.#iterator.next();
    } catch (error) {
      this.#isInside = false;
      return this.#end({ error });
    }
    this.#isInside = false;
    if (isThenable(step)) {
      // Through a promise of our own: a thenable of the user's may call back twice, or at once.
      new Promise((resolve) => resolve(step)).then(
        (step) => this.#step(step),
        (error) => this.#end({ error }),
      );
    } else this.#step(step);
    // It was closed by its own code.
    if (this.#isClosed) void this.#return();
  }

  /**
   * Closes the source, unless it is at its end.
   *
   * @returns resolves when that is done; a source that has been asked for an input and has not answered is not waited for: it may never
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isOver || this.#iterator === undefined || this.#isInside) return;
    if (!this.#isPulling) return await this.#return();
    this.#return().catch((cause) => warn("the source of a map could not be closed", cause));
  }

  async #return(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#iterator?.return?.();
  }

  #step(step: unknown): void {
    if (typeof step !== "object" || step === null) {
      const error = new TypeError("Cannot read the inputs of a map: its source gave no result");
      return this.#end({ error });
    }
    const { done, value } = step as IteratorResult<unknown>;
    if (done) return this.#end(undefined);
    this.#isPulling = false;
    if (!this.#isClosed) this.#listener.take(value);
  }

  #end(failure: SourceFailure | undefined): void {
    this.#isPulling = false;
    this.#isOver = true;
    if (!this.#isClosed) this.#listener.end(failure);
  }
}

function open(source: object): AnyIterator {
  const isAsync = Symbol.asyncIterator in source;
  return isAsync
    ? (source as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    : (source as Iterable<unknown>)[Symbol.iterator]();
}
