/**
 * Call an ordinary function and get an awaitable token back at once, while the work runs in parallel on workers: the same on Deno, Bun and Node.
 *
 * @example A program in one file
 * ```ts
 * import { inLane, type Operation, operation } from "@tokengate/tokengate";
 *
 * export const countPrimes: Operation<[below: number], number> = operation(
 *   import.meta,
 *   "countPrimes",
 *   (below) => {
 *     let count = 0;
 *     next: for (let n = 2; n < below; n++) {
 *       for (let d = 2; d * d <= n; d++) if (n % d === 0) continue next;
 *       count++;
 *     }
 *     return count;
 *   },
 * );
 *
 * if (!inLane) {
 *   const token = countPrimes(1_000_000); // runs on a worker
 *   console.log(token.state); // "waiting"
 *   console.log(await token); // 78498
 * }
 * ```
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
} from "./lib/errors.ts";
export type { AffinityOptions } from "./lib/affinity_options.ts";
export type { FunctionSource, OperationReference } from "./lib/bridge/contract.ts";
export { revivable, type RevivableCodec } from "./lib/bridge/revivables.ts";
export { transfer } from "./lib/bridge/transfer.ts";
export type { DomainInfo } from "./lib/gate/domains.ts";
export type {
  ChildCounts,
  ChildOperationStats,
  ChildStats,
  GateStats,
  KeyStats,
  OperationStats,
  QueueStats,
  TokenCounts,
  WeightStats,
} from "./lib/gate/gate_stats.ts";
export type { LaneStats } from "./lib/gate/lane_stats.ts";
export { PermitPool, type StorageTier, storageTiers } from "./lib/gate/permit_pool.ts";
export type { AnyOperation, GateControls } from "./lib/gate_controls.ts";
export type { TokenGateOptions } from "./lib/gate_options.ts";
export { current, inLane } from "./lib/lane_context.ts";
export type {
  AllOptions,
  CallResult,
  Inputs,
  InputSource,
  MapOptions,
  OnError,
} from "./lib/many_options.ts";
export type { ResultIterator } from "./lib/map_calls.ts";
export type { OperationContext } from "./lib/lane_mark.ts";
export {
  type Awaitable,
  type CallOptions,
  type IsStreamed,
  type Operation,
  operation,
  type OptionsBehind,
  type Streamed,
  type StreamOperation,
} from "./lib/operation.ts";
export { lifecycle, type LifecycleHooks } from "./lib/lifecycle.ts";
export type { LimitOptions, OperationOptions, Priority, Spread } from "./lib/operation_options.ts";
export type { HistogramSnapshot } from "./lib/observe/histogram.ts";
export type { HistoryEntry } from "./lib/observe/history.ts";
export type { WorkerResourceLimits } from "./lib/runtime/adapter.ts";
export type { BreakerOptions } from "./lib/breaker_options.ts";
export type { WhenFull } from "./lib/gate/desk_policy.ts";
export type { BreakerState } from "./lib/gate/breaker.ts";
export type { HealthClass } from "./lib/gate/guard_record.ts";
export type { RetryBackoff, RetryJitter } from "./lib/gate/retry_policy.ts";
export type { QueueOptions } from "./lib/queue_options.ts";
export type { RecycleOptions } from "./lib/recycle_options.ts";
export type { ProcessOptions } from "./lib/process_options.ts";
export type { ProcessPermissions } from "./lib/runtime/process.ts";
export type { ScaleInfo } from "./lib/gate/elastic.ts";
export type { LaneOptions } from "./lib/lane_options.ts";
export type { WeightName, WeightRule } from "./lib/gate/weight_policy.ts";
export type { SeatState } from "./lib/gate/seat.ts";
export type { RateLimitOptions } from "./lib/rate_limit_options.ts";
export type { RetryOptions } from "./lib/retry_options.ts";
export type { LocalName, RemoteFunction, RemoteModule } from "./lib/remote_module.ts";
export type { RunArguments, RunArgumentsOf, RunOptions } from "./lib/run_function.ts";
export type { ReadyOptions, Reservation } from "./lib/reservation.ts";
export type { Attempt, StreamToken, Timings, Token, TokenState, WaitingFor } from "./lib/token.ts";
export type { TokenProgress } from "./lib/token_progress.ts";
export type { StreamReader } from "./lib/token_stream.ts";
export { type CloseOptions, type Restore, TokenGate } from "./lib/token_gate.ts";
export type { ReserveOptions, Weight } from "./lib/weight_options.ts";
