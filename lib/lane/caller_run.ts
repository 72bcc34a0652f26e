/**
 * One run on the caller's own thread, and its context: what `current()` gives inside.
 *
 * @module
 */

/** In place of the number of a lane: the caller's own thread. */
const CALLERS_THREAD = -1;

/** What a generator that is run is asked. */
export interface StreamedRun {
  /** So many items were read. */
  grant(count: number): void;
  /** It may have been told to end. */
  stop(): void;
}

/** A run from its start to its end. */
export class CallerRun {
  readonly tokenId: number;
  /** Calls of other operations are calls of the program here. */
  readonly parentId: undefined = undefined;
  readonly domainId: number;
  readonly lane: number = CALLERS_THREAD;
  readonly startedMs: number;
  /** Its generator, when it has one, and whether that waits for its reader. */
  stream: StreamedRun | undefined;
  isWaiting = false;
  readonly #report: (run: CallerRun, value: unknown) => void;
  #controller: AbortController | undefined;
  #reason: unknown = undefined;
  #isAborted = false;

  /** @param tokenId the token @param startedMs when it started, in ms since the epoch @param report told of its progress */
  constructor(
    tokenId: number,
    startedMs: number,
    report: (run: CallerRun, value: unknown) => void,
  ) {
    this.tokenId = tokenId;
    this.domainId = tokenId;
    this.startedMs = startedMs;
    this.#report = report;
  }

  progress(value: unknown): void {
    this.#report(this, value);
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
    this.stream?.stop();
  }
}
