/**
 * How a lane that has nothing to do is put to sleep and woken, and how the gate's thread is.
 *
 * **The lane.** Its word is in one of these states:
 *
 * | state | what the lane does | how the gate wakes it |
 * | --- | --- | --- |
 * | `RUNNING` | runs quick calls, or its event loop has a turn; then it looks at the board | not at all: it will see the call soon |
 * | `BUSY` | runs a call that may take long, or waits for a module or a promise | not at all: another lane is woken |
 * | `PARKED` | is blocked in `Atomics.wait` on the word | stores `WOKEN`, notifies |
 * | `LOOPING` | waits in its event loop | stores `WOKEN`, posts a message |
 * | `WOKEN` | was told to wake, and has not yet | not at all: it will look at the board |
 *
 * Waking a parked thread takes 5 to 8 µs there and back, through the event loop 18 to 30, on Node and Deno; on Bun a lane is woken by a message in 5 µs and by
 * a notification in 14, so there it never parks. A parked
 * thread runs no timers and reads no messages, so a lane parks for a slice of some milliseconds, then gives its event loop a turn, and parks again;
 * after a while without work it waits in its event loop. While a call of its own is in flight, or a message is on its way to it, it does not park.
 *
 * **One lane parks at a time**, the others wait in their event loops. Two threads of V8 that are notified one after the other mostly come to run on one processor, one behind the other, while the next
 * one sleeps: busy for 0.4 ms each, they were done after 0.9 ms. With the second one woken by a message they were done after 0.55 to 0.6 (`deno task bench:wake`).
 *
 * **No call is slept through.** The lane stores `PARKED` (or `LOOPING`), and *then* looks at the board and at the count of messages once more;
 * the gate lists the call (or counts the message), and *then* looks at the word. All four are sequentially consistent, so at least one of the two
 * sees what the other has stored: either the lane finds the call, or the gate finds the lane asleep. Without the second look, a call that is
 * listed between the lane's first look and its `PARKED` would find a lane that is `RUNNING`, wake nobody, and wait for the end of the slice.
 * If both see each other, the gate's `WOKEN` is stored over `PARKED`, `Atomics.wait` finds another value than it was told and returns at once.
 *
 * **No lane is woken twice for one call, and none is forgotten.** Only a compare-exchange from `PARKED` or `LOOPING` gives the right to notify, so
 * of two wakers one does it. The lane leaves these states by an exchange with `RUNNING`, after which it looks at the board: a call
 * that is listed after that exchange finds it `RUNNING`, and one that was listed before is seen by the look that follows.
 *
 * **No call is left to a lane that does not come.** A lane that is `RUNNING` is counted upon for a call that is listed, and may take another one
 * first that takes long: the call would wait behind it, beside a lane that sleeps. So a lane that stores `BUSY` *then* looks at the board, and when calls
 * are listed and a lane sleeps, it has the gate wake one, by the bell. The gate lists a call and *then* looks at the word: either it finds
 * `BUSY` and wakes another lane, or the lane finds the call. How many sleep is counted on the board by the lanes themselves; it is a hint that spares
 * rings where all are at work, put right by the gate when it loses a lane.
 *
 * **The gate's thread** cannot block. It waits by `Atomics.waitAsync` for the board's bell, a word that is `SILENT`, `ARMED` or `RUNG`. The gate stores
 * `SILENT`, *then* reads all answers, and arms the bell by a compare-exchange from `SILENT`; a lane stores its answers and *then* exchanges the
 * word for `RUNG`, and notifies if it was `ARMED`. An answer that the gate did not read was stored after that reading began, so its ring comes
 * after `SILENT`: either before the arming, which then fails, or after it, which notifies; and if it comes between the arming and the wait, `waitAsync`
 * finds another value and says so at once. A lane may put off ringing while it has quick calls to run, so that answers come to the gate many
 * at once. They are in shared memory meanwhile, and the gate looks there by itself from time to time, and before it holds a limit against a call.
 * The pending wait neither keeps a process alive nor ends it: the workers do that.
 *
 * @module
 */

const RUNNING = 0;
const BUSY = 1;
const PARKED = 2;
const LOOPING = 3;
const WOKEN = 4;

/** The lane was not asleep, and may not look at the board for long. */
export const AT_WORK: number = 0;
/** The lane was not asleep, and will look at the board soon. */
export const LOOKING: number = 1;
/** The lane was parked, and is woken. */
export const NOTIFIED: number = 2;
/** The lane is to be woken by a message. */
export const NEEDS_MESSAGE: number = 3;

/** One lane's word; both sides hold one of these over the same memory. */
export class Parking {
  readonly #words: Int32Array;
  readonly #at: number;

  /** @param words shared memory @param at which of its words is the lane's */
  constructor(words: Int32Array, at: number) {
    this.#words = words;
    this.#at = at;
  }

  // The gate's side.

  /** Wakes the lane if it sleeps, after there is something for it to see. @returns what it did, and whether a message is needed */
  wake(): number {
    const state = Atomics.load(this.#words, this.#at);
    if (state === BUSY) return AT_WORK;
    if (state === RUNNING || state === WOKEN) return LOOKING;
    if (Atomics.compareExchange(this.#words, this.#at, state, WOKEN) !== state) return LOOKING;
    if (state === LOOPING) return NEEDS_MESSAGE;
    Atomics.notify(this.#words, this.#at);
    return NOTIFIED;
  }

  /**
   * Makes a parked lane look at its messages, after one was posted. A lane that waits in its event loop finds the message there, and must not be
   * marked as woken: it may have read the message already, and then nothing would come to wake it.
   */
  unpark(): void {
    if (Atomics.load(this.#words, this.#at) !== PARKED) return;
    if (Atomics.compareExchange(this.#words, this.#at, PARKED, WOKEN) !== PARKED) return;
    Atomics.notify(this.#words, this.#at);
  }

  /** Whether the lane sleeps. */
  get isAsleep(): boolean {
    const state = Atomics.load(this.#words, this.#at);
    return state === PARKED || state === LOOPING;
  }

  /** How much it takes to have the lane look at the board: 0 when it is awake, 1 when it is parked, 2 when it waits in its event loop. */
  get depth(): number {
    const state = Atomics.load(this.#words, this.#at);
    return state === LOOPING ? 2 : state === PARKED ? 1 : 0;
  }

  /** Whether the lane was woken and has not yet noticed. */
  get isWaking(): boolean {
    return Atomics.load(this.#words, this.#at) === WOKEN;
  }

  // The lane's side.

  /** The lane is about to do what may take long; {@linkcode Parking.run} ends it. */
  work(): void {
    Atomics.store(this.#words, this.#at, BUSY);
  }

  /** The lane is about to park: the caller looks at the board once more, then calls {@linkcode Parking.wait} or {@linkcode Parking.run}. */
  prepareToPark(): void {
    Atomics.store(this.#words, this.#at, PARKED);
  }

  /** Blocks the lane until it is woken or `sliceMs` have passed; it must have prepared to park. @returns whether it was woken */
  wait(sliceMs: number): boolean {
    Atomics.wait(this.#words, this.#at, PARKED, sliceMs);
    return this.run();
  }

  /** The lane is about to wait in its event loop: the caller looks at the board once more, then gives way or calls {@linkcode Parking.run}. */
  prepareToLoop(): void {
    Atomics.store(this.#words, this.#at, LOOPING);
  }

  /** The lane runs. @returns whether it had been woken */
  run(): boolean {
    return Atomics.exchange(this.#words, this.#at, RUNNING) === WOKEN;
  }
}
