/**
 * The counters of a gate. Each is kept by the move of a token, so that reading them scans nothing, and
 * `submitted = waiting + admitted + executing + completed + failed + killed + timeout` at every moment.
 *
 * @module
 */

import { ADMITTED, type CallToken, WAITING } from "../call_token.ts";
import type { Desk } from "./desk.ts";
import type { QueueBound } from "./queue_bound.ts";

/** Counts tokens by state, of the gate and of each operation. */
export class Ledger {
  submitted = 0;
  refused = 0;
  late = 0;
  crashes = 0;
  /** Attempts that followed a failed one. */
  retries = 0;
  /** Tokens that made room for newer ones. */
  dropped = 0;
  /** Indexed by state code; the lanes know which of the admitted are executing. */
  readonly counts: number[] = [0, 0, 0, 0, 0, 0, 0];
  /** The bound of the gate's queue, if it has one. */
  bound: QueueBound | undefined;

  /** Tokens that have not settled. */
  get active(): number {
    return this.counts[WAITING]! + this.counts[ADMITTED]!;
  }

  /** Counts a new token. */
  enter(token: CallToken, desk: Desk): void {
    token.desk = desk;
    this.submitted++;
    desk.submitted++;
    this.counts[WAITING]!++;
    desk.counts[WAITING]!++;
    if (token.bytes > 0) this.#addBytes(desk, token.bytes);
  }

  /** Moves a token to another state. */
  move(token: CallToken, code: number): void {
    const desk = token.desk as Desk;
    const from = token.code;
    this.counts[from]!--;
    this.counts[code]!++;
    desk.counts[from]!--;
    desk.counts[code]!++;
    token.code = code;
    if (token.bytes === 0 || from === code) return;
    if (from === WAITING) this.#addBytes(desk, -token.bytes);
    else if (code === WAITING) this.#addBytes(desk, token.bytes);
  }

  #addBytes(desk: Desk, bytes: number): void {
    if (this.bound !== undefined) this.bound.bytes += bytes;
    if (desk.bound !== undefined) desk.bound.bytes += bytes;
  }
}
