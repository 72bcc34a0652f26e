/**
 * Reports of progress on their way. The first of a call goes at once, then one every so often with the latest, and the last before the answer; and no more than a few that the gate
 * has not read, so that nothing piles up where the program is busy.
 *
 * @module
 */

import { uncloneableProgress } from "../lib/bridge/cloneable.ts";
import type { ControlBlock } from "../lib/bridge/control_block.ts";
import { pack } from "../lib/bridge/packing.ts";
import { PROGRESS } from "../lib/bridge/protocol.ts";
import { hasRevivables } from "../lib/bridge/revivables.ts";
import { withoutMark } from "../lib/bridge/transfer.ts";
import type { CallContext } from "./context.ts";
import type { LanePort } from "./port.ts";

/** How far apart the reports of one call are, in ms. */
const INTERVAL_MS = 50;
/** So many reports may be on their way. */
const MOST_UNREAD = 4;

/** What a call has reported. */
interface Reports {
  sentMs: number;
  /** A copy of what was reported since; undefined when nothing was. */
  latest: { readonly isPacked: boolean; readonly value: unknown } | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** The reports of one lane. */
export class ProgressSender {
  readonly #port: LanePort;
  readonly #control: ControlBlock;
  readonly #calls: Map<CallContext, Reports> = new Map();
  #sent = 0;

  /** @param port the way to the gate @param control says how many were read */
  constructor(port: LanePort, control: ControlBlock) {
    this.#port = port;
    this.#control = control;
  }

  /** A call reports. @throws {NotCloneableError} when the value cannot be sent */
  report(context: CallContext, value: unknown): void {
    let reports = this.#calls.get(context);
    if (reports === undefined) {
      reports = { sentMs: -Infinity, latest: undefined, timer: undefined };
      this.#calls.set(context, reports);
    }
    reports.latest = this.#copy(value);
    this.#sendWhenDue(context, reports);
  }

  /** A call ends: what it has reported last goes before its answer. @returns whether it has reported anything */
  end(context: CallContext): boolean {
    if (this.#calls.size === 0) return false;
    const reports = this.#calls.get(context);
    if (reports === undefined) return false;
    this.#calls.delete(context);
    clearTimeout(reports.timer);
    this.#send(context, reports);
    return true;
  }

  #sendWhenDue(context: CallContext, reports: Reports): void {
    const mayMore = this.#sent - this.#control.progressCount < MOST_UNREAD;
    const waitMs = reports.sentMs + INTERVAL_MS - performance.now();
    if (waitMs <= 0 && mayMore) return this.#send(context, reports);
    reports.timer ??= setTimeout(() => {
      reports.timer = undefined;
      if (reports.latest !== undefined) this.#sendWhenDue(context, reports);
    }, mayMore ? waitMs : INTERVAL_MS);
  }

  #send(context: CallContext, reports: Reports): void {
    if (reports.latest === undefined) return;
    const { isPacked, value } = reports.latest;
    reports.latest = undefined;
    reports.sentMs = performance.now();
    this.#sent++;
    this.#port.post([PROGRESS, context.tag, isPacked, value]);
  }

  /** What is told later is what it was when it was reported, and what cannot be sent is said to who reports it. */
  #copy(value: unknown): { readonly isPacked: boolean; readonly value: unknown } {
    const plain = withoutMark(value);
    const type = typeof plain;
    if (plain === null || (type !== "object" && type !== "function" && type !== "symbol")) {
      return { isPacked: false, value: plain };
    }
    const copy = (value: unknown): unknown =>
      this.#port.copy === undefined ? structuredClone(value) : this.#port.copy(value);
    try {
      const packed = hasRevivables() ? pack(plain) : undefined;
      if (packed === undefined) return { isPacked: false, value: copy(plain) };
      return { isPacked: true, value: [copy(packed.value), packed.places] };
    } catch (cause) {
      throw uncloneableProgress(plain, cause);
    }
  }
}
