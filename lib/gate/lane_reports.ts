/**
 * What lanes tell their gate, and what follows from it.
 *
 * @module
 */

import type { ChildCall, Lane, LaneCall, LaneEvents, LaneLoss } from "../bridge/contract.ts";
import { type CallToken, FAILED, LAID_OUT, TIMEOUT } from "../call_token.ts";
import type { Utilisation } from "../observe/utilisation.ts";
import type { Clock } from "../runtime/clock.ts";
import type { CallerWork } from "./caller_work.ts";
import type { Domains } from "./domains.ts";
import type { EngineListener } from "./engine_parts.ts";
import type { Ledger } from "./ledger.ts";
import { expiredLimit } from "./limit_policy.ts";
import type { Moves } from "./moves.ts";
import { boundLossError, crashError, timeoutError } from "./token_errors.ts";
import type { TokenGroups } from "./token_groups.ts";

/** What the reports have to do with the rest of their engine. */
export interface LaneReportsParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly utilisation: Utilisation;
  readonly listener: EngineListener;
  readonly moves: Moves;
  readonly callerWork: CallerWork;
  /** Plans to give out what waits. */
  readonly planTurn: () => void;
  /** Gives out what waits, now. */
  readonly turn: () => void;
}

/** Hears the lanes of one gate. */
export class LaneReports implements LaneEvents {
  readonly #parts: LaneReportsParts;
  readonly #moves: Moves;
  readonly #utilisation: Utilisation;
  #groups!: TokenGroups;
  #domains!: Domains;

  /** @param parts what they have to do with the rest */
  constructor(parts: LaneReportsParts) {
    this.#parts = parts;
    this.#moves = parts.moves;
    this.#utilisation = parts.utilisation;
  }

  /** The lanes are made: from now on they may tell something. */
  hear(groups: TokenGroups, domains: Domains): void {
    this.#groups = groups;
    this.#domains = domains;
  }

  ready(lane: Lane): void {
    const { crew, elastic, retirement, stopping } = this.#groups.groupOf(lane);
    const seat = crew.seatOf(lane);
    crew.ready(seat);
    retirement.ready(seat);
    elastic?.ready(seat);
    stopping.ready(seat);
    this.#parts.listener.laneReady(lane.index);
    this.#parts.planTurn();
  }

  returned(
    lane: Lane,
    call: LaneCall,
    value: unknown,
    startedMs: number,
    endedMs: number,
  ): void {
    const token = call as CallToken;
    this.#answered(lane);
    this.#ran(lane, token, startedMs, endedMs);
    this.#moves.complete(token, value, true);
  }

  threw(lane: Lane, call: LaneCall, error: unknown, startedMs: number, endedMs: number): void {
    const { callerWork, ledger } = this.#parts;
    const token = call as CallToken;
    this.#answered(lane);
    this.#ran(lane, token, startedMs, endedMs);
    if (token.limits.inline === "auto") callerWork.learn(token, ledger.active - 1);
    this.#moves.attemptFailed(token, FAILED, error, false);
  }

  unstartable(lane: Lane, call: LaneCall, error: unknown): void {
    const token = call as CallToken;
    this.#answered(lane);
    this.#heardOf(lane, token);
    this.#moves.attemptFailed(token, FAILED, error, false);
  }

  expired(lane: Lane, call: LaneCall): void {
    const token = call as CallToken;
    this.#answered(lane);
    this.#heardOf(lane, token);
    // By the lane's clock, which may be a little ahead.
    const nowMs = Math.max(this.#parts.clock.now(), token.latestMs);
    const limit = expiredLimit(token, nowMs, NaN, NaN) ?? "deadlineMs";
    const error = timeoutError(token.operation, limit, token.limits[limit]!);
    this.#moves.reject(token, TIMEOUT, error, false);
  }

  unsendable(call: LaneCall, error: unknown): void {
    this.#moves.fail(call as CallToken, error);
  }

  late(lane: Lane): void {
    this.#answered(lane);
    this.#parts.ledger.late++;
  }

  called(lane: Lane, call: ChildCall): void {
    this.#domains.called(lane, call);
    this.#parts.planTurn();
  }

  unreadable(lane: Lane, id: number, error: unknown): void {
    this.#domains.unreadable(lane, id, error);
  }

  givenUp(_lane: Lane, id: number, reason: unknown): void {
    this.#domains.givenUp(id, reason);
  }

  hungry(lane: Lane, isFull: boolean): void {
    this.#domains.hungry(lane, isFull);
  }

  roomy(lane: Lane): void {
    this.#domains.roomy(lane);
  }

  yielded(lane: Lane, call: LaneCall, items: readonly unknown[]): void {
    const token = call as CallToken;
    this.#heardOf(lane, token);
    this.#moves.yielded(token, items);
  }

  progressed(_lane: Lane, call: LaneCall, value: unknown): void {
    (call as CallToken).progress.report(value);
  }

  garbled(_lane: Lane, call: LaneCall, error: unknown): void {
    this.#moves.end(call as CallToken, FAILED, error as Error);
  }

  settled(lane: Lane): void {
    const { crew, stopping } = this.#groups.groupOf(lane);
    stopping.answered(crew.seatOf(lane));
    this.#parts.turn();
  }

  retired(lane: Lane, failures: readonly unknown[]): void {
    const { crew, retirement } = this.#groups.groupOf(lane);
    retirement.retired(crew.seatOf(lane));
    for (const cause of failures) this.#parts.listener.disposeFailed(lane.index, cause);
  }

  lost(lane: Lane, loss: LaneLoss): void {
    const { ledger, listener } = this.#parts;
    const group = this.#groups.groupOf(lane);
    const { crew, stopping } = group;
    const seat = crew.seatOf(lane);
    const wasStopped = seat.state === "stopping";
    const startError = crew.lost(seat, loss);
    group.lost(seat, loss.unstarted);
    listener.laneGone(lane.index, loss.exitCode);
    if (!wasStopped) {
      ledger.crashes++;
      listener.crashed(lane.index, loss);
    }
    stopping.lost(seat);
    group.retirement.lost(seat);
    group.elastic?.lost(seat);
    for (const token of group.bound.take(seat)) {
      this.#moves.fail(token, boundLossError(token, lane.index, loss));
    }
    // All of them are gone: what one has called may be among the others.
    this.#domains.hold();
    for (const call of loss.started) {
      const token = call as CallToken;
      this.#heardOf(lane, token);
      this.#moves.attemptFailed(token, FAILED, crashError(call, lane.index, loss), true);
    }
    this.#domains.lost(lane);
    this.#domains.release();
    if (startError !== undefined) {
      for (const token of group.waiting()) this.#moves.fail(token, startError);
    }
    this.#parts.planTurn();
  }

  /** A function has come to its end. */
  #ran(lane: Lane, token: CallToken, startedMs: number, endedMs: number): void {
    this.#heardOf(lane, token, startedMs);
    token.lane = lane.index;
    token.startedMs = startedMs;
    token.endedMs = endedMs;
    this.#utilisation.record(startedMs, endedMs);
  }

  /** A lane tells something of a token: one that was laid out has started. */
  #heardOf(lane: Lane, token: CallToken, startedMs: number = NaN): void {
    if (token.lane !== LAID_OUT) return;
    this.#groups.groupOf(lane).succession!.begun(token, startedMs);
  }

  #answered(lane: Lane): void {
    const { crew } = this.#groups.groupOf(lane);
    crew.answered(crew.seatOf(lane));
  }
}
