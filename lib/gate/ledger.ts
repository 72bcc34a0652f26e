/**
 * The counters of a gate. Each is kept by the move of a token, so that reading them scans nothing, and
 * `submitted = waiting + admitted + executing + completed + failed + killed + timeout` at every moment.
 *
 * @module
 */

import {
  ADMITTED,
  type CallToken,
  COMPLETED,
  FAILED,
  KILLED,
  TIMEOUT,
  WAITING,
} from "../call_token.ts";

/** What a gate has counted since it was made. */
export interface GateStats {
  /** Tokens made. */
  readonly submitted: number;
  /** Tokens that wait for arguments or for a lane, now. */
  readonly waiting: number;
  /** Tokens that are in a lane and have not started, now. */
  readonly admitted: number;
  /** Tokens whose function runs, now. */
  readonly executing: number;
  /** Tokens whose function returned. */
  readonly completed: number;
  /** Tokens whose function threw, could not be run, or was lost with its lane. */
  readonly failed: number;
  /** Tokens ended by their owner. */
  readonly killed: number;
  /** Tokens that ran out of time. */
  readonly timeout: number;
  /** Calls refused, for which no token was made. */
  readonly refused: number;
  /** Results that came after their token had settled, and were dropped. */
  readonly late: number;
  /** Tokens whose function was started on the caller's own thread, since they asked for `inline: "auto"`; each is counted by its state too. */
  readonly inline: number;
  /** Lanes that died without being told to. */
  readonly crashes: number;
  /** Lanes that are up, now. */
  readonly lanes: number;
  /** Threads told to end that still run, since the runtime cannot stop a loop (Deno), now. */
  readonly stranded: number;
}

/** Counts tokens by state. */
export class Ledger {
  submitted = 0;
  refused = 0;
  late = 0;
  crashes = 0;
  /** Indexed by state code; the lanes know which of the admitted are executing. */
  readonly #counts: number[] = [0, 0, 0, 0, 0, 0, 0];

  /** Tokens that have not settled. */
  get active(): number {
    return this.#counts[WAITING]! + this.#counts[ADMITTED]!;
  }

  /** Counts a new token. */
  enter(): void {
    this.submitted++;
    this.#counts[WAITING]!++;
  }

  /** Moves a token to another state. */
  move(token: CallToken, code: number): void {
    this.#counts[token.code]!--;
    this.#counts[code]!++;
    token.code = code;
  }

  /**
   * @param executing how many of the tokens in lanes have started
   * @param lanes how many lanes are up
   * @param stranded how many threads are stranded
   * @param inline how many tokens were started on the caller's thread
   * @returns the counters as they are now
   */
  read(executing: number, lanes: number, stranded: number, inline: number): GateStats {
    const counts = this.#counts;
    return {
      submitted: this.submitted,
      waiting: counts[WAITING]!,
      admitted: counts[ADMITTED]! - executing,
      executing,
      completed: counts[COMPLETED]!,
      failed: counts[FAILED]!,
      killed: counts[KILLED]!,
      timeout: counts[TIMEOUT]!,
      refused: this.refused,
      late: this.late,
      inline,
      crashes: this.crashes,
      lanes,
      stranded,
    };
  }
}
