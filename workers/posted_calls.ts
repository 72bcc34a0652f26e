/**
 * The call board as one lane uses it: taking calls, starting them, leaving their answers, and resting when there are none.
 *
 * @module
 */

import { AnswerWriter } from "../lib/bridge/answer_ring.ts";
import { CallBoard } from "../lib/bridge/call_board.ts";
import { CallStamps } from "../lib/bridge/call_stamps.ts";
import type { ControlBlock } from "../lib/bridge/control_block.ts";
import { Decoder } from "../lib/bridge/decoder.ts";
import type { LaneBoardInit } from "../lib/bridge/protocol.ts";
import { Successors } from "../lib/bridge/successors.ts";
import type { AbortFlags } from "./context.ts";
import { Lingering } from "./lingering.ts";

/** How many answers may wait for others before the gate is woken. */
const MOST_UNRUNG = 64;
/**
 * How long an answer may wait for others, in ms: at first, and in the end; in between it is an eighth of the time that the lane has been at work without a rest.
 * Each ring has the gate's thread take a core from somebody, which is where all the time goes that long bursts lose.
 */
const FIRST_HOLD_MS = 1;
const LONGEST_HOLD_MS = 4;
const HOLD_SHARE = 1 / 8;
/** How often a lingering lane looks at the board before it looks at the clock. */
const LOOKS_PER_CLOCK = 32;

/** One lane's side of the board. */
export class PostedCalls implements AbortFlags {
  readonly isBoard: boolean = true;
  readonly #board: CallBoard;
  readonly #control: ControlBlock;
  readonly #stamps: CallStamps;
  readonly #answers: AnswerWriter;
  readonly #decoder: Decoder;
  readonly #successors: Successors;
  readonly #life: number;
  readonly #lingering: Lingering;
  /** The call to go on with, and its claim word when that was read; -1 for none. */
  #next = -1;
  #nextWord = 0;
  /** Whether a call was started since this lane ran out of them last. */
  #hasWorked = false;
  #unrung = 0;
  #oldestMs = 0;
  /** How long an answer may wait now, in ms, and since when this lane is at work. */
  #holdMs = FIRST_HOLD_MS;
  #awakeMs = 0;
  #isAsleep = false;

  /** @param init what the gate has told @param control the lane's control block */
  constructor(init: LaneBoardInit, control: ControlBlock) {
    this.#board = new CallBoard(init.memory, init.slots);
    this.#control = control;
    this.#stamps = new CallStamps(init.stamps);
    this.#answers = new AnswerWriter(init.answers);
    this.#decoder = new Decoder(init.memory);
    this.#successors = new Successors(init.successors);
    this.#life = init.life;
    const { spinUs } = init;
    this.#lingering = new Lingering(spinUs === undefined ? undefined : spinUs / 1_000);
  }

  /** Whether nothing is listed for this lane. */
  get isEmpty(): boolean {
    return this.#board.isEmpty || !this.#control.takesCalls;
  }

  /**
   * Takes the next call. A lane that was retired, or stopped, in between hands back what it has taken, unstarted: it may have been posted after the order, by a program that
   * relies on another lane to run it.
   *
   * @returns its slot, or -1
   */
  take(): number {
    if (!this.#control.takesCalls) return -1;
    const slot = this.#board.take();
    if (slot < 0 || this.#control.takesCalls) return slot;
    this.#board.handBack();
    return -1;
  }

  /** @returns the claim word of the call that was taken last, if that is still to be run, or 0 */
  openWord(slot: number): number {
    const word = this.#board.takenWord;
    return this.#board.openWord(slot) === word ? word : 0;
  }

  /** Number of the operation, or its complement for a call with a limit. */
  operation(slot: number): number {
    return this.#board.operation(slot);
  }

  /** Id of the token. */
  tokenId(slot: number): number {
    return this.#board.tokenId(slot);
  }

  /** When the call may start at the latest, in ms since the epoch. */
  latestMs(slot: number): number {
    return this.#board.latestMs(slot);
  }

  /** @returns the arguments @throws {Error} when they are no longer there, or were never right */
  args(slot: number): unknown[] {
    const start = this.#board.argumentsStart(slot);
    return this.#decoder.decodeList(start, start + this.#board.argumentBytes(slot));
  }

  /** Claims a call that is about to be run. @returns false when it must not be */
  start(slot: number, word: number, nowMs: number): boolean {
    if (this.#control.isStopped) return false;
    this.#stamps.start(slot, nowMs);
    if (!this.#board.start(slot, word, this.#life)) return false;
    this.#hasWorked = true;
    this.#control.countPosted();
    return true;
  }

  /**
   * Claims a call that cannot be run, in order to say so: to the gate it has started and ended at once, so that no limit is held against it
   * while the answer is on its way, and giving it up keeps nobody waiting.
   *
   * @returns false when it is not for this lane to say
   */
  refuse(slot: number, word: number, nowMs: number): boolean {
    if (!this.start(slot, word, nowMs)) return false;
    this.end(slot, nowMs);
    return true;
  }

  /** Stamps the end of a call, after a look at what is to follow it. */
  end(slot: number, nowMs: number): void {
    this.noteNext(slot);
    this.#stamps.end(slot, nowMs);
    this.#board.end(slot, this.#life);
    this.#control.countReturn();
  }

  /** Notes what is to follow the call in a slot, which has come to its end. Before anybody may know of that end. */
  noteNext(slot: number): void {
    const number = this.#board.operation(slot);
    const operation = number < 0 ? ~number : number;
    const next = this.#successors.after(slot, operation);
    if (next < 0) return;
    const word = this.#board.openWord(next);
    if (word === 0 || this.#successors.after(slot, operation) !== next) return;
    this.#next = next;
    this.#nextWord = word;
  }

  /** Takes the call that follows one that has ended here, as {@linkcode PostedCalls.take} does. @returns its slot, or -1 */
  takeNext(): number {
    const slot = this.#next;
    this.#next = -1;
    if (slot < 0 || !this.#control.takesCalls) return -1;
    this.#board.takenWord = this.#nextWord;
    return this.#board.openWord(slot) === this.#nextWord ? slot : -1;
  }

  /** A thread that was given up has its slot no more, and should stop whatever the flag there says. */
  isAborted(slot: number): boolean {
    return this.#control.isStopped || this.#board.isAborted(slot);
  }

  /**
   * Leaves an answer in the ring.
   *
   * @returns false when it has to go by message
   * @throws what an accessor in the value throws
   */
  answer(tag: number, outcome: number, value: unknown, nowMs: number): boolean {
    if (!this.#answers.write(tag, outcome, value)) return false;
    if (this.#unrung++ === 0) this.#noteFirst(nowMs);
    if (this.#unrung >= MOST_UNRUNG || nowMs - this.#oldestMs >= this.#holdMs) this.ring();
    return true;
  }

  #noteFirst(nowMs: number): void {
    this.#oldestMs = nowMs;
    if (this.#awakeMs === 0) this.#awakeMs = nowMs;
    const holdMs = (nowMs - this.#awakeMs) * HOLD_SHARE;
    this.#holdMs = Math.min(Math.max(holdMs, FIRST_HOLD_MS), LONGEST_HOLD_MS);
  }

  /** This lane is about to sleep, or is awake again, as it may have been before. */
  noteAsleep(isAsleep: boolean): void {
    if (isAsleep === this.#isAsleep) return;
    this.#isAsleep = isAsleep;
    this.#awakeMs = 0;
    if (!isAsleep) this.#board.releasePark(this.#life);
    this.#board.countSleeper(isAsleep ? 1 : -1);
  }

  /** Asks whether this lane may park; if so it is about to, and to say so. */
  claimPark(): boolean {
    return this.#board.claimPark(this.#life);
  }

  /** This lane goes to work for long, and has said so: what is listed is for others. */
  handOn(): void {
    this.#board.callForHelp();
  }

  /** Wakes the gate for the answers that it may not know of. */
  ring(): void {
    if (this.#unrung === 0) return;
    this.#unrung = 0;
    this.#board.ringBell();
  }

  /** Looks for calls over and over for a short time, once it has run out of them. @returns whether there is one */
  linger(): boolean {
    if (!this.#hasWorked) return false;
    this.#hasWorked = false;
    const limitMs = this.#lingering.limitMs();
    if (limitMs === 0) return false;
    const { unheardMs } = this.#lingering;
    const startMs = performance.now();
    let tookMs: number;
    let isEmpty: boolean;
    do {
      for (let n = 0; (isEmpty = this.#board.isEmpty) && n < LOOKS_PER_CLOCK; n++);
      tookMs = performance.now() - startMs;
      // It has not come for its answers: its processor sleeps, or is this one.
      if (tookMs > unheardMs && this.#board.hasRung) break;
    } while (isEmpty && tookMs < limitMs);
    this.#lingering.note(!isEmpty);
    return !isEmpty;
  }
}
