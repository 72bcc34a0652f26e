/**
 * The domains of a gate: which token was called inside of which, as far as the gate has to know. What runs in the lane of its lead is that lane's own affair; here are the
 * children that were given to the gate, to run in whichever lane is free. They are tokens like any other.
 *
 * **A child ends with its lead.** Whatever ends a lead, or an attempt of it, kills what is left of its children, and so of theirs.
 *
 * **No child waits for its own ancestor.** Three things could make it. *A lane*: a call that waits for a child keeps its lane from other calls, so children could find all
 * lanes kept by calls that wait for them. A lane in which all that runs waits for children says so (`hungry`), and is given one, of whatever lead, to run beside. So as long as
 * children wait for a lane, and nothing runs that will come to its end by itself, some lane takes the next: by induction over the trees, which are finite, each of them ends.
 * *A permit*: what waits for a permit may not have an ancestor that holds one, or two could wait for each other's; such a child runs in the lane of its lead, under the
 * permits that are held for it. Nor does a call hold one that waits in a lane behind calls that wait for children: it is taken back. *Room*, in the queue or in the mailboxes: when there is none a child runs in the lane of its lead, which is slowed down by it, as anybody who calls too much should be.
 *
 * @module
 */

import type { ChildCall, ChildOutcome, Lane } from "../bridge/contract.ts";
import { type CallToken, FAILED } from "../call_token.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Desk } from "./desk.ts";
import type { LaneGroup } from "./lane_group.ts";

/** What the engine does for the domains. */
export interface DomainMoves {
  /** @returns the live token with an id */
  find(id: number): CallToken | undefined;
  /** @returns number of the lane that a token runs in; -1 when it runs in none */
  laneOf(token: CallToken): number;
  /** @returns the lanes that a lane is one of */
  groupOf(lane: Lane): LaneGroup;
  /** @returns what is kept of the operation of a call */
  deskFor(call: ChildCall): Desk;
  /** @returns what speaks against making a token of a call, as an error; undefined when nothing does */
  lacksRoom(desk: Desk, call: ChildCall): Error | undefined;
  /** Makes a token. @throws {CircuitOpenError} when the operation's breaker is open */
  submit(desk: Desk, call: ChildCall): CallToken;
  /** Lets it wait for a lane. */
  start(token: CallToken): void;
  /** Kills a token. */
  kill(token: CallToken, reason: unknown): void;
  /** Plans to give out what waits. */
  planTurn(): void;
}

/** A child that has not settled. */
interface Child {
  readonly token: CallToken;
  readonly domain: Domain;
  readonly call: ChildCall;
  /** Whether nobody wants to know what becomes of it. */
  isUnwanted: boolean;
}

/** A lead, and those of its children that were given to the gate and have not settled. */
interface Domain {
  readonly lead: CallToken;
  /** Where its attempt runs. */
  readonly lane: Lane;
  readonly children: Set<Child>;
}

/** A domain with something in it, now. */
export interface DomainInfo {
  /** Id of its lead. */
  readonly id: number;
  /** Name of the lead's operation. */
  readonly operation: string;
  /** Id of the token that the lead was called by; undefined when the program has called it. */
  readonly parent: number | undefined;
  /** How many calls that were made inside of the lead have not settled: those in its lane with all that they have called there, and those elsewhere without what they have called in turn. */
  readonly children: number;
  /** Numbers of the lanes where some of it runs, that of the lead first. */
  readonly lanes: readonly number[];
}

/** Keeps the domains of one gate. */
export class Domains {
  /** Children that were given to the gate since it was made. */
  spread = 0;
  readonly #clock: Clock;
  readonly #moves: DomainMoves;
  /** By the id of the lead. */
  readonly #domains: Map<number, Domain> = new Map();
  /** By their ids, in the order in which they came. */
  readonly #children: Map<number, Child> = new Map();
  /** Lanes that may be given a child. */
  readonly #hungry: Set<Lane> = new Set();
  readonly #outcomes: Map<Lane, ChildOutcome[]> = new Map();
  readonly #onFlush: () => void;
  /** Children whose leads have ended while nothing may be killed; undefined while everything may. */
  #doomed: Child[] | undefined;

  /** @param clock the time @param moves the engine's part */
  constructor(clock: Clock, moves: DomainMoves) {
    this.#clock = clock;
    this.#moves = moves;
    this.#onFlush = () => this.#flush();
  }

  /** How many leads have children here. */
  get size(): number {
    return this.#domains.size;
  }

  /** Whether a lane waits to be given a child. */
  get isHungry(): boolean {
    return this.#hungry.size > 0;
  }

  // What lanes tell.

  /** A call of a lane has made a call that is to run elsewhere. */
  called(lane: Lane, call: ChildCall): void {
    // It says so again when there is nothing else for it to do.
    this.#hungry.delete(lane);
    const moves = this.#moves;
    const lead = moves.find(call.leadId);
    // A lead that has settled has killed what it has called.
    if (lead === undefined || moves.laneOf(lead) !== lane.index) return;
    const desk = moves.deskFor(call);
    const isHeld = desk.hasPermits && this.#holdsPermits(lead);
    const full = moves.lacksRoom(desk, call);
    // Each call that waits for a child keeps a place in the mailbox of its lane: half of them are left for what they wait for.
    const isCrowded = lane.occupied > lane.capacity / 2;
    const isForHere = isHeld || isCrowded || full !== undefined ||
      !this.#isWorthIt(lane, desk, call);
    if (isForHere && !call.isForOthers) return lane.returnChild(call);
    let error: unknown = full;
    if (isHeld && this.#holdsSamePermits(lead, desk)) error = heldError(desk, lead);
    if (error === undefined) {
      try {
        return this.#enter(lane, lead, moves.submit(desk, call), call);
      } catch (refusal) {
        error = refusal;
      }
    }
    this.#tell(lane, refusedOutcome(call.id, error));
  }

  /** The arguments of a call cannot be read. */
  unreadable(lane: Lane, id: number, error: unknown): void {
    this.#tell(lane, refusedOutcome(id, error));
  }

  /** A child is not wanted any more. */
  givenUp(id: number, reason: unknown): void {
    const child = this.#children.get(id);
    if (child === undefined) return;
    child.isUnwanted = true;
    this.#moves.kill(child.token, reason);
  }

  /** All that runs in a lane waits for children. */
  hungry(lane: Lane, isFull: boolean): void {
    this.#hungry.add(lane);
    const group = this.#moves.groupOf(lane);
    if (isFull) group.block(lane);
    else group.unblock(lane);
    this.#moves.planTurn();
  }

  /** A lane takes all calls again: it runs something that will come to its end by itself. */
  roomy(lane: Lane): void {
    this.#hungry.delete(lane);
    this.#moves.groupOf(lane).unblock(lane);
    this.#moves.planTurn();
  }

  /** A lane is gone. Its leads have settled, or wait for another attempt, before this. */
  lost(lane: Lane): void {
    this.#hungry.delete(lane);
    this.#outcomes.delete(lane);
  }

  #enter(lane: Lane, lead: CallToken, token: CallToken, call: ChildCall): void {
    this.spread++;
    let domain = this.#domains.get(lead.id);
    if (domain === undefined) {
      this.#domains.set(lead.id, domain = { lead, lane, children: new Set() });
    }
    const child: Child = { token, domain, call, isUnwanted: false };
    domain.children.add(child);
    this.#children.set(token.id, child);
    this.#moves.start(token);
  }

  /** A call that need not go elsewhere does when a lane has nothing to do. */
  #isWorthIt(lane: Lane, desk: Desk, call: ChildCall): boolean {
    return call.isEager || desk.group.hasIdle(lane);
  }

  /** Whether a token, or one that it was called inside of, holds permits. */
  #holdsPermits(lead: CallToken): boolean {
    for (const token of this.#line(lead)) {
      if (token.isCleared && (token.desk as Desk).hasPermits) return true;
    }
    return false;
  }

  #holdsSamePermits(lead: CallToken, desk: Desk): boolean {
    for (const token of this.#line(lead)) {
      if (token.isCleared && (token.desk as Desk).sharesPermits(desk)) return true;
    }
    return false;
  }

  /** A token, what it was called inside of, and so on. */
  *#line(token: CallToken): Generator<CallToken> {
    for (let next: CallToken | undefined = token; next !== undefined;) {
      yield next;
      next = this.#children.get(next.id)?.domain.lead;
    }
  }

  // What becomes of tokens.

  /** A token has settled, or an attempt of it has come to its end. Cheap where no token has children. */
  ended(token: CallToken): void {
    if (token.isSettled && token.id < 0) this.#settled(token);
    if (this.#domains.size === 0) return;
    const domain = this.#domains.get(token.id);
    if (domain === undefined) return;
    this.#domains.delete(token.id);
    if (this.#doomed !== undefined) this.#doomed.push(...domain.children);
    else this.#killAll(domain.children);
  }

  /** Until {@linkcode Domains.release} the children of leads that end are not killed: a lane is lost, and some of them with it. */
  hold(): void {
    this.#doomed = [];
  }

  /** Kills what is left of them. */
  release(): void {
    const doomed = this.#doomed ?? [];
    this.#doomed = undefined;
    this.#killAll(doomed);
  }

  #killAll(children: Iterable<Child>): void {
    for (const child of children) {
      child.isUnwanted = true;
      this.#moves.kill(child.token, "the operation that called it has ended");
    }
  }

  #settled(token: CallToken): void {
    const child = this.#children.get(token.id);
    if (child === undefined) return;
    this.#children.delete(token.id);
    const { domain } = child;
    domain.children.delete(child);
    if (domain.children.size === 0 && this.#domains.get(domain.lead.id) === domain) {
      this.#domains.delete(domain.lead.id);
    }
    if (!child.isUnwanted) this.#tell(domain.lane, outcomeOf(token));
  }

  /** Many at once: a burst of answers goes in one message. */
  #tell(lane: Lane, outcome: ChildOutcome): void {
    const outcomes = this.#outcomes.get(lane);
    if (outcomes !== undefined) return void outcomes.push(outcome);
    if (this.#outcomes.size === 0) this.#clock.defer(this.#onFlush);
    this.#outcomes.set(lane, [outcome]);
  }

  #flush(): void {
    const all = [...this.#outcomes];
    this.#outcomes.clear();
    for (const [lane, outcomes] of all) lane.answerChildren(outcomes);
  }

  // Giving out.

  /** @returns what says whose child a token is, for its lane; undefined for a call of the program */
  familyOf(token: CallToken): readonly [parentId: number, domainId: number] | undefined {
    const call = this.#children.get(token.id)?.call;
    return call && [call.parentId, call.domainId];
  }

  /** Gives a child to each lane that waits for one: the oldest that has not started and is not left to a lane that has nothing to do. */
  turn(): void {
    for (const lane of this.#hungry) {
      const group = this.#moves.groupOf(lane);
      let idle = group.idleBesides(lane);
      for (const { token } of this.#children.values()) {
        if ((token.desk as Desk).group !== group || this.#moves.laneOf(token) >= 0) continue;
        if (idle-- > 0 || !group.hand(lane, token)) continue;
        this.#hungry.delete(lane);
        break;
      }
    }
  }

  /** @param inLanes the calls that have children in their own lanes @returns the domains that have something in them, by the ids of their leads */
  list(inLanes: ReadonlyMap<number, number>): DomainInfo[] {
    const ids: Set<number> = new Set([...this.#domains.keys(), ...inLanes.keys()]);
    const list: DomainInfo[] = [];
    for (const id of ids) {
      const lead = this.#moves.find(id);
      if (lead === undefined) continue;
      const children = this.#domains.get(id)?.children ?? new Set<Child>();
      const lanes: Set<number> = new Set([this.#moves.laneOf(lead)]);
      for (const { token } of children) lanes.add(this.#moves.laneOf(token));
      lanes.delete(-1);
      list.push({
        id,
        operation: lead.operation.name,
        parent: this.#children.get(id)?.call.parentId,
        children: children.size + (inLanes.get(id) ?? 0),
        lanes: [...lanes],
      });
    }
    return list;
  }
}

function outcomeOf(token: CallToken): ChildOutcome {
  return {
    id: token.id,
    code: token.code,
    value: token.outcome,
    admittedMs: token.admittedMs,
    startedMs: token.startedMs,
    endedMs: token.endedMs,
  };
}

function refusedOutcome(id: number, error: unknown): ChildOutcome {
  return { id, code: FAILED, value: error, admittedMs: NaN, startedMs: NaN, endedMs: NaN };
}

/** It could run nowhere: in the lane of its lead it must not, and elsewhere it would wait for a permit of its own ancestor. */
function heldError(desk: Desk, lead: CallToken): Error {
  return new Error(
    `Cannot call "${desk.name}" inside of "${lead.operation.name}": it would wait for a permit that its caller holds, and it is for lanes of another kind; ` +
      `give the two permits of their own`,
  );
}
