/**
 * The results that this lane has kept, since their operations say so: calls that come here use them as they are, and the gate may ask for them.
 *
 * @module
 */

import type { BorrowedList } from "../lib/bridge/borrowing_operation.ts";
import { uncloneableResult } from "../lib/bridge/cloneable.ts";
import { encodeError } from "../lib/bridge/error_codec.ts";
import { KEPT_REFUSED, KEPT_VALUE } from "../lib/bridge/protocol.ts";
import { withoutMark } from "../lib/bridge/transfer.ts";
import type { LanePort } from "./port.ts";
import { SentValues } from "./sent_values.ts";

interface KeptResult {
  /** Name of the operation. */
  readonly name: string;
  readonly value: unknown;
  wasSent: boolean;
}

/** The values that one lane has kept. */
export class KeptValues {
  readonly #values: Map<number, KeptResult> = new Map();
  #lastId = 0;
  readonly #port: LanePort;
  readonly #sent: SentValues;

  /** @param port the way to the gate */
  constructor(port: LanePort) {
    this.#port = port;
    this.#sent = new SentValues(port, KEPT_VALUE);
  }

  /** Sets how large a value may be that is sent, in bytes. */
  limit(maxPayloadBytes: number): void {
    this.#sent.maxPayloadBytes = maxPayloadBytes;
  }

  /** @param value a result @returns whether it is worth keeping: what is no object is sent in less than it takes to ask for it */
  static takes(value: unknown): boolean {
    return (typeof value === "object" && value !== null) || typeof value === "function";
  }

  /** Keeps the result of a call. What it marks as moved stays here too: it may be asked for more than once. @param name name of the operation @returns its number */
  keep(name: string, value: unknown): number {
    this.#values.set(++this.#lastId, { name, value: withoutMark(value), wasSent: false });
    return this.#lastId;
  }

  /**
   * @param args arguments as they came: first which of them are kept here
   * @param isPacked whether the others are packed
   * @returns the arguments, with the values in their places
   */
  fill([list, ...args]: unknown[], isPacked: boolean): unknown[] {
    const target = (isPacked ? args[0] : args) as unknown[];
    const pairs = list as BorrowedList;
    for (let i = 0; i < pairs.length; i += 2) {
      const kept = this.#values.get(pairs[i + 1]!);
      if (kept === undefined) throw new Error(`Cannot find a value that this lane has kept`);
      target[pairs[i]!] = kept.value;
    }
    return args;
  }

  /** Sends copies of some that were not sent before. */
  send(ids: Iterable<number>): void {
    for (const id of ids) {
      const kept = this.#values.get(id)!;
      if (kept.wasSent) continue;
      kept.wasSent = true;
      const error = this.#sent.send(
        id,
        [kept.value],
        (value, cause) => uncloneableResult(kept.name, value, cause),
      );
      if (error !== undefined) this.#port.post([KEPT_REFUSED, id, encodeError(error)]);
    }
  }

  /** The lane has nothing more to do: sends copies of all, some of which the gate may not know of yet. */
  handOver(): void {
    this.send(this.#values.keys());
  }

  /** Nobody can ask for some any more. */
  forget(ids: readonly number[]): void {
    for (const id of ids) this.#values.delete(id);
  }
}
