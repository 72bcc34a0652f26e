/**
 * One run on the caller's own thread, and its context: what `current()` gives inside.
 *
 * @module
 */

/** In place of the number of a lane: the caller's own thread. */
const CALLERS_THREAD = -1;

/** A run from its start to its end. */
export class CallerRun {
  readonly tokenId: number;
  /** Calls of other operations are calls of the program here. */
  readonly parentId: undefined = undefined;
  readonly domainId: number;
  readonly lane: number = CALLERS_THREAD;
  readonly startedMs: number;
  #controller: AbortController | undefined;
  #reason: unknown = undefined;
  #isAborted = false;

  /** @param tokenId the token @param startedMs when it started, in ms since the epoch */
  constructor(tokenId: number, startedMs: number) {
    this.tokenId = tokenId;
    this.domainId = tokenId;
    this.startedMs = startedMs;
  }

  get aborted(): boolean {
    return this.#isAborted;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Asks the function to stop; what it comes to is not wanted any more. */
  abort(reason: unknown): void {
    this.#isAborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
