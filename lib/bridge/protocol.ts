/**
 * The messages between a gate and its lanes. Both sides import this file and it imports nothing.
 *
 * A message is a flat array whose first element is its kind. Calls and results travel many to a message, as consecutive
 * groups of fields: an object per call would be cloned property by property on every runtime.
 *
 * @module
 */

/** Version of the messages below. A gate and a worker entry that differ refuse each other by name. */
export const PROTOCOL: number = 5;

/** The worker's handler is in place: `[UP]`. Nothing may be posted to a worker before. */
export const UP: number = 0;
/** First message to a lane: `[INIT, LaneInit]`. */
export const INIT: number = 1;
/** The lane takes calls: `[READY, protocol, whether it parks]`. */
export const READY: number = 2;
/** A numbered operation, sent once before its first call: `[OPERATION, number, url, name, whether its arguments are packed, perLane]`. */
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

/** Among the arguments of a process: it was started as a lane, and what follows is the number of its slots and the numbers of its three pipes. */
export const PROCESS_LANE: string = "--tokengate-lane";
/** The module of an operation is to be imported, where a lane shares no memory with its gate: `[LOAD, number]`. Sent while it has no call. */
export const LOAD: number = 13;
/** It is, or cannot be: `[LOADED, number]`. */
export const LOADED: number = 14;

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

/** Another lane of the same board that parks, or parks no more: `[PEER, index, control block or undefined]`. */
export const PEER: number = 40;

/** What a lane is told when it starts. */
export interface LaneInit {
  /** The gate's {@linkcode PROTOCOL}. */
  readonly protocol: number;
  /** The lane's number. */
  readonly lane: number;
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
  /** The ring for its answers. */
  readonly answers: SharedArrayBuffer;
  /** How long the lane looks for calls before it sleeps, in µs. */
  readonly spinUs: number;
}
