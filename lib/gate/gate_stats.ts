/**
 * What a gate says of itself in numbers. They are kept as tokens move, so that reading them takes the same time however many tokens there were: it looks
 * at the operations there are, not at tokens.
 *
 * @module
 */

import { ADMITTED, COMPLETED, FAILED, KILLED, TIMEOUT, WAITING } from "../call_token.ts";
import { Histogram, type HistogramSnapshot } from "../observe/histogram.ts";
import type { BreakerState } from "./breaker.ts";
import type { Desk } from "./desk.ts";
import type { Engine } from "./engine.ts";
import type { HealthClass } from "./guard_record.ts";
import { type LaneStats, readSeat } from "./lane_stats.ts";
import type { TokenGroups } from "./token_groups.ts";
import { nameOf, type WeightRule } from "./weight_policy.ts";

/** How many keys are told, and how long a key may be, in characters. */
const MOST_KEYS = 1_000;
const LONGEST_KEY = 100;

/** Tokens by state. Those of the first three are there now; the others have settled. Together they are `submitted`. */
export interface TokenCounts {
  /** Tokens made. */
  readonly submitted: number;
  /** Tokens that wait: for arguments, a permit, their next attempt, a lane. */
  readonly waiting: number;
  /** Tokens that are in a lane and have not started. */
  readonly admitted: number;
  /** Tokens whose function runs. */
  readonly executing: number;
  /** Tokens whose function returned. */
  readonly completed: number;
  /** Tokens whose function threw, could not be run, or was lost with its lane. */
  readonly failed: number;
  /** Tokens ended by their owner. */
  readonly killed: number;
  /** Tokens that ran out of time. */
  readonly timeout: number;
  /** Calls refused, for which no token was made. */
  readonly refused: number;
}

/** The queue of a gate, now. */
export interface QueueStats {
  /** Places that are promised to reservations. */
  readonly reserved: number;
  /** Bytes of the arguments of waiting tokens; 0 unless the gate has `maxQueueBytes`. */
  readonly bytes: number;
  /** Producers that wait in `ready()`. */
  readonly producers: number;
  /** How long the token has waited that is next, in ms; 0 when none waits for a lane. */
  readonly oldestMs: number;
}

/** The calls of one weight, now, and what the gate goes by. */
export interface WeightStats extends WeightRule {
  /** Slots that its calls have while they are in lanes: one each, or as many as a weight that is a number says. Light calls need none. */
  readonly slots: number;
  /** How many of its calls wait for a lane. */
  readonly waiting: number;
}

/** A key of calls that have not settled, now. */
export interface KeyStats {
  /** The key as it is compared: a text begins with a quotation mark, a list with a bracket. Cut after 100 characters. */
  readonly key: string;
  /** The lane that it has; undefined while none has been given to it. */
  readonly lane: number | undefined;
  /** Its calls that have not settled. */
  readonly tokens: number;
}

/**
 * Calls that were made inside of operations and ran in the lane of their caller, by state. Together they are `submitted`; those that died with their lane count as killed.
 * None of them is counted elsewhere; those that ran in other lanes are, as tokens of the gate.
 */
export interface ChildCounts {
  /** Calls made. */
  readonly submitted: number;
  /** Calls that wait, for arguments or for their next attempt. */
  readonly waiting: number;
  /** Calls whose function runs. */
  readonly executing: number;
  /** Calls whose function returned. */
  readonly completed: number;
  /** Calls whose function threw. */
  readonly failed: number;
  /** Calls that were ended by their owner, or with their caller. */
  readonly killed: number;
  /** Calls that ran out of time. */
  readonly timeout: number;
}

/** Calls that were made inside of operations. */
export interface ChildStats extends ChildCounts {
  /** Calls that were given to the gate, to run in whichever lane is free. Each is counted among the gate's tokens. */
  readonly spread: number;
  /** Those that ran in the lane of their caller, by operation; the 63 that a lane has met first, and `others`. */
  readonly operations: readonly ChildOperationStats[];
}

/** Calls of one operation that ran in the lane of their caller. */
export interface ChildOperationStats extends ChildCounts {
  /** Name of the operation. */
  readonly name: string;
  /** URL of its module. */
  readonly url: string;
}

/** What a gate has counted since it was made. */
export interface GateStats extends TokenCounts {
  /** Results that came after their token had settled, and were dropped. */
  readonly late: number;
  /** Attempts that followed a failed one. */
  readonly retries: number;
  /** Tokens that were killed to make room for newer ones; each is counted as `killed` too. */
  readonly dropped: number;
  /** Tokens whose function was started on the caller's own thread, since they asked for `inline: "auto"`; each is counted by its state too. */
  readonly inline: number;
  /** Lanes that died without being told to. */
  readonly crashes: number;
  /** Lanes that were retired, to be started anew: recycled, or for a reload. */
  readonly recycled: number;
  /** Lanes that are up, now. */
  readonly lanes: number;
  /** Threads told to end that still run, since the runtime cannot stop a loop (Deno), now. */
  readonly stranded: number;
  /** Each lane, now, those that are not up included. */
  readonly perLane: readonly LaneStats[];
  /** The queue, now. */
  readonly queue: QueueStats;
  /** Calls that were made inside of operations. */
  readonly children: ChildStats;
  /** Part of the lanes' time of the last seconds that was spent inside of functions, from 0 to 1. */
  readonly utilisation: number;
  /** From submission to the start of the function, of the tokens whose function started. */
  readonly wait: HistogramSnapshot;
  /** Time inside of the function. */
  readonly run: HistogramSnapshot;
  /** How many keys have calls that have not settled, now. */
  readonly liveKeys: number;
  /** Those keys, the oldest first; a thousand of them at most. */
  readonly keys: readonly KeyStats[];
  /** Each weight, the lightest first. */
  readonly weights: readonly WeightStats[];
  /** Each operation that was called, in the order of their first calls. */
  readonly operations: readonly OperationStats[];
}

/** What a gate has counted of one operation. */
export interface OperationStats extends TokenCounts {
  /** Its name. */
  readonly name: string;
  /** URL of its module. */
  readonly url: string;
  /** Whether it is paused by itself. */
  readonly isPaused: boolean;
  /** How well it does lately: part of its runs that returned. */
  readonly health: HealthClass;
  /** State of its breaker; undefined when it has none. */
  readonly breaker: BreakerState | undefined;
  /** From submission to the start of the function. */
  readonly wait: HistogramSnapshot;
  /** Time inside of the function. */
  readonly run: HistogramSnapshot;
}

/** Where the operations are added up, each time anew: two of them for each reading would be most of what it costs. */
const allWaits: Histogram = new Histogram();
const allRuns: Histogram = new Histogram();

/**
 * @param engine the engine of the gate
 * @param stranded how many threads are stranded
 * @param nowMs now, in ms since the epoch
 * @returns the counters as they are now
 */
export function readStats(engine: Engine, stranded: number, nowMs: number): GateStats {
  const { ledger, admission, groups } = engine;
  const executing = groups.executing();
  let executingInAll = 0;
  for (const count of executing.values()) executingInAll += count;
  allWaits.clear();
  allRuns.clear();
  const operations: OperationStats[] = [];
  let firstMs = nowMs;
  for (const desk of engine.desks.values()) {
    allWaits.merge(desk.record.wait);
    allRuns.merge(desk.record.run);
    operations.push(readDesk(desk, executing.get(desk) ?? 0, nowMs));
    for (const { queue } of desk.lines()) {
      const first = queue.oldest;
      if (first !== undefined && first.submittedMs < firstMs) firstMs = first.submittedMs;
    }
  }
  return {
    submitted: ledger.submitted,
    ...countsOf(ledger.counts, executingInAll),
    refused: ledger.refused,
    late: ledger.late,
    retries: ledger.retries,
    dropped: ledger.dropped,
    inline: engine.inline,
    crashes: ledger.crashes,
    recycled: groups.recycled,
    lanes: groups.liveLanes,
    stranded,
    perLane: groups.seats.map((seat) => readSeat(seat, nowMs)),
    queue: {
      reserved: admission.bound?.reserved ?? 0,
      bytes: admission.bound?.bytes ?? 0,
      producers: admission.waiting,
      oldestMs: nowMs - firstMs,
    },
    children: readChildren(engine),
    utilisation: engine.utilisation.share(nowMs, engine.mostLanes),
    wait: allWaits.snapshot(),
    run: allRuns.snapshot(),
    ...readKeys(engine.groups),
    weights: readWeights(engine),
    operations,
  };
}

function readKeys(groups: TokenGroups): Pick<GateStats, "keys" | "liveKeys"> {
  const stats: KeyStats[] = [];
  let liveKeys = 0;
  for (const { keys } of groups.all()) {
    liveKeys += keys.live;
    for (const { key, seat, tokens } of keys.pins()) {
      if (stats.length === MOST_KEYS) break;
      stats.push({ key: key.slice(0, LONGEST_KEY), lane: seat?.lane.index, tokens });
    }
  }
  return { keys: stats, liveKeys };
}

function readWeights(engine: Engine): WeightStats[] {
  const slots = { light: 0, medium: 0, heavy: 0 };
  const waiting = { light: 0, medium: 0, heavy: 0 };
  for (const group of engine.groups.lanes) {
    slots.medium += group.slots.medium;
    slots.heavy += group.slots.heavy;
  }
  for (const desk of engine.desks.values()) {
    for (const { weight, queue } of desk.lines()) waiting[nameOf(weight)] += queue.size;
  }
  return engine.policy.rules(engine.mostLanes).map((rule) => ({
    ...rule,
    slots: slots[rule.weight],
    waiting: waiting[rule.weight],
  }));
}

function readChildren(engine: Engine): ChildStats {
  const operations = [...engine.tallyChildren().operations()];
  const sum = {
    submitted: 0,
    waiting: 0,
    executing: 0,
    completed: 0,
    failed: 0,
    killed: 0,
    timeout: 0,
  };
  for (const counts of operations) {
    for (const key of Object.keys(sum) as (keyof ChildCounts)[]) sum[key] += counts[key];
  }
  return { ...sum, spread: engine.spread, operations };
}

function readDesk(desk: Desk, executing: number, nowMs: number): OperationStats {
  return {
    name: desk.name,
    url: desk.operation.url,
    submitted: desk.submitted,
    ...countsOf(desk.counts, executing),
    refused: desk.refused,
    isPaused: desk.isPaused,
    health: desk.record.health(nowMs),
    breaker: desk.breaker?.state,
    wait: desk.record.wait.snapshot(),
    run: desk.record.run.snapshot(),
  };
}

function countsOf(
  counts: readonly number[],
  executing: number,
): Omit<TokenCounts, "submitted" | "refused"> {
  return {
    waiting: counts[WAITING]!,
    admitted: counts[ADMITTED]! - executing,
    executing,
    completed: counts[COMPLETED]!,
    failed: counts[FAILED]!,
    killed: counts[KILLED]!,
    timeout: counts[TIMEOUT]!,
  };
}
