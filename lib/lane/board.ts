/**
 * The host side of the call board: which call is in which slot, how calls get there, and how their answers come back. One for all thread lanes
 * of a gate.
 *
 * @module
 */

import { CallBoard, LIST_ANEW } from "../bridge/call_board.ts";
import type { CallStamps } from "../bridge/call_stamps.ts";
import { findUncloneable } from "../bridge/cloneable.ts";
import type { Board, LaneCall, LaneEvents } from "../bridge/contract.ts";
import { Encoder, NO_ROOM, NOT_TAKEN } from "../bridge/encoder.ts";
import { Successors } from "../bridge/successors.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import { OperationHabit } from "./operation_habit.ts";
import type { OperationNumbers } from "./operation_numbers.ts";

/** How soon the answers are looked at while there are calls and nobody rings, in ms; ever later while no calls come, so that long ones do not keep the program's thread awake. */
const LOOK_MS = 10;
const MOST_LOOK_MS = 40;
/** How long answers are delivered before the program's own work has its turn, in ms. */
const ATTEND_MS = 2;
/** What a call costs a lane besides its function, in ms. */
const DISPATCH_MS = 0.0005;
/** For how much work a further lane is woken, in ms. */
const LANE_SHARE_MS = 0.1;
/** What a call costs the program's thread at least, in ms: those that are done sooner keep one lane busy, however many they are. */
const PROGRAM_MS = 0.001;
/** While answers are delivered lanes are woken for so many calls, or for so much work in ms. */
const LOT_CALLS = 256;
const LOT_MS = 0.2;
/** How deep a lane sleeps that waits in its event loop. */
const MOST_DEPTH = 2;
/** After how many calls of a burst the lanes are woken for the first time. */
const EARLY_CALLS = 16;
/** How many answers of a lane are delivered before more calls are given out: the lanes are not to run dry meanwhile. */
const MOST_AT_ONCE = 64;
/** How often a spinning thread looks for answers before it looks at the clock. */
const LOOKS_PER_CLOCK = 16;

/** In place of a slot: the call has been ended while its arguments were read; */
const ENDED = -1;
/** or it is not of the kind that goes on the board. */
const NOT_OPENED = -2;

/** One life of a lane, as the board sees it. */
export interface BoardMember {
  /** Number of the lane. */
  readonly index: number;
  /** When calls of the board began and ended in it. */
  readonly stamps: CallStamps;
  /** How many calls are in its mailbox; their answers may come the same way. */
  readonly mailed: number;
  /** Whether there are no answers to collect. */
  readonly hasNoAnswers: boolean;
  /** Delivers the answers there are. @param most how many at most @returns how many there were */
  collect(most: number): number;
  /** Tells all events of what was collected. */
  settle(): void;
  /** Whether the lane sleeps. */
  readonly isAsleep: boolean;
  /** How deep it sleeps: 0 when it is awake, 1 when it is parked, 2 when it waits in its event loop. */
  readonly depth: number;
  /** Makes sure that the lane looks at the board. @returns false when it will not soon, since it is at work */
  wake(): boolean;
  /** Makes sure that it is noticed if the lane does nothing for long. */
  watch(): void;
}

/** How the gate's thread waits for the bell; simulated lanes have another. */
export interface BellWaiter {
  /** Calls `onBell` when the armed bell of the board rings. @returns false when it has rung already */
  wait(board: CallBoard, onBell: () => void): boolean;
}

/** What a board is made of. */
export interface SharedBoardParts {
  readonly clock: Clock;
  readonly events: LaneEvents;
  readonly bell: BellWaiter;
  readonly numbers: OperationNumbers;
  /** Number of slots, a power of two. */
  readonly slots: number;
  /** How long the gate's thread waits for answers before it lets others have a turn, in µs. */
  readonly spinUs: number;
}

/** Waits without blocking, where the runtime can. */
export const asyncBell: BellWaiter = {
  wait(board: CallBoard, onBell: () => void): boolean {
    const bell = board.bell();
    if (bell === undefined) return false;
    void bell.then(onBell);
    return true;
  },
};

/** The board of one gate. */
export class SharedBoard implements Board {
  readonly memory: CallBoard;
  readonly successors: Successors;
  readonly #parts: SharedBoardParts;
  readonly #encoder: Encoder;
  readonly #calls: (LaneCall | undefined)[];
  /** Slots whose call was released while it ran. */
  readonly #isReleased: Uint8Array;
  /** Slots whose call is laid out, and not listed. */
  readonly #isLaidOut: Uint8Array;
  readonly #generations: Int32Array;
  readonly #sequences: Float64Array;
  readonly #free: Int32Array;
  #freeCount: number;
  #nextSequence = 0;
  readonly #members: Map<number, BoardMember> = new Map();
  #nextLife = 1;
  /** By number of the operation. */
  readonly #habits: OperationHabit[] = [];
  /** By slot: number of the operation. */
  readonly #numbers: Int32Array;
  readonly #onBell: () => void;
  readonly #onLook: () => void;
  readonly #onTurn: () => void;
  #isArmed = false;
  /** Whether `onBell` will be called. One wait is enough: it ends at the next ring, however often the bell is armed before. */
  #isWaiting = false;
  #isAttending = false;
  /** Whether answers are being delivered, after which lanes are woken for what is posted meanwhile. */
  #isDelivering = false;
  #isTurnPlanned = false;
  #lookTimer: Timer = undefined;
  #lookMs = LOOK_MS;
  /** Calls posted since the last flush, and how long they may take, in ms. */
  #posted = 0;
  #postedMs = 0;

  /** @param parts what it is made of */
  constructor(parts: SharedBoardParts) {
    this.#parts = parts;
    this.memory = CallBoard.allocate(parts.slots);
    this.successors = Successors.allocate(parts.slots);
    this.#encoder = new Encoder(this.memory.memory);
    this.#calls = new Array(parts.slots).fill(undefined);
    this.#isReleased = new Uint8Array(parts.slots);
    this.#isLaidOut = new Uint8Array(parts.slots);
    this.#numbers = new Int32Array(parts.slots);
    this.#generations = new Int32Array(parts.slots);
    this.#sequences = new Float64Array(parts.slots);
    this.#free = new Int32Array(parts.slots);
    for (let slot = 0; slot < parts.slots; slot++) this.#free[slot] = parts.slots - 1 - slot;
    this.#freeCount = parts.slots;
    this.#onBell = () => {
      this.#isWaiting = false;
      this.#isArmed = false;
      this.#attend();
    };
    this.#onLook = () => {
      this.#lookTimer = undefined;
      this.#lookMs = Math.min(2 * this.#lookMs, MOST_LOOK_MS);
      // Calls may take longer than they used to: with some left, nobody is to sleep.
      this.#wakeForAll();
      this.#attend();
    };
    this.#onTurn = () => {
      this.#isTurnPlanned = false;
      this.#attend();
    };
  }

  get room(): number {
    if (this.#freeCount > 0 && !this.memory.hasRoom) this.#sweep();
    return this.memory.hasRoom ? this.#freeCount : 0;
  }

  /** How many slots are taken. */
  get occupied(): number {
    return this.#calls.length - this.#freeCount;
  }

  // Calls.

  post(call: LaneCall, isFollowed: boolean): boolean {
    const slot = this.#open(call, isFollowed);
    if (slot >= 0) this.#list(slot);
    return slot !== NOT_OPENED;
  }

  layOut(call: LaneCall): boolean {
    const number = this.#parts.numbers.of(call.operation);
    if (!this.successors.takes(number)) return false;
    const slot = this.#open(call, true);
    if (slot >= 0) {
      this.#isLaidOut[slot] = 1;
      this.successors.set(number, slot);
    }
    return slot !== NOT_OPENED;
  }

  enlist(call: LaneCall): void {
    const { slot } = call;
    if (this.#calls[slot] !== call) return;
    this.#clearLaidOut(slot);
    if (this.memory.openWord(slot) !== 0) this.#list(slot);
  }

  disown(call: LaneCall): void {
    if (this.#calls[call.slot] === call) this.successors.follow(call.slot, false);
  }

  /** @returns the slot where the call is open now; `ENDED` when it has been ended meanwhile; or `NOT_OPENED` when it is not of the kind that goes here */
  #open(call: LaneCall, isFollowed: boolean): number {
    const number = this.#parts.numbers.of(call.operation);
    const habit = this.#habits[number] ??= new OperationHabit();
    if (call.transfer !== undefined || habit.skips()) return NOT_OPENED;
    const slot = this.#free[--this.#freeCount]!;
    this.#calls[slot] = call;
    call.slot = slot;
    let length: number;
    try {
      length = this.#encode(slot, call.args);
    } catch (cause) {
      const isStillHere = this.#calls[slot] === call;
      this.#release(slot);
      const error = findUncloneable(call.operation.name, call.args, cause);
      if (isStillHere) this.#parts.events.unsendable(call, error);
      return ENDED;
    }
    // An accessor among the arguments may have ended the call meanwhile.
    if (this.#calls[slot] !== call) {
      this.#release(slot);
      return ENDED;
    }
    const isTaken = length !== NOT_TAKEN && length !== NO_ROOM;
    habit.noteTaken(isTaken);
    if (!isTaken) {
      this.#release(slot);
      return NOT_OPENED;
    }
    const generation = this.#generations[slot]!++;
    this.#sequences[slot] = this.#nextSequence++;
    const { isLimited } = call;
    this.#numbers[slot] = number;
    this.successors.follow(slot, isFollowed);
    this.memory.open(
      slot,
      generation,
      isLimited ? ~number : number,
      call.id,
      length,
      call.latestMs,
    );
    return slot;
  }

  #list(slot: number): void {
    this.memory.list(slot);
    this.#postedMs += this.#habits[this.#numbers[slot]!]!.meanMs + DISPATCH_MS;
    // The lanes begin while the rest of a burst is posted.
    if (++this.#posted === EARLY_CALLS) this.#wakeLanes();
  }

  #clearLaidOut(slot: number): void {
    if (this.#isLaidOut[slot] === 0) return;
    this.#isLaidOut[slot] = 0;
    this.successors.clear(this.#numbers[slot]!);
  }

  flush(): void {
    // Between two lots of answers a few quick calls are no reason to wake a lane, which would be done with them before the next few come.
    const isWorthIt = this.#posted >= LOT_CALLS || this.#postedMs >= LOT_MS;
    if (this.#posted > 0) this.#lookSoon();
    if (!this.#isDelivering || isWorthIt) this.#wakeForPosted();
    if (!this.#isArmed) this.#attend();
  }

  isStarted(call: LaneCall): boolean {
    return this.memory.startedBy(call.slot) >= 0;
  }

  startedMs({ slot }: LaneCall): number {
    return this.#stampsOf(slot)?.startedMs(slot) ?? NaN;
  }

  endedMs({ slot }: LaneCall): number {
    return this.memory.hasEnded(slot) ? this.#stampsOf(slot)?.endedMs(slot) ?? NaN : NaN;
  }

  /** The stamps of who has started the call in a slot; undefined when nobody has. */
  #stampsOf(slot: number): CallStamps | undefined {
    return this.#members.get(this.memory.startedBy(slot))?.stamps;
  }

  laneOf(call: LaneCall): number {
    return this.#members.get(this.memory.startedBy(call.slot))!.index;
  }

  recall(call: LaneCall): boolean {
    const { slot } = call;
    if (this.#calls[slot] !== call) return false;
    // One that is being posted this moment is not open yet, and nobody's.
    if (!this.memory.recall(slot)) {
      if (this.memory.startedBy(slot) >= 0) return false;
      this.#calls[slot] = undefined;
      return true;
    }
    this.#release(slot);
    return true;
  }

  started(): LaneCall[] {
    const calls: LaneCall[] = [];
    for (let slot = 0; slot < this.#calls.length && this.occupied > 0; slot++) {
      const call = this.#calls[slot];
      if (call !== undefined && this.memory.startedBy(slot) >= 0) calls.push(call);
    }
    return calls;
  }

  recallAll(): LaneCall[] {
    const recalled = this.#inOrder((slot) =>
      this.#isLaidOut[slot] === 0 && this.memory.recall(slot)
    );
    // Nothing is open any more: what is left in the ring is nobody's.
    while (this.memory.take() >= 0);
    return recalled;
  }

  recallSome(makesWay: (call: LaneCall) => boolean): LaneCall[] {
    return this.#inOrder((slot) => {
      const call = this.#calls[slot];
      const isListed = this.#isLaidOut[slot] === 0 && this.memory.openWord(slot) !== 0;
      const isWaiting = call !== undefined && isListed;
      return isWaiting && makesWay(call) && this.memory.recall(slot);
    });
  }

  // What the lanes' hosts ask.

  /**
   * Lists every open call anew that was listed before: a lane that was retired, or stopped, may have dropped one that it had taken. Those in the hands of other lanes are listed too, which
   * does no harm: a number is a hint, and one of two lanes claims the call.
   */
  listAnew(): void {
    const { memory } = this;
    while (memory.take() >= 0);
    const open: number[] = [];
    for (let slot = 0; slot < this.#calls.length; slot++) {
      if (this.#isLaidOut[slot] === 0 && memory.openWord(slot) !== 0) open.push(slot);
    }
    open.sort((a, b) => this.#sequences[a]! - this.#sequences[b]!);
    for (const slot of open) memory.list(slot);
    if (open.length === 0) return;
    this.#posted += open.length;
    this.#postedMs = Infinity;
    this.flush();
  }

  /** Enters a life of a lane. @returns its number */
  join(member: BoardMember): number {
    const life = this.#nextLife++;
    this.#members.set(life, member);
    return life;
  }

  /** Forgets a life that has ended. @returns the calls it had started and not answered, in the order they were posted */
  leave(life: number): LaneCall[] {
    this.#members.delete(life);
    this.memory.releasePark(life);
    let sleepers = 0;
    for (const member of this.#members.values()) if (member.isAsleep) sleepers++;
    this.memory.recountSleepers(sleepers);
    // Nobody is left to ring; a wait that stayed pending would keep this board in memory.
    if (this.#members.size === 0) this.memory.releaseBell();
    return this.#inOrder((slot) => this.memory.startedBy(slot) === life);
  }

  /** Whether the call in this slot is still wanted. */
  holds(slot: number): boolean {
    return this.#calls[slot] !== undefined;
  }

  /** The call in this slot; undefined when it was given up. */
  at(slot: number): LaneCall | undefined {
    return this.#calls[slot];
  }

  /** Whether this is the slot of this call. */
  isAt(slot: number, call: LaneCall): boolean {
    return this.#calls[slot] === call;
  }

  /** Gives up a call that runs; its slot stays taken until the answer comes. @returns whether it was still running */
  abandon(slot: number): boolean {
    this.#calls[slot] = undefined;
    // One that has ended keeps nobody waiting: its answer is on the way.
    if (this.memory.hasEnded(slot)) return false;
    this.#isReleased[slot] = 1;
    this.successors.follow(slot, false);
    this.memory.abort(slot);
    return true;
  }

  /** Records how long the call in this slot ran, in ms. */
  noteRun(slot: number, tookMs: number): void {
    this.#habits[this.#numbers[slot]!]!.noteRun(tookMs);
  }

  /** Frees the slot of an answered call. @returns the call, or undefined when it had been given up */
  take(slot: number): LaneCall | undefined {
    const call = this.#calls[slot];
    this.#release(slot);
    return call;
  }

  /** Whether the call in this slot was released while it ran. */
  isReleased(slot: number): boolean {
    return this.#isReleased[slot] === 1;
  }

  /**
   * @returns how many bytes the arguments have, negative when they are in the slot's cell, where they are too many to be taken for
   * `NOT_TAKEN` or `NO_ROOM`
   */
  #encode(slot: number, args: readonly unknown[]): number {
    const { memory } = this;
    const length = this.#encoder.encodeList(args, memory.inlineStart(slot), memory.inlineEnd(slot));
    if (length !== NO_ROOM) return length;
    const larger = this.#encoder.encodeList(args, memory.cellStart(slot), memory.cellEnd(slot));
    return larger < 0 ? larger : -larger;
  }

  #release(slot: number): void {
    this.#clearLaidOut(slot);
    this.memory.close(slot);
    this.#calls[slot] = undefined;
    this.#isReleased[slot] = 0;
    this.#free[this.#freeCount++] = slot;
  }

  /**
   * Takes the numbers of recalled calls out of the ring, which they fill while the lanes are at work on others. A call that found no room for
   * them would wait for ever: the lanes pass over such numbers without a word.
   */
  #sweep(): void {
    const { memory } = this;
    const open: number[] = [];
    for (let slot = memory.take(); slot >= 0; slot = memory.take()) open.push(slot);
    for (const slot of open) memory.list(slot);
    if (open.length === 0) return;
    // A lane may have found the ring empty meanwhile, and gone to sleep.
    this.#posted += open.length;
    this.#postedMs = Infinity;
  }

  #inOrder(takes: (slot: number) => boolean): LaneCall[] {
    const calls: LaneCall[] = [];
    for (let slot = 0; slot < this.#calls.length; slot++) {
      if (!takes(slot)) continue;
      const call = this.#calls[slot];
      if (call !== undefined) calls.push(call);
      this.#release(slot);
    }
    return calls.sort((a, b) => this.#sequences[a.slot]! - this.#sequences[b.slot]!);
  }

  // Answers.

  collect(): boolean {
    let hasAny = false;
    for (const member of this.#members.values()) hasAny = member.collect(Infinity) > 0 || hasAny;
    return hasAny;
  }

  /**
   * Wakes as many lanes as the work is worth: waking one costs both threads some microseconds, in which a single lane runs dozens of the
   * quickest calls. Those that are awake, and will look by themselves, are counted upon first. One that changes its state meanwhile looks at the board as it does.
   */
  #wakeLanes(): void {
    const needed = Math.min(
      Math.ceil(this.#postedMs / LANE_SHARE_MS),
      Math.ceil(this.#postedMs / this.#posted / PROGRAM_MS),
    );
    let wanted = Math.min(this.memory.listed, needed);
    for (let depth = 0; depth <= MOST_DEPTH; depth++) {
      for (const member of this.#members.values()) {
        if (wanted <= 0) return;
        if (member.depth === depth && member.wake()) wanted--;
      }
    }
  }

  /** Wakes lanes for what was posted since this was done last. */
  #wakeForPosted(): void {
    if (this.#posted === 0) return;
    this.#wakeLanes();
    this.#posted = 0;
    this.#postedMs = 0;
    for (const member of this.#members.values()) member.watch();
  }

  /**
   * Wakes as many lanes that sleep as there are calls. Not fewer where some are awake: one that runs a call of an operation that was quick so far is counted
   * upon as long as the call takes, and this one may take for ever.
   */
  #wakeForAll(): void {
    let wanted = this.memory.listed;
    for (const member of this.#members.values()) {
      if (wanted <= 0) return;
      if (member.isAsleep && member.wake()) wanted--;
    }
  }

  /**
   * Delivers the answers, and sees to it that the next ones are noticed as long as there may be any. Delivering gives out more calls, which comes
   * back here: the first one goes on for all of them.
   */
  #attend(): void {
    if (this.#isAttending) return;
    this.#isAttending = true;
    this.#isArmed = false;
    const untilMs = this.#parts.clock.now() + ATTEND_MS;
    const { memory } = this;
    try {
      for (;;) {
        memory.silenceBell();
        const help = memory.takeHelpCall();
        if ((help & LIST_ANEW) !== 0) this.listAnew();
        else if (help !== 0) this.#wakeForAll();
        this.#isDelivering = true;
        while (this.#deliver());
        this.#isDelivering = false;
        this.#wakeForPosted();
        if (this.#isTurnPlanned || !this.#isExpecting()) break;
        if (this.#parts.spinUs > 0 && this.#spin(untilMs)) continue;
        if (memory.armBell() && this.#wait()) {
          this.#isArmed = true;
          break;
        }
        // Lanes may answer as fast as this thread can give them calls. The program's own work is to have its turn.
        if (this.#parts.clock.now() < untilMs) continue;
        this.#isTurnPlanned = true;
        this.#parts.clock.afterTurn(this.#onTurn);
        break;
      }
    } finally {
      this.#isAttending = false;
      this.#isDelivering = false;
    }
    if (this.#isExpecting()) {
      this.#lookTimer ??= this.#parts.clock.setTimer(this.#onLook, this.#lookMs, true);
    }
  }

  /** There are new calls: the next look is not to be in a long while. */
  #lookSoon(): void {
    if (this.#lookMs === LOOK_MS) return;
    this.#lookMs = LOOK_MS;
    if (this.#lookTimer === undefined) return;
    const { clock } = this.#parts;
    clock.clearTimer(this.#lookTimer);
    this.#lookTimer = clock.setTimer(this.#onLook, LOOK_MS, true);
  }

  /**
   * Delivers some answers of each lane, and gives out more calls before it goes on.
   *
   * @returns whether there may be more. Not whether there are: a lane that answers as fast as this thread reads would keep it reading
   * one by one, and be slowed down by it; it rings when there are enough
   */
  #deliver(): boolean {
    let mayBeMore = false;
    for (const member of this.#members.values()) {
      const count = member.collect(MOST_AT_ONCE);
      if (count > 0) member.settle();
      if (count >= MOST_AT_ONCE) mayBeMore = true;
    }
    return mayBeMore;
  }

  /** @returns whether the bell will be heard; false when it has rung already */
  #wait(): boolean {
    this.#isWaiting ||= this.#parts.bell.wait(this.memory, this.#onBell);
    return this.#isWaiting;
  }

  /** @param untilMs when the program's own work is to have its turn @returns whether answers came while this thread did nothing but look */
  #spin(untilMs: number): boolean {
    const { clock, spinUs } = this.#parts;
    let nowMs = clock.now();
    const endMs = Math.min(nowMs + spinUs / 1_000, untilMs);
    for (; nowMs < endMs; nowMs = clock.now()) {
      for (let n = 0; n < LOOKS_PER_CLOCK; n++) if (this.#hasAnswers()) return true;
    }
    return false;
  }

  /** Whether answers may come. */
  #isExpecting(): boolean {
    if (this.occupied > 0) return true;
    for (const member of this.#members.values()) if (member.mailed > 0) return true;
    return false;
  }

  #hasAnswers(): boolean {
    for (const member of this.#members.values()) if (!member.hasNoAnswers) return true;
    return false;
  }
}
