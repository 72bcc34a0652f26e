/**
 * What the engine does for its domains: making tokens of the calls that operations have made and that are to run elsewhere.
 *
 * Such a call belongs to what is there: a gate that drains, or closes, takes it as a part of what it finishes.
 *
 * @module
 */

import { payloadBytes } from "../bridge/payload_size.ts";
import type { ChildCall, Lane, OperationReference } from "../bridge/contract.ts";
import { ADMITTED, CallToken, LAID_OUT, ON_CALLER } from "../call_token.ts";
import type { Admission } from "./admission.ts";
import type { Desk } from "./desk.ts";
import type { DomainMoves } from "./domains.ts";
import type { CallRequest, EngineParts } from "./engine_parts.ts";
import type { Entrance } from "./entrance.ts";
import type { LaneGroup } from "./lane_group.ts";
import type { Ledger } from "./ledger.ts";
import type { Moves } from "./moves.ts";
import type { TokenGroups } from "./token_groups.ts";
import type { TokenTable } from "./token_table.ts";

/** What they have to do with the rest of their engine. */
export interface ChildMovesParts {
  /** What the engine is made of. */
  readonly engine: EngineParts;
  readonly ledger: Ledger;
  readonly table: TokenTable;
  readonly admission: Admission;
  readonly entrance: Entrance;
  readonly groups: TokenGroups;
  readonly moves: Moves;
  /** What the gate keeps of an operation. */
  readonly deskOf: (operation: OperationReference) => Desk;
  readonly planTurn: () => void;
}

/** Makes the tokens of children. */
export class ChildMoves implements DomainMoves {
  readonly planTurn: () => void;
  readonly #parts: ChildMovesParts;
  /** Operations that lanes have called and the program has not declared, by URL and name. */
  readonly #foreign: Map<string, OperationReference> = new Map();

  /** @param parts what they have to do with the rest */
  constructor(parts: ChildMovesParts) {
    this.#parts = parts;
    this.planTurn = parts.planTurn;
  }

  find(id: number): CallToken | undefined {
    return this.#parts.table.get(id);
  }

  laneOf(token: CallToken): number {
    const { groups, moves } = this.#parts;
    // The gate may hear of its calls before it hears that its predecessor has ended.
    if (token.lane === LAID_OUT && moves.hasStarted(token)) {
      groups.placeOf(token).succession!.begun(token, moves.startedMs(token));
    }
    const isOut = token.code === ADMITTED && token.lane !== ON_CALLER;
    if (!isOut || !moves.hasStarted(token)) return -1;
    return (groups.placeOf(token) as LaneGroup).seatOf(token).lane.index;
  }

  groupOf(lane: Lane): LaneGroup {
    return this.#parts.groups.groupOf(lane);
  }

  deskFor({ url, name, perLane }: ChildCall): Desk {
    const declared = this.#parts.engine.lookUp?.(url, name);
    return this.#parts.deskOf(declared ?? this.#foreignOperation(url, name, perLane));
  }

  #foreignOperation(url: string, name: string, perLane: number): OperationReference {
    const key = `${url}\n${name}`;
    let foreign = this.#foreign.get(key);
    if (foreign === undefined) this.#foreign.set(key, foreign = { url, name, perLane });
    return foreign;
  }

  lacksRoom(desk: Desk, call: ChildCall): Error | undefined {
    return this.#parts.entrance.lacks(desk, this.#bytesOf(desk, call));
  }

  submit(desk: Desk, call: ChildCall): CallToken {
    const { engine, entrance, groups, ledger, moves, table } = this.#parts;
    const nowMs = engine.clock.now();
    const pass = entrance.askBreaker(desk, nowMs);
    const request: CallRequest = {
      timeoutMs: call.timeoutMs,
      queueTimeoutMs: call.queueTimeoutMs,
      deadlineMs: call.deadlineMs,
      priority: call.priority,
      inline: "never",
      signal: undefined,
    };
    const token = new CallToken(call.id, desk.operation, call.args, request, moves, nowMs);
    token.pass = pass;
    token.bytes = this.#bytesOf(desk, call);
    table.set(token);
    ledger.enter(token, desk);
    moves.limits.begin(token);
    if (desk.group === groups.caller) groups.caller.submitted(token);
    return token;
  }

  start(token: CallToken): void {
    this.#parts.moves.enqueue(token, token.desk as Desk);
  }

  kill(token: CallToken, reason: unknown): void {
    this.#parts.moves.cancel(token, reason);
  }

  #bytesOf(desk: Desk, { args }: ChildCall): number {
    const counts = this.#parts.admission.countsBytes(desk);
    return counts ? payloadBytes(args, undefined, Infinity) : 0;
  }
}
