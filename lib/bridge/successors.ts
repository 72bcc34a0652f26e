/**
 * Successors: the call that a lane goes on with by itself when it has ended one of an operation of which only so many may run at once.
 *
 * The next call of such an operation waits for the end of one that runs, and would have to wait for the gate to hear of that end and to post it: a way to the
 * program's thread and back, in which the lane has nothing to do, and after which another lane may take it, on a processor that something else was using. So the gate
 * lays the next call out on the board beforehand, unlisted, and says here which one it is. A lane reads that when a call has come to its end, **before** it says so,
 * and starts it when it finds nothing else to do.
 *
 * **No more run at once than may.** The gate lays one call out for an operation, and only while all permits are taken. A lane that has read of it holds an end that
 * the gate has not heard of, and so a permit that nobody else has. When the gate hears of that end the permit is given to the call that is laid out; or else, if another
 * one comes first, that call is taken back before, by its claim word, which decides between the gate and the lane. What a lane has read long ago does no harm: the word has
 * the generation of the call.
 *
 * **An end that gives nothing.** A call may give its permit back before it ends: it was stopped, or has timed out, and runs on for a while. The gate then marks it as
 * followed by nobody, and *then* lays out the next one; a lane reads which one is next, and *then* once more whether its own call is followed. So either it sees the
 * mark, or it has read of a call that was laid out while the permit was held.
 *
 * @module
 */

/** Operations with higher numbers have no successors: their calls go the way by the gate. */
const MOST_OPERATIONS = 1_024;
/** There is none. */
const NONE = 0;

/** The successors of one board; both sides hold one of these over the same memory. */
export class Successors {
  /** The shared memory, to be sent to the lanes. */
  readonly memory: SharedArrayBuffer;
  /** By number of the operation: the slot of the next call, and one. */
  readonly #next: Int32Array;
  /** By slot: whether the end of the call there gives its permit to the next one. */
  readonly #isFollowed: Int32Array;
  /** The same, as the gate has written it: nearly always there is nothing to change, and this is read sooner than that is written. */
  readonly #wasFollowed: Uint8Array;

  /** @param memory memory made by {@linkcode Successors.allocate} */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#next = new Int32Array(memory, 0, MOST_OPERATIONS);
    this.#isFollowed = new Int32Array(memory, MOST_OPERATIONS * Int32Array.BYTES_PER_ELEMENT);
    this.#wasFollowed = new Uint8Array(this.#isFollowed.length);
  }

  /** @param slots number of slots of the board @returns successors of a board, where nothing is laid out */
  static allocate(slots: number): Successors {
    const words = MOST_OPERATIONS + slots;
    return new Successors(new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT));
  }

  // The gate's side.

  /** Says whether the end of the call in a slot is one that another call may follow. Before that call is open; or while it runs, to say that it is so no more. */
  follow(slot: number, isFollowed: boolean): void {
    const value = isFollowed ? 1 : 0;
    if (this.#wasFollowed[slot] === value) return;
    this.#wasFollowed[slot] = value;
    Atomics.store(this.#isFollowed, slot, value);
  }

  /** @param number number of an operation @returns whether it may have successors */
  takes(number: number): boolean {
    return number < MOST_OPERATIONS;
  }

  /** Says which call is next, which must be open. @param number number of the operation @param slot where its next call is */
  set(number: number, slot: number): void {
    Atomics.store(this.#next, number, slot + 1);
  }

  /** The next call is laid out no more. @param number number of the operation */
  clear(number: number): void {
    Atomics.store(this.#next, number, NONE);
  }

  // The lanes' side.

  /**
   * Which call is next. A lane asks, reads the claim word of that call, and asks again: where the answer is another, there is none.
   *
   * @param slot where the call is that has come to its end, of which nobody was told @param number number of its operation
   * @returns the slot of the next one, or -1
   */
  after(slot: number, number: number): number {
    if (number >= MOST_OPERATIONS || Atomics.load(this.#isFollowed, slot) === 0) return -1;
    return Atomics.load(this.#next, number) - 1;
  }
}
