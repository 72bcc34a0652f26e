/**
 * The simulated lane: in memory, in virtual time, its every choice from a seed. It starts late or not at all, runs, hangs, crashes, answers late, and
 * comes back from the dead, so that what a gate does about it can be tried a hundred thousand times in seconds and replayed from the seed.
 *
 * @module
 */

import type { LeadChildren } from "../bridge/child_table.ts";
import type {
  ChildCall,
  ChildOutcome,
  Lane,
  LaneCall,
  LaneEvents,
  OperationReference,
} from "../bridge/contract.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
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
  /** What it calls when it starts, to run elsewhere. Default: nothing. */
  readonly children?: readonly SimulatedChild[] | undefined;
  /** Whether it waits for them before it comes to its end. Default: true. */
  readonly waits?: boolean | undefined;
}

/** A call inside of a simulated call. */
export interface SimulatedChild {
  /** What it does. */
  readonly plan: SimulatedCall;
  /** Whether it is to go elsewhere though it need not. */
  readonly isEager: boolean;
  /** Whether it must go elsewhere. */
  readonly isForOthers: boolean;
  /** The operation. */
  readonly operation: OperationReference;
}

/** What runs in a simulated lane: a call that was sent, or a child in the lane of its lead. */
interface Frame {
  readonly id: number;
  /** The call that it belongs to, and its slot; -1 for a child that the lane runs by itself. */
  readonly lead: LaneCall;
  readonly slot: number;
  readonly domainId: number;
  readonly plan: SimulatedCall;
  /** Whose child it is, when the lane runs it by itself. */
  readonly parent: Frame | undefined;
  /** Its children that have not settled, and what each is to do if it comes back. */
  readonly children: Map<number, SimulatedChild>;
  /** How many of those were given to the gate. */
  outside: number;
  /** Runs out when its own work is done. */
  timer: Timer;
  /** Whether that is still to be done. */
  isAtWork: boolean;
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
  /** Gives a child its id. Needed where calls have children. */
  readonly nameChild?: (child: SimulatedChild) => number;
  /** Told of each start of a child in the lane of its lead. */
  readonly onChildHere?: (id: number) => void;
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
  /** The call that was taken from the queue; what runs beside it while all that runs waits for children; and children that this lane runs by itself. */
  #running: Frame | undefined;
  readonly #beside: Set<Frame> = new Set();
  readonly #here: Set<Frame> = new Set();
  /** Messages about children, which are read when no function is at work. */
  readonly #news: (() => void)[] = [];
  /** How many functions are at work, and keep the event loop from having a turn. */
  #working = 0;
  #isHungry = false;
  #isToldFull = false;
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

  hasMoved(call: LaneCall): boolean {
    return call.transfer !== undefined;
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
    const frame = this.#frameIn(slot);
    if (frame === undefined) return;
    const { stopMs } = frame.plan;
    if (stopMs === Infinity) return;
    this.#parts.clock.clearTimer(frame.timer);
    frame.timer = this.#parts.clock.setTimer(() => this.#finish(frame, "throw"), stopMs, true);
  }

  #frameIn(slot: number): Frame | undefined {
    if (this.#running?.slot === slot) return this.#running;
    for (const frame of this.#beside) if (frame.slot === slot) return frame;
    return undefined;
  }

  // Calls inside of its calls.

  sendChild(call: LaneCall): void {
    if (this.#parts.plan(call).outcome === "unsendable") {
      this.#parts.events.unsendable(call, new Error("unsendable"));
      return;
    }
    this.send(call);
    const [slot] = this.#outgoing.pop()!;
    this.#arrive(() => this.#hear(() => this.#startBeside(slot, call)));
  }

  answerChildren(outcomes: readonly ChildOutcome[]): void {
    this.#arrive(() =>
      this.#hear(() => {
        for (const { id } of outcomes) this.#childEnded(id, true);
      })
    );
  }

  returnChild(call: ChildCall): void {
    this.#arrive(() => this.#hear(() => this.#startHere(call)));
  }

  tallyChildren(): void {}

  leads(): LeadChildren[] {
    return [];
  }

  #frames(): Frame[] {
    const running = this.#running === undefined ? [] : [this.#running];
    return [...running, ...this.#beside, ...this.#here];
  }

  #startBeside(slot: number, call: LaneCall): void {
    this.#isHungry = false;
    if (this.#isStopped) return;
    const plan = this.#parts.plan(call);
    if (plan.outcome === "unstartable") this.#answer(slot, "unstartable");
    else if (this.#claims[slot] !== OPEN) this.#answer(slot, "skipped");
    else this.#beside.add(this.#start(slot, call, plan));
  }

  /** A child that was given to the gate is run by its own lane. */
  #startHere(call: ChildCall): void {
    const parent = this.#frames().find(({ children }) => children.has(call.id));
    const child = parent?.children.get(call.id);
    if (parent === undefined || child === undefined || this.#isStopped) return;
    parent.outside--;
    this.#parts.onChildHere?.(call.id);
    const { lead, domainId } = parent;
    this.#here.add(this.#begin(call.id, lead, -1, domainId, child.plan, parent));
  }

  #childEnded(id: number, wasOutside: boolean): void {
    const parent = this.#frames().find(({ children }) => children.has(id));
    if (parent === undefined) return;
    parent.children.delete(id);
    if (wasOutside) parent.outside--;
    if (!parent.isAtWork && parent.children.size === 0) {
      this.#finish(parent, parent.plan.outcome);
    }
  }

  /** Reads what was posted, when the event loop has a turn. */
  #hear(news: () => void): void {
    this.#news.push(news);
    this.#readNews();
  }

  #readNews(): void {
    while (this.#working === 0 && this.#news.length > 0 && !this.#isStopped) this.#news.shift()!();
    this.#look();
  }

  /** Says so when all that runs here waits for children that run elsewhere, and when it takes calls again. */
  #look(): void {
    if (this.#working > 0 || this.#isStopped) return;
    const isFull = this.#running !== undefined;
    const isChanged = !this.#isHungry || this.#isToldFull !== isFull;
    if (this.#isWaiting && isChanged) {
      this.#isHungry = true;
      this.#isToldFull = isFull;
      this.#deliver(() => this.#parts.events.hungry(this.#lane, isFull));
    } else if (this.#isToldFull && !isFull && !this.#isWaiting) {
      this.#isToldFull = false;
      this.#deliver(() => this.#parts.events.roomy(this.#lane));
    }
  }

  get #isWaiting(): boolean {
    const frames = this.#frames();
    const waiting: Set<LaneCall> = new Set();
    for (const { lead, outside } of frames) if (outside > 0) waiting.add(lead);
    return waiting.size > 0 && frames.every(({ lead }) => waiting.has(lead));
  }

  #start(slot: number, call: LaneCall, plan: SimulatedCall): Frame {
    this.#claims[slot] = STARTED;
    this.#started[slot] = this.#parts.clock.now();
    this.executing++;
    this.#calls++;
    this.#parts.onStart(call, this.#lane.index);
    return this.#begin(call.id, call, slot, call.id, plan, undefined);
  }

  #begin(
    id: number,
    lead: LaneCall,
    slot: number,
    domainId: number,
    plan: SimulatedCall,
    parent: Frame | undefined,
  ): Frame {
    const { clock } = this.#parts;
    const frame: Frame = {
      id,
      lead,
      slot,
      domainId,
      plan,
      parent,
      children: new Map(),
      outside: 0,
      timer: undefined,
      isAtWork: true,
    };
    for (const child of plan.children ?? []) this.#callFor(frame, child);
    this.#working++;
    if (plan.runMs === Infinity) return frame;
    frame.timer = clock.setTimer(() => this.#workDone(frame), plan.runMs, false);
    return frame;
  }

  #callFor(frame: Frame, child: SimulatedChild): void {
    const id = this.#parts.nameChild!(child);
    frame.children.set(id, child);
    frame.outside++;
    this.#isHungry = false;
    const call: ChildCall = {
      id,
      leadId: frame.lead.id,
      parentId: frame.id,
      domainId: frame.domainId,
      url: child.operation.url,
      name: child.operation.name,
      perLane: 1,
      isForOthers: child.isForOthers,
      isEager: child.isEager,
      timeoutMs: undefined,
      queueTimeoutMs: undefined,
      deadlineMs: undefined,
      priority: 0,
      args: [id],
      moved: [],
    };
    this.#deliver(() => this.#parts.events.called(this.#lane, call));
  }

  #workDone(frame: Frame): void {
    const mayEnd = frame.plan.waits === false || frame.children.size === 0;
    if (mayEnd || frame.plan.outcome === "crash") this.#finish(frame, frame.plan.outcome);
    else {
      frame.isAtWork = false;
      this.#working--;
      this.#readNews();
    }
  }

  /** Moves a message of the gate to the lane. */
  #arrive(task: () => void): void {
    const { clock } = this.#parts;
    this.#nextArrivalMs = Math.max(this.#nextArrivalMs + TICK_MS, clock.now() + this.#latency());
    clock.setTimer(task, this.#nextArrivalMs - clock.now(), false);
  }

  /** Simulated functions are no generators. */
  grant(): void {}

  readonly waiting: number = 0;

  readonly kept: number = 0;

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
    if (this.#parts.stopsThreads) {
      for (const frame of this.#frames()) {
        this.#parts.clock.clearTimer(frame.timer);
        if (frame.slot >= 0) this.#parts.onStop?.(frame.lead);
      }
      this.#running = undefined;
      this.#beside.clear();
      this.#here.clear();
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
        this.#running = this.#start(slot, call, plan);
      }
    }
    const isFree = this.#running === undefined && this.#beside.size === 0;
    if (this.#isRetired && isFree) this.#dispose();
  }

  #finish(frame: Frame, outcome: string): void {
    this.#forget(frame);
    if (frame === this.#running) this.#running = undefined;
    this.#beside.delete(frame);
    if (outcome === "crash") {
      if (this.#isStopped) return;
      this.#isStopped = true;
      return this.#deliver(() => this.#end(3));
    }
    this.#isHungry = false;
    if (frame.slot >= 0) this.#answer(frame.slot, outcome);
    else this.#childEnded(frame.id, false);
    this.#next();
    this.#readNews();
  }

  /** It is at work no more, and what it has called in this lane ends with it. */
  #forget(frame: Frame): void {
    this.#parts.clock.clearTimer(frame.timer);
    if (frame.isAtWork) this.#working--;
    frame.isAtWork = false;
    this.#here.delete(frame);
    if (frame.slot >= 0) this.#parts.onStop?.(frame.lead);
    for (const other of [...this.#here]) if (other.parent === frame) this.#forget(other);
    if (frame.slot >= 0) return;
    // Of the others the gate knows by itself that they are not wanted.
    for (const id of frame.children.keys()) {
      this.#deliver(() => this.#parts.events.givenUp(this.#lane, id, "ended"));
    }
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
      (this.recall(call) && !this.hasMoved(call) ? unstarted : started).push(call);
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
