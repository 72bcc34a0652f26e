/**
 * The messages between a gate and its lanes. Both sides import this file and it imports nothing but types.
 *
 * A message is a flat array whose first element is its kind. Calls and results travel many to a message, as consecutive
 * groups of fields: an object per call would be cloned property by property on every runtime.
 *
 * @module
 */

import type { FunctionSource } from "./contract.ts";

/** Version of the messages below. A gate and a worker entry that differ refuse each other by name. */
export const PROTOCOL: number = 10;

/** The worker's handler is in place: `[UP]`. Nothing may be posted to a worker before. */
export const UP: number = 0;
/** First message to a lane: `[INIT, LaneInit]`. */
export const INIT: number = 1;
/** The lane takes calls: `[READY, protocol]`. */
export const READY: number = 2;
/** A numbered operation, sent once before its first call: `[OPERATION, number, OperationInit]`. */
export const OPERATION: number = 3;
/** Calls: `[CALLS, (slot, operation number or its complement, token id, arguments)…]`; the complement for a call with a limit. */
export const CALLS: number = 4;
/** A call should stop: `[ABORT, token id, serial, encoded reason]`. Its flag is raised already; for a process slot and serial number of the call follow, which raise it there. */
export const ABORT: number = 5;
/** Answers: `[ANSWERS, (tag, outcome, value)…]`; the tag is the slot of the board, or the complement of the slot of the mailbox. */
export const ANSWERS: number = 6;
/** The lane is about to die of this: `[CRASH, encoded error]`. */
export const CRASH: number = 7;
/** There are calls on the board: `[WAKE]`, to a lane that waits in its event loop. */
export const WAKE: number = 8;
/** The lane is to end when it has finished what it has: `[RETIRE, time for the dispose hooks in ms]`. It takes no more from the board already. */
export const RETIRE: number = 9;
/** A retired lane has finished what it had, and begins to dispose: `[DISPOSING]`. */
export const DISPOSING: number = 10;
/** A retired lane is done, and waits for its end: `[RETIRED, encoded errors of the dispose hooks]`. */
export const RETIRED: number = 11;
/** The lane has a module with a dispose hook: `[DISPOSABLE]`, once, before the answers of that module's calls. */
export const DISPOSABLE: number = 12;

/** Among the arguments of a thread: it was started as a lane. */
export const THREAD_LANE: string = "--tokengate-thread-lane";
/** Among the arguments of a process: it was started as a lane, and what follows is the number of its slots and the numbers of its three pipes. */
export const PROCESS_LANE: string = "--tokengate-lane";
/** The module of an operation is to be imported, where a lane shares no memory with its gate: `[LOAD, number]`. Sent while it has no call. */
export const LOAD: number = 13;
/** It is, or cannot be: `[LOADED, number]`. */
export const LOADED: number = 14;

/** A row of the lane's {@linkcode ChildTable} is for this operation: `[CHILD_ROW, row, url, name]`. */
export const CHILD_ROW: number = 15;
/** A call inside of a call is to run elsewhere: `[SPREAD, SpreadCall]`. */
export const SPREAD: number = 16;
/** Such a call is not wanted any more: `[GIVEN_UP, token id, encoded reason]`. */
export const GIVEN_UP: number = 17;
/** All that runs in the lane waits for such calls, so it may run some meanwhile: `[HUNGRY, whether it takes no others]`. */
export const HUNGRY: number = 18;
/** Such a call, to be run at once, beside what waits: `[CHILD_CALL, slot, operation number or its complement, token id, arguments]`. */
export const CHILD_CALL: number = 19;
/** What became of such calls: `[CHILD_ANSWERS, ChildAnswer…]`, to the lane that made them. */
export const CHILD_ANSWERS: number = 20;
/** Such a call is to run where it was made: `[CHILD_BACK, token id, arguments if they were moved]`. */
export const CHILD_BACK: number = 21;

/** The gate wants values that the lane has kept: `[FETCH, number of a value…]`. */
export const FETCH: number = 23;
/** Nobody can ask for some of them any more: `[FORGET, number of a value…]`. */
export const FORGET: number = 24;
/** One of them: `[KEPT_VALUE, its number, whether it is packed, value]`. */
export const KEPT_VALUE: number = 25;
/** One of them cannot be sent: `[KEPT_REFUSED, its number, encoded error]`. */
export const KEPT_REFUSED: number = 26;

/** A call inside of a call, on its way to the gate. */
export interface SpreadCall {
  /** Its token's id, given by the lane. */
  readonly id: number;
  /** Id of the call of this lane that it belongs to. */
  readonly leadId: number;
  /** Id of the call that made it, and of the one at the root of its domain. */
  readonly parentId: number;
  readonly domainId: number;
  readonly url: string;
  readonly name: string;
  readonly perLane: number;
  /** Whether it must not run where it was made. */
  readonly isForOthers: boolean;
  /** Whether it is to run elsewhere though that may be slower. */
  readonly isEager: boolean;
  readonly timeoutMs: number | undefined;
  readonly queueTimeoutMs: number | undefined;
  readonly deadlineMs: number | undefined;
  readonly priority: number;
  readonly args: readonly unknown[];
  /** Where instances stood among the arguments, if they were packed. */
  readonly places: readonly unknown[] | undefined;
  /** Memory that was moved with the arguments. From the gate on it is copied: a child is to be given to another lane as often as it takes. */
  readonly moved: readonly object[];
}

/** What became of a call that ran elsewhere. */
export interface ChildAnswer {
  readonly id: number;
  /** State code of the token. */
  readonly code: number;
  /** The result, or the encoded error. */
  readonly value: unknown;
  /** Where instances stood in the result, if it was packed. */
  readonly places: readonly unknown[] | undefined;
  readonly admittedMs: number;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** The lane takes all calls again: `[ROOMY]`, after it had said that it does not. */
export const ROOMY: number = 22;
/** Items of a stream, in the order they were made: `[ITEMS, tag, whether each is packed, item…]`; without any it says that the call is a stream. Before its answer, which goes by message too. */
export const ITEMS: number = 30;
/** The reader of a stream has read: `[CREDIT, token id, how many items]`. */
export const CREDIT: number = 31;
/** The latest progress of a call: `[PROGRESS, tag, whether it is packed, value]`. Before its answer, which goes by message too. */
export const PROGRESS: number = 32;

/** How many items of a stream may have been made and not read, unless its operation says otherwise. */
export const STREAM_WINDOW: number = 64;
/** Of a message of items, what comes before them. */
export const ITEMS_HEAD: number = 3;

/** Fields of one call in a {@linkcode CALLS} message. */
export const CALL_FIELDS: number = 4;
/** Fields of one answer in an {@linkcode ANSWERS} message. */
export const ANSWER_FIELDS: number = 3;

/** Outcome: the function returned; the value is its result. */
export const RETURNED: number = 0;
/** Outcome: the function threw or rejected; the value is the encoded error. */
export const THREW: number = 1;
/** Outcome: the function was never started, and cannot be; the value is the encoded reason. */
export const UNSTARTABLE: number = 2;
/** Outcome: the function returned; the value is the packed result, `[value, places]`. */
export const RETURNED_PACKED: number = 4;
/** Outcome: the call had been recalled before it started; nothing ran. */
export const SKIPPED: number = 3;

/** Outcome: the call was not started, since its time had run out. */
export const EXPIRED: number = 5;

/** Outcome: the function returned, and its result is kept in the lane; the value is its number there. */
export const KEPT: number = 6;

/** What a lane is told of an operation. */
export interface OperationInit {
  readonly url: string;
  readonly name: string;
  /** Where its function is found. */
  readonly source: FunctionSource;
  /** How many of its asynchronous calls may overlap in one lane. */
  readonly perLane: number;
  /** How many items of a stream may have been made and not read. */
  readonly window: number;
  /** Whether the first two arguments say whose child a call of it is. */
  readonly isChild: boolean;
  /** Whether the first argument says which of the others are values that were kept in the lane. */
  readonly borrows: boolean;
  /** Whether it is called with packed arguments, behind those. */
  readonly isPacked: boolean;
  /** Whether its results stay in the lane. */
  readonly keeps: boolean;
}

/** What a lane is told when it starts. */
export interface LaneInit {
  /** The gate's {@linkcode PROTOCOL}. */
  readonly protocol: number;
  /** The lane's number. */
  readonly lane: number;
  /** Number of this start among all of the gate's: no two have the same, so that tokens made in the lane have ids of their own. */
  readonly birth: number;
  /** Whether the gate has other lanes. */
  readonly hasOthers: boolean;
  /** The lane's control block; undefined for a process, which has one of its own. */
  readonly control: SharedArrayBuffer | undefined;
  /** How large a result may be, in bytes; infinite for no limit. */
  readonly maxPayloadBytes: number;
  /** Where the lane finds calls, and leaves answers; undefined when both go by message only. */
  readonly board: LaneBoardInit | undefined;
  /** Text before each line that the lane's console prints, or undefined for none. */
  readonly consolePrefix: string | undefined;
}

/** What a lane is told of the call board. */
export interface LaneBoardInit {
  /** The board's memory. */
  readonly memory: SharedArrayBuffer;
  /** Number of its slots. */
  readonly slots: number;
  /** Number of this life of the lane. */
  readonly life: number;
  /** Which call follows which. */
  readonly successors: SharedArrayBuffer;
  /** The ring for its answers. */
  readonly answers: SharedArrayBuffer;
  /** Where it says when calls began and ended. */
  readonly stamps: SharedArrayBuffer;
  /** How long the lane looks for calls before it sleeps, in µs; undefined for as long as that pays off. */
  readonly spinUs: number | undefined;
}
