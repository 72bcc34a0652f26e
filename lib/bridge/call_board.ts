/**
 * The call board: memory that a gate shares with all of its thread lanes. The gate posts calls on it, and the lane that is free takes the next
 * one, so that no call waits behind a slow one while a lane has nothing to do, and nobody needs the gate's thread to move work from lane to lane.
 *
 * It is a table of slots, one per call, and a ring of slot numbers in the order in which they are to be taken.
 *
 * **Taking.** The ring has one producer, the gate, and many consumers. A consumer reads the number at the head and advances the head by
 * compare-exchange; the cell it has read cannot have been overwritten if that succeeds, since the producer never goes a full round ahead of the
 * head. A call that was recalled leaves its number behind, and its slot may have been given to another call: beside the number of the slot
 * there is the generation of the call, by which a consumer passes over what is left. What decides is the slot's claim word all the same.
 *
 * **The claim.** The gate writes everything else of a slot and then sets the word to `OPEN` with a generation that this slot has not had for a
 * billion calls. From there exactly one compare-exchange of that very word wins: a lane's, to `STARTED` and the number of its life, directly
 * before it calls the function; or the gate's, to `CLOSED`, when it takes the call back. A lane reads the word first, then the arguments, and
 * claims last, so arguments that changed while it read them are never used: the slot was reused, the word is another, and the claim
 * fails. A lane that dies between taking and claiming leaves the slot `OPEN` and unlisted; the gate takes back every open call when it loses a lane.
 *
 * **Lives.** A claim names the life of a worker and not its lane: Deno cannot stop a thread in a loop, so a thread may return long after its
 * lane has got another worker. It can then neither end a call of its successor's (the word names another life) nor start one.
 *
 * **Stamps** are not here, since such a thread could write over those of another call: each life has its own, see `call_stamps.ts`.
 *
 * @module
 */

const CLOSED = 0;
const OPEN = 1;
const STARTED = 2;
const ENDED = 3;
const STATE_BITS = 2;
const STATE_MASK = 3;
const MOST_GENERATIONS = 2 ** 29;

// Words of the header, each on cache lines of its own: head is written by the lanes, tail by the gate.
const HEAD = 0;
const TAIL = 32;
const BELL = 64;
const SLEEPERS = 96;
const HELP = 97;
const PARKER = 98;
const HEADER_BYTES = 512;

/** The ring may hold numbers of calls that were recalled: it has room for that many rounds of all slots. */
const RING_ROUNDS = 4;

/** Bytes of a slot: a header, then the arguments if they are small, so that a burst of small calls stays in the cache. Those of the smallest are in one cache line with the header, which crosses to the lane as a whole. */
const SLOT_BYTES = 256;
const SLOT_HEADER_BYTES = 32;
/** Bytes for larger arguments, apart from the slots. Not a power of two: all of them would share a few cache sets. */
const CELL_BYTES = 4096 + 64;

// Words and doubles of a slot.
const CLAIM = 0;
const ABORT = 1;
const OPERATION = 2;
const LENGTH = 3;
const TOKEN_ID = 2;
const LATEST_MS = 3;

// What a lane calls the gate for.
/** Lanes sleep that are needed. */
export const WAKE_OTHERS: number = 1;
/** A call is in no lane's hands, and not listed. */
export const LIST_ANEW: number = 2;

const SILENT = 0;
const RUNG = 1;
const ARMED = 2;

/** A board; both sides hold one of these over the same memory. */
export class CallBoard {
  /** The shared memory, to be sent to the lanes. */
  readonly memory: SharedArrayBuffer;
  /** Number of slots. */
  readonly slots: number;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #ring: Int32Array;
  readonly #ringMask: number;
  /** How many bits of a ring's word are the slot; the others are of its generation. No number is left in the ring for as long as those come round. */
  readonly #slotBits: number;
  /** The claim word of the call that was taken last: {@linkcode CallBoard.start} asks for it. */
  takenWord = 0;
  readonly #slotsAt: number;
  readonly #cellsAt: number;
  /** The tail, which the gate alone moves; and the head as the gate has seen it last: lanes write that word all the time, so it is read when it matters. */
  #tail: number;
  #seenHead: number;

  /** @param memory memory made by {@linkcode CallBoard.allocate} @param slots number of slots it was made for */
  constructor(memory: SharedArrayBuffer, slots: number) {
    this.memory = memory;
    this.slots = slots;
    const ringWords = slots * RING_ROUNDS;
    this.#words = new Int32Array(memory);
    this.#doubles = new Float64Array(memory);
    this.#ring = new Int32Array(memory, HEADER_BYTES, ringWords);
    this.#ringMask = ringWords - 1;
    this.#slotBits = 31 - Math.clz32(slots);
    this.#slotsAt = HEADER_BYTES + ringWords * 4;
    this.#cellsAt = this.#slotsAt + slots * SLOT_BYTES;
    this.#tail = this.#words[TAIL]!;
    this.#seenHead = this.#words[HEAD]!;
  }

  /** @param slots number of slots, a power of two @returns an empty board */
  static allocate(slots: number): CallBoard {
    const bytes = HEADER_BYTES + slots * (RING_ROUNDS * 4 + SLOT_BYTES + CELL_BYTES);
    return new CallBoard(new SharedArrayBuffer(bytes), slots);
  }

  // The gate's side.

  /** Whether the ring has room for another number. */
  get hasRoom(): boolean {
    if (((this.#tail - this.#seenHead) | 0) <= this.#ringMask) return true;
    this.#seenHead = Atomics.load(this.#words, HEAD);
    return ((this.#tail - this.#seenHead) | 0) <= this.#ringMask;
  }

  /** How many numbers are in the ring, those of recalled calls included. */
  get listed(): number {
    return (Atomics.load(this.#words, TAIL) - Atomics.load(this.#words, HEAD)) | 0;
  }

  /** Where small arguments begin, in bytes from the start of the memory. */
  inlineStart(slot: number): number {
    return this.#slotsAt + slot * SLOT_BYTES + SLOT_HEADER_BYTES;
  }

  /** Where the room for small arguments ends. */
  inlineEnd(slot: number): number {
    return this.#slotsAt + (slot + 1) * SLOT_BYTES;
  }

  /** Where larger arguments begin. */
  cellStart(slot: number): number {
    return this.#cellsAt + slot * CELL_BYTES;
  }

  /** Where the room for larger arguments ends. */
  cellEnd(slot: number): number {
    return this.#cellsAt + (slot + 1) * CELL_BYTES;
  }

  /**
   * Opens a call whose arguments are in place: once it is listed, or a lane is told of it in another way, it may be started.
   *
   * @param slot a slot that nobody uses
   * @param generation a count of this slot's calls
   * @param operation number of the operation, or its complement for a call with a limit
   * @param tokenId id of the token
   * @param argumentBytes how long the arguments are; negative when they are not in the slot but in its cell
   * @param latestMs when it may start at the latest, in ms since the epoch
   */
  open(
    slot: number,
    generation: number,
    operation: number,
    tokenId: number,
    argumentBytes: number,
    latestMs: number,
  ): void {
    const word = this.#wordAt(slot);
    const double = word >> 1;
    this.#words[word + OPERATION] = operation;
    this.#words[word + LENGTH] = argumentBytes;
    this.#doubles[double + TOKEN_ID] = tokenId;
    this.#doubles[double + LATEST_MS] = latestMs;
    Atomics.store(this.#words, word + ABORT, 0);
    const open = OPEN | ((generation % MOST_GENERATIONS) << STATE_BITS);
    Atomics.store(this.#words, word + CLAIM, open);
  }

  /** Puts the call of a slot at the end of the ring, where there must be room. */
  list(slot: number): void {
    const tail = this.#tail;
    const generation = Atomics.load(this.#words, this.#wordAt(slot) + CLAIM) >>> STATE_BITS;
    this.#ring[tail & this.#ringMask] = (generation << this.#slotBits) | slot;
    this.#tail = (tail + 1) | 0;
    Atomics.store(this.#words, TAIL, this.#tail);
  }

  /** Takes a call back. True means that it has not started and never will. */
  recall(slot: number): boolean {
    const at = this.#wordAt(slot) + CLAIM;
    const word = Atomics.load(this.#words, at);
    if ((word & STATE_MASK) !== OPEN) return false;
    return Atomics.compareExchange(this.#words, at, word, CLOSED) === word;
  }

  /** Raises the abort flag that a running function can poll. */
  abort(slot: number): void {
    Atomics.store(this.#words, this.#wordAt(slot) + ABORT, 1);
  }

  /** Forgets who ran the call of a slot, which is done with. */
  close(slot: number): void {
    Atomics.store(this.#words, this.#wordAt(slot) + CLAIM, CLOSED);
  }

  /** The life of the lane that has started the call; -1 when none has. */
  startedBy(slot: number): number {
    const word = Atomics.load(this.#words, this.#wordAt(slot) + CLAIM);
    return (word & STATE_MASK) >= STARTED ? word >>> STATE_BITS : -1;
  }

  /** Whether the call of a slot was started, and has come to its end. */
  hasEnded(slot: number): boolean {
    return (Atomics.load(this.#words, this.#wordAt(slot) + CLAIM) & STATE_MASK) === ENDED;
  }

  // The lanes' side.

  /** Whether the ring is empty. */
  get isEmpty(): boolean {
    return this.listed === 0;
  }

  /** Takes the next call that is open, and sets `takenWord`. @returns its slot, or -1 when none is listed */
  take(): number {
    const words = this.#words;
    const bits = this.#slotBits;
    for (;;) {
      const head = Atomics.load(words, HEAD);
      if (head === Atomics.load(words, TAIL)) return -1;
      const listed = this.#ring[head & this.#ringMask]!;
      if (Atomics.compareExchange(words, HEAD, head, (head + 1) | 0) !== head) continue;
      const slot = listed & (this.slots - 1);
      const word = Atomics.load(words, this.#wordAt(slot) + CLAIM);
      const isSame = ((word >>> STATE_BITS) << bits) === (listed & ~(this.slots - 1));
      if ((word & STATE_MASK) !== OPEN || !isSame) continue;
      this.takenWord = word;
      return slot;
    }
  }

  /** @returns the claim word of an open call, which {@linkcode CallBoard.start} asks for, or 0 when it is not open */
  openWord(slot: number): number {
    const word = Atomics.load(this.#words, this.#wordAt(slot) + CLAIM);
    return (word & STATE_MASK) === OPEN ? word : 0;
  }

  /** Number of the operation, or its complement for a call with a limit. */
  operation(slot: number): number {
    return this.#words[this.#wordAt(slot) + OPERATION]!;
  }

  /** Id of the token. */
  tokenId(slot: number): number {
    return this.#doubles[(this.#wordAt(slot) >> 1) + TOKEN_ID]!;
  }

  /** When the call may start at the latest, in ms since the epoch. */
  latestMs(slot: number): number {
    return this.#doubles[(this.#wordAt(slot) >> 1) + LATEST_MS]!;
  }

  /** Where the arguments begin. */
  argumentsStart(slot: number): number {
    const isInCell = this.#words[this.#wordAt(slot) + LENGTH]! < 0;
    return isInCell ? this.cellStart(slot) : this.inlineStart(slot);
  }

  /** How many bytes the arguments have. */
  argumentBytes(slot: number): number {
    return Math.abs(this.#words[this.#wordAt(slot) + LENGTH]!);
  }

  /** Claims a call, whose start is stamped; false means that it was recalled, or given to another lane, after `word` was read. */
  start(slot: number, word: number, life: number): boolean {
    const at = this.#wordAt(slot) + CLAIM;
    const started = STARTED | (life << STATE_BITS);
    return Atomics.compareExchange(this.#words, at, word, started) === word;
  }

  /** Says that a call which this life has claimed, and whose end is stamped, has come to its end. Where it is another's by now nothing happens. */
  end(slot: number, life: number): void {
    const started = STARTED | (life << STATE_BITS);
    const ended = ENDED | (life << STATE_BITS);
    Atomics.compareExchange(this.#words, this.#wordAt(slot) + CLAIM, started, ended);
  }

  /** Whether the function in this slot was asked to stop. */
  isAborted(slot: number): boolean {
    return Atomics.load(this.#words, this.#wordAt(slot) + ABORT) !== 0;
  }

  // Handing on: a lane that goes to work for long while calls are listed has the gate wake another. Told in `parking.ts`.

  /** A lane falls asleep, or wakes. @param change 1 or -1 */
  countSleeper(change: number): void {
    Atomics.add(this.#words, SLEEPERS, change);
  }

  /** The gate has lost a lane, which may have slept. @param sleepers how many sleep */
  recountSleepers(sleepers: number): void {
    Atomics.store(this.#words, SLEEPERS, sleepers);
  }

  /** A lane asks to be the one that parks. @param life its number @returns whether it is */
  claimPark(life: number): boolean {
    return Atomics.compareExchange(this.#words, PARKER, 0, life) === 0;
  }

  /** A lane parks no more, or has died. @param life its number */
  releasePark(life: number): void {
    Atomics.compareExchange(this.#words, PARKER, life, 0);
  }

  /** Calls the gate to wake lanes, if calls are listed and any lane sleeps. The lane must have stored that it is at work. */
  callForHelp(): void {
    if (this.isEmpty || Atomics.load(this.#words, SLEEPERS) <= 0) return;
    Atomics.or(this.#words, HELP, WAKE_OTHERS);
    this.ringBell();
  }

  /**
   * A lane that may take no more calls has taken one all the same, and drops it: it had looked before it was told, and came to take when the gate had given its calls
   * to others already. The gate may know it as dead by then, where a thread outlives its lane.
   */
  handBack(): void {
    Atomics.or(this.#words, HELP, LIST_ANEW);
    this.ringBell();
  }

  /** @returns what lanes have called for since this was last asked: bits */
  takeHelpCall(): number {
    return Atomics.load(this.#words, HELP) === 0 ? 0 : Atomics.exchange(this.#words, HELP, 0);
  }

  // The bell, by which lanes wake the gate's thread. The protocol is told in `parking.ts`.

  /** The gate is about to read the answers there are: who rings after this has left more. */
  silenceBell(): void {
    Atomics.store(this.#words, BELL, SILENT);
  }

  /** The gate has read the answers and is about to wait. @returns false when it has rung since it was silenced */
  armBell(): boolean {
    return Atomics.compareExchange(this.#words, BELL, SILENT, ARMED) === SILENT;
  }

  /** Whether it has rung since it was silenced. */
  get hasRung(): boolean {
    return Atomics.load(this.#words, BELL) === RUNG;
  }

  /** Waits for the armed bell without blocking. @returns a promise of the bell, or undefined when it has rung since it was armed */
  bell(): Promise<unknown> | undefined {
    const waiting = waitAsync(this.#words, BELL, ARMED);
    return waiting.async ? waiting.value : undefined;
  }

  /** Wakes the gate's thread if it waits, or sees to it that it does not begin to. */
  ringBell(): void {
    if (Atomics.load(this.#words, BELL) === RUNG) return;
    if (Atomics.exchange(this.#words, BELL, RUNG) === ARMED) Atomics.notify(this.#words, BELL);
  }

  /** Ends a wait for the bell, armed or not: nobody is left to ring it. */
  releaseBell(): void {
    Atomics.store(this.#words, BELL, RUNG);
    Atomics.notify(this.#words, BELL);
  }

  #wordAt(slot: number): number {
    return (this.#slotsAt + slot * SLOT_BYTES) >> 2;
  }
}

type Waiting =
  | { readonly async: false }
  | { readonly async: true; readonly value: Promise<unknown> };

// Not in the types of every TypeScript target; on all three runtimes it is there.
const waitAsync: (words: Int32Array, index: number, value: number) => Waiting = Reflect.get(
  Atomics,
  "waitAsync",
);
