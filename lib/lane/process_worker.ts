/**
 * A process as a worker: what a thread does with the memory that it shares with its gate, this does for a process on the gate's own side.
 *
 * Calls that were posted wait here, where they can be recalled like those that a thread has not started. One is claimed when it is written to the pipe, which is when
 * nothing keeps the process from starting it at once: its module is loaded, and no call runs there that it could not run beside. So a claim is a start, as for
 * a thread. Two things are put right when they are known: the stamp of the start, by the process's own; and the claim of a call that the process never began, since it died.
 * The process says that it begins before it does, in a pipe that outlives it.
 *
 * Of operations that are quick and need not be stopped a few are written ahead, so that the process need not wait for the pipe.
 *
 * @module
 */

import {
  CHILDREN,
  END,
  FRAME,
  HEAP,
  makeRecord,
  MESSAGE,
  RecordReader,
  START,
} from "../bridge/byte_stream.ts";
import { ControlBlock } from "../bridge/control_block.ts";
import { FrameWriter } from "../bridge/frames.ts";
import {
  ABORT,
  ANSWER_FIELDS,
  ANSWERS,
  CALL_FIELDS,
  CALLS,
  CHILD_ANSWERS,
  CHILD_BACK,
  CHILD_CALL,
  CREDIT,
  EXPIRED,
  FETCH,
  FORGET,
  INIT,
  ITEMS,
  ITEMS_HEAD,
  type LaneInit,
  LOAD,
  LOADED,
  OPERATION,
  type OperationInit,
  SKIPPED,
  THREW,
  UNSTARTABLE,
} from "../bridge/protocol.ts";
import { bytesToValue, valueToBytes } from "../bridge/value_bytes.ts";
import { NotCloneableError } from "../errors.ts";
import type { WorkerEvents, WorkerHandle } from "../runtime/adapter.ts";
import type { Clock } from "../runtime/clock.ts";
import type { ProcessEvents, ProcessHandle } from "../runtime/process.ts";
import { ProcessWindow, type WindowOperation } from "./process_window.ts";

/** What it is made of. */
export interface ProcessWorkerParts {
  readonly clock: Clock;
  /** Told what a worker tells. */
  readonly events: WorkerEvents;
  /** Starts the process. */
  readonly start: (events: ProcessEvents) => ProcessHandle;
}

/** A call that was not written yet. */
interface UnsentCall {
  readonly slot: number;
  readonly tokenId: number;
  readonly operation: WindowOperation;
  readonly isLimited: boolean;
  readonly record: Uint8Array;
}

/** A process in the place of a worker. */
export class ProcessWorker implements WorkerHandle {
  readonly #parts: ProcessWorkerParts;
  readonly #process: ProcessHandle;
  readonly #reader: RecordReader;
  readonly #frames: FrameWriter = new FrameWriter();
  readonly #operations: WindowOperation[] = [];
  readonly #window: ProcessWindow = new ProcessWindow();
  /** Calls, and records of messages that are to come after them. */
  #unsent: (UnsentCall | Uint8Array)[] = [];
  #head = 0;
  #control: ControlBlock | undefined;
  #isUp = false;
  #isLoading = false;
  #hasEnded = false;
  /** Answers for calls that were never sent. */
  #answers: unknown[] = [ANSWERS];

  /** @param parts what it is made of @throws {Error} when the runtime refuses to start the process */
  constructor(parts: ProcessWorkerParts) {
    this.#parts = parts;
    this.#reader = new RecordReader((kind, bytes) => this.#receive(kind, bytes));
    this.#process = parts.start({
      data: (chunk) => this.#read(chunk),
      error: (error) => parts.events.error(error),
      exit: (code) => this.#end(code),
    });
  }

  post(message: unknown, transfer?: readonly object[]): void {
    const [kind, first] = message as unknown[];
    switch (kind) {
      case INIT: {
        const init = first as LaneInit;
        this.#control = new ControlBlock(init.control!);
        return this.#write(valueToBytes([INIT, { ...init, control: undefined }]));
      }
      case OPERATION: {
        const [, number, { perLane, window, isChild }] = message as [number, number, OperationInit];
        this.#operations[number] = this.#window.operation(number, perLane, window, isChild);
        return this.#write(valueToBytes(message));
      }
      case CALLS:
        this.#postCalls(message as unknown[], transfer);
        return this.#pump();
      case CHILD_CALL:
        return this.#postChild(message as unknown[], transfer);
      case CHILD_ANSWERS:
      case CHILD_BACK:
        // What runs in the process waits for it: it is not to wait for calls that wait for that.
        return this.#write(valueToBytes(message));
      case ABORT:
        return this.#abort(message as unknown[]);
      case FETCH:
      case FORGET:
        // What the calls before it wait for, maybe.
        return this.#write(valueToBytes(message));
      case CREDIT:
        // At once: what it is for may be what the calls before it wait for.
        this.#window.granted(first as number, (message as unknown[])[2] as number);
        return this.#write(valueToBytes(message));
    }
    // What follows calls is to be read after them.
    this.#unsent.push(makeRecord(MESSAGE, valueToBytes(message)));
    this.#pump();
  }

  terminate(): void {
    this.#process.kill();
  }

  ref(): void {
    this.#process.ref();
  }

  unref(): void {
    this.#process.unref();
  }

  // To the process.

  #write(message: Uint8Array): void {
    this.#process.write(makeRecord(MESSAGE, message));
  }

  /** All of them or none: when one cannot be sent, they come again one by one. */
  #postCalls(message: readonly unknown[], transfer: readonly object[] | undefined): void {
    const calls: UnsentCall[] = [];
    for (let i = 1; i < message.length; i += CALL_FIELDS) {
      const slot = message[i] as number;
      const number = message[i + 1] as number;
      const tokenId = message[i + 2] as number;
      const args = message[i + 3] as unknown[];
      calls.push({
        slot,
        tokenId,
        operation: this.#operations[number < 0 ? ~number : number]!,
        isLimited: number < 0,
        record: this.#encode(slot, number, tokenId, args),
      });
    }
    if (transfer !== undefined) giveAway(transfer);
    for (const call of calls) this.#unsent.push(call);
  }

  /** Writes a call at once that is to run beside what waits for such calls. The process loads its module itself. */
  #postChild(message: readonly unknown[], transfer: readonly object[] | undefined): void {
    const [, slot, number, tokenId] = message as [number, number, number, number];
    const bytes = valueToBytes(message);
    if (transfer !== undefined) giveAway(transfer);
    const nowMs = this.#parts.clock.now();
    if (!this.#control!.claim(slot, nowMs)) return this.#answer(slot, SKIPPED);
    const operation = this.#operations[number < 0 ? ~number : number]!;
    this.#window.enter({ slot, tokenId, operation, isLimited: number < 0 });
    this.#write(bytes);
  }

  #encode(slot: number, number: number, tokenId: number, args: readonly unknown[]): Uint8Array {
    if (this.#frames.addList(slot, number, tokenId, args)) {
      return makeRecord(FRAME, new Uint8Array(this.#frames.take(CALLS)));
    }
    return makeRecord(MESSAGE, valueToBytes([CALLS, slot, number, tokenId, args]));
  }

  #abort(message: readonly unknown[]): void {
    const call = this.#window.abort(message[1] as number);
    if (call === undefined) return;
    // A loop polls what the watching thread has read; its event loop may never have a turn.
    this.#process.order(new Uint8Array(new Float64Array(call).buffer));
    // Either may come first, so each of them says which call is meant.
    this.#write(valueToBytes([...message, ...call]));
  }

  /** Writes what can be begun at once. */
  #pump(): void {
    while (!this.#hasEnded && !this.#isLoading && this.#head < this.#unsent.length) {
      const next = this.#unsent[this.#head]!;
      if (next instanceof Uint8Array) this.#process.write(next);
      else if (!this.#pumpCall(next)) break;
      this.#head++;
    }
    if (this.#head * 2 > this.#unsent.length) {
      this.#unsent.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** @returns false when it is to wait */
  #pumpCall(call: UnsentCall): boolean {
    const { slot, operation } = call;
    const control = this.#control!;
    if (!this.#window.mayEnter(operation, call.isLimited)) return false;
    if (!operation.isLoaded) {
      if (this.#window.size > 0) return false;
      this.#isLoading = true;
      this.#write(valueToBytes([LOAD, operation.number]));
      return false;
    }
    const nowMs = this.#parts.clock.now();
    if (nowMs > control.latestMs(slot)) this.#answer(slot, EXPIRED);
    else if (!control.claim(slot, nowMs)) this.#answer(slot, SKIPPED);
    else {
      this.#window.enter(call);
      this.#process.write(call.record);
    }
    return true;
  }

  /** Answers for the process, later: no event arrives inside of what the gate does. */
  #answer(slot: number, outcome: number): void {
    if (this.#answers.length === 1) {
      this.#parts.clock.setTimer(
        () => {
          const answers = this.#answers;
          this.#answers = [ANSWERS];
          if (!this.#hasEnded) this.#parts.events.message(answers);
        },
        0,
        false,
      );
    }
    this.#answers.push(~slot, outcome, undefined);
  }

  // From the process.

  #read(chunk: Uint8Array): void {
    try {
      this.#reader.add(chunk);
    } catch (error) {
      // Whatever it was, what follows cannot be read either: something else wrote to its pipe.
      this.#parts.events.error(error);
      this.#process.kill();
    }
    this.#pump();
  }

  #receive(kind: number, bytes: Uint8Array<ArrayBuffer>): void {
    if (kind === MESSAGE) return this.#receiveMessage(bytesToValue(bytes));
    if (kind === FRAME) return this.#parts.events.message(bytes.buffer);
    const control = this.#control!;
    if (kind === CHILDREN) return control.children.restore(new Float64Array(bytes.buffer));
    const [slot, value] = new Float64Array(bytes.buffer) as unknown as [number, number];
    if (kind === HEAP) control.noteHeap(value);
    else if (kind === START) {
      control.restamp(slot, value);
      this.#window.begin(slot, value);
    } else if (kind === END) {
      control.end(slot, value);
      this.#window.leave(slot, value);
    }
  }

  #receiveMessage(message: unknown): void {
    if (!Array.isArray(message)) {
      throw new RangeError("Cannot read what a process sent: received no message");
    }
    this.#isUp = true;
    if (message[0] === LOADED) {
      this.#operations[message[1] as number]!.isLoaded = true;
      this.#isLoading = false;
      return;
    }
    if (message[0] === ITEMS) {
      this.#window.received(~(message[1] as number), message.length - ITEMS_HEAD);
    } else if (message[0] === ANSWERS) {
      for (let i = 1; i < message.length; i += ANSWER_FIELDS) {
        if (message[i + 1] === UNSTARTABLE) this.#notStarted(message, i);
      }
    }
    this.#parts.events.message(message);
  }

  /** A call that was claimed here could not be run there. */
  #notStarted(message: unknown[], at: number): void {
    const slot = ~(message[at] as number);
    const wasAborted = this.#window.isAborted(slot);
    const operation = this.#window.leave(slot, NaN);
    // A hook that failed may do better the next time.
    if (operation !== undefined) operation.isLoaded = false;
    // The gate has given it up, and waits for its end as for that of any other.
    if (wasAborted) message[at + 1] = THREW;
    else this.#control!.reopen(slot);
  }

  #end(code: number | undefined): void {
    this.#hasEnded = true;
    if (!this.#isUp) {
      const why =
        `its process ended, with exit code ${code}, before it said anything; what it printed says why`;
      this.#parts.events.error(new Error(`Cannot use a process lane: ${why}`));
    }
    for (const slot of this.#window.unbegun()) this.#control!.reopen(slot);
    this.#parts.events.exit(code);
  }
}

/** What a thread would have moved is gone here too. */
function giveAway(list: readonly object[]): void {
  for (const item of list) {
    if (!(item instanceof ArrayBuffer)) {
      const { name } = item.constructor;
      throw new NotCloneableError(
        `Cannot transfer a ${name} to another process: only the memory of buffers goes there`,
      );
    }
  }
  structuredClone(undefined, { transfer: list as ArrayBuffer[] });
}
