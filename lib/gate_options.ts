/**
 * The options of a gate.
 *
 * @module
 */

import type { Isolation, QueuePolicy } from "./gate/desk_policy.ts";
import { readIsolation } from "./operation_options.ts";
import type { ElasticPolicy } from "./gate/elastic.ts";
import { LANE_KEYS, type LaneOptions, readLaneOptions } from "./lane_options.ts";
import { type ProcessOptions, readProcessOptions } from "./process_options.ts";
import type { ProcessSettings } from "./runtime/process.ts";
import { checkKeys, checkType, readDuration, readNumber, show } from "./options.ts";
import type { RecyclePolicy } from "./gate/retirement.ts";
import { QUEUE_KEYS, type QueueOptions, readCount, readQueueOptions } from "./queue_options.ts";
import { readRecycleOptions, type RecycleOptions } from "./recycle_options.ts";
import type { RuntimeAdapter, WorkerResourceLimits, WorkerSettings } from "./runtime/adapter.ts";
import { workerEntryUrl } from "./runtime/entry_url.ts";
import { WeightPolicy } from "./gate/weight_policy.ts";
import { readReserve, type ReserveOptions } from "./weight_options.ts";

/** Options of a {@linkcode TokenGate}. */
export interface TokenGateOptions extends LaneOptions, QueueOptions {
  /**
   * What the lanes are: worker threads, or child processes. A loop in a process can be stopped on every runtime, also on Deno, where a thread in a loop cannot, and a
   * crash in one never reaches the program; processes take longer to start, and calls longer to cross. An operation may ask for the other kind, which gets as
   * many lanes again. Default: `thread`.
   */
  readonly isolation?: "thread" | "process";
  /** How child processes are started. */
  readonly process?: ProcessOptions;
  /** How many of the tokens that settled last {@linkcode TokenGate.history} remembers. Default: 0. */
  readonly history?: number;
  /** How long a call is overtaken by calls of the next higher `priority`, in ms; Infinity for always. Default: 10,000. */
  readonly ageMs?: number;
  /** How many lanes are left to lighter calls by those whose `weight` is medium or heavy. Default: a quarter by heavy ones, and half of that by medium ones. */
  readonly reserve?: ReserveOptions;
  /** How long a function that was asked to stop may go on before its lane is replaced, in ms. Default: 200. */
  readonly graceMs?: number;
  /** When a lane is replaced by a new one, to bound what it gathers in memory. Default: never. */
  readonly recycle?: RecycleOptions;
  /** How long the `dispose` hooks of a lane may take together when it ends on purpose, in ms; see {@linkcode lifecycle}. Default: 1,000. */
  readonly disposeTimeoutMs?: number;
  /**
   * How many threads may run on that were told to end, where the runtime cannot stop a loop (Deno). While there are more, each keeping a core busy, calls are
   * refused with a {@linkcode StrandedError}; when loops come to their end, calls are taken again. Infinity for no limit. Default: as many as there are lanes.
   */
  readonly maxStranded?: number;
  /** How long a worker may take to start, or to load a module, without a word before it is given up, in ms. Default: 30,000. */
  readonly startTimeoutMs?: number;
  /**
   * How calls reach lanes that are threads: by a ring in shared memory, or in frames of bytes by message, as to lanes that share no memory. What neither takes goes
   * by structured clone. Default: `ring`.
   */
  readonly bridge?: "ring" | "frames";
  /**
   * How large the arguments of a call, and its result, may be, in bytes: about what they take on their way, what is transferred or shared not
   * counted. A call that is above rejects with a {@linkcode PayloadTooLargeError}. Counting takes time for each call. Default: no limit.
   */
  readonly maxPayloadBytes?: number;
  /**
   * How long idle lanes look for calls, and the program's thread for answers, before they wait for a signal, in µs. It makes single calls
   * faster at the price of processor time: for machines with cores to spare. Default: the program's thread does not, and lanes do for up to 100 µs while calls
   * keep coming that soon. 0 turns that off too.
   */
  readonly spinUs?: number;
  /** Text before each line that the console of a lane prints, or a function of the lane's number that gives it. Default: none. */
  readonly consolePrefix?: string | ((lane: number) => string);
  /** Name of the threads, shown by debuggers and profilers. Default: `tokengate`. */
  readonly name?: string;
  /** Environment variables of the workers. Default: those of the process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Command-line flags of the runtime for the threads. Node only. Default: those of the process. */
  readonly execArgv?: readonly string[];
  /** Limits of the threads' heap and stack, in MB. Node only. Default: those of the runtime. */
  readonly resourceLimits?: WorkerResourceLimits;
  /**
   * URL of the worker entry: a module that imports `@tokengate/tokengate/worker`. For bundles that have one as a file of their own. Default: the package's own; in a
   * bundle, the module that holds `@tokengate/tokengate/bundled`.
   */
  readonly workerUrl?: string | URL;
}

/** Options as the gate uses them. */
export interface GateSettings {
  readonly lanes: number;
  readonly elastic: ElasticPolicy | undefined;
  readonly isolation: Isolation;
  readonly process: ProcessSettings;
  readonly queue: QueuePolicy | undefined;
  readonly history: number;
  readonly ageMs: number;
  readonly policy: WeightPolicy;
  readonly graceMs: number;
  readonly recycle: RecyclePolicy | undefined;
  readonly disposeTimeoutMs: number;
  readonly maxStranded: number;
  readonly startTimeoutMs: number;
  readonly bridge: "ring" | "frames";
  readonly spinUs: number | undefined;
  readonly maxPayloadBytes: number;
  readonly consolePrefix: (lane: number) => string | undefined;
  readonly workerUrl: string;
  readonly worker: WorkerSettings;
}

const SUBJECT = "a TokenGate";
const KEYS: readonly (keyof TokenGateOptions)[] = [
  ...LANE_KEYS,
  "isolation",
  "process",
  ...QUEUE_KEYS,
  "history",
  "ageMs",
  "reserve",
  "graceMs",
  "recycle",
  "disposeTimeoutMs",
  "maxStranded",
  "startTimeoutMs",
  "bridge",
  "spinUs",
  "maxPayloadBytes",
  "consolePrefix",
  "name",
  "env",
  "execArgv",
  "resourceLimits",
  "workerUrl",
];
const WORKER_KEYS: readonly (keyof WorkerSettings)[] = [
  "name",
  "env",
  "execArgv",
  "resourceLimits",
];
/** A history is to be a glance back; what is to be kept goes to a listener of `settled`. */
const MOST_HISTORY = 1_000_000;
/** Longer than this, the event loop of the program would stall. */
const MOST_SPIN_US = 1_000;

/**
 * @param options what was passed
 * @param adapter the runtime's adapter, which says what it has
 * @returns the options with their defaults
 * @throws {TypeError} when a key is unknown, a value has the wrong type, or this runtime has no such setting
 * @throws {RangeError} when a number is out of bounds
 */
export function readGateOptions(options: TokenGateOptions, adapter: RuntimeAdapter): GateSettings {
  checkKeys(SUBJECT, options, KEYS);
  for (const key of WORKER_KEYS) {
    if (options[key] === undefined || key === "name" || adapter.settings.includes(key)) continue;
    throw new TypeError(
      `Cannot set "${key}" of ${SUBJECT}: ${adapter.name} has no such setting for workers; leave it out there`,
    );
  }
  checkType(SUBJECT, "name", options.name, "string");
  checkType(SUBJECT, "env", options.env, "object");
  if (options.execArgv !== undefined && !Array.isArray(options.execArgv)) {
    throw new TypeError(
      `Cannot set "execArgv" of ${SUBJECT}: received ${show(options.execArgv)}, not an array`,
    );
  }
  checkType(SUBJECT, "resourceLimits", options.resourceLimits, "object");
  const { lanes, elastic } = readLaneOptions(SUBJECT, options, adapter.availableLanes());
  return {
    lanes,
    elastic,
    isolation: readIsolation(SUBJECT, options.isolation) ?? "thread",
    process: { ...readProcessOptions(SUBJECT, options.process, adapter), env: options.env },
    queue: readQueueOptions(SUBJECT, options),
    history: readHistory(options.history),
    ageMs: readDuration(SUBJECT, "ageMs", options.ageMs ?? 10_000) ?? Infinity,
    policy: new WeightPolicy(readReserve(SUBJECT, options.reserve)),
    graceMs: readDuration(SUBJECT, "graceMs", options.graceMs ?? 200) ?? Infinity,
    recycle: readRecycleOptions(SUBJECT, options.recycle),
    disposeTimeoutMs:
      readDuration(SUBJECT, "disposeTimeoutMs", options.disposeTimeoutMs ?? 1_000) ??
        Infinity,
    maxStranded: readMaxStranded(options.maxStranded) ?? lanes,
    startTimeoutMs: readDuration(SUBJECT, "startTimeoutMs", options.startTimeoutMs ?? 30_000) ??
      Infinity,
    bridge: readBridge(options.bridge),
    spinUs: readSpin(options.spinUs),
    maxPayloadBytes: readBytes(options.maxPayloadBytes),
    consolePrefix: readPrefix(options.consolePrefix),
    workerUrl: readUrl(options.workerUrl, lanes),
    worker: {
      name: options.name ?? "tokengate",
      env: options.env,
      execArgv: options.execArgv,
      resourceLimits: options.resourceLimits,
    },
  };
}

function readMaxStranded(count: unknown): number | undefined {
  if (count === Infinity) return Infinity;
  return readNumber(SUBJECT, "maxStranded", count, { min: 0, max: 2 ** 31 - 1, isWhole: true });
}

function readHistory(history: unknown): number {
  const count = history === 0 || history === undefined ? 0 : readCount(SUBJECT, "history", history);
  if (count <= MOST_HISTORY) return count;
  throw new RangeError(
    `Cannot set "history" of ${SUBJECT}: received ${count}, more than ${MOST_HISTORY}`,
  );
}

function readBridge(bridge: unknown): "ring" | "frames" {
  if (bridge === undefined || bridge === "ring") return "ring";
  if (bridge === "frames") return bridge;
  const received = show(bridge);
  throw new TypeError(
    `Cannot set "bridge" of ${SUBJECT}: received ${received}, neither "ring" nor "frames"`,
  );
}

function readSpin(spinUs: unknown): number | undefined {
  if (spinUs === undefined) return undefined;
  if (typeof spinUs !== "number") {
    throw new TypeError(
      `Cannot set "spinUs" of ${SUBJECT}: received ${show(spinUs)}, not a number of µs`,
    );
  }
  if (!(spinUs >= 0 && spinUs <= MOST_SPIN_US)) {
    throw new RangeError(
      `Cannot set "spinUs" of ${SUBJECT}: received ${spinUs}, not a time from 0 to ${MOST_SPIN_US} µs`,
    );
  }
  return spinUs;
}

function readBytes(bytes: unknown): number {
  if (bytes === undefined) return Infinity;
  if (typeof bytes !== "number") {
    throw new TypeError(
      `Cannot set "maxPayloadBytes" of ${SUBJECT}: received ${show(bytes)}, not a number of bytes`,
    );
  }
  if (!(bytes > 0)) {
    throw new RangeError(
      `Cannot set "maxPayloadBytes" of ${SUBJECT}: received ${bytes}, not a size above 0 bytes`,
    );
  }
  return bytes;
}

function readPrefix(prefix: unknown): (lane: number) => string | undefined {
  if (prefix === undefined) return () => undefined;
  if (typeof prefix === "function") return (lane) => String(prefix(lane));
  checkType(SUBJECT, "consolePrefix", prefix, "string");
  return () => prefix as string;
}

function readUrl(url: unknown, lanes: number): string {
  if (url === undefined) return lanes === 0 ? "" : workerEntryUrl();
  if (url instanceof URL) return url.href;
  if (typeof url === "string" && URL.canParse(url)) return url;
  throw new TypeError(
    `Cannot set "workerUrl" of ${SUBJECT}: received ${show(url)}, not an absolute URL`,
  );
}
