/**
 * When the calls of the board began and ended in one life of a lane, by slot; in memory that no other lane writes to.
 *
 * Not in the slots: a thread that was given up may be anywhere, such as between its claim of a call and the stamp, and go on when its slot has long been another call's, which another
 * lane has stamped. So each life stamps for itself, and who claims a slot says whose stamps hold.
 *
 * **Order.** A lane writes each stamp before the word that makes it count: the start before the claim, the end before `ENDED`. The gate reads it after the word. A claim that fails leaves
 * a stamp that nobody reads.
 *
 * @module
 */

/** The stamps of one life; both sides hold one of these over the same memory. */
export class CallStamps {
  /** The shared memory, to be sent to the lane. */
  readonly memory: SharedArrayBuffer;
  readonly #startedMs: Float64Array;
  readonly #endedMs: Float64Array;

  /** @param memory memory made by {@linkcode CallStamps.allocate} */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    const slots = memory.byteLength / (2 * Float64Array.BYTES_PER_ELEMENT);
    this.#startedMs = new Float64Array(memory, 0, slots);
    this.#endedMs = new Float64Array(memory, slots * Float64Array.BYTES_PER_ELEMENT, slots);
  }

  /** @param slots number of slots of the board @returns stamps of a life that has not begun */
  static allocate(slots: number): CallStamps {
    return new CallStamps(new SharedArrayBuffer(2 * slots * Float64Array.BYTES_PER_ELEMENT));
  }

  /** A call is about to be claimed. @param nowMs the time, in ms since the epoch */
  start(slot: number, nowMs: number): void {
    this.#startedMs[slot] = nowMs;
  }

  /** A call that was claimed is about to be said to have ended. @param nowMs the time, in ms since the epoch */
  end(slot: number, nowMs: number): void {
    this.#endedMs[slot] = nowMs;
  }

  /** When the call started that this life has claimed last in a slot, in ms since the epoch. */
  startedMs(slot: number): number {
    return this.#startedMs[slot]!;
  }

  /** When it ended, if it has; in ms since the epoch. */
  endedMs(slot: number): number {
    return this.#endedMs[slot]!;
  }
}
