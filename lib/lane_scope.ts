/**
 * What runs in a lane, seen as the root of what it calls. A scope is a running call; the calls made inside of it end with it, whatever ends it, so that nothing of a
 * tree is left when its root has settled.
 *
 * @module
 */

import type { OperationContext } from "./lane_mark.ts";
import type { Definition } from "./registry.ts";

/** In place of a number of runs: the function needs its context. */
export const NEVER_PLAIN: number = -1;

/** How the function of an operation has behaved in this lane. */
export interface FunctionRecord {
  /** How many of its runs gave a plain value and did not ask for their context; `NEVER_PLAIN` for good once one has done otherwise. */
  plainRuns: number;
}

/** A call that has not settled, as its scope sees it. */
export interface ScopeChild {
  /** Kills it, and what it has called. */
  end(reason: unknown): void;
}

/** A running call, as the calls inside of it see it. Its shape is part of the protocol between copies of the package. */
export interface LaneScope extends OperationContext {
  /** The call of the lane that it belongs to: itself, or the one at the root of it in this lane. */
  readonly lead: LaneLead;
  /** What is known of its function. */
  readonly record: FunctionRecord;
  /** Whether it has come to its end, or was told to stop: it makes no calls any more. */
  readonly isOver: boolean;
  /** A call inside of it goes on asynchronously. */
  enter(child: ScopeChild): void;
  /** That call has settled. */
  leave(child: ScopeChild): void;
}

/** A call of the lane itself. */
export interface LaneLead extends LaneScope {
  /** Whether it has come to its end. */
  readonly hasEnded: boolean;
  /** How many calls that belong to it run in its lane, or wait there; where they are listed, or -1. */
  live: number;
  place: number;
  /** How many calls that belong to it were given to the gate and are not answered. */
  outside: number;
}

/** What a lane knows of an operation that is called inside of others. */
export interface ChildRecord extends FunctionRecord {
  /** Its row in the lane's table. */
  readonly row: number;
  /** Whether its calls are limited by the gate (permits, a rate, a breaker), and so have to go there. */
  readonly isLimited: boolean;
  /** Whether its calls are not for this kind of lane. */
  readonly isForOthers: boolean;
  /** Whether its function is a generator: its items go to whoever is in the same lane, and not across. */
  readonly isStreamed: boolean;
  /** How long its synchronous runs took of late, in ms; -1 before the first. */
  meanMs: number;
}

/** A call that was given to the gate. */
export interface OutsideCall {
  readonly id: number;
  readonly lead: LaneLead;
  /** What became of it. */
  answered(
    code: number,
    value: unknown,
    admittedMs: number,
    startedMs: number,
    endedMs: number,
  ): void;
  /** It is to run here after all. @param args its arguments, if they had been moved */
  runHere(args: readonly unknown[] | undefined): void;
}

/** What is asked for a call that is given to the gate. */
export interface OutsideRequest {
  readonly parentId: number;
  readonly domainId: number;
  readonly definition: Definition;
  readonly record: ChildRecord;
  readonly isEager: boolean;
  readonly timeoutMs: number | undefined;
  readonly queueTimeoutMs: number | undefined;
  readonly deadlineMs: number | undefined;
  readonly priority: number;
  readonly transfer: readonly object[] | undefined;
}

/** What a lane does for the calls inside of its calls. Its shape is part of the protocol between copies of the package. */
export interface LaneChildren {
  /** Whether there is no other lane that could run one. */
  readonly isAlone: boolean;
  /** @returns an id that no other token of the gate has */
  nextId(): number;
  /** @returns what is known of an operation */
  recordOf(definition: Definition): ChildRecord;
  /** A call was made. @param isIdle whether it waits before it runs */
  entered(lead: LaneLead, record: ChildRecord, isIdle: boolean): void;
  /** It waits, or waits no more. */
  idles(record: ChildRecord, isIdle: boolean): void;
  /** It has settled here. @param code state code of its token @param isIdle whether it was waiting */
  settled(lead: LaneLead, record: ChildRecord, code: number, isIdle: boolean): void;
  /** It is given away: the gate counts it from now on. */
  left(lead: LaneLead, record: ChildRecord): void;
  /**
   * Gives a call to the gate.
   *
   * @param call the call; it is told what becomes of it @param args its arguments @param request what it asks for
   * @throws what the runtime throws when its arguments cannot be sent
   */
  give(call: OutsideCall, args: readonly unknown[], request: OutsideRequest): void;
  /** Such a call is not wanted any more. */
  giveUp(call: OutsideCall, reason: unknown): void;
}

/** The calls inside of a scope, which end with it. */
export class ScopeChildren {
  readonly #children: Set<ScopeChild> = new Set();

  /** One goes on asynchronously. */
  enter(child: ScopeChild): void {
    this.#children.add(child);
  }

  /** It has settled. */
  leave(child: ScopeChild): void {
    this.#children.delete(child);
  }

  /** Kills those that are left. It may run listeners of the user's. */
  end(reason: unknown): void {
    for (const child of [...this.#children]) child.end(reason);
  }
}
