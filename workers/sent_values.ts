/**
 * Values that a call sends before its answer: what is done to them on their way, as to a result.
 *
 * @module
 */

import { pack } from "../lib/bridge/packing.ts";
import { payloadBytes } from "../lib/bridge/payload_size.ts";
import { hasRevivables } from "../lib/bridge/revivables.ts";
import { isTransferred, toMove } from "../lib/bridge/transfer.ts";
import { NotCloneableError, PayloadTooLargeError } from "../lib/errors.ts";
import type { LanePort } from "./port.ts";

/** How a value that cannot be sent is told. */
export type RefusedValue = (value: unknown, cause: unknown) => NotCloneableError;

/** Sends values in messages of one kind: `[kind, tag, whether each is packed, value…]`. */
export class SentValues {
  /** How large a value may be, in bytes. */
  maxPayloadBytes: number = Infinity;
  readonly #port: LanePort;
  readonly #kind: number;

  /** @param port the way to the gate @param kind of the messages */
  constructor(port: LanePort, kind: number) {
    this.#port = port;
    this.#kind = kind;
  }

  /**
   * @param tag where the call is
   * @param values the values, in their order; without any an empty message goes
   * @param refused makes the error of one that cannot be sent
   * @returns what is wrong with one that cannot be sent, and those after it were not; undefined when all were
   */
  send(tag: number, values: readonly unknown[], refused: RefusedValue): unknown {
    const isPlain = this.maxPayloadBytes === Infinity && !hasRevivables() &&
      !values.some(isTransferred);
    if (isPlain || values.length === 0) {
      try {
        this.#port.post([this.#kind, tag, false, ...values]);
        return undefined;
      } catch {
        // One of them cannot be cloned: those before it can.
      }
    }
    for (let i = 0; i < values.length; i++) {
      const error = this.#sendOne(tag, values[i], refused);
      if (error !== undefined) return error;
    }
    return undefined;
  }

  #sendOne(tag: number, value: unknown, refused: RefusedValue): unknown {
    const error = this.#tooLarge(value);
    if (error !== undefined) return error;
    try {
      if (isTransferred(value)) {
        this.#port.post([this.#kind, tag, false, value.value], toMove(value.list));
        return undefined;
      }
      const packed = hasRevivables() ? pack(value) : undefined;
      if (packed === undefined) this.#port.post([this.#kind, tag, false, value]);
      else this.#port.post([this.#kind, tag, true, [packed.value, packed.places]]);
      return undefined;
    } catch (cause) {
      return cause instanceof NotCloneableError ? cause : refused(value, cause);
    }
  }

  #tooLarge(value: unknown): PayloadTooLargeError | undefined {
    const maxBytes = this.maxPayloadBytes;
    if (maxBytes === Infinity) return undefined;
    let bytes = 0;
    try {
      bytes = payloadBytes(value, undefined, maxBytes);
    } catch {
      // An accessor threw. Sending it will say so.
    }
    if (bytes <= maxBytes) return undefined;
    return new PayloadTooLargeError(
      `Cannot send a value from a lane: it has some ${bytes} bytes or more, and maxPayloadBytes is ${maxBytes}; ` +
        `transfer what is large, or raise the limit`,
      { bytes, maxBytes },
    );
  }
}
