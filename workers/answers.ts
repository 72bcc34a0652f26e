/**
 * How what a call came to becomes an answer: by the ring where its kind and the room there allow it, else by message.
 *
 * @module
 */

import { uncloneableResult } from "../lib/bridge/cloneable.ts";
import { encodeError } from "../lib/bridge/error_codec.ts";
import { pack } from "../lib/bridge/packing.ts";
import { payloadBytes } from "../lib/bridge/payload_size.ts";
import { RETURNED, RETURNED_PACKED, THREW } from "../lib/bridge/protocol.ts";
import { hasRevivables } from "../lib/bridge/revivables.ts";
import { isTransferred } from "../lib/bridge/transfer.ts";
import { PayloadTooLargeError } from "../lib/errors.ts";
import type { Outbox } from "./outbox.ts";
import type { PostedCalls } from "./posted_calls.ts";

/** The answers of one lane. */
export class Answers {
  /** How large a result may be, in bytes. */
  maxPayloadBytes: number = Infinity;
  /** The lane's side of the board; undefined where answers go by message only. */
  posted: PostedCalls | undefined;
  readonly #outbox: Outbox;

  /** @param outbox the way by message */
  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /**
   * Answers for a function that has come to its end.
   *
   * @param name that of its operation @param tag where the call was @param outcome how it ended @param value its result, or the encoded error
   * @param nowMs the time, in ms since the epoch
   * @param isLast whether it is to come after messages of the same call, and so goes as they do
   */
  finished(
    name: string,
    tag: number,
    outcome: number,
    value: unknown,
    nowMs: number,
    isLast: boolean,
  ): void {
    if (outcome === RETURNED && this.maxPayloadBytes < Infinity) {
      const error = this.#tooLarge(name, value);
      if (error !== undefined) [outcome, value] = [THREW, encodeError(error)];
    }
    if (outcome === RETURNED && hasRevivables()) {
      try {
        const packed = pack(value);
        if (packed !== undefined) {
          outcome = RETURNED_PACKED;
          value = [packed.value, packed.places];
        }
      } catch (cause) {
        outcome = THREW;
        value = encodeError(uncloneableResult(name, value, cause));
      }
    }
    this.answer(name, tag, outcome, value, nowMs, isLast);
  }

  /** Answers with a value as it is. */
  answer(
    name: string,
    tag: number,
    outcome: number,
    value: unknown,
    nowMs: number,
    isLast: boolean = false,
  ): void {
    if (outcome === RETURNED && isTransferred(value)) return this.#outbox.move(tag, value, name);
    try {
      if (!isLast && this.posted?.answer(tag, outcome, value, nowMs)) return;
    } catch (cause) {
      // An accessor in the result threw.
      value = encodeError(uncloneableResult(name, value, cause));
      outcome = THREW;
    }
    this.#outbox.add(tag, outcome, value, name, nowMs);
  }

  /** @returns the error to throw in place of a result that is too large */
  #tooLarge(name: string, value: unknown): PayloadTooLargeError | undefined {
    const maxBytes = this.maxPayloadBytes;
    let bytes = 0;
    try {
      bytes = payloadBytes(value, undefined, maxBytes);
    } catch {
      // An accessor threw. Sending it will say so.
    }
    if (bytes <= maxBytes) return undefined;
    return new PayloadTooLargeError(
      `Cannot return the result of "${name}" from its lane: it has some ${bytes} bytes or more, ` +
        `and maxPayloadBytes is ${maxBytes}; transfer what is large, or raise the limit`,
      { bytes, maxBytes },
    );
  }
}
