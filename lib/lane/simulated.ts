/**
 * The simulated lane: in memory, in virtual time, its every choice from a seed. It starts late or not at all, runs, hangs, crashes, answers late, and
 * comes back from the dead, so that what a gate does about it can be tried a hundred thousand times in seconds and replayed from the seed.
 *
 * @module
 */

import type { Lane, LaneCall, LaneEvents } from "../bridge/contract.ts";
import type { Clock } from "../runtime/clock.ts";
import type { RandomSource } from "../runtime/random.ts";
import { Mailbox } from "./mailbox.ts";
import { type LaneRun, RestartableLane } from "./restartable.ts";

/** What a simulated call does. */
export interface SimulatedCall {
  /** How long it runs, in ms; infinite for a loop without end. */
  readonly runMs: number;
  /** What it comes to. */
  readonly outcome: "return" | "throw" | "crash" | "unstartable" | "unsendable";
  /** How soon it stops when asked to, in ms; infinite when it never looks. */
  readonly stopMs: number;
}

/** How a simulated lane behaves. */
export interface SimulatedLaneParts {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly events: LaneEvents;
  /** What a call does. */
  readonly plan: (call: LaneCall) => SimulatedCall;
  /** Told of each start of a function, and in which lane. */
  readonly onStart: (call: LaneCall, lane: number) => void;
  /** Told of each function that runs no more, whatever has ended it. */
  readonly onStop?: ((call: LaneCall) => void) | undefined;
  /** Longest delay of a message, in ms. */
  readonly latencyMs: number;
  /** Share of the starts that fail. */
  readonly startFailures: number;
  /** Whether a stopped lane ends its running function, as Node and Bun do, or runs on unseen, as Deno does. */
  readonly stopsThreads: boolean;
  /** Slots of the mailbox. */
  readonly capacity: number;
  /** How long the hooks of a retired lane take, in ms; infinite for one that never comes to its end. Default: nothing to dispose of. */
  readonly disposeMs?: number | undefined;
  /** How large a lane's heap is after so many calls, in bytes. Default: not known. */
  readonly heapBytes?: ((calls: number) => number) | undefined;
}

/** What keeps two messages apart, in ms. */
const TICK_MS = 1e-6;

const OPEN = 0;
const STARTED = 1;
const RECALLED = 2;

/** @param index number of the lane @param parts how it behaves @returns a lane that only pretends */
export function simulatedLane(index: number, parts: SimulatedLaneParts): RestartableLane {
  return new RestartableLane(
    index,
    parts.capacity,
    (lane, onEnd) => new SimulatedRun(lane, parts, onEnd),
  );
}

/** One life of a simulated lane. */
class SimulatedRun implements LaneRun {
  readonly mailbox: Mailbox;
  released = 0;
  executing = 0;
  readonly #lane: Lane;
  readonly #parts: SimulatedLaneParts;
  readonly #onEnd: () => void;
  readonly #claims: number[] = [];
  readonly #started: number[] = [];
  readonly #ended: number[] = [];
  readonly #isReleased: boolean[] = [];
  readonly #queue: [slot: number, call: LaneCall][] = [];
  #outgoing: [slot: number, call: LaneCall][] = [];
  #running: { slot: number; call: LaneCall; timer: unknown } | undefined;
  #isReady = false;
  #isRetired = false;
  #isStopped = false;
  #hasEnded = false;
  /** Messages arrive in the order they were posted: to the lane none before this moment, to the gate none before that. */
  #nextArrivalMs = 0;
  #nextDeliveryMs = 0;
  #calls = 0;

  constructor(lane: Lane, parts: SimulatedLaneParts, onEnd: () => void) {
    this.#lane = lane;
    this.#parts = parts;
    this.#onEnd = onEnd;
    this.mailbox = new Mailbox(parts.capacity);
    const fails = parts.random.chance(parts.startFailures);
    this.#deliver(() => {
      if (fails) return this.#end(undefined);
      if (this.#isStopped) return;
      this.#isReady = true;
      parts.events.ready(lane);
    });
  }

  get executingMail(): number {
    return this.executing;
  }

  send(call: LaneCall): void {
    const slot = this.mailbox.put(call);
    this.#claims[slot] = OPEN;
    this.#ended[slot] = NaN;
    this.#outgoing.push([slot, call]);
  }

  flush(): void {
    if (this.#outgoing.length === 0) return;
    const sent: [number, LaneCall][] = [];
    for (const [slot, call] of this.#outgoing) {
      if (this.#parts.plan(call).outcome !== "unsendable") sent.push([slot, call]);
      else if (this.mailbox.take(slot) !== undefined) {
        this.#parts.events.unsendable(call, new Error("unsendable"));
      }
    }
    this.#outgoing = [];
    const { clock } = this.#parts;
    this.#nextArrivalMs = Math.max(this.#nextArrivalMs + TICK_MS, clock.now() + this.#latency());
    clock.setTimer(
      () => {
        this.#queue.push(...sent);
        this.#next();
      },
      this.#nextArrivalMs - clock.now(),
      false,
    );
  }

  isStarted(call: LaneCall): boolean {
    return this.mailbox.holds(call) && this.#claims[call.slot] === STARTED;
  }

  startedMs(call: LaneCall): number {
    return this.#started[call.slot]!;
  }

  endedMs(call: LaneCall): number {
    return this.#ended[call.slot]!;
  }

  hasMoved(): boolean {
    return false;
  }

  recall(call: LaneCall): boolean {
    if (!this.mailbox.holds(call) || this.#claims[call.slot] !== OPEN) return false;
    this.#claims[call.slot] = RECALLED;
    this.mailbox.forget(call.slot);
    return true;
  }

  release(call: LaneCall): void {
    const slot = call.slot;
    this.mailbox.forget(slot);
    this.executing--;
    // It may have returned already, its answer being on the way.
    if (!Number.isNaN(this.#ended[slot]!)) return;
    this.#isReleased[slot] = true;
    this.released++;
    const running = this.#running;
    if (running === undefined || running.slot !== slot) return;
    const { stopMs } = this.#parts.plan(call);
    if (stopMs === Infinity) return;
    this.#parts.clock.clearTimer(running.timer);
    running.timer = this.#parts.clock.setTimer(() => this.#finish("throw"), stopMs, true);
  }

  get isDisposable(): boolean {
    return this.#parts.disposeMs !== undefined;
  }

  get heapBytes(): number {
    return this.#parts.heapBytes?.(this.#calls) ?? 0;
  }

  retire(): void {
    const { clock } = this.#parts;
    this.#nextArrivalMs = Math.max(this.#nextArrivalMs + TICK_MS, clock.now() + this.#latency());
    clock.setTimer(
      () => {
        this.#isRetired = true;
        this.#next();
      },
      this.#nextArrivalMs - clock.now(),
      false,
    );
  }

  #dispose(): void {
    const { clock, disposeMs = 0, events } = this.#parts;
    this.#isRetired = false;
    if (disposeMs === Infinity) return;
    clock.setTimer(() => this.#deliver(() => events.retired(this.#lane, [])), disposeMs, false);
  }

  stop(): void {
    if (this.#isStopped || this.#hasEnded) return;
    this.#isStopped = true;
    if (this.#parts.stopsThreads && this.#running !== undefined) {
      this.#parts.clock.clearTimer(this.#running.timer);
      this.#parts.onStop?.(this.#running.call);
      this.#running = undefined;
    }
    this.#deliver(() => this.#end(1));
  }

  hold(): void {}

  /** Starts the next call, unless one runs. On a lane that was stopped but runs on, the claims keep it from starting anything. */
  #next(): void {
    while (this.#running === undefined && this.#queue.length > 0) {
      const [slot, call] = this.#queue.shift()!;
      if (this.#isStopped) continue;
      const plan = this.#parts.plan(call);
      if (plan.outcome === "unstartable") {
        this.#answer(slot, "unstartable");
      } else if (this.#claims[slot] !== OPEN) {
        this.#answer(slot, "skipped");
      } else {
        this.#claims[slot] = STARTED;
        this.#started[slot] = this.#parts.clock.now();
        this.executing++;
        this.#calls++;
        this.#parts.onStart(call, this.#lane.index);
        const timer = plan.runMs === Infinity
          ? undefined
          : this.#parts.clock.setTimer(() => this.#finish(plan.outcome), plan.runMs, false);
        this.#running = { slot, call, timer };
      }
    }
    if (this.#isRetired && this.#running === undefined) this.#dispose();
  }

  #finish(outcome: string): void {
    const { slot, call } = this.#running!;
    this.#running = undefined;
    this.#parts.onStop?.(call);
    if (outcome === "crash") {
      if (this.#isStopped) return;
      this.#isStopped = true;
      return this.#deliver(() => this.#end(3));
    }
    this.#answer(slot, outcome);
    this.#next();
  }

  #answer(slot: number, outcome: string): void {
    const endedMs = this.#ended[slot] = this.#parts.clock.now();
    const startedMs = this.#started[slot]!;
    const lane = this.#lane;
    const { events } = this.#parts;
    this.#deliver(() => {
      // A message that a stopped lane had posted may be dropped with it.
      if (this.#isStopped && this.#parts.random.chance(0.5)) return;
      const hasRun = outcome === "return" || outcome === "throw";
      const call = this.mailbox.take(slot);
      if (call === undefined) {
        if (hasRun) {
          if (this.#isReleased[slot]) this.released--;
          this.#isReleased[slot] = false;
          events.late(lane);
        }
      } else {
        if (hasRun) this.executing--;
        if (outcome === "return") events.returned(lane, call, call.args[0], startedMs, endedMs);
        else if (outcome === "throw") {
          events.threw(lane, call, new Error("thrown"), startedMs, endedMs);
        } else if (outcome === "unstartable") {
          events.unstartable(lane, call, new Error("unstartable"));
        }
      }
      events.settled(lane);
    });
  }

  #deliver(task: () => void): void {
    const { clock } = this.#parts;
    this.#nextDeliveryMs = Math.max(this.#nextDeliveryMs + TICK_MS, clock.now() + this.#latency());
    clock.setTimer(
      () => {
        if (!this.#hasEnded) task();
      },
      this.#nextDeliveryMs - clock.now(),
      false,
    );
  }

  #latency(): number {
    return this.#parts.random.next() * this.#parts.latencyMs;
  }

  #end(exitCode: number | undefined): void {
    this.#hasEnded = true;
    const started: LaneCall[] = [];
    const unstarted: LaneCall[] = [];
    for (const call of this.mailbox.inOrder()) {
      (this.recall(call) ? unstarted : started).push(call);
    }
    const wasReady = this.#isReady;
    this.#onEnd();
    const loss = {
      cause: undefined,
      exitCode,
      wasReady,
      wasStuck: this.released > 0,
      started,
      unstarted,
    };
    this.#parts.events.lost(this.#lane, loss);
  }
}
