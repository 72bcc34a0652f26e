/**
 * The answers of a lane, gathered so that many go in one message, and never held back for long.
 *
 * @module
 */

import { uncloneableResult } from "../lib/bridge/cloneable.ts";
import { toMove, type Transferred } from "../lib/bridge/transfer.ts";
import { NotCloneableError } from "../lib/errors.ts";
import { encodeError } from "../lib/bridge/error_codec.ts";
import { FrameWriter } from "../lib/bridge/frames.ts";
import {
  ANSWER_FIELDS,
  ANSWERS,
  RETURNED,
  RETURNED_PACKED,
  THREW,
  UNSTARTABLE,
} from "../lib/bridge/protocol.ts";
import type { LanePort } from "./port.ts";

/** How many answers go in one message at most. */
const MOST_ANSWERS = 64;
/** How long an answer may wait for others, in ms. */
const LONGEST_HOLD_MS = 1;

/** So many answers at least are put into a frame: for fewer, structured clone is as quick. */
const LEAST_FRAMED = 4;

/** Gathers answers and sends them. */
export class Outbox {
  readonly #port: LanePort;
  #batch: unknown[] = [ANSWERS];
  #names: string[] = [];
  #oldestMs = 0;
  #frames: FrameWriter | undefined;
  #leastFramed = LEAST_FRAMED;

  /** @param port where the answers go */
  constructor(port: LanePort) {
    this.#port = port;
  }

  /** Adds an answer. @param name the operation's, for the error when its result cannot be cloned */
  add(slot: number, outcome: number, value: unknown, name: string, nowMs: number): void {
    if (this.#names.length === 0) this.#oldestMs = nowMs;
    this.#batch.push(slot, outcome, value);
    this.#names.push(name);
    if (this.#names.length >= MOST_ANSWERS || nowMs - this.#oldestMs >= LONGEST_HOLD_MS) {
      this.flush();
    }
  }

  /** Sends what there is. */
  flush(): void {
    if (this.#names.length === 0) return;
    const batch = this.#batch;
    const names = this.#names;
    // First, since cloning a result may run getters of the user's.
    this.#batch = [ANSWERS];
    this.#names = [];
    if (this.#frames !== undefined && names.length >= this.#leastFramed) {
      this.#sendFramed(this.#frames, batch, names);
    } else this.#send(batch, names);
  }

  /** From now on answers go in frames, where they are of that kind. @param isProcess whether structured clone is not the quicker way for a few */
  useFrames(isProcess: boolean): void {
    this.#frames = new FrameWriter();
    if (isProcess) this.#leastFramed = 1;
  }

  /** Sends an answer at once whose memory is moved. */
  move(tag: number, marked: Transferred, name: string): void {
    this.flush();
    try {
      this.#port.post([ANSWERS, tag, RETURNED, marked.value], toMove(marked.list));
    } catch (cause) {
      const isOurs = cause instanceof NotCloneableError;
      const error = isOurs ? cause : uncloneableResult(name, marked.value, cause);
      this.#port.post([ANSWERS, tag, THREW, encodeError(error)]);
    }
  }

  #send(batch: readonly unknown[], names: readonly string[]): void {
    if (names.length === 0) return;
    try {
      this.#port.post(batch);
    } catch {
      this.#sendOneByOne(batch, names);
    }
  }

  #sendFramed(frames: FrameWriter, batch: readonly unknown[], names: readonly string[]): void {
    const left: unknown[] = [ANSWERS];
    const leftNames: string[] = [];
    for (let i = 0; i < names.length; i++) {
      const at = 1 + i * ANSWER_FIELDS;
      const [tag, outcome, value] = [batch[at] as number, batch[at + 1] as number, batch[at + 2]];
      let isFramed = false;
      try {
        // What says that a call never began is looked at on its way, so it is told openly.
        isFramed = outcome !== UNSTARTABLE && frames.addValue(tag, outcome, value);
      } catch {
        // An accessor threw; it is told below, as for any result that cannot be cloned.
      }
      if (isFramed) continue;
      left.push(tag, outcome, value);
      leftNames.push(names[i]!);
    }
    if (frames.count > 0) {
      const frame = frames.take(ANSWERS);
      this.#port.post(frame, [frame]);
    }
    this.#send(left, leftNames);
  }

  /** Some result cannot be cloned: it fails alone, the others arrive. */
  #sendOneByOne(batch: readonly unknown[], names: readonly string[]): void {
    for (let i = 0; i < names.length; i++) {
      const at = 1 + i * ANSWER_FIELDS;
      const slot = batch[at];
      const value = batch[at + 2];
      try {
        this.#port.post([ANSWERS, slot, batch[at + 1], value]);
      } catch (cause) {
        const isResult = batch[at + 1] === RETURNED || batch[at + 1] === RETURNED_PACKED;
        const error = isResult ? uncloneableResult(names[i]!, value, cause) : cause;
        this.#port.post([ANSWERS, slot, THREW, encodeError(error)]);
      }
    }
  }
}
