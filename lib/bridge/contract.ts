/**
 * The contract where gate and lanes meet: what a gate may ask of any lane, and what a lane tells its gate. Neither plane
 * imports the other; both import this.
 *
 * @module
 */

/** The part of a declared operation that crosses to a lane. */
export interface OperationReference {
  /** URL of the module that declares the operation. */
  readonly url: string;
  /** Name under which it is declared there. */
  readonly name: string;
}

/** One call as a lane sees it. The gate's tokens are these; the lane writes nothing but `slot`. */
export interface LaneCall {
  /** The token's id. */
  readonly id: number;
  /** What to run. */
  readonly operation: OperationReference;
  /** Whether it has a time limit or a signal: it may be stopped for good while it runs. */
  readonly isLimited: boolean;
  /** What to run it with; read when the batch is sent. */
  readonly args: readonly unknown[];
  /** Place in the mailbox of the lane that holds the call; meaningless while none does. */
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
  /** Calls that may have started and have no answer, in the order they were sent. */
  readonly started: readonly LaneCall[];
  /** Calls that have certainly not started and never will here, in the order they were sent. */
  readonly unstarted: readonly LaneCall[];
}

/** What a lane tells its gate. No event arrives inside a call of the lane's own methods, except `unsendable`. */
export interface LaneEvents {
  /** The lane takes calls. */
  ready(lane: Lane): void;
  /** The function returned. */
  returned(lane: Lane, call: LaneCall, value: unknown, startedMs: number, endedMs: number): void;
  /** The function threw or rejected. */
  threw(lane: Lane, call: LaneCall, error: unknown, startedMs: number, endedMs: number): void;
  /** The function was not started and cannot be. */
  unstartable(lane: Lane, call: LaneCall, error: unknown): void;
  /** The arguments cannot be sent. Arrives inside `flush`. */
  unsendable(lane: Lane, call: LaneCall, error: unknown): void;
  /** A call that was released had run after all; its result is dropped. */
  late(lane: Lane): void;
  /** The events of one message are all delivered: time to send more. */
  settled(lane: Lane): void;
  /** The lane is gone, once per start, whatever the reason. It may be started again. */
  lost(lane: Lane, loss: LaneLoss): void;
}

/** One lane: an isolate and its mailbox. It runs calls one at a time, in the order they were sent. */
export interface Lane {
  /** The lane's number in its gate. */
  readonly index: number;
  /** How many calls fit in the mailbox. */
  readonly capacity: number;
  /** Slots taken: calls without an answer, the released ones included. */
  readonly occupied: number;
  /** Calls that have started and are neither answered nor released. */
  readonly executing: number;
  /** Calls that have not started and may be taken back. */
  readonly unstarted: number;
  /** Whether a released call is still running, so that the calls behind it would wait for no one knows how long. */
  readonly stuck: boolean;

  /** Starts the lane; `ready` or `lost` follows. */
  start(): void;
  /** Puts a call in the mailbox. There must be room, and the lane must be ready. */
  send(call: LaneCall): void;
  /** Sends what `send` has gathered. */
  flush(): void;
  /** Whether the call has started. */
  isStarted(call: LaneCall): boolean;
  /** When it started, in ms since the epoch. */
  startedMs(call: LaneCall): number;
  /** When it came to its end, in ms since the epoch; NaN while it runs. Its answer is on the way then. */
  endedMs(call: LaneCall): number;
  /** Takes the call back; true means that it has not started and never will here. */
  recall(call: LaneCall): boolean;
  /** Takes back up to `limit` calls that have not started, the last sent first; returns them in the order they were sent. */
  recallUnstarted(limit: number): LaneCall[];
  /** Asks a started call to stop, and gives it up: its answer will be `late`. */
  release(call: LaneCall, reason: unknown): void;
  /** Ends the lane, running work included; `lost` follows. */
  stop(): void;
  /** Whether the lane keeps the process alive. */
  hold(on: boolean): void;
}
