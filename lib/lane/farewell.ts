/**
 * The end of a worker on purpose: from the wish to the end, or to where it is not waited for any longer.
 *
 * Where a runtime cannot stop a thread (Deno), terminating a worker ends it as soon as its event loop has a turn, and a loop never. Which of the two it is, is
 * known when it has taken a message; until then the worker is not terminated, or nobody would learn of the end of a loop that does end.
 *
 * @module
 */

import type { ControlBlock } from "../bridge/control_block.ts";
import { ABORT } from "../bridge/protocol.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import type { StrandedThreads } from "./stranded.ts";

/** How long a terminated worker may take to tell its end before it is taken for gone, in ms. */
const FAREWELL_MS = 1_000;

/** How long an event loop may be silent before it is taken to be kept from having a turn, in ms, and when it is first asked. */
const PROOF_MS = 50;
const FIRST_PROOF_MS = 1;
/** In place of a token's id: nothing is to be stopped, only its event loop is to be heard of. */
const NO_TOKEN = -1;

/** What it takes to end a worker. */
export interface FarewellParts {
  readonly clock: Clock;
  readonly control: ControlBlock;
  readonly stranded: StrandedThreads;
  /** Whether terminating ends what runs. */
  readonly stopsThreads: boolean;
  readonly post: (message: unknown) => void;
  readonly terminate: () => void;
  /** Called when the worker is not waited for any longer; it may have told its end before. */
  readonly onEnd: () => void;
}

/** Ends one worker, and knows whether its event loop is heard of. */
export class Farewell {
  readonly #parts: FarewellParts;
  #abortSerial = 0;
  /** Since when its event loop is silent, in ms since the epoch. */
  #silentMs = 0;
  #isTerminated = false;
  #isHeld = true;
  #timer: Timer = undefined;

  /** @param parts what it takes */
  constructor(parts: FarewellParts) {
    this.#parts = parts;
  }

  /** Tells the worker that a call is to stop, which its event loop acknowledges. @param id the call's token @param reason why, encoded */
  postAbort(id: number, reason: unknown): void {
    if (!this.#isSilent) this.#silentMs = this.#parts.clock.now();
    this.#parts.post([ABORT, id, ++this.#abortSerial, reason]);
  }

  /** @param mayBeStuck whether the program's code may be what keeps its event loop from having a turn */
  begin(mayBeStuck: boolean): void {
    const { clock, stopsThreads } = this.#parts;
    clock.clearTimer(this.#timer);
    if (stopsThreads || !mayBeStuck) return this.#terminate();
    this.postAbort(NO_TOKEN, undefined);
    this.#awaitProof(FIRST_PROOF_MS);
  }

  /** @param on whether there are tokens: some may wait for the end of this worker, which nothing else would wait for */
  hold(on: boolean): void {
    this.#isHeld = on;
    if (on && this.#isTerminated) this.#awaitEnd();
  }

  /** It has ended. */
  end(): void {
    this.#parts.clock.clearTimer(this.#timer);
  }

  /** Whether the worker's event loop has not taken what was posted to it for its answer. */
  get #isSilent(): boolean {
    return this.#parts.control.abortSerial < this.#abortSerial;
  }

  #terminate(): void {
    this.#isTerminated = true;
    this.#parts.terminate();
    this.#awaitEnd();
  }

  #awaitEnd(): void {
    const { clock, onEnd } = this.#parts;
    clock.clearTimer(this.#timer);
    // Not quiet while tokens wait: the end of this worker is what lets them go on elsewhere.
    this.#timer = clock.setTimer(onEnd, FAREWELL_MS, !this.#isHeld);
  }

  #awaitProof(waitMs: number): void {
    const { clock, control, stranded, terminate, onEnd } = this.#parts;
    if (!this.#isSilent) return this.#terminate();
    const leftMs = this.#silentMs + PROOF_MS - clock.now();
    const task = leftMs > 0 ? () => this.#awaitProof(2 * waitMs) : () => {
      if (!this.#isSilent) return this.#terminate();
      stranded.add(control, this.#abortSerial, terminate);
      onEnd();
    };
    this.#timer = clock.setTimer(task, Math.max(0, Math.min(waitMs, leftMs)), !this.#isHeld);
  }
}
