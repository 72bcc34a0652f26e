/**
 * The comparison on runtimes: rounds in which everything is measured of all contenders in turn.
 *
 * Each round has fresh processes, one for each contender, that live until its end: how a runtime compiles a program differs
 * from one process to the next. Within a round each thing is measured of all of them one after the other, so that a slow
 * phase of the machine falls on all; who is first changes from round to round. Those whose turn it is not are idle. The runtimes have
 * their rounds by turns: a slow phase may last for ten minutes, and is to fall on one or two rounds of each and not on all of one.
 *
 * After these come further rounds of what bars are about that are not yet decided, see `confidence.ts`: when they end depends on
 * how sure the medians are, and not on whether they pass.
 *
 * @module
 */

import type { RuntimeName } from "../scripts/pins.ts";
import type { BenchOptions } from "./bench_options.ts";
import { isAmongBest, openSteps } from "./bars.ts";
import { planRound, type Step } from "./bench_plan.ts";
import type { RuntimeResult } from "./bench_result.ts";
import { ContenderProcess } from "./contender_process.ts";
import type { ContenderReply } from "./contender_protocol.ts";
import type { ContenderName } from "./contenders.ts";
import { formatMeasure } from "../lib/cli/table.ts";
import type { RunnerCommand } from "../lib/cli/waves/process.ts";

/** Time for a contender to start, in milliseconds. */
const START_LIMIT_MS = 20_000;
/** Rest between contenders, in milliseconds: what one has left to collect is not to fall on the next. */
const PAUSE_MS = 20;

/** Rounds in which a peer is measured that is slow at something. */
const ROUNDS_OF_THE_SLOW = 1;
/** A wave that a peer can be expected to take longer for is left out, as the larger ones are: its line has told what there is to tell. In milliseconds. */
const LONGEST_WAVE_MS = 3_000;

/** What is needed for one of the runtimes. */
export interface CompareRequest {
  runtime: RuntimeName;
  version: string;
  options: BenchOptions;
  /** How the process of a contender is started. */
  commandOf(contender: ContenderName): RunnerCommand;
  /** Called with what is being done. */
  step(text: string): void;
  /** Called with what has been done. */
  milestone(text: string): void;
}

/**
 * Compares on runtimes.
 *
 * @param requests What to compare, on each of them.
 * @returns What was measured, in the same order. It does not reject: a contender that fails is part of the result.
 */
export async function compareOn(requests: readonly CompareRequest[]): Promise<RuntimeResult[]> {
  const comparisons = requests.map((request) => new Comparison(request));
  const rounds = requests.map(({ options }) => options.rounds + options.furtherRounds);
  for (let round = 0; round < Math.max(0, ...rounds); round++) {
    for (const comparison of comparisons) await comparison.runRound(round);
  }
  return comparisons.map(({ result }) => result);
}

class Comparison {
  readonly #request: CompareRequest;
  readonly result: RuntimeResult;
  #steps: Step[] | undefined;
  readonly #processes = new Map<ContenderName, ContenderProcess>();
  /** Peers, with what they are slow at. */
  readonly #slow = new Set<string>();
  /** The longest wave of each peer so far. */
  readonly #longest = new Map<ContenderName, { wave: number; ms: number }>();
  #busyMs = 0;
  #othersMs = 0;

  constructor(request: CompareRequest) {
    this.#request = request;
    const { runtime, version, options } = request;
    this.result = {
      runtime,
      version,
      contenders: ["loop", "ceiling", "tokengate", ...options.peers],
      values: {},
      failures: [],
      notOffered: [],
      micro: [],
      othersPart: null,
      elapsedMs: 0,
      problems: [],
    };
  }

  async runRound(round: number): Promise<void> {
    const { milestone } = this.#request;
    const startMs = performance.now();
    this.#steps ??= await this.#plan();
    const steps = this.#isFurther(round) ? this.#openSteps(round) : this.#steps;
    if (steps.length === 0) return;
    let group = "";
    for (const step of steps) {
      const next = step.what.split(".")[0]!;
      if (next !== group) milestone(`${this.#title()}: round ${round + 1}: ${next}`);
      group = next;
      await this.#measureAll(step, round);
    }
    await this.#closeAll();
    this.result.elapsedMs += performance.now() - startMs;
    if (this.#busyMs > 0) this.result.othersPart = this.#othersMs / this.#busyMs;
    const seconds = formatMeasure(this.result.elapsedMs / 1_000);
    milestone(`${this.#title()}: ${this.#roundTitle(round)} done after ${seconds} s`);
  }

  /** Whether a round is one of those that only measure what is not yet certain. */
  #isFurther(round: number): boolean {
    return round >= this.#request.options.rounds;
  }

  #roundTitle(round: number): string {
    const { rounds, furtherRounds } = this.#request.options;
    return this.#isFurther(round)
      ? `round ${round + 1} of ${rounds + furtherRounds} at most`
      : `round ${round + 1} of ${rounds}`;
  }

  /**
   * The steps of bars whose verdict another comparison might not confirm. A wave comes after all that are smaller, as in the
   * rounds before: on Node a process that has run those is slower at the largest.
   */
  #openSteps(round: number): Step[] {
    const { rounds, furtherRounds } = this.#request.options;
    if (round >= rounds + furtherRounds) return [];
    const open = openSteps(this.result);
    const largestWave = Math.max(-1, ...[...open].map(waveOf).filter((wave) => wave > 0));
    return this.#steps!.filter(({ what }) => open.has(what) || waveOf(what) <= largestWave);
  }

  async #plan(): Promise<Step[]> {
    const { options } = this.#request;
    return planRound(options, options.measures.includes("heavy") ? await this.#calibrate() : 0);
  }

  #title(): string {
    return `${this.#request.runtime} ${this.#request.version}`;
  }

  /** In the loop's process, so that the tasks take 50 ms when nothing else runs. */
  async #calibrate(): Promise<number> {
    const process = await this.#processOf("loop", "heavy");
    const reply = await process?.ask({ measure: "calibrate" }, START_LIMIT_MS);
    await this.#closeAll();
    if (reply?.type === "measured") return reply.metrics["thousands"]!;
    const why = reply?.type === "failed" ? reply.error : "its process did not start";
    this.result.problems.push(`the 50 ms task could not be calibrated: ${why}`);
    return 1;
  }

  async #measureAll(step: Step, round: number): Promise<void> {
    const { contenders } = this.result;
    const checksums = new Map<ContenderName, string>();
    for (const contender of rotated(contenders, round)) {
      if (!step.concerns(contender, round) || this.#gaveUp(contender, step.what)) continue;
      if (this.#isFurther(round) && !this.#decides(contender, step)) continue;
      if (this.#wouldTakeLong(contender, step.what)) continue;
      if (round >= ROUNDS_OF_THE_SLOW && this.#isTooSlow(contender, step)) continue;
      this.#request.step(
        `${this.#title()}: ${this.#roundTitle(round)}, ${step.label}, ${contender}`,
      );
      const reply = await this.#measure(step, contender, round);
      if (reply?.type === "measured" && reply.checksum !== undefined) {
        checksums.set(contender, reply.checksum);
      }
    }
    const expected = checksums.get("loop");
    for (const [contender, checksum] of checksums) {
      if (expected === undefined || checksum === expected) continue;
      const error = `other results than the loop: check-sum ${checksum}, not ${expected}`;
      this.result.failures.push({ contender, what: step.what, error });
    }
  }

  async #measure(
    step: Step,
    contender: ContenderName,
    round: number,
  ): Promise<ContenderReply | undefined> {
    let process: ContenderProcess | undefined;
    if (step.ownProcess) {
      process = await this.#start(contender, step.what, undefined);
    } else {
      const startRound = step.request === undefined ? round : undefined;
      process = await this.#processOf(contender, step.what, startRound);
    }
    if (process === undefined || step.request === undefined) return undefined;
    const reply = await process.ask(step.request, step.limitMs);
    if (step.ownProcess) await process.close();
    this.#record(contender, step.what, reply, round, step.slowMs);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return reply;
  }

  #record(
    contender: ContenderName,
    what: string,
    reply: ContenderReply,
    round: number,
    slowMs = Infinity,
  ): void {
    const { failures, notOffered, values } = this.result;
    switch (reply.type) {
      case "failed":
        failures.push({ contender, what, error: reply.error });
        break;
      case "not offered":
        notOffered.push({ contender, what });
        break;
      case "measured": {
        const own = values[contender] ??= {};
        for (const [metric, value] of Object.entries(reply.metrics)) {
          const rounds = own[metric] ??= new Array(this.#request.options.rounds).fill(null);
          while (rounds.length < round) rounds.push(null);
          rounds[round] = value;
        }
        if (this.#isPeer(contender)) {
          if (reply.elapsedMs > slowMs) this.#slow.add(`${contender} ${what}`);
          const ms = reply.metrics[`${what}.ms`];
          if (waveOf(what) > 0 && ms !== undefined) {
            this.#longest.set(contender, { wave: waveOf(what), ms });
          }
        }
        this.#busyMs += reply.elapsedMs;
        this.#othersMs += (reply.othersPart ?? 0) * reply.elapsedMs;
      }
    }
  }

  #isPeer(contender: ContenderName): boolean {
    return this.#request.options.peers.some((peer) => peer === contender);
  }

  #isTooSlow(contender: ContenderName, { what, best }: Step): boolean {
    if (!this.#slow.has(`${contender} ${what}`)) return false;
    return best === undefined || !isAmongBest(this.result, contender, best);
  }

  /** Whether a verdict depends on what a contender does in a step. */
  #decides(contender: ContenderName, { best }: Step): boolean {
    if (!this.#isPeer(contender)) return true;
    return best !== undefined && isAmongBest(this.result, contender, best);
  }

  /** Each wave is twice the one before. */
  #wouldTakeLong(contender: ContenderName, what: string): boolean {
    const longest = this.#longest.get(contender);
    if (longest === undefined || !(waveOf(what) > longest.wave)) return false;
    return longest.ms * 2 ** (waveOf(what) - longest.wave) > LONGEST_WAVE_MS;
  }

  /** A contender that has failed once is not asked again, nor for a larger wave. */
  #gaveUp(contender: ContenderName, what: string): boolean {
    const { failures, notOffered } = this.result;
    if (notOffered.some((each) => each.contender === contender && each.what === what)) return true;
    const own = failures.filter((each) => each.contender === contender);
    if (own.some((each) => each.what === "all" || each.what === what)) return true;
    const before = own.find((each) => waveOf(each.what) < waveOf(what));
    if (before === undefined) return false;
    const error = `not run: ${before.what === "wave" ? "the warm-up" : before.what} failed`;
    failures.push({ contender, what, error });
    return true;
  }

  async #processOf(
    contender: ContenderName,
    what: string,
    round?: number,
  ): Promise<ContenderProcess | undefined> {
    const running = this.#processes.get(contender);
    if (running?.alive) return running;
    const started = await this.#start(contender, what, round);
    if (started !== undefined) this.#processes.set(contender, started);
    return started;
  }

  /** Starts a process to measure something; what the start took is recorded when a round is given. */
  async #start(
    contender: ContenderName,
    what: string,
    round: number | undefined,
  ): Promise<ContenderProcess | undefined> {
    const started = new ContenderProcess(this.#request.commandOf(contender));
    const reply = await started.started(START_LIMIT_MS);
    if (reply.type === "measured") {
      if (round !== undefined) this.#record(contender, "startup", reply, round);
      return started;
    }
    await started.close();
    // One that has started before is not given up altogether: what it did then stands.
    const hasStarted = this.result.values[contender] !== undefined;
    this.#record(contender, hasStarted ? what : "all", reply, 0);
    return undefined;
  }

  async #closeAll(): Promise<void> {
    for (const process of this.#processes.values()) await process.close();
    this.#processes.clear();
  }
}

/** The number of a wave, 0 for the warm-up before the waves, NaN for anything else: NaN is below nothing. */
function waveOf(what: string): number {
  if (what === "wave") return 0;
  return what.startsWith("wave.") ? Number(what.slice("wave.".length)) : NaN;
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
