/**
 * Where the tokens of a gate run: its lanes of each kind, and the caller's own thread.
 *
 * @module
 */

import type { CallHolder, Lane, LaneEvents, OperationReference } from "../bridge/contract.ts";
import { type CallToken, LAID_OUT, ON_BOARD, ON_CALLER, WAITING } from "../call_token.ts";
import { BackOff, type CrashLoop } from "./back_off.ts";
import type { CallerGroup } from "./caller_group.ts";
import { Crew } from "./crew.ts";
import type { Desk } from "./desk.ts";
import type { DeskPolicy } from "./desk_policy.ts";
import type { EngineParts, LaneSet } from "./engine_parts.ts";
import { LaneGroup, type Loans } from "./lane_group.ts";
import type { Ledger } from "./ledger.ts";
import type { Seat } from "./seat.ts";
import { Stopping } from "./stopping.ts";
import type { TokenGroup } from "./token_group.ts";

/** An operation as its declaration has left it, with what it asks of a gate. */
interface DeclaredOperation extends OperationReference {
  readonly policy?: DeskPolicy | undefined;
}

/** What the groups have to do with the rest of their engine. */
export interface TokenGroupsParts {
  /** What the engine is made of. */
  readonly engine: EngineParts;
  readonly ledger: Ledger;
  /** The caller's own thread. */
  readonly caller: CallerGroup;
  /** Told what the lanes tell. */
  readonly events: LaneEvents;
  /** Plans to give out what waits. */
  readonly planTurn: () => void;
  /** A token was given out. */
  readonly onAdmitted: (token: CallToken) => void;
  /** The first operation has asked for lanes of the other kind. */
  readonly onAdded: (group: LaneGroup) => void;
  /** Tokens that use what a lane has kept. */
  readonly loans: Loans;
}

/** The groups of one gate. */
export class TokenGroups {
  /** The lanes, those of the usual kind first. */
  readonly lanes: readonly LaneGroup[];
  readonly caller: CallerGroup;
  readonly #parts: TokenGroupsParts;
  readonly #lanes: LaneGroup[] = [];
  /** The one of them that has a board. */
  #boardGroup: LaneGroup | undefined;

  /** @param parts what they have to do with the rest */
  constructor(parts: TokenGroupsParts) {
    this.#parts = parts;
    this.caller = parts.caller;
    this.lanes = this.#lanes;
    const set = parts.engine.makeLanes(parts.events);
    if (set.lanes.length > 0) this.#add(set);
  }

  /** @returns all places where tokens run */
  all(): TokenGroup[] {
    return [...this.#lanes, this.caller];
  }

  /** Lanes that are up, those of every kind. */
  get liveLanes(): number {
    let live = 0;
    for (const { crew } of this.#lanes) live += crew.liveCount;
    return live;
  }

  /** Lanes that were retired, to be started anew. */
  get recycled(): number {
    let recycled = 0;
    for (const { retirement } of this.#lanes) recycled += retirement.recycled;
    return recycled;
  }

  /** The lanes as the gate knows them, those of every kind. */
  get seats(): Seat[] {
    return this.#lanes.flatMap(({ crew }) => crew.seats);
  }

  /** @returns the functions that run now, by operation */
  executing(): Map<Desk, number> {
    const counts: Map<Desk, number> = new Map();
    for (const place of [...this.#lanes, this.caller]) {
      for (const call of place.started()) {
        const token = call as CallToken;
        // The gate has not heard yet that its predecessor has ended, which counts instead of it.
        if (token.code === WAITING) continue;
        const desk = token.desk as Desk;
        counts.set(desk, (counts.get(desk) ?? 0) + 1);
      }
    }
    return counts;
  }

  /** Whether lanes are being ended, and somebody waits for it. */
  get areEnding(): boolean {
    return this.#lanes.some(({ stopping, retirement }) =>
      stopping.isUnderWay || retirement.isReloading
    );
  }

  /** Where the calls of an operation run. */
  groupFor(operation: OperationReference): TokenGroup {
    const { isolation = "thread", makeOtherLanes } = this.#parts.engine;
    const [first, other] = this.#lanes;
    if (first === undefined) return this.caller;
    const asked = this.policyOf(operation)?.isolation ?? isolation;
    if (asked === isolation || makeOtherLanes === undefined) return first;
    if (other !== undefined) return other;
    const group = this.#add(makeOtherLanes(this.#parts.events, first.crew.endIndex));
    group.isPaused = first.isPaused;
    this.#parts.onAdded(group);
    return group;
  }

  /** What an operation asks of every gate; undefined when it asks for nothing. */
  policyOf(operation: OperationReference): DeskPolicy | undefined {
    return (operation as DeclaredOperation).policy;
  }

  /** The lanes that this one is among. */
  groupOf(lane: Lane): LaneGroup {
    const first = this.#lanes[0]!;
    return first.crew.has(lane) ? first : this.#lanes[1]!;
  }

  /** Where a token is that was given out, or is laid out: not where its operation runs by now. */
  placeOf(token: CallToken): TokenGroup {
    if (token.lane === ON_CALLER) return this.caller;
    if (token.lane === ON_BOARD || token.lane === LAID_OUT) return this.#boardGroup!;
    const first = this.#lanes[0]!;
    return token.lane < first.crew.endIndex ? first : this.#lanes[1]!;
  }

  /** Who has a token that was given out. */
  holderOf(token: CallToken): CallHolder {
    return this.placeOf(token).holderOf(token);
  }

  #add({ lanes, board }: LaneSet): LaneGroup {
    const { planTurn, onAdmitted, ledger, loans } = this.#parts;
    const { clock, graceMs, listener, recycle, disposeTimeoutMs, policy, elastic } =
      this.#parts.engine;
    const onLoop = (loop: CrashLoop): void => listener.crashLoop(loop);
    const crew = new Crew(clock, lanes, new BackOff({ clock, planTurn, onLoop }));
    const retire = (seat: Seat): void => group.retirement.begin(seat, "close");
    const group: LaneGroup = new LaneGroup({
      clock,
      crew,
      board,
      stopping: new Stopping(clock, crew, graceMs, (lane) => listener.replaced(lane), retire),
      policy,
      recycle,
      elastic,
      onScale: (info) => listener.scaled?.(info),
      disposeTimeoutMs,
      graceMs,
      onRecycled: (lane, reason) => listener.recycled(lane, reason),
      onForced: (lane) =>
        listener.disposeFailed(lane, new Error("it did not come to its end in time")),
      ledger,
      loans,
      planTurn,
      onAdmitted,
    });
    this.#lanes.push(group);
    if (board !== undefined) this.#boardGroup = group;
    return group;
  }
}
