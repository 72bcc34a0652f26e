/**
 * What an engine is made of, what it tells, and what a call asks of it.
 *
 * @module
 */

import type {
  Board,
  CallerEvents,
  CallerLane,
  Lane,
  LaneEvents,
  LaneLoss,
  OperationReference,
} from "../bridge/contract.ts";
import type { CallLimits, CallToken } from "../call_token.ts";
import type { Clock } from "../runtime/clock.ts";
import type { RandomSource } from "../runtime/random.ts";
import type { CrashLoop } from "./back_off.ts";
import type { Isolation, QueuePolicy } from "./desk_policy.ts";
import type { ElasticPolicy, ScaleInfo } from "./elastic.ts";
import type { QueueBound } from "./queue_bound.ts";
import type { RecyclePolicy, RetireReason } from "./retirement.ts";
import type { RetryPolicy } from "./retry_policy.ts";
import type { WeightPolicy } from "./weight_policy.ts";

/** What an engine is made of. */
export interface EngineParts {
  /** The time. */
  readonly clock: Clock;
  /** The chance in the delays between attempts. */
  readonly random: RandomSource;
  /** How long a function that was asked to stop may go on before its lane is replaced, in ms. */
  readonly graceMs: number;
  /** Makes the lanes, and the board they share if they share one, which report to `events`. Without lanes calls run on the caller's thread. */
  readonly makeLanes: (events: LaneEvents) => LaneSet;
  /** Which kind those are. Default: threads. */
  readonly isolation?: Isolation;
  /** Makes lanes of the other kind, numbered from `firstIndex`, when an operation asks for them. Without it all operations run in the same lanes. */
  readonly makeOtherLanes?: (events: LaneEvents, firstIndex: number) => LaneSet;
  /** How long a call is overtaken by those of the next higher priority, in ms. */
  readonly ageMs: number;
  /** Makes the place to run calls on the caller's own thread. */
  readonly makeCaller: (events: CallerEvents) => CallerLane;
  /** How large the arguments of a call may be, in bytes; infinite for no limit. */
  readonly maxPayloadBytes: number;
  /** The bound of the queue; undefined for none. */
  readonly queue: QueuePolicy | undefined;
  /** Told what a program may listen to. */
  readonly listener: EngineListener;
  /** How many threads still run that were told to end. */
  readonly stranded: () => number;
  /** How many of them there may be when a call is taken. */
  readonly maxStranded: number;
  /** How many lanes weighty calls may be in at once. */
  readonly policy: WeightPolicy;
  /** When lanes are recycled; undefined for never. */
  readonly recycle: RecyclePolicy | undefined;
  /** When lanes come and go; undefined where their number is fixed. */
  readonly elastic?: ElasticPolicy | undefined;
  /** How long the dispose hooks of a lane may take together, in ms. */
  readonly disposeTimeoutMs: number;
  /** Whether an operation is for lanes only, whatever its calls say. */
  readonly isForLanes: (operation: OperationReference) => boolean;
  /** The operation that a lane calls so, as it was declared in the program; undefined when it was not. Default: none is. */
  readonly lookUp?: (url: string, name: string) => OperationReference | undefined;
}

/** What an engine tells of itself. Nothing may be asked of it inside. */
export interface EngineListener {
  /** The loss of a lane that nobody had asked to end. */
  crashed(lane: number, loss: LaneLoss): void;
  /** A lane takes calls. */
  laneReady(lane: number): void;
  /** A lane is gone, whatever the reason. */
  laneGone(lane: number, exitCode: number | undefined): void;
  /** A lane was replaced because its function did not stop. */
  replaced(lane: number): void;
  /** A lane was retired, to be started anew. */
  recycled(lane: number, reason: RetireReason): void;
  /** A lane crashes again and again. */
  crashLoop(loop: CrashLoop): void;
  /** The number of lanes has changed, where it may. */
  scaled?(info: ScaleInfo): void;
  /** A dispose hook has failed, or did not come to its end in time. */
  disposeFailed(lane: number, cause: unknown): void;
  /** A queue is full, or half empty again; without an operation it is that of the gate. */
  saturation(isFull: boolean, operation: OperationReference | undefined, bound: QueueBound): void;
  /** A breaker changed its state. */
  breaker(operation: OperationReference, from: string, to: string): void;
  /** A token settled; undefined while nobody listens. */
  settled: ((token: CallToken) => void) | undefined;
}

/** The lanes of one gate. */
export interface LaneSet {
  readonly lanes: readonly Lane[];
  /** Where lanes with shared memory take their calls; undefined when they have mailboxes only. */
  readonly board: Board | undefined;
}

/** What one call asks for. */
export interface CallRequest extends CallLimits {
  readonly signal: AbortSignal | undefined;
  /** Whether, and when, it is tried again; undefined for never. */
  readonly retry?: RetryPolicy | undefined;
  /** Where it runs when it is made inside of an operation. */
  readonly spread?: "never" | "auto" | "always" | undefined;
}
