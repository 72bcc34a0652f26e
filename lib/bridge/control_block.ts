/**
 * The control block of one life of a lane: a little memory that a lane and its gate share, so that each can know of the other what no message
 * could tell in time. A lane in a loop reads no messages, and a lane that died sends none.
 *
 * **The claim.** Each slot of the mailbox has a claim word. The gate sets it to `OPEN` before it sends the call. From
 * there exactly one of two exchanges wins: the lane's `OPEN → STARTED`, directly before it calls the function, or the
 * gate's `OPEN → RECALLED`, before it gives the call to another lane. So a function is never started twice, even when a
 * lane that was thought dead comes back (Deno cannot stop a thread in a loop: when the loop ends, its lane goes on).
 * A word is reused only after the lane has answered for the slot, or with a new block after the lane is lost.
 * When the function has come to its end the lane turns `STARTED` into `ENDED`: its answer may take a while, since the lane may hold it
 * for others or the gate's thread may be busy, and a function that ended in time must not be timed out meanwhile.
 *
 * **Stamps.** The lane writes a slot's start stamp before its claim and the end stamp before `ENDED`; the gate reads each after it has
 * seen the word, or the answer. The atomic accesses order these plain writes.
 *
 * @module
 */

import { CHILD_TABLE_BYTES, ChildTable } from "./child_table.ts";
import { Parking } from "./parking.ts";

const OPEN = 0;
const STARTED = 1;
const RECALLED = 2;
const ENDED = 3;

// Words of the header: on one cache line what the lane writes for every call, on others what the gate writes, and what both do.
const STARTED_COUNT = 0;
const POSTED_COUNT = 1;
const RETURN_COUNT = 2;
const ABORT_SERIAL = 3;
const HAND = 4;
const HEAP_KB = 5;
const HAS_HOOKS = 6;
const ORDER = 32;
const MESSAGE_COUNT = 33;
const PROGRESS_COUNT = 34;
const PARKING = 64;
const HEADER_WORDS = 96;
/** Of each slot: three stamps and two words. */
const SLOT_BYTES = 32;

// What the gate has ordered: each order includes those before it.
const WORK = 0;
const RETIRE = 1;
const STOP = 2;

/** One lane's shared control block; both sides hold one of these over the same memory. */
export class ControlBlock {
  /** The shared memory, to be sent to the lane. */
  readonly memory: SharedArrayBuffer;
  /** Number of slots. */
  readonly slots: number;
  /** Whether the lane sleeps, and how it is woken. */
  readonly parking: Parking;
  /** The calls inside of the lane's calls. */
  readonly children: ChildTable;
  readonly #header: Int32Array;
  readonly #claims: Int32Array;
  readonly #aborts: Int32Array;
  readonly #startedMs: Float64Array;
  readonly #endedMs: Float64Array;
  readonly #latestMs: Float64Array;

  /** @param memory memory made by {@linkcode ControlBlock.allocate} */
  constructor(memory: SharedArrayBuffer) {
    const slots = (memory.byteLength - HEADER_WORDS * 4 - CHILD_TABLE_BYTES) / SLOT_BYTES;
    this.memory = memory;
    this.slots = slots;
    this.#header = new Int32Array(memory, 0, HEADER_WORDS);
    this.parking = new Parking(this.#header, PARKING);
    this.#startedMs = new Float64Array(memory, HEADER_WORDS * 4, slots);
    this.#endedMs = new Float64Array(memory, HEADER_WORDS * 4 + slots * 8, slots);
    this.#latestMs = new Float64Array(memory, HEADER_WORDS * 4 + slots * 16, slots);
    this.#claims = new Int32Array(memory, HEADER_WORDS * 4 + slots * 24, slots);
    this.#aborts = new Int32Array(memory, HEADER_WORDS * 4 + slots * 28, slots);
    this.children = new ChildTable(memory, HEADER_WORDS * 4 + slots * SLOT_BYTES);
  }

  /** @param slots number of mailbox slots @returns a block with every word zero */
  static allocate(slots: number): ControlBlock {
    const bytes = HEADER_WORDS * 4 + slots * SLOT_BYTES + CHILD_TABLE_BYTES;
    return new ControlBlock(new SharedArrayBuffer(bytes));
  }

  // The gate's side.

  /** Prepares a slot for a new call. @param latestMs when it may start at the latest, in ms since the epoch */
  open(slot: number, latestMs: number = Infinity): void {
    this.#latestMs[slot] = latestMs;
    this.#startedMs[slot] = NaN;
    this.#endedMs[slot] = NaN;
    Atomics.store(this.#aborts, slot, 0);
    Atomics.store(this.#claims, slot, OPEN);
  }

  /** Takes a call back. True means that it has not started and never will here. */
  recall(slot: number): boolean {
    return Atomics.compareExchange(this.#claims, slot, OPEN, RECALLED) === OPEN;
  }

  /** Raises the abort flag that a running function can poll. */
  abort(slot: number): void {
    Atomics.store(this.#aborts, slot, 1);
  }

  /** Tells the lane to take no more from the board; what is in its mailbox it may run. */
  retire(): void {
    Atomics.compareExchange(this.#header, ORDER, WORK, RETIRE);
  }

  /** Tells the lane to start nothing more; a thread that outlives its termination reads this when it returns. */
  stop(): void {
    Atomics.store(this.#header, ORDER, STOP);
  }

  /** Whether the call in this slot has started. */
  isStarted(slot: number): boolean {
    const claim = Atomics.load(this.#claims, slot);
    return claim === STARTED || claim === ENDED;
  }

  /** Start stamp of a started call, in ms since the epoch. */
  startedMs(slot: number): number {
    return this.#startedMs[slot]!;
  }

  /** End stamp of a call that has come to its end, in ms since the epoch; NaN before. */
  endedMs(slot: number): number {
    return Atomics.load(this.#claims, slot) === ENDED ? this.#endedMs[slot]! : NaN;
  }

  /** Corrects the start stamp of a call that runs, where the lane is a process and told it later than its call was claimed for it. */
  restamp(slot: number, nowMs: number): void {
    this.#startedMs[slot] = nowMs;
  }

  /** A call that was claimed for a process never began there. */
  reopen(slot: number): void {
    if (Atomics.compareExchange(this.#claims, slot, STARTED, OPEN) !== STARTED) return;
    Atomics.sub(this.#header, STARTED_COUNT, 1);
  }

  /** Counts a message to the lane that was posted: a lane that knows of one on its way does not park. */
  countMessage(): void {
    Atomics.add(this.#header, MESSAGE_COUNT, 1);
  }

  /** Counts a report of progress that was read. */
  countProgress(): void {
    Atomics.add(this.#header, PROGRESS_COUNT, 1);
  }

  /** How many calls of its mailbox the lane has started. */
  get startedCount(): number {
    return Atomics.load(this.#header, STARTED_COUNT);
  }

  /** How many calls of the board the lane has started. */
  get postedCount(): number {
    return Atomics.load(this.#header, POSTED_COUNT);
  }

  /** Whether the lane has taken a call from the board that waits for a message or for a module. */
  get hasHand(): boolean {
    return Atomics.load(this.#header, HAND) !== 0;
  }

  /** How many calls have come to their end in the lane. */
  get returnCount(): number {
    return Atomics.load(this.#header, RETURN_COUNT);
  }

  /** The serial of the last abort message the lane's event loop has taken; behind the sent one, the loop is stuck. */
  get abortSerial(): number {
    return Atomics.load(this.#header, ABORT_SERIAL);
  }

  /** How large the lane's heap was when it last looked, in bytes; 0 before it has. */
  get heapBytes(): number {
    return Atomics.load(this.#header, HEAP_KB) * 1_024;
  }

  /** Whether the lane has a module with a dispose hook. */
  get hasHooks(): boolean {
    return Atomics.load(this.#header, HAS_HOOKS) !== 0;
  }

  // The lane's side.

  /** Whether the lane is to start nothing more. */
  get isStopped(): boolean {
    return Atomics.load(this.#header, ORDER) === STOP;
  }

  /** Whether the lane may take calls from the board: it is neither stopped nor retired. */
  get takesCalls(): boolean {
    return Atomics.load(this.#header, ORDER) === WORK;
  }

  /** Says that the lane has a module with a dispose hook. */
  noteHooks(): void {
    Atomics.store(this.#header, HAS_HOOKS, 1);
  }

  /** Says how large the lane's heap is, in bytes. */
  noteHeap(bytes: number): void {
    Atomics.store(this.#header, HEAP_KB, Math.ceil(bytes / 1_024));
  }

  /** Sees to it that the gate knows what {@linkcode ControlBlock.children} says: where memory is shared it does. */
  tellChildren(): void {}

  /** How many messages the gate has posted to the lane. */
  get messageCount(): number {
    return Atomics.load(this.#header, MESSAGE_COUNT);
  }

  /** How many reports of progress the gate has read, of those that this lane has posted. */
  get progressCount(): number {
    return Atomics.load(this.#header, PROGRESS_COUNT);
  }

  /** Says whether the lane keeps a call of the board that it cannot start yet. */
  setHand(isFull: boolean): void {
    Atomics.store(this.#header, HAND, isFull ? 1 : 0);
  }

  /** Counts a call of the board that the lane has claimed. */
  countPosted(): void {
    Atomics.add(this.#header, POSTED_COUNT, 1);
  }

  /** Counts a call of the board that has come to its end. */
  countReturn(): void {
    Atomics.add(this.#header, RETURN_COUNT, 1);
  }

  /** When the call in this slot may start at the latest, in ms since the epoch. */
  latestMs(slot: number): number {
    return this.#latestMs[slot]!;
  }

  /** Claims a call; false means that it was recalled, or that the lane is stopped, and must not run. */
  claim(slot: number, nowMs: number): boolean {
    if (this.isStopped) return false;
    this.#startedMs[slot] = nowMs;
    if (Atomics.compareExchange(this.#claims, slot, OPEN, STARTED) !== OPEN) return false;
    Atomics.add(this.#header, STARTED_COUNT, 1);
    return true;
  }

  /** Stamps the end of a call. */
  end(slot: number, nowMs: number): void {
    this.#endedMs[slot] = nowMs;
    Atomics.store(this.#claims, slot, ENDED);
    Atomics.add(this.#header, RETURN_COUNT, 1);
  }

  /**
   * Whether the function in this slot is to stop: it was asked to, or its lane is stopped for the sake of another call. Nobody raises the flag of such a one, and a thread
   * whose loop looks for it would run for ever where the runtime cannot stop it.
   */
  isAborted(slot: number): boolean {
    return this.isStopped || Atomics.load(this.#aborts, slot) !== 0;
  }

  /** Records that an abort message was taken from the lane's event loop. */
  acknowledgeAbort(serial: number): void {
    Atomics.store(this.#header, ABORT_SERIAL, serial);
  }
}
