/**
 * A lane that can be lost and started again: what is the same for every kind of lane. The kinds differ in their runs.
 *
 * @module
 */

import type { LeadChildren } from "../bridge/child_table.ts";
import { ChildTally } from "../bridge/child_tally.ts";
import type { ChildCall, ChildOutcome, Lane, LaneCall } from "../bridge/contract.ts";
import type { Mailbox } from "./mailbox.ts";

/** One life of a lane, from its start to its end. Nothing is asked of it after it has ended. */
export interface LaneRun {
  /** Which calls it has. */
  readonly mailbox: Mailbox;
  /** Started calls that were given up and are not answered. */
  readonly released: number;
  /** Started calls that are neither answered nor given up, wherever they came from. */
  readonly executing: number;
  /** Those of them that are in the mailbox. */
  readonly executingMail: number;
  /** Puts a call in the mailbox. */
  send(call: LaneCall): void;
  /** Sends what was put in. */
  flush(): void;
  /** Whether a call that it holds has started. */
  isStarted(call: LaneCall): boolean;
  /** When it started, in ms since the epoch. */
  startedMs(call: LaneCall): number;
  /** When it ended, in ms since the epoch; NaN while it runs. */
  endedMs(call: LaneCall): number;
  /** Whether its arguments were moved here, so that it cannot be sent elsewhere. */
  hasMoved(call: LaneCall): boolean;
  /** Takes a call back unless it has started, or is not here. */
  recall(call: LaneCall): boolean;
  /** So many items of a started call were read. */
  grant(call: LaneCall, count: number): void;
  /** Calls of the mailbox whose generators wait for their readers. */
  readonly waiting: number;
  /** Gives a started call up. */
  release(call: LaneCall, reason: unknown): void;
  /** Whether a module in it has a dispose hook. */
  readonly isDisposable: boolean;
  /** How many values it has kept that somebody may ask for. */
  readonly kept: number;
  /** How large its heap is, in bytes; 0 when that is not known. */
  readonly heapBytes: number;
  /** Sends a call to be run beside what waits for such calls. */
  sendChild(call: LaneCall): void;
  /** Tells what became of calls that were made in it. */
  answerChildren(outcomes: readonly ChildOutcome[]): void;
  /** Tells it to run such a call itself. */
  returnChild(call: ChildCall): void;
  /** Adds the calls that ran inside of its own. @param isOver whether it has ended, and what had not ended with it */
  tallyChildren(tally: ChildTally, isOver: boolean): void;
  /** The calls that have such calls now. */
  leads(): LeadChildren[];
  /** Ends the run when it has finished what it has; it says when. */
  retire(disposeTimeoutMs: number): void;
  /** Ends the run. */
  stop(): void;
  /** Whether it keeps the process alive. */
  hold(on: boolean): void;
}

/** Starts a run of a lane, which calls `onEnd` before it reports the loss. */
export type StartRun = (lane: Lane, onEnd: () => void) => LaneRun;

/** A lane of any kind. */
export class RestartableLane implements Lane {
  readonly index: number;
  readonly #capacity: number;
  readonly #startRun: StartRun;
  readonly #onEnd: () => void;
  #run: LaneRun | undefined;
  /** What ran inside of calls in the lives before. */
  readonly #tally: ChildTally = new ChildTally();
  #isHeld = false;
  #isStarting = false;
  /** Whether it was stopped while it was being started. */
  #isUnwanted = false;
  /** How often it was started. */
  starts = 0;

  /** @param index number of the lane @param capacity slots of its mailbox @param startRun starts one life of it */
  constructor(index: number, capacity: number, startRun: StartRun) {
    this.index = index;
    this.#capacity = capacity;
    this.#startRun = startRun;
    this.#onEnd = () => {
      this.#run?.tallyChildren(this.#tally, true);
      this.#run = undefined;
    };
  }

  /** Whether it is started and not lost. */
  get isLive(): boolean {
    return this.#run !== undefined;
  }

  get capacity(): number {
    return this.#capacity - (this.#run?.waiting ?? 0);
  }

  get occupied(): number {
    const run = this.#run;
    return run === undefined ? 0 : run.mailbox.occupied - run.waiting;
  }

  get executing(): number {
    return this.#run?.executing ?? 0;
  }

  get unstarted(): number {
    const run = this.#run;
    return run === undefined ? 0 : Math.max(0, run.mailbox.held - run.executingMail);
  }

  sum(of: (call: LaneCall) => number): number {
    return this.#run?.mailbox.sum(of) ?? 0;
  }

  get stuck(): boolean {
    return (this.#run?.released ?? 0) > 0;
  }

  get isDisposable(): boolean {
    return this.#run?.isDisposable ?? false;
  }

  get kept(): number {
    return this.#run?.kept ?? 0;
  }

  get heapBytes(): number {
    return this.#run?.heapBytes ?? 0;
  }

  start(): void {
    if (this.#run !== undefined) {
      throw new Error(`Cannot start lane ${this.index}: it is running`);
    }
    this.starts++;
    this.#isStarting = true;
    this.#isUnwanted = false;
    try {
      this.#run = this.#startRun(this, this.#onEnd);
    } finally {
      this.#isStarting = false;
    }
    this.#run.hold(this.#isHeld);
    if (this.#isUnwanted) this.#run.stop();
  }

  send(call: LaneCall): void {
    this.#run!.send(call);
  }

  flush(): void {
    this.#run?.flush();
  }

  isStarted(call: LaneCall): boolean {
    return this.#run?.isStarted(call) ?? false;
  }

  startedMs(call: LaneCall): number {
    return this.#run!.startedMs(call);
  }

  endedMs(call: LaneCall): number {
    return this.#run!.endedMs(call);
  }

  recall(call: LaneCall): boolean {
    return this.#run!.recall(call);
  }

  started(): LaneCall[] {
    const run = this.#run;
    return run === undefined ? [] : run.mailbox.inOrder().filter((call) => run.isStarted(call));
  }

  movable(): LaneCall[] {
    const run = this.#run;
    if (run === undefined) return [];
    return run.mailbox.inOrder().filter((call) => !run.isStarted(call) && !run.hasMoved(call));
  }

  recallUnstarted(limit: number): LaneCall[] {
    const recalled: LaneCall[] = [];
    const held = this.#run?.mailbox.inOrder() ?? [];
    for (let i = held.length - 1; i >= 0 && recalled.length < limit; i--) {
      const call = held[i]!;
      if (!this.#run!.hasMoved(call) && this.#run!.recall(call)) recalled.push(call);
    }
    return recalled.reverse();
  }

  grant(call: LaneCall, count: number): void {
    this.#run?.grant(call, count);
  }

  release(call: LaneCall, reason: unknown): void {
    this.#run!.release(call, reason);
  }

  sendChild(call: LaneCall): void {
    this.#run!.sendChild(call);
  }

  answerChildren(outcomes: readonly ChildOutcome[]): void {
    this.#run?.answerChildren(outcomes);
  }

  returnChild(call: ChildCall): void {
    this.#run?.returnChild(call);
  }

  tallyChildren(tally: ChildTally): void {
    tally.merge(this.#tally);
    this.#run?.tallyChildren(tally, false);
  }

  leads(): LeadChildren[] {
    return this.#run?.leads() ?? [];
  }

  retire(disposeTimeoutMs: number): void {
    this.#run?.retire(disposeTimeoutMs);
  }

  stop(): void {
    // Starting a process or a thread may run what waits in the program's thread, the end of its gate included: there is no run to be stopped yet.
    this.#isUnwanted = this.#isStarting;
    this.#run?.stop();
  }

  hold(on: boolean): void {
    this.#isHeld = on;
    this.#run?.hold(on);
  }
}
