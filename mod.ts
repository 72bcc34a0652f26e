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

export * from "./lib/declarations.ts";
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
export type { AnyOperation, GateControls } from "./lib/gate_controls.ts";
export type { TokenGateOptions } from "./lib/gate_options.ts";
export type {
  AllOptions,
  CallResult,
  Inputs,
  InputSource,
  MapOptions,
  OnError,
} from "./lib/many_options.ts";
export type { ResultIterator } from "./lib/map_calls.ts";
export type { HistogramSnapshot } from "./lib/observe/histogram.ts";
export type { HistoryEntry } from "./lib/observe/history.ts";
export type { WorkerResourceLimits } from "./lib/runtime/adapter.ts";
export type { BreakerState } from "./lib/gate/breaker.ts";
export type { HealthClass } from "./lib/gate/guard_record.ts";
export type { RecycleOptions } from "./lib/recycle_options.ts";
export type { ProcessPermissions } from "./lib/runtime/process.ts";
export type { ScaleInfo } from "./lib/gate/elastic.ts";
export type { SeatState } from "./lib/gate/seat.ts";
export type { LocalName, RemoteFunction, RemoteModule } from "./lib/remote_module.ts";
export type { RunArguments, RunArgumentsOf, RunOptions } from "./lib/run_function.ts";
export type { ReadyOptions, Reservation } from "./lib/reservation.ts";
export { type CloseOptions, type Restore, TokenGate } from "./lib/token_gate.ts";
export type { ReserveOptions } from "./lib/weight_options.ts";
