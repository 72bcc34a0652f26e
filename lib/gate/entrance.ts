/**
 * The entrance: whether a call is taken, and what makes room for it. A call that is refused makes no token.
 *
 * @module
 */

import { payloadBytes } from "../bridge/payload_size.ts";
import { type CallToken, KILLED, WAITING } from "../call_token.ts";
import type { QueueFullError } from "../errors.ts";
import type { Admission, Promised } from "./admission.ts";
import type { Desk } from "./desk.ts";
import type { EngineParts } from "./engine_parts.ts";
import type { Ledger } from "./ledger.ts";
import type { QueueBound } from "./queue_bound.ts";
import { circuitOpenError, drainingError, queueFullError, strandedError } from "./refusals.ts";
import { closedError, droppedError } from "./token_errors.ts";
import type { TokenTable } from "./token_table.ts";

/** What the entrance has to do with the rest of its engine. */
export interface EntranceParts {
  /** What the engine is made of. */
  readonly engine: Pick<EngineParts, "stranded" | "maxStranded">;
  readonly ledger: Ledger;
  readonly admission: Admission;
  readonly table: TokenTable;
  /** What the gate keeps of each operation. */
  readonly desks: () => Iterable<Desk>;
  /** Takes a token back from the lane that may take it; false means that its function has started. */
  readonly recall: (token: CallToken) => boolean;
  /** Ends a token from outside. */
  readonly end: (token: CallToken, code: number, error: Error) => void;
}

/** Takes calls, or refuses them. */
export class Entrance {
  /** No call is taken: the gate is closing, or closed. */
  isClosed = false;
  /** No call is taken: the gate is to finish those it has. */
  isDraining = false;
  readonly #parts: EntranceParts;

  /** @param parts what it has to do with the rest */
  constructor(parts: EntranceParts) {
    this.#parts = parts;
  }

  /**
   * Takes a call, or throws what it is refused with.
   *
   * @param desk its operation
   * @param bytes size of its arguments, in bytes; 0 where nobody counts
   * @param nowMs now, in ms since the epoch
   * @param promised room that was reserved for it; undefined when it takes what there is
   * @returns the pass of the operation's breaker; -1 where there is none
   */
  admit(desk: Desk, bytes: number, nowMs: number, promised: Promised | undefined): number {
    if (this.isClosed) this.#refuse(desk, closedError(`call "${desk.name}" through`));
    if (this.isDraining || desk.isDraining) {
      this.#refuse(desk, drainingError(desk.operation, desk.isDraining));
    }
    const stranded = this.#strandedError();
    if (stranded !== undefined) this.#refuse(desk, stranded);
    const pass = this.askBreaker(desk, nowMs);
    const { admission } = this.#parts;
    const full = promised === undefined
      ? this.#makeRoom(desk, bytes)
      : admission.use(promised, desk, bytes)
      ? undefined
      : admission.fullBound(desk, bytes);
    if (full !== undefined) {
      if (pass >= 0) desk.breaker!.abandoned(pass);
      this.#refuse(desk, fullError(desk, full, bytes));
    }
    return pass;
  }

  /**
   * @param desk an operation @param nowMs now, in ms since the epoch
   * @returns the pass of its breaker; -1 where there is none
   * @throws {CircuitOpenError} when it is open
   */
  askBreaker(desk: Desk, nowMs: number): number {
    if (desk.breaker === undefined) return -1;
    const waitMs = desk.breaker.admit(nowMs);
    if (waitMs > 0) this.#refuse(desk, circuitOpenError(desk.operation, waitMs));
    return desk.breaker.generation;
  }

  /** @param desk an operation @param bytes size of the arguments of a call of it, in bytes @returns what leaves no room for the call, as an error; undefined when there is room */
  lacks(desk: Desk, bytes: number): Error | undefined {
    const full = this.#parts.admission.fullBound(desk, bytes);
    return this.#strandedError() ?? (full && fullError(desk, full, bytes));
  }

  #strandedError(): Error | undefined {
    const { stranded, maxStranded } = this.#parts.engine;
    const count = stranded();
    return count > maxStranded ? strandedError(count, maxStranded) : undefined;
  }

  #refuse(desk: Desk, error: Error): never {
    this.#parts.ledger.refused++;
    desk.refused++;
    throw error;
  }

  /** Drops older tokens where that is the policy. @returns the bound that leaves no room */
  #makeRoom(desk: Desk, bytes: number): QueueBound | undefined {
    const { admission, ledger, recall, end } = this.#parts;
    for (;;) {
      const full = admission.fullBound(desk, bytes);
      if (full === undefined) return undefined;
      const { whenFull, maxQueueBytes } = full.policy;
      if (whenFull !== "drop-oldest" || bytes > maxQueueBytes) return full;
      const oldest = this.#oldestWaiting(full === desk.bound ? desk : undefined);
      if (oldest === undefined) return full;
      // It waits no longer.
      if (!recall(oldest)) continue;
      ledger.dropped++;
      end(oldest, KILLED, droppedError(oldest.operation, fullError(desk, full, bytes)));
    }
  }

  /** @returns the oldest of the tokens with the lowest priority */
  #oldestWaiting(desk: Desk | undefined): CallToken | undefined {
    const { desks, table } = this.#parts;
    let oldest: CallToken | undefined;
    for (const each of desk === undefined ? desks() : [desk]) {
      for (const { queue } of each.lines()) {
        const { least } = queue;
        if (least !== undefined && (oldest === undefined || isDroppedBefore(least, oldest))) {
          oldest = least;
        }
      }
    }
    if (oldest !== undefined) return oldest;
    // All wait for something else: arguments, the next attempt.
    for (const token of table.live()) {
      if (token.code !== WAITING || (desk !== undefined && token.desk !== desk)) continue;
      if (oldest === undefined || isDroppedBefore(token, oldest)) oldest = token;
    }
    return oldest;
  }
}

/**
 * @param args arguments of a call @param sources places of the tokens among them @param transfer what of them is moved
 * @returns about how large they are, in bytes. Of tokens among them nobody knows yet how large their results will be
 */
export function sizeOfArguments(
  args: readonly unknown[],
  sources: readonly number[] | undefined,
  transfer: readonly object[] | undefined,
): number {
  const sized = sources === undefined ? args : args.filter((_, place) => !sources.includes(place));
  return payloadBytes(sized, transfer, Infinity);
}

function isDroppedBefore(one: CallToken, other: CallToken): boolean {
  const higher = one.limits.priority - other.limits.priority;
  return higher === 0 ? one.submittedMs < other.submittedMs : higher < 0;
}

function fullError(desk: Desk, bound: QueueBound, bytes: number): QueueFullError {
  const limit = bound.lacks(1, bytes) ?? "maxQueue";
  const { policy } = bound;
  const waiting = limit === "maxQueue"
    ? bound.waiting + bound.reserved
    : bound.bytes + bound.reservedBytes;
  return queueFullError(desk.operation, limit, policy[limit], waiting, policy.whenFull);
}
