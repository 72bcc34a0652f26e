/**
 * Ending lanes on purpose: those that are due to be recycled, all of them for a reload, and at the close those whose modules have something to dispose of.
 *
 * A lane that is retired gets no more work: what it has not started goes elsewhere, it finishes what runs, its modules dispose, and it ends. Nothing is lost and
 * nothing counts as a crash. Its place is free when it is gone, so there are never more lanes than the gate was given; of the lanes that are due
 * one leaves at a time, and the next not before the one in its place is ready, so that the others go on. A gate with a single lane has a gap, of
 * the time that a lane takes to start. A reload retires all at once: no call that is made after it may run in an old one.
 *
 * @module
 */

import type { Clock, Timer } from "../runtime/clock.ts";
import type { Crew } from "./crew.ts";
import type { Seat } from "./seat.ts";

/** When a lane is recycled; infinite for never. */
export interface RecyclePolicy {
  /** After so many calls. */
  readonly afterTokens: number;
  /** So long after it was ready, in ms. */
  readonly afterMs: number;
  /** When its heap is larger than this, in bytes. */
  readonly heapBytes: number;
}

/** Why a lane is ended on purpose. */
export type RetireReason = "tokens" | "age" | "heap" | "reload" | "close" | "spare";

/** What ends lanes on purpose. */
export interface RetirementParts {
  readonly clock: Clock;
  readonly crew: Crew;
  /** When lanes are recycled; undefined for never. */
  readonly policy: RecyclePolicy | undefined;
  /** How long the dispose hooks of a lane may take together, in ms. */
  readonly disposeTimeoutMs: number;
  /** How much longer a lane may take to say that it is done, in ms. */
  readonly graceMs: number;
  /** Has what a lane has not started go elsewhere. */
  readonly empty: (seat: Seat) => void;
  /** Plans to look for lanes that are due. */
  readonly planTurn: () => void;
  /** A lane that is not closed with its gate was retired. */
  readonly onRecycled: (lane: number, reason: RetireReason) => void;
  /** A lane did not come to its end in time, and was stopped by force. */
  readonly onForced: (lane: number) => void;
}

interface Reload {
  readonly left: Set<Seat>;
  readonly resolve: () => void;
}

/** Retires lanes. */
export class Retirement {
  /** Lanes retired so far, to be started anew. */
  recycled = 0;
  readonly #parts: RetirementParts;
  #reloads: Reload[] = [];

  /** @param parts what it is made of */
  constructor(parts: RetirementParts) {
    this.#parts = parts;
  }

  /** Whether somebody waits for old lanes to be gone. */
  get isReloading(): boolean {
    return this.#reloads.length > 0;
  }

  /** Retires the first lane that is due, unless one is on its way out or in. */
  look(): void {
    const { policy, clock, crew } = this.#parts;
    if (policy === undefined) return;
    const nowMs = clock.now();
    let due: Seat | undefined;
    let reason: RetireReason | undefined;
    for (let i = 0; i < crew.seats.length; i++) {
      const seat = crew.seats[i]!;
      if (seat.state === "retiring" || seat.state === "starting") return;
      if (due !== undefined || seat.state !== "ready") continue;
      reason = reasonToRecycle(seat, policy, nowMs);
      if (reason !== undefined) due = seat;
    }
    if (due !== undefined) this.begin(due, reason!);
  }

  /** Retires a lane, which must be ready. */
  begin(seat: Seat, reason: RetireReason): void {
    const { empty, disposeTimeoutMs, onRecycled } = this.#parts;
    seat.state = "retiring";
    this.#clearTimer(seat);
    empty(seat);
    seat.lane.retire(disposeTimeoutMs);
    this.#watch(seat, isIdle(seat));
    if (reason === "close" || reason === "spare") return;
    this.recycled++;
    onRecycled(seat.lane.index, reason);
  }

  /** Retires all lanes that may have imported a module. @returns resolves when they are gone */
  reload(): Promise<void> {
    const left: Set<Seat> = new Set();
    for (const seat of this.#parts.crew.seats) {
      if (seat.state === "down" || seat.state === "starting") continue;
      left.add(seat);
      if (seat.state === "ready") this.begin(seat, "reload");
    }
    if (left.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#reloads.push({ left, resolve }));
  }

  /** A lane takes calls. */
  ready(seat: Seat): void {
    const afterMs = this.#parts.policy?.afterMs ?? Infinity;
    if (afterMs === Infinity) return;
    // Quiet: growing old is no work. One that has nothing to do is recycled too, which frees its memory until it is needed.
    seat.leaveTimer = this.#parts.clock.setTimer(this.#parts.planTurn, afterMs, true);
  }

  /** A retired lane is done. */
  retired(seat: Seat): void {
    if (seat.state !== "retiring") return;
    seat.state = "stopping";
    seat.lane.stop();
  }

  /** A lane is gone. */
  lost(seat: Seat): void {
    this.#clearTimer(seat);
    if (this.#reloads.length === 0) return;
    for (const { left, resolve } of this.#reloads) {
      if (left.delete(seat) && left.size === 0) resolve();
    }
    this.#reloads = this.#reloads.filter(({ left }) => left.size > 0);
  }

  /** What a lane left behind may keep it from ever saying that it is done. While it has a call it may take its time. */
  #watch(seat: Seat, wasIdle: boolean): void {
    const { clock, disposeTimeoutMs, graceMs, onForced } = this.#parts;
    seat.leaveTimer = clock.setTimer(
      () => {
        if (seat.state !== "retiring") return;
        if (!wasIdle || !isIdle(seat)) return this.#watch(seat, isIdle(seat));
        seat.state = "stopping";
        seat.lane.stop();
        onForced(seat.lane.index);
      },
      disposeTimeoutMs + graceMs,
      true,
    );
  }

  #clearTimer(seat: Seat): void {
    const timer: Timer = seat.leaveTimer;
    seat.leaveTimer = undefined;
    if (timer !== undefined) this.#parts.clock.clearTimer(timer);
  }
}

function isIdle({ lane }: Seat): boolean {
  return lane.occupied === 0 && lane.executing === 0;
}

function reasonToRecycle(
  seat: Seat,
  policy: RecyclePolicy,
  nowMs: number,
): RetireReason | undefined {
  if (seat.answers >= policy.afterTokens) return "tokens";
  if (nowMs - seat.readyMs >= policy.afterMs) return "age";
  if (policy.heapBytes < Infinity && seat.lane.heapBytes > policy.heapBytes) return "heap";
  return undefined;
}
