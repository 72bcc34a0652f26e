/**
 * The contract where gate and lanes meet: what a gate may ask of any lane, and what a lane tells its gate. Neither plane
 * imports the other; both import this.
 *
 * @module
 */

import type { LeadChildren } from "./child_table.ts";
import type { ChildTally } from "./child_tally.ts";

/** Where the function of an operation is found: among what its module declares, or exports; or in the call itself, as its text. */
export type FunctionSource = "declared" | "export" | "text";

/** The part of a declared operation that crosses to a lane. */
export interface OperationReference {
  /** URL of the module that declares the operation. */
  readonly url: string;
  /** Name under which it is declared there. */
  readonly name: string;
  /** How many of its asynchronous calls may overlap in one lane. Default: 1. */
  readonly perLane?: number | undefined;
  /** Where its function is found. Default: among what its module declares. */
  readonly source?: FunctionSource | undefined;
  /** How many items of a stream may have been made and not read. Default: 64. */
  readonly window?: number | undefined;
  /** Whether its results stay in the lanes that made them until somebody asks for them. Default: no. */
  readonly keeps?: boolean | undefined;
}

/** A call that a lane's call has made, and that is to run elsewhere. */
export interface ChildCall {
  /** Id of its token, given by the lane. */
  readonly id: number;
  /** Id of the call of that lane that it belongs to. */
  readonly leadId: number;
  /** Id of the call that made it, which may be one that ran inside of the lead; and of the one at the root of the domain. */
  readonly parentId: number;
  readonly domainId: number;
  /** URL of the module that declares the operation, its name there, and how many of its calls may overlap in one lane. */
  readonly url: string;
  readonly name: string;
  readonly perLane: number;
  /** Whether it must not run in the lane that made it. */
  readonly isForOthers: boolean;
  /** Whether it is to run elsewhere though that may be slower. */
  readonly isEager: boolean;
  readonly timeoutMs: number | undefined;
  readonly queueTimeoutMs: number | undefined;
  readonly deadlineMs: number | undefined;
  readonly priority: number;
  readonly args: readonly unknown[];
  /** Memory that came with the arguments, and that the lane has no more. */
  readonly moved: readonly object[];
}

/** What became of such a call. */
export interface ChildOutcome {
  readonly id: number;
  /** State code of its token. */
  readonly code: number;
  /** The result, or the error. */
  readonly value: unknown;
  /** Its stamps, in ms since the epoch; NaN where it did not get so far. */
  readonly admittedMs: number;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** One call as a lane sees it. The gate's tokens are these; the lane writes nothing but `slot`. */
export interface LaneCall {
  /** The token's id. */
  readonly id: number;
  /** What to run. */
  readonly operation: OperationReference;
  /** Whether it has a time limit or a signal: it may be stopped for good while it runs. */
  readonly isLimited: boolean;
  /** After this it is not to be started any more, in ms since the epoch; infinite for no such time. */
  readonly latestMs: number;
  /** What to run it with; read when the batch is sent. */
  readonly args: readonly unknown[];
  /** What of them is to be moved, beside what is marked among them. */
  readonly transfer: readonly object[] | undefined;
  /** Place in the mailbox of the lane, or on the board, that holds the call; meaningless while none does. */
  slot: number;
}

/** How a lane ended. */
export interface LaneLoss {
  /** What ended it, where it could say. */
  readonly cause: unknown;
  /** Exit code, where the runtime tells it. */
  readonly exitCode: number | undefined;
  /** Whether the lane had taken calls: false when it failed to start. */
  readonly wasReady: boolean;
  /** Whether a call that had been released was still running. */
  readonly wasStuck: boolean;
  /** Calls that may have started and have no answer, those of the board first. */
  readonly started: readonly LaneCall[];
  /** Calls that have certainly not started and were taken back: all of the board, then those of its mailbox, as they were sent. */
  readonly unstarted: readonly LaneCall[];
}

/** What a lane tells its gate. No event arrives inside a call of the lane's own methods, except `unsendable`. */
export interface LaneEvents {
  /** The lane takes calls. */
  ready(lane: Lane): void;
  /** The function returned. The value is a `KeptValue` where the lane has kept it. */
  returned(lane: Lane, call: LaneCall, value: unknown, startedMs: number, endedMs: number): void;
  /** The function threw or rejected. */
  threw(lane: Lane, call: LaneCall, error: unknown, startedMs: number, endedMs: number): void;
  /** The function was not started and cannot be. */
  unstartable(lane: Lane, call: LaneCall, error: unknown): void;
  /** The function was not started: its time had run out. */
  expired(lane: Lane, call: LaneCall): void;
  /** The arguments cannot be sent. Arrives inside `flush` of a lane, or `post` of the board. */
  unsendable(call: LaneCall, error: unknown): void;
  /** A call that was released had run after all; its result is dropped. */
  late(lane: Lane): void;
  /** A call of this lane has made a call that is to run elsewhere. */
  called(lane: Lane, call: ChildCall): void;
  /** The arguments of such a call cannot be read. */
  unreadable(lane: Lane, id: number, error: unknown): void;
  /** Such a call is not wanted any more. */
  givenUp(lane: Lane, id: number, reason: unknown): void;
  /** All that runs in the lane waits for such calls: until it is given one, it may run one, of whatever call. @param isFull whether it takes no others meanwhile */
  hungry(lane: Lane, isFull: boolean): void;
  /** The lane takes all calls again. */
  roomy(lane: Lane): void;
  /** The function is a generator, and has made items. Without any it has come to its end without. */
  yielded(lane: Lane, call: LaneCall, items: readonly unknown[]): void;
  /** The function has reported its progress. */
  progressed(lane: Lane, call: LaneCall, value: unknown): void;
  /** What it has made, or reported, cannot be read. */
  garbled(lane: Lane, call: LaneCall, error: unknown): void;
  /** The events of one message are all delivered: time to send more. */
  settled(lane: Lane): void;
  /** A lane that was told to retire has finished, and is to be stopped. `failures` are those of its dispose hooks. */
  retired(lane: Lane, failures: readonly unknown[]): void;
  /** The lane is gone, once per start, whatever the reason. It may be started again. */
  lost(lane: Lane, loss: LaneLoss): void;
}

/** Who has a call that was admitted: the mailbox of a lane, or the board. */
export interface CallHolder {
  /** Whether the call has started. */
  isStarted(call: LaneCall): boolean;
  /** When it started, in ms since the epoch; NaN before. */
  startedMs(call: LaneCall): number;
  /** When it came to its end, in ms since the epoch; NaN while it runs. Its answer is on the way then. */
  endedMs(call: LaneCall): number;
  /** Takes the call back; true means that it has not started and never will here. */
  recall(call: LaneCall): boolean;
  /** Calls that have started here and are neither answered nor released, in no order. Of a lane, those of its mailbox. */
  started(): LaneCall[];
}

/**
 * What lanes with shared memory have in common: calls are posted here, and the lane that is free takes the next one. Calls that do not fit go to the
 * mailbox of some lane.
 */
export interface Board extends CallHolder {
  /** How many calls may be posted now. */
  readonly room: number;
  /**
   * Posts a call. There must be room.
   *
   * @param isFollowed whether its end gives a permit to the next call of its operation
   * @returns false when its arguments are not of the kind that goes here: send them to a lane
   */
  post(call: LaneCall, isFollowed: boolean): boolean;
  /**
   * Lays a call out, the only one of its operation: a lane that ends a call that is followed may start it, none else. There must be room.
   *
   * @returns false when it is not of the kind that can be laid out
   */
  layOut(call: LaneCall): boolean;
  /** Any lane may start what was laid out, if none has. There must be room, unless it has started. */
  enlist(call: LaneCall): void;
  /** The end of a call that runs gives nothing to others any more. */
  disown(call: LaneCall): void;
  /** Wakes lanes for what was posted, and waits for answers, those of mailboxes included. Answers may be delivered inside. */
  flush(): void;
  /** Number of the lane that has started the call. */
  laneOf(call: LaneCall): number;
  /** Takes back every call that was posted and has not started, and returns them in the order they were posted. */
  recallAll(): LaneCall[];
  /** Takes back those of them that a function says yes to, each asked once; the others stay where they are in the order. */
  recallSome(makesWay: (call: LaneCall) => boolean): LaneCall[];
  /** Delivers the answers there are by now; `settled` is not among the events. @returns whether there were any */
  collect(): boolean;
}

/** One lane: an isolate and its mailbox. It runs calls one at a time: those of its mailbox in the order they were sent, by turns with those of the board. */
export interface Lane extends CallHolder {
  /** The lane's number in its gate. */
  readonly index: number;
  /** How many calls fit in the mailbox, beside those whose generators wait for their readers. */
  readonly capacity: number;
  /** Slots taken: calls without an answer, the released ones included; but for those whose generators wait for their readers, and so keep no other call waiting. */
  readonly occupied: number;
  /** Calls that have started here and are neither answered nor released, those of the board included. */
  readonly executing: number;
  /** Calls of the mailbox that have not started and may be taken back. */
  readonly unstarted: number;
  /** Adds up something of the calls of the mailbox that are neither answered nor given up. */
  sum(of: (call: LaneCall) => number): number;
  /** @returns the calls of the mailbox that have not started and could run elsewhere, in the order they were sent */
  movable(): LaneCall[];
  /** Whether a released call is still running, so that the calls behind it would wait for no one knows how long. */
  readonly stuck: boolean;
  /** Whether a module in it has a dispose hook, or somebody may ask for values it has kept: to end it on purpose, it is to be retired first. */
  readonly isDisposable: boolean;
  /** How many values it has kept that somebody may ask for. */
  readonly kept: number;
  /** How large its heap was when it last looked, in bytes; 0 when that is not known. */
  readonly heapBytes: number;

  /** Starts the lane; `ready` or `lost` follows. */
  start(): void;
  /** Puts a call in the mailbox. There must be room, and the lane must be ready. */
  send(call: LaneCall): void;
  /** Sends what `send` has gathered. */
  flush(): void;
  /** Sends a call at once, to be run beside what waits for such calls. There must be room, and the lane must be ready. */
  sendChild(call: LaneCall): void;
  /** Tells what became of calls that this lane has made. */
  answerChildren(outcomes: readonly ChildOutcome[]): void;
  /** Tells it to run such a call itself. */
  returnChild(call: ChildCall): void;
  /** Adds the calls that ran inside of its own, in all of its lives. */
  tallyChildren(tally: ChildTally): void;
  /** The calls that have such calls now. */
  leads(): LeadChildren[];
  /** Takes back up to `limit` calls that have not started, the last sent first; returns them in the order they were sent. */
  recallUnstarted(limit: number): LaneCall[];
  /** So many items of a call that has started here were read: as many more may be made. It may be one of the board. */
  grant(call: LaneCall, count: number): void;
  /** Asks a call that has started here to stop, and gives it up: its answer will be `late`. It may be one of the board. */
  release(call: LaneCall, reason: unknown): void;
  /**
   * Tells the lane, which must be ready, to take no more calls from the board, to finish what it has, and to run the dispose hooks of its modules;
   * `retired` follows, unless something ends it before.
   *
   * @param disposeTimeoutMs how long all hooks may take, in ms
   */
  retire(disposeTimeoutMs: number): void;
  /** Ends the lane, running work included; `lost` follows. */
  stop(): void;
  /** Whether the lane keeps the process alive. */
  hold(on: boolean): void;
}

/** In place of a run time: the call was not started, and is to go to a lane. */
export const CALLER_REFUSED: number = -1;
/** In place of a run time: the call goes on asynchronously. */
export const CALLER_PENDING: number = -2;

/** What the caller lane tells its gate, inside `run` or later. */
export interface CallerEvents {
  /** The function returned. */
  returned(call: LaneCall, value: unknown, startedMs: number, endedMs: number): void;
  /** The function threw or rejected, or its result cannot be copied. */
  threw(call: LaneCall, error: unknown, startedMs: number, endedMs: number): void;
  /** A call that was released has ended after all; its result is dropped. */
  late(): void;
  /** The function is a generator, and has made items. Without any it has come to its end without. */
  yielded(call: LaneCall, items: readonly unknown[]): void;
  /** The function has reported its progress. */
  progressed(call: LaneCall, value: unknown): void;
}

/** The caller's own thread as a place to run calls. It has no mailbox and no end, and nobody can stop what it runs. */
export interface CallerLane extends CallHolder {
  /** Calls that have started and are neither ended nor released. */
  readonly executing: number;
  /** Whether what runs now is a function that runs here, or was left running by one. */
  readonly isInside: boolean;
  /** Does some runs, in no asynchronous context of the program: a burst may have calls from several. */
  enter(runs: () => void): void;
  /** Runs a call, now. @returns how long its function took, in ms; or `CALLER_REFUSED` or `CALLER_PENDING` */
  run(call: LaneCall): number;
  /** So many items of a call were read: as many more may be made. */
  grant(call: LaneCall, count: number): void;
  /** Whether a call that has started is a generator that waits for its reader. */
  isWaiting(call: LaneCall): boolean;
  /** Asks a call that has started to stop, and gives it up. */
  release(call: LaneCall, reason: unknown): void;
}
