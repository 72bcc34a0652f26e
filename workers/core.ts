/**
 * The lane itself: takes calls, runs them one at a time in the order they came, answers.
 *
 * Calls wait in one flat array, as they came in the message, and a call that is synchronous leaves no object behind but its context.
 *
 * @module
 */

import { ControlBlock } from "../lib/bridge/control_block.ts";
import { decodeError, encodeError } from "../lib/bridge/error_codec.ts";
import {
  ABORT,
  CALL_FIELDS,
  CALLS,
  CRASH,
  INIT,
  type LaneInit,
  OPERATION,
  PROTOCOL,
  READY,
  RETURNED,
  SKIPPED,
  THREW,
  UNSTARTABLE,
  UP,
} from "../lib/bridge/protocol.ts";
import { isThenable } from "../lib/bridge/thenable.ts";
import { installLaneConsole } from "./console.ts";
import { CallContext } from "./context.ts";
import { isRefusal, type LaneOperation, load } from "./loader.ts";
import { mark } from "./mark.ts";
import { Outbox } from "./outbox.ts";
import { beforeExit, type LanePort, onCrash, openPort } from "./port.ts";

/** An operation that stays below this may run before the answers of the calls before it are sent, in ms. */
const QUICK_MS = 0.25;
/** How fast the memory of a slow run fades, per run; more slowly for calls that may be stopped with their lane. */
const FADING = 0.98;
const LIMITED_FADING = 0.999;

const originMs = performance.timeOrigin;

/** One lane in its own isolate. */
export class LaneCore {
  readonly #port: LanePort;
  readonly #outbox: Outbox;
  readonly #operations: LaneOperation[] = [];
  #control: ControlBlock | undefined;
  #queue: unknown[] = [];
  #head = 0;
  /** Whether a module loads or an asynchronous call is in flight. */
  #isBusy = false;
  #running: CallContext | undefined;
  #runningSlot = -1;

  constructor() {
    this.#port = openPort((message) => this.#receive(message as unknown[]), [UP]);
    this.#outbox = new Outbox(this.#port);
    onCrash((error) => this.#crash(error));
    beforeExit(() => this.#outbox.flush());
  }

  #receive(message: unknown[]): void {
    switch (message[0]) {
      case CALLS:
        this.#dropTaken();
        for (let i = 1; i < message.length; i++) this.#queue.push(message[i]);
        return this.#drain();
      case OPERATION: {
        const [, , url, name] = message as [number, number, string, string];
        const unknown = {
          fn: undefined,
          failure: undefined,
          slowestMs: Infinity,
          limitedSlowestMs: Infinity,
        };
        this.#operations[message[1] as number] = { url, name, ...unknown };
        return;
      }
      case ABORT:
        return this.#abort(message[1] as number, message[2] as number, message[3]);
      case INIT:
        return void this.#init(message[1] as LaneInit);
    }
  }

  async #init(init: LaneInit): Promise<void> {
    mark.lane = init.lane;
    // A gate of another protocol reads the answer and says so; nothing else is understood.
    if (init.protocol === PROTOCOL) {
      this.#control = new ControlBlock(init.control);
      // Before the first call can come: what it prints is to be in order too.
      await installLaneConsole(
        init.consolePrefix === undefined ? {} : { prefix: init.consolePrefix },
      );
    }
    this.#port.post([READY, PROTOCOL]);
  }

  #abort(slot: number, serial: number, reason: unknown): void {
    this.#control!.acknowledgeAbort(serial);
    // The call may have ended, and another be running, while the message was on its way.
    if (this.#running !== undefined && this.#runningSlot === slot && this.#running.aborted) {
      this.#running.abort(decodeError(reason));
    }
  }

  /** Under asynchronous work the queue may never be empty: what was taken from it goes when it is the greater part. */
  #dropTaken(): void {
    if (this.#head * 2 <= this.#queue.length) return;
    this.#queue.splice(0, this.#head);
    this.#head = 0;
  }

  #drain(): void {
    if (this.#isBusy) return;
    const queue = this.#queue;
    while (this.#head < queue.length) {
      const number = queue[this.#head + 1] as number;
      const operation = this.#operations[number < 0 ? ~number : number]!;
      if (operation.fn === undefined && operation.failure === undefined) {
        return this.#loadThenGoOn(operation);
      }
      const at = this.#head;
      this.#head += CALL_FIELDS;
      const slot = queue[at] as number;
      const args = queue[at + 3] as unknown[];
      queue[at + 3] = undefined;
      // What is done must not wait for what may take long; and a call that is stopped with its lane takes the answers with it that
      // wait behind it, so there a slow run is remembered longer.
      const expectedMs = number < 0 ? operation.limitedSlowestMs : operation.slowestMs;
      if (expectedMs > QUICK_MS) this.#outbox.flush();
      if (!this.#run(operation, slot, queue[at + 2] as number, args)) return;
    }
    queue.length = 0;
    this.#head = 0;
    this.#outbox.flush();
  }

  /** Runs one call; false when it goes on asynchronously. */
  #run(operation: LaneOperation, slot: number, tokenId: number, args: unknown[]): boolean {
    const outbox = this.#outbox;
    const control = this.#control!;
    const startedMs = originMs + performance.now();
    if (operation.fn === undefined) {
      const failure = encodeError(operation.failure);
      outbox.add(slot, UNSTARTABLE, failure, operation.name, startedMs);
      return true;
    }
    if (!control.claim(slot, startedMs)) {
      outbox.add(slot, SKIPPED, undefined, operation.name, startedMs);
      return true;
    }
    const context = new CallContext(tokenId, mark.lane, slot, control);
    this.#running = context;
    this.#runningSlot = slot;
    let outcome = RETURNED;
    let value: unknown;
    try {
      value = mark.within(context, operation.fn, args);
      if (isThenable(value)) {
        this.#finishLater(operation, slot, startedMs, value);
        return false;
      }
    } catch (error) {
      outcome = THREW;
      value = encodeError(error);
    }
    this.#finish(operation, slot, startedMs, outcome, value);
    return true;
  }

  #finish(
    operation: LaneOperation,
    slot: number,
    startedMs: number,
    outcome: number,
    value: unknown,
  ): void {
    const endedMs = originMs + performance.now();
    this.#running!.end();
    this.#running = undefined;
    this.#control!.end(slot, endedMs);
    const tookMs = endedMs - startedMs;
    const isFirst = operation.slowestMs === Infinity;
    operation.slowestMs = Math.max(tookMs, isFirst ? 0 : operation.slowestMs * FADING);
    operation.limitedSlowestMs = Math.max(
      tookMs,
      isFirst ? 0 : operation.limitedSlowestMs * LIMITED_FADING,
    );
    this.#outbox.add(slot, outcome, value, operation.name, endedMs);
  }

  #finishLater(
    operation: LaneOperation,
    slot: number,
    startedMs: number,
    value: PromiseLike<unknown>,
  ): void {
    this.#isBusy = true;
    this.#outbox.flush();
    const finish = (outcome: number, value: unknown): void => {
      this.#finish(operation, slot, startedMs, outcome, value);
      this.#isBusy = false;
      this.#drain();
    };
    // Through a promise of our own: a thenable of the user's may call back twice, or at once.
    new Promise((resolve) => resolve(value)).then(
      (result) => finish(RETURNED, result),
      (error) => finish(THREW, encodeError(error)),
    );
  }

  #loadThenGoOn(operation: LaneOperation): void {
    this.#isBusy = true;
    this.#outbox.flush();
    void load(operation).then(() => {
      this.#isBusy = false;
      this.#drain();
    });
  }

  #crash(error: unknown): boolean {
    if (isRefusal(error)) return false;
    this.#outbox.flush();
    this.#port.post([CRASH, encodeError(error)]);
    return true;
  }
}
