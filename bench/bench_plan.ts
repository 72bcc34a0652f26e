/**
 * What is asked of the contenders in each round, in which order, and how long each may take.
 *
 * @module
 */

import type { BenchOptions } from "./bench_options.ts";
import type { ContenderName } from "./contenders.ts";
import type { MeasureRequest } from "./contender_protocol.ts";
import { BEST_NOOP, BEST_PING, type BestOf } from "./bars.ts";
import { PAYLOADS } from "./measures/payload.ts";
import { WARM_UP_MS } from "./measures/subject.ts";
import { formatCount } from "../lib/cli/table.ts";
import { tokensOfWave } from "../lib/cli/waves/plan.ts";

/** One thing to be measured, of all contenders in turn. */
export interface Step {
  /** The metric, or the part that its metrics have in common up to a dot. */
  readonly what: string;
  /** For lines of progress. */
  readonly label: string;
  /** The request; undefined where starting is all there is to measure. */
  readonly request: MeasureRequest | undefined;
  /** Whether it takes a process of its own, since it leaves one behind that is of no use. */
  readonly ownProcess: boolean;
  /** Time after which a contender is ended, in milliseconds. */
  readonly limitMs: number;
  /**
   * A peer that takes longer is measured in the first round only, unless it may be the best one that a bar is about: the whole is to take an hour. In milliseconds.
   */
  readonly slowMs: number;
  /** The figure of the best peer that a bar is about; undefined where none is. */
  readonly best?: BestOf;
  /** Whether it concerns a contender, in a round. */
  concerns(contender: ContenderName, round: number): boolean;
}

/** Calls of the no-op throughput. */
export const NOOP_CALLS = 50_000;
const QUICK_NOOP_CALLS = 20_000;
const PING_CALLS = 2_000;
/** Warm-up of those that only want to see it run, in milliseconds. */
const QUICK_WARM_UP_MS = 200;
/** Calls that are pending when their memory is measured. */
export const PENDING_CALLS = 65_536;
/** Tasks of 50 ms. */
const HEAVY_TASKS = 32;
/** Quick calls beside a backlog of long ones. */
const CLASSES = { calls: 80_000, backlog: 1_000, thousands: 1_000 };
/** Time for the repetition of a small wave in a round, in milliseconds. */
const WAVE_BUDGET_MS = 300;
/**
 * The same for a wave that a bar is about and that takes 40 to 150 ms. It has to be longer than the collector stays: on Deno of some twenty such waves four in a row take up to three
 * times as long, and the median of six is the one or the other by chance.
 */
const MIDDLE_WAVE = 1_024;
const MIDDLE_WAVE_BUDGET_MS = 2_500;
/** The same for larger ones, each of which sees the collector come and go. */
const LARGE_WAVE_BUDGET_MS = 600;
const QUICK_WAVE_BUDGET_MS = 60;
/** Waves that growth is seen between, and how many of the small ones run on either side of the large one: enough to outlast the collector, as above. */
const GROWTH = { smallTokens: 1_024, largeTokens: 65_536, smallWaves: 20 };
/** Time for all of them: on a slow machine the loop took 18 s on Deno. */
const GROWTH_LIMIT_MS = 90_000;
/** Above this many tokens the peers run a wave in the first round only: it takes them seconds, and no bar is about it. */
const LARGEST_PEER_WAVE = 1_024;

/** More than this is slow, warming up and the time for repeating a wave aside, in milliseconds. */
const SLOW_MS = 1_500;

/** Rounds in which the memory of the peers is measured: it hardly differs, and takes a process each time. */
const PEER_MEMORY_ROUNDS = 1;
/** Rounds in which the peers carry payloads: on Deno some take seconds for what others do in milliseconds. */
const PEER_PAYLOAD_ROUNDS = 3;

const isPool = (contender: ContenderName): boolean =>
  contender !== "loop" && contender !== "ceiling";

/**
 * Plans a round.
 *
 * @param options What is asked for.
 * @param thousands Amount of work of a 50 ms task.
 * @returns The steps in their order.
 */
export function planRound(options: BenchOptions, thousands: number): Step[] {
  const { measures, quick, lanes } = options;
  const steps: Step[] = [];
  const warmUpMs = quick ? QUICK_WARM_UP_MS : WARM_UP_MS;
  const slowMs = SLOW_MS + warmUpMs;
  if (measures.includes("startup")) {
    steps.push(step("startup", "start-up", undefined, (name) => name !== "loop"));
  }
  if (measures.includes("noop")) {
    const tokens = quick ? QUICK_NOOP_CALLS : NOOP_CALLS;
    const request = { measure: "noop", tokens, warmUpMs } as const;
    steps.push({ ...step("noop", "no-op calls", request), slowMs, best: BEST_NOOP });
  }
  if (measures.includes("ping")) {
    const request = { measure: "ping", calls: PING_CALLS, warmUpMs } as const;
    const concerns = (name: ContenderName): boolean => name !== "ceiling";
    steps.push({ ...step("ping", "ping", request, concerns), slowMs, best: BEST_PING });
  }
  if (measures.includes("waves")) steps.push(...waveSteps(options));
  if (measures.includes("growth")) {
    const request = { measure: "growth", ...GROWTH } as const;
    const concerns = (name: ContenderName): boolean => name === "loop" || name === "tokengate";
    const growth = step("growth", "growth", request, concerns);
    steps.push({ ...growth, ownProcess: true, limitMs: GROWTH_LIMIT_MS });
  }
  if (measures.includes("payloads")) {
    for (const { name, label } of PAYLOADS) {
      const concerns = (contender: ContenderName, round: number): boolean =>
        isPool(contender) && (round < PEER_PAYLOAD_ROUNDS || contender === "tokengate");
      steps.push(step(`payload.${name}`, label, { measure: "payload", name }, concerns));
    }
  }
  if (measures.includes("heavy")) {
    const request = { measure: "heavy", tokens: HEAVY_TASKS, lanes, thousands } as const;
    steps.push(step("heavy", "50 ms tasks", request));
  }
  if (measures.includes("classes")) {
    const request = { measure: "classes", ...CLASSES } as const;
    steps.push(step("classes", "classes of calls", request, (name) => name === "tokengate"));
  }
  if (measures.includes("memory")) {
    const request = { measure: "memory", tokens: PENDING_CALLS } as const;
    const concerns = (name: ContenderName, round: number): boolean =>
      isPool(name) && (round < PEER_MEMORY_ROUNDS || (!quick && name === "tokengate"));
    steps.push({ ...step("memory", "pending tokens", request, concerns), ownProcess: true });
  }
  return steps;
}

function waveSteps({ waves, quick }: BenchOptions): Step[] {
  return [
    step("wave", "warm-up", { measure: "warmUpWaves" }),
    ...waves.map((wave) => {
      const tokens = tokensOfWave(wave);
      const budgetMs = quick ? QUICK_WAVE_BUDGET_MS : waveBudgetMs(tokens);
      const each = step(
        `wave.${wave}`,
        `wave of ${formatCount(tokens)}`,
        { measure: "wave", wave, budgetMs },
        (name, round) =>
          round === 0 || tokens <= LARGEST_PEER_WAVE || !isPool(name) || name === "tokengate",
      );
      return { ...each, slowMs: SLOW_MS + budgetMs };
    }),
  ];
}

function waveBudgetMs(tokens: number): number {
  if (tokens === MIDDLE_WAVE) return MIDDLE_WAVE_BUDGET_MS;
  return tokens < MIDDLE_WAVE ? WAVE_BUDGET_MS : LARGE_WAVE_BUDGET_MS;
}

function step(
  what: string,
  label: string,
  request: MeasureRequest | undefined,
  concerns: Step["concerns"] = () => true,
): Step {
  return { what, label, request, ownProcess: false, limitMs: 30_000, slowMs: SLOW_MS, concerns };
}
