/**
 * The control block of a process lane, which shares no memory with its gate. What the gate is to know is written to the pipe: a start before the function is called,
 * so that the system keeps it when the process dies; and what the gate says while a function runs comes by a thread that does nothing but read for it.
 *
 * An abort comes twice, by that thread and as a message, and either may be first. It names the call by its serial number, which both sides count: it may still be on
 * its way when the slot has been given to another call, or to another attempt of the same token.
 *
 * @module
 */

import { ControlBlock } from "../lib/bridge/control_block.ts";

/** Tells the gate what it would see in shared memory. */
export interface StampWriter {
  /** A function is about to be called: the gate can read it when this returns. */
  started(slot: number, nowMs: number): void;
  /** A function has come to its end. It may go with what is written next. */
  ended(slot: number, nowMs: number): void;
  /** How large the heap is, in bytes. */
  heap(bytes: number): void;
  /** What the table of the calls inside of calls says. */
  children(table: Float64Array): void;
}

/** A control block whose stamps are sent. */
export class ProcessControl extends ControlBlock {
  readonly #writer: StampWriter;
  /** By slot: the call that is there, and the call that was asked to stop. */
  readonly #calls: Float64Array;
  readonly #aborted: Float64Array;
  #serial = 0;
  #toldVersion = 0;

  /** @param slots number of slots @param aborted by slot: the call that was asked to stop, written by another thread too @param writer sends the stamps */
  constructor(slots: number, aborted: SharedArrayBuffer, writer: StampWriter) {
    super(ControlBlock.allocate(slots).memory);
    this.#writer = writer;
    this.#calls = new Float64Array(slots).fill(-1);
    this.#aborted = new Float64Array(aborted);
  }

  /** A call was read from the pipe. It has been claimed by the gate's side, and is run whatever has become of it since. */
  receive(slot: number): void {
    this.#calls[slot] = this.#serial++;
    this.open(slot);
  }

  /** A call is to stop, as a message says. */
  receiveAbort(slot: number, serial: number): void {
    this.#aborted[slot] = serial;
  }

  override claim(slot: number, nowMs: number): boolean {
    if (!super.claim(slot, nowMs)) return false;
    this.#writer.started(slot, nowMs);
    return true;
  }

  override end(slot: number, nowMs: number): void {
    super.end(slot, nowMs);
    this.#writer.ended(slot, nowMs);
  }

  override noteHeap(bytes: number): void {
    super.noteHeap(bytes);
    this.#writer.heap(bytes);
  }

  override tellChildren(): void {
    const { version } = this.children;
    if (version === this.#toldVersion) return;
    this.#toldVersion = version;
    this.#writer.children(this.children.snapshot());
  }

  /** What was written was taken, as far as can be known here: a pipe that is full keeps who writes to it. */
  override get progressCount(): number {
    return Infinity;
  }

  override isAborted(slot: number): boolean {
    return this.#aborted[slot] === this.#calls[slot];
  }
}
