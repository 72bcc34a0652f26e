/**
 * The calls inside of a lane's calls, for the lane: their ids, their counts, and the way to the gate for those that are to run elsewhere.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { CHILD_ROWS, ENTERED, IDLE, RETURNED_WELL } from "../lib/bridge/child_table.ts";
import type { ControlBlock } from "../lib/bridge/control_block.ts";
import { encodeError } from "../lib/bridge/error_codec.ts";
import { isGeneratorFunction } from "../lib/bridge/generators.ts";
import { missingModules, pack, type PackedPlace, unpack } from "../lib/bridge/packing.ts";
import {
  CHILD_ANSWERS,
  CHILD_ROW,
  type ChildAnswer,
  GIVEN_UP,
  type LaneInit,
  SPREAD,
  type SpreadCall,
} from "../lib/bridge/protocol.ts";
import { NotCloneableError } from "../lib/errors.ts";
import { importModule } from "../lib/import_module.ts";
import { hasRevivables } from "../lib/bridge/revivables.ts";
import { decodeThrown } from "../lib/bridge/thrown.ts";
import { isTransferred, toMove, withoutMarks } from "../lib/bridge/transfer.ts";
import type {
  ChildRecord,
  LaneChildren,
  LaneLead,
  OutsideCall,
  OutsideRequest,
} from "../lib/lane_scope.ts";
import type { Definition } from "../lib/registry.ts";
import type { LanePort } from "./port.ts";

/** Ids go round over so many starts of lanes; in each there are seventeen thousand million. */
const BIRTHS = 2 ** 19;
/** Above this are numbers that mean something else in the place of an id. */
const FIRST_ID = -2;
/** State codes of tokens: the first two that are final. The columns of the table are in their order. */
const COMPLETED = 3;
const FAILED = 4;

/** What an operation's policy says, as far as a lane reads it. */
interface PolicyView {
  readonly maxConcurrent?: number;
  readonly pools?: readonly unknown[];
  readonly rateLimit?: unknown;
  readonly breaker?: unknown;
  readonly isolation?: string | undefined;
}

/** The children of one lane. */
export class Children implements LaneChildren {
  readonly isAlone: boolean;
  readonly #port: LanePort;
  readonly #control: ControlBlock;
  readonly #birth: number;
  readonly #onGiven: () => void;
  readonly #records: Map<Definition, ChildRecord> = new Map();
  readonly #outside: Map<number, OutsideCall> = new Map();
  #last: Definition | undefined;
  #lastRecord: ChildRecord | undefined;
  #serial = 0;
  #isTellPlanned = false;

  /** @param init what the gate has told @param control the lane's control block @param port the way to the gate @param onGiven told when something is given to the gate */
  constructor(init: LaneInit, control: ControlBlock, port: LanePort, onGiven: () => void) {
    this.isAlone = !init.hasOthers;
    this.#birth = init.birth % BIRTHS;
    this.#control = control;
    this.#port = port;
    this.#onGiven = onGiven;
  }

  /** Calls that were given to the gate and are not answered. */
  get outside(): number {
    return this.#outside.size;
  }

  nextId(): number {
    return FIRST_ID - (this.#serial++ * BIRTHS + this.#birth);
  }

  recordOf(definition: Definition): ChildRecord {
    if (definition === this.#last) return this.#lastRecord!;
    let record = this.#records.get(definition);
    if (record === undefined) this.#records.set(definition, record = this.#meet(definition));
    this.#last = definition;
    this.#lastRecord = record;
    return record;
  }

  #meet(definition: Definition): ChildRecord {
    const { url, name } = definition;
    const policy = (definition.policy ?? {}) as PolicyView;
    const { maxConcurrent = Infinity, pools = [], rateLimit, breaker, isolation } = policy;
    // The last row is for all that follow.
    const row = Math.min(this.#records.size, CHILD_ROWS - 1);
    if (row < CHILD_ROWS - 1) this.#port.post([CHILD_ROW, row, url, name]);
    const kind = this.#port.control === undefined ? "thread" : "process";
    return {
      row,
      isLimited: maxConcurrent < Infinity || pools.length > 0 || rateLimit !== undefined ||
        breaker !== undefined,
      isForOthers: isolation !== undefined && isolation !== kind,
      isStreamed: isGeneratorFunction(definition.fn),
      meanMs: -1,
      plainRuns: 0,
    };
  }

  // Counting.

  entered(lead: LaneLead, record: ChildRecord, isIdle: boolean): void {
    const table = this.#control.children;
    table.add(record.row, ENTERED, 1);
    if (isIdle) table.add(record.row, IDLE, 1);
    if (lead.live++ === 0) lead.place = table.open(lead.tokenId);
    else if (lead.place >= 0) table.addLive(lead.place, 1);
    if (this.#port.control !== undefined) this.#planToTell();
  }

  /** Where no memory is shared, a lead that goes on asynchronously is to be seen with its children all the same. */
  #planToTell(): void {
    if (this.#isTellPlanned) return;
    this.#isTellPlanned = true;
    setImmediate(() => {
      this.#isTellPlanned = false;
      this.#control.tellChildren();
    });
  }

  idles(record: ChildRecord, isIdle: boolean): void {
    this.#control.children.add(record.row, IDLE, isIdle ? 1 : -1);
  }

  settled(lead: LaneLead, record: ChildRecord, code: number, isIdle: boolean): void {
    const table = this.#control.children;
    if (isIdle) table.add(record.row, IDLE, -1);
    table.add(record.row, RETURNED_WELL + (code - COMPLETED), 1);
    this.#leave(lead);
  }

  left(lead: LaneLead, record: ChildRecord): void {
    this.#control.children.add(record.row, ENTERED, -1);
    this.#leave(lead);
  }

  #leave(lead: LaneLead): void {
    lead.live--;
    if (lead.place >= 0) this.#control.children.addLive(lead.place, -1);
  }

  // To the gate and back.

  give(call: OutsideCall, args: readonly unknown[], request: OutsideRequest): void {
    const { definition, record } = request;
    const moved = listMoved(args, request.transfer);
    const packed = hasRevivables() ? pack(withoutMarks(args)) : undefined;
    const spread: SpreadCall = {
      id: call.id,
      leadId: call.lead.tokenId,
      parentId: request.parentId,
      domainId: request.domainId,
      url: definition.url,
      name: definition.name,
      perLane: definition.perLane ?? 1,
      isForOthers: record.isForOthers,
      isEager: request.isEager,
      timeoutMs: request.timeoutMs,
      queueTimeoutMs: request.queueTimeoutMs,
      deadlineMs: request.deadlineMs,
      priority: request.priority,
      args: (packed?.value ?? withoutMarks(args)) as readonly unknown[],
      places: packed?.places,
      moved,
    };
    this.#port.post([SPREAD, spread], moved);
    this.#outside.set(call.id, call);
    call.lead.outside++;
    this.#onGiven();
  }

  giveUp(call: OutsideCall, reason: unknown): void {
    if (!this.#take(call.id)) return;
    this.#port.post([GIVEN_UP, call.id, encodeError(reason)]);
  }

  /** The gate has told what became of some, or that one is to run here. */
  receive(message: readonly unknown[]): void {
    if (message[0] === CHILD_ANSWERS) {
      for (let i = 1; i < message.length; i++) this.#answer(message[i] as ChildAnswer);
      return;
    }
    this.#take(message[1] as number)?.runHere(message[2] as readonly unknown[] | undefined);
  }

  #answer(answer: ChildAnswer): void {
    const call = this.#take(answer.id);
    if (call === undefined) return;
    const { code, admittedMs, startedMs, endedMs } = answer;
    const places = (answer.places ?? []) as readonly PackedPlace[];
    const tell = (code: number, value: unknown): void =>
      call.answered(code, value, admittedMs, startedMs, endedMs);
    if (code !== COMPLETED) return tell(code, decodeThrown(answer.value));
    if (places.length === 0) return tell(code, answer.value);
    // The classes may not be known here: this lane has not run what has returned them.
    const modules = missingModules(places).map(importModule);
    Promise.all(modules).then(() => unpack(answer.value, places)).then(
      (value) => tell(code, value),
      (error) => tell(FAILED, error),
    );
  }

  #take(id: number): OutsideCall | undefined {
    const call = this.#outside.get(id);
    if (call === undefined) return undefined;
    this.#outside.delete(id);
    call.lead.outside--;
    return call;
  }
}

/**
 * @param args arguments @param transfer what is to be moved beside what is marked among them
 * @returns all that is to be moved
 * @throws {NotCloneableError} when something in it cannot be kept by the gate until a lane is free
 */
function listMoved(args: readonly unknown[], transfer: readonly object[] | undefined): object[] {
  const list: object[] = [...transfer ?? []];
  for (const value of args) if (isTransferred(value)) list.push(...value.list);
  const moved = toMove(list);
  for (const item of moved) {
    if (item instanceof ArrayBuffer) continue;
    throw new NotCloneableError(
      `Cannot transfer a ${item.constructor.name} to another lane from inside of an operation: only the memory of buffers goes there; ` +
        `call it with the option spread: "never"`,
    );
  }
  return moved;
}
