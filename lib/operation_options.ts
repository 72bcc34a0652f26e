/**
 * The options of operations and of single calls.
 *
 * @module
 */

import { type AffinityOptions, readAffinity } from "./affinity_options.ts";
import { type BreakerOptions, readBreakerOptions } from "./breaker_options.ts";
import type { OperationReference } from "./bridge/contract.ts";
import { checkTransferList } from "./bridge/transfer.ts";
import { MOST_PRIORITY } from "./gate/ageing.ts";
import type { DeskPolicy, Isolation } from "./gate/desk_policy.ts";
import type { CallRequest } from "./gate/engine_parts.ts";
import { PermitPool } from "./gate/permit_pool.ts";
import { checkKeys, checkType, readDuration, readNumber, show } from "./options.ts";
import { QUEUE_KEYS, type QueueOptions, readCount, readQueueOptions } from "./queue_options.ts";
import { type RateLimitOptions, readRateLimitOptions } from "./rate_limit_options.ts";
import { readRetryOptions, type RetryOptions } from "./retry_options.ts";
import { readWeight, type Weight } from "./weight_options.ts";

/** Time limits of a call. When one runs out, the token rejects with a `TokenTimeoutError` that names it. */
export interface LimitOptions {
  /** Longest run time, in ms, from the start stamp; waiting does not count. Default: none. */
  readonly timeoutMs?: number;
  /** Longest time from the call to the start of the function, in ms. Default: none. */
  readonly queueTimeoutMs?: number;
  /** Longest time from the call to its settlement, in ms. Default: none. */
  readonly deadlineMs?: number;
}

/** Which calls go before which: the web's three, or a number from -100 to 100, higher ones first; the three are 1, 0 and -1. */
export type Priority = "user-blocking" | "user-visible" | "background" | number;

/**
 * Where a call that is made inside of a running operation runs. `"never"`: in the same lane, at once and directly. `"always"`: in whichever lane is free, as a call of the
 * program would; in its own lane when that has nothing else to do but to wait for such calls. `"auto"`: in the same lane, unless something speaks against it: the operation is limited by the gate
 * (`maxConcurrent`, `pools`, `rateLimit`, `breaker`), or for the other kind of lanes (`isolation`), or its runs were seen to take longer than 2 ms and another lane has nothing to do.
 */
export type Spread = "never" | "auto" | "always";

/** Options of a declared operation: what holds for each call of it, and for all of them together in each gate. */
export interface OperationOptions<A extends readonly unknown[] = readonly unknown[]>
  extends LimitOptions, QueueOptions {
  /** How many calls may be in lanes at once, over all lanes of a gate; {@linkcode GateControls.limit} changes it. Default: no limit. */
  readonly maxConcurrent?: number;
  /**
   * How many of its calls may overlap in one lane while they wait for something: for asynchronous functions that mostly wait. A synchronous function, and
   * what an asynchronous one computes, has the lane for itself all the same. When one of them has to be stopped and does not, its lane is replaced, and the
   * others with it: they reject with a {@linkcode LaneCrashError}, or are tried again if `retry` and `idempotent` say so. Default: 1.
   */
  readonly perLane?: number;
  /**
   * How many items of a stream may have been made and not read, wherever they are: for generator functions, which are never further ahead of their readers. Fewer for large items.
   * Default: 64.
   */
  readonly window?: number;
  /**
   * The kind of lanes its calls run in. A function in a process can be stopped on every runtime, also on Deno, where a thread in a loop cannot; what it does to
   * its process, an exit, a crash, running out of memory, never reaches the program. Processes take longer to start, and each call longer to cross. Default: the gate's.
   */
  readonly isolation?: "thread" | "process";
  /** Permits that its calls share with other operations, of other gates too: a call has one of each pool while it is in a lane. Default: none. */
  readonly pools?: readonly PermitPool[];
  /** How many calls may start in an interval. Default: no limit. */
  readonly rateLimit?: RateLimitOptions;
  /** Whether, and when, a call that failed is tried again. Default: never. */
  readonly retry?: RetryOptions;
  /**
   * Which calls go first when several wait: those of a higher priority, also before what was given to a lane and has not started. So that none starves, a call is
   * overtaken only by what comes within the gate's `ageMs` after it, for each step between the two. Default: `"user-visible"`, which is 0.
   */
  readonly priority?: Priority;
  /**
   * How heavy its calls are: heavy ones leave some lanes to lighter ones, so that those never wait for them to end. Default: `"light"`.
   */
  readonly weight?: Weight;
  /**
   * About how long a call runs, in ms: where the gate chooses a lane for a call, it is the one where that is expected to wait the shortest. It counts until some calls
   * were measured. Default: nothing is said.
   */
  readonly costMs?: number;
  /** Keeps calls of one key in one lane, and in order. Default: each goes where it starts first. */
  readonly affinity?: AffinityOptions<A>;
  /**
   * Whether running a call twice does no more than running it once, so that one whose lane was lost while it may have been running can be tried again, if `retry`
   * says so. Default: false.
   */
  readonly idempotent?: boolean;
  /** Refuses calls for some time when too many of them have failed; true for the defaults of {@linkcode BreakerOptions}. Default: false. */
  readonly breaker?: BreakerOptions | boolean;
  /**
   * Where the calls run. `"never"`: in lanes. `"auto"`: when the operation was seen to cost less than crossing to a lane, also on the caller's own
   * thread, some of them, for a millisecond in each turn of the event loop at most; it runs after the code that called has given way,
   * with copies of its arguments and its result, as in a lane. Default: `"never"`.
   *
   * For short pure functions. There it can be told from a lane: module state is the program's, `current().lane` is -1, `inLane` is false, calls of
   * other operations are calls of the program, and what ends the process ends the program. It may overtake calls that wait for lanes.
   * Calls with a time limit or a signal run in lanes whatever this says, since they may have to be stopped; so do asynchronous functions,
   * but for the one run that shows that they are.
   *
   * @example
   * ```ts
   * import { inLane, type Operation, operation } from "@tokengate/tokengate";
   *
   * export const area: Operation<[width: number, height: number], number> = operation(
   *   import.meta,
   *   "area",
   *   (width, height) => width * height,
   *   { inline: "auto" },
   * );
   *
   * if (!inLane) {
   *   let sum = 0;
   *   for (let n = 0; n < 100; n++) sum += await area(n, 2);
   *   console.log(sum); // 9900
   * }
   * ```
   */
  readonly inline?: "never" | "auto";
  /**
   * Where its calls run that are made inside of other operations. In the same lane a call has its arguments as they are, without a copy, and is outside of all limits of
   * the gate. Default: `"auto"`.
   *
   * @example
   * ```ts
   * import { inLane, type Operation, operation } from "@tokengate/tokengate";
   *
   * export const chunk: Operation<[from: number, to: number], number> = operation(
   *   import.meta,
   *   "chunk",
   *   (from, to) => {
   *     let sum = 0;
   *     for (let k = from; k < to; k++) sum += (k % 2 === 0 ? 4 : -4) / (2 * k + 1);
   *     return sum;
   *   },
   *   { spread: "always" },
   * );
   *
   * export const pi: Operation<[terms: number], number> = operation(import.meta, "pi", async (terms) => {
   *   const half = Math.floor(terms / 2);
   *   const [first, second] = await Promise.all([chunk(0, half), chunk(half, terms)]); // in two workers
   *   return first + second;
   * });
   *
   * if (!inLane) console.log((await pi(1_000_000)).toFixed(5)); // 3.14159
   * ```
   */
  readonly spread?: Spread;
  /**
   * Whether results stay in the lanes that made them, where they are objects. Such a result crosses when its token is awaited, and not before; given to another call as a token, it draws that
   * call to its lane, which uses it as it is. It is forgotten when neither its token nor such a call can be reached any more. A lane that is ended on purpose hands over what it has kept; with one
   * that crashes, or is ended by force, it is lost: the token rejects with a {@linkcode ResultLostError}. What a generator function makes is never kept. Default: `false`.
   *
   * @example
   * ```ts
   * import { inLane, type Operation, operation } from "@tokengate/tokengate";
   *
   * export const table: Operation<[size: number], Map<number, number>> = operation(
   *   import.meta,
   *   "table",
   *   (size) => new Map(Array.from({ length: size }, (_, n) => [n, n * n])),
   *   { keep: true },
   * );
   *
   * export const lookUp: Operation<[table: Map<number, number>, n: number], number> = operation(
   *   import.meta,
   *   "lookUp",
   *   (table, n) => table.get(n) ?? NaN,
   * );
   *
   * if (!inLane) {
   *   const squares = table(100_000); // stays in its lane
   *   console.log(await lookUp(squares, 12)); // 144
   * }
   * ```
   */
  readonly keep?: boolean;
}

/** What one call asks for, read once and shared by all calls of the same options. */
export type CallSettings = CallRequest;

/** Options that single calls do not have. */
const DESK_KEYS: readonly (keyof OperationOptions)[] = [
  "maxConcurrent",
  "perLane",
  "window",
  "keep",
  "isolation",
  "pools",
  "rateLimit",
  "idempotent",
  "breaker",
  "costMs",
  ...QUEUE_KEYS,
];

/** More than this is surely no window. */
const MOST_WINDOW = 2 ** 20;

const LIMITS: readonly (keyof LimitOptions)[] = ["timeoutMs", "queueTimeoutMs", "deadlineMs"];

/**
 * @param subject what the options are for
 * @param options the options of a declared operation
 * @returns what its calls ask for
 * @throws {TypeError} when a key is unknown or a value has the wrong type
 * @throws {RangeError} when a time is not above zero
 */
export function readOperationOptions(subject: string, options: OperationOptions): CallSettings {
  checkKeys(subject, options, [
    ...LIMITS,
    "inline",
    "priority",
    "retry",
    "spread",
    "weight",
    "affinity",
    ...DESK_KEYS,
  ]);
  return {
    retry: readRetryOptions(subject, options.retry),
    timeoutMs: readDuration(subject, "timeoutMs", options.timeoutMs),
    queueTimeoutMs: readDuration(subject, "queueTimeoutMs", options.queueTimeoutMs),
    deadlineMs: readDuration(subject, "deadlineMs", options.deadlineMs),
    signal: undefined,
    transfer: undefined,
    inline: readInline(subject, options.inline) ?? "never",
    priority: readPriority(subject, options.priority) ?? 0,
    weight: options.weight === undefined ? undefined : readWeight(subject, options.weight),
    affinity: options.affinity === undefined
      ? undefined
      : readAffinity(subject, options.affinity, undefined),
    costMs: undefined,
    spread: readSpread(subject, options.spread) ?? "auto",
  };
}

/**
 * @param subject what the options are for
 * @param options the options of a declared operation
 * @returns what it asks of every gate; undefined when it asks for nothing
 * @throws {TypeError} when a value has the wrong type
 * @throws {RangeError} when a number is out of bounds
 */
export function readDeskPolicy(subject: string, options: OperationOptions): DeskPolicy | undefined {
  if (!DESK_KEYS.some((key) => options[key] !== undefined)) return undefined;
  const { rateLimit, breaker } = options;
  checkType(subject, "idempotent", options.idempotent, "boolean");
  return {
    queue: readQueueOptions(subject, options),
    maxConcurrent: readCount(subject, "maxConcurrent", options.maxConcurrent),
    pools: readPools(subject, options.pools),
    rateLimit: rateLimit && readRateLimitOptions(subject, rateLimit),
    breaker: readBreakerOptions(subject, breaker),
    isolation: readIsolation(subject, options.isolation),
    isIdempotent: options.idempotent ?? false,
    costMs: readDuration(subject, "costMs", options.costMs),
  };
}

/**
 * @param subject what the options are for
 * @param base what the calls ask for without these options
 * @param options options of single calls; `gate` is read by the caller
 * @returns what the calls ask for
 * @throws {TypeError} when a key is unknown or a value has the wrong type
 * @throws {RangeError} when a time is not above zero
 */
export function readCallOptions(
  subject: string,
  base: CallSettings,
  options: LimitOptions & {
    readonly inline?: unknown;
    readonly priority?: unknown;
    readonly weight?: unknown;
    readonly costMs?: number;
    readonly affinity?: unknown;
    readonly spread?: unknown;
    readonly retry?: RetryOptions;
    readonly signal?: AbortSignal;
    readonly transfer?: readonly object[];
    readonly gate?: unknown;
  },
): CallSettings {
  checkKeys(subject, options, [
    ...LIMITS,
    "inline",
    "priority",
    "weight",
    "costMs",
    "affinity",
    "retry",
    "spread",
    "signal",
    "transfer",
    "gate",
  ]);
  const { signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(
      `Cannot set "signal" of ${subject}: received ${show(signal)}, not an AbortSignal`,
    );
  }
  const read = (key: keyof LimitOptions): number | undefined =>
    options[key] === undefined ? base[key] : readDuration(subject, key, options[key]);
  return {
    timeoutMs: read("timeoutMs"),
    queueTimeoutMs: read("queueTimeoutMs"),
    deadlineMs: read("deadlineMs"),
    signal: signal ?? base.signal,
    retry: options.retry === undefined ? base.retry : readRetryOptions(subject, options.retry),
    inline: readInline(subject, options.inline) ?? base.inline,
    priority: readPriority(subject, options.priority) ?? base.priority,
    weight: options.weight === undefined ? base.weight : readWeight(subject, options.weight),
    affinity: options.affinity === undefined
      ? base.affinity
      : readAffinity(subject, options.affinity, base.affinity),
    costMs: options.costMs === undefined
      ? base.costMs
      : readDuration(subject, "costMs", options.costMs),
    spread: readSpread(subject, options.spread) ?? base.spread,
    transfer: readTransfer(subject, options.transfer) ?? base.transfer,
  };
}

/**
 * @param subject what the options are for
 * @param options the options of a declared operation
 * @returns what of them its lanes are told
 * @throws {TypeError} when a value has the wrong type
 * @throws {RangeError} when a number is out of bounds
 */
export function readLaneOptions(
  subject: string,
  { perLane = 1, window, keep }: OperationOptions,
): Pick<OperationReference, "perLane" | "window" | "keeps"> {
  checkType(subject, "keep", keep, "boolean");
  const range = { min: 1, max: MOST_WINDOW, unit: "items", isWhole: true };
  return {
    perLane: readCount(subject, "perLane", perLane),
    window: readNumber(subject, "window", window, range),
    keeps: keep,
  };
}

function readPools(subject: string, pools: unknown): readonly PermitPool[] {
  if (pools === undefined) return [];
  if (Array.isArray(pools) && pools.every((pool) => pool instanceof PermitPool)) {
    return [...new Set(pools)];
  }
  throw new TypeError(
    `Cannot set "pools" of ${subject}: received ${show(pools)}, not an array of PermitPools`,
  );
}

/** @returns the kind of lanes @throws {TypeError} when it is none */
export function readIsolation(subject: string, isolation: unknown): Isolation | undefined {
  if (isolation === undefined || isolation === "thread" || isolation === "process") {
    return isolation;
  }
  throw new TypeError(
    `Cannot set "isolation" of ${subject}: received ${show(isolation)}, not "thread" or "process"`,
  );
}

function readInline(subject: string, inline: unknown): "never" | "auto" | undefined {
  if (inline === undefined || inline === "never" || inline === "auto") return inline;
  throw new TypeError(
    `Cannot set "inline" of ${subject}: received ${show(inline)}, not "never" or "auto"`,
  );
}

function readSpread(subject: string, spread: unknown): Spread | undefined {
  if (spread === undefined || spread === "never" || spread === "auto" || spread === "always") {
    return spread;
  }
  throw new TypeError(
    `Cannot set "spread" of ${subject}: received ${show(spread)}, not "never", "auto" or "always"`,
  );
}

const PRIORITIES: Readonly<Record<string, number>> = {
  "user-blocking": 1,
  "user-visible": 0,
  "background": -1,
};

function readPriority(subject: string, priority: unknown): number | undefined {
  if (priority === undefined) return undefined;
  if (typeof priority === "string" && Object.hasOwn(PRIORITIES, priority)) {
    return PRIORITIES[priority];
  }
  if (typeof priority !== "number") {
    throw new TypeError(
      `Cannot set "priority" of ${subject}: received ${show(priority)}, not a number, ` +
        `"user-blocking", "user-visible" or "background"`,
    );
  }
  if (priority >= -MOST_PRIORITY && priority <= MOST_PRIORITY) return priority;
  throw new RangeError(
    `Cannot set "priority" of ${subject}: received ${priority}, not a number from -${MOST_PRIORITY} to ${MOST_PRIORITY}`,
  );
}

function readTransfer(
  subject: string,
  list: readonly object[] | undefined,
): readonly object[] | undefined {
  if (list === undefined) return undefined;
  checkTransferList(`for ${subject}`, list);
  return list.length === 0 ? undefined : [...list];
}
