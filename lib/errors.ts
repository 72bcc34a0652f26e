/**
 * The few errors a program is meant to catch. Each carries a stable `code`: test the code rather than the class, since
 * two copies of the package may be loaded in one program.
 *
 * Every class takes `(message, fields)` with `cause` among the fields, so that one rule rebuilds any of them on the
 * other side of a lane.
 *
 * @module
 */

/** The stable codes of TokenGate's errors. */
export type TokenGateErrorCode =
  | "ERR_TOKEN_CANCELLED"
  | "ERR_TOKEN_TIMEOUT"
  | "ERR_LANE_CRASH"
  | "ERR_LANE_START"
  | "ERR_GATE_CLOSED"
  | "ERR_GATE_DRAINING"
  | "ERR_GATE_IN_LANE"
  | "ERR_OPERATION_NOT_FOUND"
  | "ERR_MODULE_LOAD"
  | "ERR_NOT_CLONEABLE"
  | "ERR_PAYLOAD_TOO_LARGE"
  | "ERR_QUEUE_FULL"
  | "ERR_CIRCUIT_OPEN"
  | "ERR_TOO_MANY_STRANDED"
  | "ERR_DEPENDENCY"
  | "ERR_RESULT_LOST";

/** What every error of this package has in common: a `code` that never changes between releases. */
export abstract class TokenGateError extends Error {
  /** Stable identifier of the condition. */
  abstract readonly code: TokenGateErrorCode;
}

/**
 * The token was ended by its owner: by `cancel`, by its `signal`, or by closing its gate without draining.
 *
 * Its name is `AbortError`, as the platform's own aborted operations have it; `cause` is the reason given.
 */
export class TokenCancelledError extends TokenGateError {
  /** Always `AbortError`. */
  override readonly name: string = "AbortError";
  /** Always `ERR_TOKEN_CANCELLED`. */
  readonly code: TokenGateErrorCode = "ERR_TOKEN_CANCELLED";
}

/** Which of a token's three limits ran out. */
export type TokenLimit = "timeoutMs" | "queueTimeoutMs" | "deadlineMs";

/** Fields of a {@linkcode TokenTimeoutError}. */
export interface TokenTimeoutFields extends ErrorOptions {
  /** The limit that ran out. */
  limit: TokenLimit;
  /** Its length, in milliseconds. */
  limitMs: number;
}

/** One of the token's time limits ran out. Its name is `TimeoutError`, as the platform's own time-outs have it. */
export class TokenTimeoutError extends TokenGateError {
  /** Always `TimeoutError`. */
  override readonly name: string = "TimeoutError";
  /** Always `ERR_TOKEN_TIMEOUT`. */
  readonly code: TokenGateErrorCode = "ERR_TOKEN_TIMEOUT";
  /** The limit that ran out. */
  readonly limit: TokenLimit;
  /** Its length, in milliseconds. */
  readonly limitMs: number;

  /**
   * Makes the error of a limit that ran out.
   *
   * @param message what ran out
   * @param fields the limit and its length
   */
  constructor(message: string, fields: TokenTimeoutFields) {
    super(message, fields);
    this.limit = fields.limit;
    this.limitMs = fields.limitMs;
  }
}

/** Fields of a {@linkcode LaneCrashError}. */
export interface LaneCrashFields extends ErrorOptions {
  /** The lane that was lost. */
  lane: number;
  /** Exit code of the lane's isolate, where the runtime tells it. */
  exitCode?: number | undefined;
}

/**
 * The lane died while the function may have been running: it called `process.exit`, threw outside the function, or left
 * a rejection unhandled. The call is not repeated, since it may have had effects. `cause` is what ended the lane, if known.
 */
export class LaneCrashError extends TokenGateError {
  /** Always `LaneCrashError`. */
  override readonly name: string = "LaneCrashError";
  /** Always `ERR_LANE_CRASH`. */
  readonly code: TokenGateErrorCode = "ERR_LANE_CRASH";
  /** The lane that was lost. */
  readonly lane: number;
  /** Exit code of the lane's isolate, where the runtime tells it. */
  readonly exitCode: number | undefined;

  /**
   * Makes the error of a lane that was lost.
   *
   * @param message what happened
   * @param fields the lane, its exit code and the cause
   */
  constructor(message: string, fields: LaneCrashFields) {
    super(message, fields);
    this.lane = fields.lane;
    this.exitCode = fields.exitCode;
  }
}

/** No lane could be started, or none lived long enough to finish a token. `cause` is what the last one died of. */
export class LaneStartError extends TokenGateError {
  /** Always `LaneStartError`. */
  override readonly name: string = "LaneStartError";
  /** Always `ERR_LANE_START`. */
  readonly code: TokenGateErrorCode = "ERR_LANE_START";
}

/** The gate is closed, or is closing: it takes no new calls, and what it still held was ended. */
export class GateClosedError extends TokenGateError {
  /** Always `GateClosedError`. */
  override readonly name: string = "GateClosedError";
  /** Always `ERR_GATE_CLOSED`. */
  readonly code: TokenGateErrorCode = "ERR_GATE_CLOSED";
}

/** The gate, or the operation, is to finish the calls it has, and takes no new ones until `controls.resume()`. */
export class GateDrainingError extends TokenGateError {
  /** Always `GateDrainingError`. */
  override readonly name: string = "GateDrainingError";
  /** Always `ERR_GATE_DRAINING`. */
  readonly code: TokenGateErrorCode = "ERR_GATE_DRAINING";
}

/**
 * A gate was made, or an operation called, at the top level of a module that a lane has imported. A lane imports the module
 * of each operation it runs, so the top level of that module runs there again: guard it with `if (!inLane)`.
 */
export class GateInLaneError extends TokenGateError {
  /** Always `GateInLaneError`. */
  override readonly name: string = "GateInLaneError";
  /** Always `ERR_GATE_IN_LANE`. */
  readonly code: TokenGateErrorCode = "ERR_GATE_IN_LANE";
}

/** The module was imported in the lane, but declares no operation of that name there. */
export class OperationNotFoundError extends TokenGateError {
  /** Always `OperationNotFoundError`. */
  override readonly name: string = "OperationNotFoundError";
  /** Always `ERR_OPERATION_NOT_FOUND`. */
  readonly code: TokenGateErrorCode = "ERR_OPERATION_NOT_FOUND";
}

/** The operation's module could not be imported in the lane. `cause` is the error of the import. */
export class ModuleLoadError extends TokenGateError {
  /** Always `ModuleLoadError`. */
  override readonly name: string = "ModuleLoadError";
  /** Always `ERR_MODULE_LOAD`. */
  readonly code: TokenGateErrorCode = "ERR_MODULE_LOAD";
}

/** An argument or a result cannot cross between isolates: a function, a symbol, a class with private state. */
export class NotCloneableError extends TokenGateError {
  /** Always `NotCloneableError`. */
  override readonly name: string = "NotCloneableError";
  /** Always `ERR_NOT_CLONEABLE`. */
  readonly code: TokenGateErrorCode = "ERR_NOT_CLONEABLE";
}

/** Fields of a {@linkcode PayloadTooLargeError}. */
export interface PayloadTooLargeFields extends ErrorOptions {
  /** About how large the payload is, in bytes; counting stops above the limit. */
  readonly bytes: number;
  /** How large it may be, in bytes. */
  readonly maxBytes: number;
}

/** The arguments or the result of a call are larger than the gate's `maxPayloadBytes`. Nothing was sent. */
export class PayloadTooLargeError extends TokenGateError {
  /** Always `PayloadTooLargeError`. */
  override readonly name: string = "PayloadTooLargeError";
  /** Always `ERR_PAYLOAD_TOO_LARGE`. */
  readonly code: TokenGateErrorCode = "ERR_PAYLOAD_TOO_LARGE";
  /** About how large the payload is, in bytes; counting stops above the limit. */
  readonly bytes: number;
  /** How large it may be, in bytes. */
  readonly maxBytes: number;

  /**
   * Makes the error of a payload that is too large.
   *
   * @param message what is too large
   * @param fields how large it is, and may be
   */
  constructor(message: string, fields: PayloadTooLargeFields) {
    super(message, fields);
    this.bytes = fields.bytes;
    this.maxBytes = fields.maxBytes;
  }
}

/** Which bound of a gate's queue was reached. */
export type QueueLimit = "maxQueue" | "maxQueueBytes";

/** Fields of a {@linkcode QueueFullError}. */
export interface QueueFullFields extends ErrorOptions {
  /** Name of the operation that was called. */
  readonly operation: string;
  /** The bound that was reached. */
  readonly limit: QueueLimit;
  /** The bound: calls, or bytes. */
  readonly max: number;
  /** What was waiting: calls, or bytes. */
  readonly waiting: number;
}

/** So many calls wait already that this one was refused, or gave its place to a newer one. Its function was not started: it may be called again later. */
export class QueueFullError extends TokenGateError {
  /** Always `QueueFullError`. */
  override readonly name: string = "QueueFullError";
  /** Always `ERR_QUEUE_FULL`. */
  readonly code: TokenGateErrorCode = "ERR_QUEUE_FULL";
  /** Name of the operation that was called. */
  readonly operation: string;
  /** The bound that was reached. */
  readonly limit: QueueLimit;
  /** The bound: calls for `maxQueue`, bytes for `maxQueueBytes`. */
  readonly max: number;
  /** What was waiting: calls for `maxQueue`, bytes for `maxQueueBytes`. */
  readonly waiting: number;

  /**
   * Makes the error of a queue that is full.
   *
   * @param message what was refused
   * @param fields the operation, the bound, and what waits
   */
  constructor(message: string, fields: QueueFullFields) {
    super(message, fields);
    this.operation = fields.operation;
    this.limit = fields.limit;
    this.max = fields.max;
    this.waiting = fields.waiting;
  }
}

/** Fields of a {@linkcode CircuitOpenError}. */
export interface CircuitOpenFields extends ErrorOptions {
  /** Name of the operation that was called. */
  readonly operation: string;
  /** How long it is going to be refused, in milliseconds; infinite when somebody has to say so. */
  readonly retryAfterMs: number;
}

/** Calls of this operation are refused for some time: it failed too often of late, or was isolated by hand. Its function was not started. */
export class CircuitOpenError extends TokenGateError {
  /** Always `CircuitOpenError`. */
  override readonly name: string = "CircuitOpenError";
  /** Always `ERR_CIRCUIT_OPEN`. */
  readonly code: TokenGateErrorCode = "ERR_CIRCUIT_OPEN";
  /** Name of the operation that was called. */
  readonly operation: string;
  /** How long it is going to be refused, in milliseconds; infinite when the operation was isolated by hand. */
  readonly retryAfterMs: number;

  /**
   * Makes the error of an operation whose calls are refused.
   *
   * @param message what was refused
   * @param fields the operation, and for how long
   */
  constructor(message: string, fields: CircuitOpenFields) {
    super(message, fields);
    this.operation = fields.operation;
    this.retryAfterMs = fields.retryAfterMs;
  }
}

/** Fields of a {@linkcode StrandedError}. */
export interface StrandedFields extends ErrorOptions {
  /** How many threads were told to end and still run. */
  readonly stranded: number;
  /** How many there may be. */
  readonly maxStranded: number;
}

/**
 * So many threads were told to end and still run, each keeping a core busy, that the gate starts no more of them. It happens where
 * the runtime cannot stop a loop (Deno): functions that may run for long should look at `current().aborted`.
 */
export class StrandedError extends TokenGateError {
  /** Always `StrandedError`. */
  override readonly name: string = "StrandedError";
  /** Always `ERR_TOO_MANY_STRANDED`. */
  readonly code: TokenGateErrorCode = "ERR_TOO_MANY_STRANDED";
  /** How many threads were told to end and still run. */
  readonly stranded: number;
  /** How many there may be. */
  readonly maxStranded: number;

  /**
   * Makes the error of threads that cannot be stopped.
   *
   * @param message what was refused
   * @param fields how many there are, and may be
   */
  constructor(message: string, fields: StrandedFields) {
    super(message, fields);
    this.stranded = fields.stranded;
    this.maxStranded = fields.maxStranded;
  }
}

/** Fields of a {@linkcode DependencyError}. */
export interface DependencyFields extends ErrorOptions {
  /** Which argument it was, from 0. */
  readonly argument: number;
}

/**
 * A token among the arguments of the call gave no result: it failed, or ran out of time. The call was not run. `cause` is the error of that token; in a chain of
 * calls each has the one before behind it, down to what went wrong first.
 */
export class DependencyError extends TokenGateError {
  /** Always `DependencyError`. */
  override readonly name: string = "DependencyError";
  /** Always `ERR_DEPENDENCY`. */
  readonly code: TokenGateErrorCode = "ERR_DEPENDENCY";
  /** Which argument it was, from 0. */
  readonly argument: number;

  /**
   * Makes the error of a call that cannot have its argument.
   *
   * @param message which one it was
   * @param fields its place, and why
   */
  constructor(message: string, fields: DependencyFields) {
    super(message, fields);
    this.argument = fields.argument;
  }
}

/** Fields of a {@linkcode ResultLostError}. */
export interface ResultLostFields extends ErrorOptions {
  /** Number of the lane. */
  readonly lane: number;
}

/**
 * The call has completed, and its result was kept in its lane, as its operation asks with `keep`; the lane has ended before anybody asked for it, by a crash or by force. A lane that is
 * ended on purpose hands over what it has kept.
 */
export class ResultLostError extends TokenGateError {
  /** Always `ResultLostError`. */
  override readonly name: string = "ResultLostError";
  /** Always `ERR_RESULT_LOST`. */
  readonly code: TokenGateErrorCode = "ERR_RESULT_LOST";
  /** Number of the lane that had it. */
  readonly lane: number;

  /**
   * Makes the error of a result that is nowhere.
   *
   * @param message which one it was
   * @param fields the lane that had it
   */
  constructor(message: string, fields: ResultLostFields) {
    super(message, fields);
    this.lane = fields.lane;
  }
}
