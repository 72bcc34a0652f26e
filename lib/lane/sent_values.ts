/**
 * What a call sends before its answer, as it is read: the items of a stream, and reports of progress.
 *
 * @module
 */

import type { Lane, LaneCall, LaneEvents } from "../bridge/contract.ts";
import { type PackedPlace, unpack } from "../bridge/packing.ts";
import { STREAM_WINDOW } from "../bridge/protocol.ts";
import type { StreamSlots } from "./stream_slots.ts";

/** Reads such messages of one life of a lane. */
export class SentValueReader {
  readonly #lane: Lane;
  readonly #events: LaneEvents;
  readonly #streams: StreamSlots;
  readonly #callAt: (tag: number) => LaneCall | undefined;

  /**
   * @param lane the lane
   * @param events told what was sent
   * @param streams the streams of its mailbox
   * @param callAt the call in a slot; undefined when it was given up, or timed out with another attempt to follow
   */
  constructor(
    lane: Lane,
    events: LaneEvents,
    streams: StreamSlots,
    callAt: (tag: number) => LaneCall | undefined,
  ) {
    this.#lane = lane;
    this.#events = events;
    this.#streams = streams;
    this.#callAt = callAt;
  }

  /** Reads items. */
  items([, tag, isPacked, ...items]: readonly unknown[]): void {
    const call = this.#callAt(tag as number);
    if (call === undefined) return;
    if ((tag as number) < 0) {
      const { window = STREAM_WINDOW } = call.operation;
      this.#streams.received(call.slot, items.length, window);
    }
    const read = this.#unpack(call, isPacked === true, items);
    if (read !== undefined) this.#events.yielded(this.#lane, call, read);
  }

  /** Reads a report of progress. */
  progress([, tag, isPacked, ...value]: readonly unknown[]): void {
    const call = this.#callAt(tag as number);
    if (call === undefined) return;
    const read = this.#unpack(call, isPacked === true, value);
    if (read !== undefined) this.#events.progressed(this.#lane, call, read[0]);
  }

  #unpack(
    call: LaneCall,
    isPacked: boolean,
    values: readonly unknown[],
  ): readonly unknown[] | undefined {
    if (!isPacked) return values;
    try {
      return (values as [unknown, PackedPlace[]][]).map((packed) => unpack(packed[0], packed[1]));
    } catch (error) {
      this.#events.garbled(this.#lane, call, error);
      return undefined;
    }
  }
}
