/**
 * Lanes that come and go: started when there is work for them, ended when they have had none for a while, and as many beyond the usual as are worth having.
 *
 * What is told of it are numbers of lanes that have changed, and what has led to it: a lane that was to be started and never took a call has changed nothing.
 *
 * @module
 */

import type { Clock, Timer } from "../runtime/clock.ts";
import type { Crew } from "./crew.ts";
import { type ScaleBounds, type ScaleDecision, Scaler } from "./scaler.ts";
import type { Seat } from "./seat.ts";

/** How often is looked while there is work, in ms. */
const LOOK_MS = 50;

/** When lanes come and go. */
export interface ElasticPolicy extends ScaleBounds {
  /** How long a lane has nothing to do before it is ended, in ms; infinite for never. */
  readonly idleMs: number;
}

/** A change of the number of lanes. */
export interface ScaleInfo {
  /** Lanes that took calls before. */
  readonly from: number;
  /** Lanes that take calls now. */
  readonly to: number;
  /**
   * Why: `demand`, there were more calls than lanes; `waiting`, calls waited though there were as many lanes as processors, and more of them are tried; `no-gain`, those that were tried did no more
   * work; `idle`, there was nothing for them to do.
   */
  readonly reason: "demand" | "waiting" | "no-gain" | "idle";
  /** Calls that waited when it was decided. */
  readonly waiting: number;
  /** How long they would have waited as things went, in ms; undefined where that was not measured. */
  readonly waitMs: number | undefined;
  /** Calls done in a second when it was decided; undefined where that was not measured. */
  readonly perSecond: number | undefined;
  /** Calls done in a second before the lanes were added that were of no gain; undefined otherwise. */
  readonly perSecondBefore: number | undefined;
}

type Cause = Omit<ScaleInfo, "from" | "to">;

/** What makes lanes come and go. */
export interface ElasticParts {
  readonly clock: Clock;
  readonly crew: Crew;
  readonly policy: ElasticPolicy;
  /** How many calls have not started. */
  readonly waiting: () => number;
  /** Ends a lane when it has finished what it has. */
  readonly retire: (seat: Seat) => void;
  /** Plans to start lanes. */
  readonly planTurn: () => void;
  /** The number of lanes has changed. */
  readonly onScale: (info: ScaleInfo) => void;
}

/** When a lane was last seen to do something, in ms since the epoch, and how many calls it had answered by then. */
interface Sighting {
  atMs: number;
  answers: number;
}

/** The lanes of one kind, where their number changes. */
export class Elastic {
  readonly #parts: ElasticParts;
  readonly #scaler: Scaler;
  readonly #seen: Map<Seat, Sighting> = new Map();
  /** Lanes that are coming or going, and why. */
  readonly #moving: Map<Seat, Cause> = new Map();
  /** Why the next lanes are started that are beyond the usual. */
  #tried: Cause | undefined;
  /** How many lanes were told of. */
  #told = 0;
  #timer: Timer = undefined;

  /** @param parts what makes lanes come and go */
  constructor(parts: ElasticParts) {
    this.#parts = parts;
    this.#scaler = new Scaler(parts.policy);
    parts.crew.bound(parts.policy.minLanes, this.#scaler.target);
  }

  /** Some lanes were started. */
  started(seats: readonly Seat[]): void {
    const cause = this.#tried ?? {
      reason: "demand",
      waiting: this.#parts.waiting(),
      waitMs: undefined,
      perSecond: undefined,
      perSecondBefore: undefined,
    };
    this.#tried = undefined;
    for (const seat of seats) this.#moving.set(seat, cause);
  }

  /** A lane takes calls. */
  ready(seat: Seat): void {
    this.#see(seat);
    this.#moved(seat);
  }

  /** A lane is gone. */
  lost(seat: Seat): void {
    this.#seen.delete(seat);
    this.#moved(seat);
  }

  /** Sees to it that is looked at from time to time, as long as anything may change by itself. */
  watch(): void {
    if (this.#timer !== undefined || this.#parts.crew.isClosing) return;
    const waitMs = this.#nextMs();
    if (waitMs === Infinity) return;
    const onTimer = (): void => {
      this.#timer = undefined;
      this.#look();
    };
    // Quiet: a program that is done need not wait for lanes that have nothing to do.
    this.#timer = this.#parts.clock.setTimer(onTimer, waitMs, true);
  }

  #nextMs(): number {
    const { clock, crew, policy, waiting } = this.#parts;
    if (waiting() > 0 || crew.executing > 0) return LOOK_MS;
    if (policy.idleMs === Infinity || crew.stayingCount <= policy.minLanes) return Infinity;
    let nextMs = Infinity;
    for (const { atMs } of this.#seen.values()) nextMs = Math.min(nextMs, atMs);
    return nextMs === Infinity ? LOOK_MS : Math.max(LOOK_MS, nextMs + policy.idleMs - clock.now());
  }

  #look(): void {
    const { clock, crew, waiting } = this.#parts;
    if (crew.isClosing) return;
    for (const seat of crew.seats) if (seat.state === "ready") this.#see(seat);
    this.#endIdle();
    const figures = {
      nowMs: clock.now(),
      lanes: crew.readyCount,
      waiting: waiting(),
      answered: crew.answers,
    };
    const decision = this.#scaler.note(figures);
    if (decision !== undefined) this.#follow(decision);
    this.watch();
  }

  #follow({ target, ...cause }: ScaleDecision): void {
    const { crew, planTurn, policy } = this.#parts;
    crew.bound(policy.minLanes, target);
    if (cause.reason === "waiting") {
      this.#tried = cause;
      return planTurn();
    }
    this.#end(crew.readyCount - target, cause, (seat) => seat.isOpen);
  }

  /** Ends lanes that have had nothing to do for a while. */
  #endIdle(): void {
    const { clock, crew, policy, waiting } = this.#parts;
    // What waits may be on the board, for a lane that is still importing its module and looks as if it had nothing to do; and a lane would be started for it in place of one that was ended.
    // It was seen when it was seen, all the same: under a load that always has a call or two on their way, lanes are ended between them.
    if (waiting() > 0) return;
    const dueMs = clock.now() - policy.idleMs;
    // One that is on its way out is live until it is gone, and would be counted as spare once more at each look.
    const spare = crew.stayingCount - policy.minLanes;
    const cause: Cause = {
      reason: "idle",
      waiting: waiting(),
      waitMs: undefined,
      perSecond: undefined,
      perSecondBefore: undefined,
    };
    const isDue = (seat: Seat): boolean => {
      const { atMs } = this.#seen.get(seat) ?? { atMs: Infinity };
      return atMs <= dueMs && seat.pins.size === 0;
    };
    if (this.#end(spare, cause, isDue) === 0) return;
    this.#scaler.rest();
    crew.bound(policy.minLanes, this.#scaler.target);
  }

  /** Ends some lanes, those first that have least to lose. @returns how many */
  #end(most: number, cause: Cause, may: (seat: Seat) => boolean): number {
    const { crew, retire } = this.#parts;
    const seats = crew.seats.filter((seat) => seat.state === "ready" && may(seat));
    seats.sort((a, b) => a.pins.size - b.pins.size || a.lane.executing - b.lane.executing);
    const ended = seats.slice(0, Math.max(0, most));
    for (const seat of ended) {
      this.#moving.set(seat, cause);
      retire(seat);
    }
    return ended.length;
  }

  #see(seat: Seat): void {
    const { lane, answers } = seat;
    const seen = this.#seen.get(seat);
    const isAtWork = lane.occupied > 0 || lane.executing > 0;
    if (seen !== undefined && !isAtWork && seen.answers === answers) return;
    this.#seen.set(seat, { atMs: this.#parts.clock.now(), answers });
  }

  /** A lane has come or gone; it is told when none of the same decision is under way any more. */
  #moved(seat: Seat): void {
    const cause = this.#moving.get(seat);
    this.#moving.delete(seat);
    if (cause === undefined) return;
    for (const other of this.#moving.values()) if (other === cause) return;
    const from = this.#told;
    const to = this.#parts.crew.readyCount;
    if (from === to) return;
    this.#told = to;
    this.#parts.onScale({ from, to, ...cause });
  }
}
