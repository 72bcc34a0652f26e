/**
 * Sending the calls of a mailbox: many in one message, or as frames; those whose arguments are moved one by one, in their order. What cannot be sent
 * fails its own call only.
 *
 * @module
 */

import { findUncloneable } from "../bridge/cloneable.ts";
import type { LaneCall } from "../bridge/contract.ts";
import { FrameWriter } from "../bridge/frames.ts";
import { CALL_FIELDS, CALLS, CHILD_CALL } from "../bridge/protocol.ts";
import { movesArguments, transferOf, withoutMarks } from "../bridge/transfer.ts";
import { NotCloneableError } from "../errors.ts";
import type { Mailbox } from "./mailbox.ts";

/** So many calls at least are put into frames. */
const LEAST_FRAMED = 4;

/** What a sender is made of. */
export interface CallSenderParts {
  /** Where the calls are. */
  readonly mailbox: Mailbox;
  /** Whether they go in frames; what those do not take goes without. */
  readonly hasFrames: boolean;
  /** Posts a message; throws what the runtime throws for a value that cannot be cloned. */
  readonly post: (message: unknown, transfer?: readonly object[]) => void;
  /** A call cannot be sent. */
  readonly unsendable: (call: LaneCall, error: unknown) => void;
}

/** Gathers calls and sends them. */
export class CallSender {
  readonly #parts: CallSenderParts;
  readonly #frames: FrameWriter | undefined;
  /** By slot: whether the arguments of its call were moved. */
  readonly #hasMoved: Uint8Array;
  #outgoing: unknown[] = [CALLS];
  /** What goes before the outgoing batch: calls whose arguments are to be moved with their numbers, and the batches before and between them. */
  #unsent: (unknown[] | LaneCall | number)[] = [];

  /** @param parts what it is made of */
  constructor(parts: CallSenderParts) {
    this.#parts = parts;
    this.#frames = parts.hasFrames ? new FrameWriter() : undefined;
    this.#hasMoved = new Uint8Array(parts.mailbox.capacity);
  }

  /** Whether the arguments of the call in a slot were moved. */
  hasMoved(slot: number): boolean {
    return this.#hasMoved[slot] === 1;
  }

  /** Adds a call that is in the mailbox. @param number that of its operation */
  add(call: LaneCall, number: number): void {
    const { slot } = call;
    const told = call.isLimited ? ~number : number;
    this.#hasMoved[slot] = 0;
    if (movesArguments(call)) {
      this.#unsent.push(this.#outgoing, call, told);
      this.#outgoing = [CALLS];
    } else this.#outgoing.push(slot, told, call.id, call.args);
  }

  /** Sends what was added. @returns whether there was anything */
  flush(): boolean {
    const unsent = this.#unsent;
    const batch = this.#outgoing;
    if (unsent.length === 0 && batch.length === 1) return false;
    this.#unsent = [];
    this.#outgoing = [CALLS];
    for (let i = 0; i < unsent.length; i += 3) {
      this.#flushBatch(unsent[i] as unknown[]);
      this.#move(unsent[i + 1] as LaneCall, unsent[i + 2] as number);
    }
    this.#flushBatch(batch);
    return true;
  }

  /** Sends a call at once that is to run beside what waits for such calls. @param number that of its operation */
  sendChild(call: LaneCall, number: number): void {
    const { slot } = call;
    const told = call.isLimited ? ~number : number;
    const moves = movesArguments(call);
    const args = moves ? withoutMarks(call.args) : call.args;
    this.#hasMoved[slot] = moves ? 1 : 0;
    try {
      const list = moves ? transferOf(call) : undefined;
      this.#parts.post([CHILD_CALL, slot, told, call.id, args], list);
    } catch (cause) {
      this.#hasMoved[slot] = 0;
      this.#refuse(slot, args as unknown[], cause);
    }
  }

  #flushBatch(batch: readonly unknown[]): void {
    // For a few calls structured clone is as quick.
    if (this.#frames === undefined || batch.length <= LEAST_FRAMED * CALL_FIELDS) {
      return this.#post(batch);
    }
    this.#postFramed(this.#frames, batch);
  }

  #post(batch: readonly unknown[]): void {
    if (batch.length === 1) return;
    try {
      this.#parts.post(batch);
    } catch {
      this.#flushOneByOne(batch);
    }
  }

  /** Calls that frames take go in frames, the others between them, in their order. */
  #postFramed(frames: FrameWriter, batch: readonly unknown[]): void {
    let others: unknown[] = [CALLS];
    for (let i = 1; i < batch.length; i += CALL_FIELDS) {
      const slot = batch[i] as number;
      const number = batch[i + 1] as number;
      const id = batch[i + 2] as number;
      const args = batch[i + 3] as unknown[];
      try {
        // A second time with an empty frame: it may have been full.
        let isFramed = frames.addList(slot, number, id, args);
        if (!isFramed && frames.count > 0) {
          this.#postFrame(frames);
          isFramed = frames.addList(slot, number, id, args);
        }
        if (!isFramed) others.push(slot, number, id, args);
        else if (others.length > 1) {
          this.#post(others);
          others = [CALLS];
        }
      } catch (cause) {
        this.#refuse(slot, args, cause);
      }
    }
    this.#post(others);
    if (frames.count > 0) this.#postFrame(frames);
  }

  #postFrame(frames: FrameWriter): void {
    const frame = frames.take(CALLS);
    this.#parts.post(frame, [frame]);
  }

  /** Sends a call alone whose arguments are moved: what cannot be moved fails no other call. */
  #move(call: LaneCall, number: number): void {
    const { mailbox, post } = this.#parts;
    const { slot } = call;
    // An accessor of another call has ended it: nothing is sent, so no answer will free its slot.
    if (!mailbox.holds(call)) return void mailbox.take(slot);
    const args = withoutMarks(call.args);
    this.#hasMoved[slot] = 1;
    try {
      post([CALLS, slot, number, call.id, args], transferOf(call));
    } catch (cause) {
      this.#hasMoved[slot] = 0;
      this.#refuse(slot, args, cause);
    }
  }

  /** Some argument in the batch cannot be cloned: sends the others, and names that one. */
  #flushOneByOne(batch: readonly unknown[]): void {
    for (let i = 1; i < batch.length; i += CALL_FIELDS) {
      const slot = batch[i] as number;
      try {
        this.#parts.post([CALLS, slot, batch[i + 1], batch[i + 2], batch[i + 3]]);
      } catch (cause) {
        this.#refuse(slot, batch[i + 3] as unknown[], cause);
      }
    }
  }

  #refuse(slot: number, args: readonly unknown[], cause: unknown): void {
    const call = this.#parts.mailbox.take(slot);
    if (call === undefined) return;
    const isOurs = cause instanceof NotCloneableError;
    const error = isOurs ? cause : findUncloneable(call.operation.name, args, cause);
    this.#parts.unsendable(call, error);
  }
}
