/**
 * What a module of operations needs, and nothing of the gates: the two entries export it.
 *
 * @module
 */

export {
  CircuitOpenError,
  type CircuitOpenFields,
  DependencyError,
  type DependencyFields,
  GateClosedError,
  GateDrainingError,
  GateInLaneError,
  LaneCrashError,
  type LaneCrashFields,
  LaneStartError,
  ModuleLoadError,
  NotCloneableError,
  OperationNotFoundError,
  PayloadTooLargeError,
  type PayloadTooLargeFields,
  QueueFullError,
  type QueueFullFields,
  type QueueLimit,
  ResultLostError,
  type ResultLostFields,
  StrandedError,
  type StrandedFields,
  TokenCancelledError,
  TokenGateError,
  type TokenGateErrorCode,
  type TokenLimit,
  TokenTimeoutError,
  type TokenTimeoutFields,
} from "./errors.ts";
export type { AffinityOptions } from "./affinity_options.ts";
export type { FunctionSource, OperationReference } from "./bridge/contract.ts";
export { revivable, type RevivableCodec } from "./bridge/revivables.ts";
export { transfer } from "./bridge/transfer.ts";
export { PermitPool, type StorageTier, storageTiers } from "./gate/permit_pool.ts";
export { current, inLane } from "./lane_context.ts";
export type { OperationContext } from "./lane_mark.ts";
export {
  type Awaitable,
  type CallOptions,
  type IsStreamed,
  type Operation,
  operation,
  type OptionsBehind,
  type Streamed,
  type StreamOperation,
} from "./operation.ts";
export { lifecycle, type LifecycleHooks } from "./lifecycle.ts";
export type { LimitOptions, OperationOptions, Priority, Spread } from "./operation_options.ts";
export type { BreakerOptions } from "./breaker_options.ts";
export type { WhenFull } from "./gate/desk_policy.ts";
export type { RetryBackoff, RetryJitter } from "./gate/retry_policy.ts";
export type { QueueOptions } from "./queue_options.ts";
export type { ProcessOptions } from "./process_options.ts";
export type { LaneOptions } from "./lane_options.ts";
export type { WeightName, WeightRule } from "./gate/weight_policy.ts";
export type { RateLimitOptions } from "./rate_limit_options.ts";
export type { RetryOptions } from "./retry_options.ts";
export type { Attempt, StreamToken, Timings, Token, TokenState, WaitingFor } from "./token.ts";
export type { TokenProgress } from "./token_progress.ts";
export type { StreamReader } from "./token_stream.ts";
export type { Weight } from "./weight_options.ts";
