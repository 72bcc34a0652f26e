/**
 * Closing a gate: no new calls; those it has are finished, or ended; then its lanes are.
 *
 * @module
 */

import { KILLED } from "../call_token.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Admission } from "./admission.ts";
import type { Desk } from "./desk.ts";
import { Drain } from "./drain.ts";
import type { Entrance } from "./entrance.ts";
import type { KeepAlive } from "./keep_alive.ts";
import type { Ledger } from "./ledger.ts";
import type { Moves } from "./moves.ts";
import { closedError } from "./token_errors.ts";
import type { TokenGroups } from "./token_groups.ts";
import type { TokenTable } from "./token_table.ts";

/** What closing has to do with the rest of its engine. */
export interface ClosingParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly table: TokenTable;
  readonly admission: Admission;
  readonly entrance: Entrance;
  readonly groups: TokenGroups;
  readonly moves: Moves;
  readonly keepAlive: KeepAlive;
  /** What the gate keeps of each operation. */
  readonly desks: () => Iterable<Desk>;
}

/** The end of one gate. */
export class Closing {
  readonly #parts: ClosingParts;
  readonly #drain: Drain;
  #closed: Promise<void> | undefined;

  /** @param parts what it has to do with the rest */
  constructor(parts: ClosingParts) {
    this.#parts = parts;
    this.#drain = new Drain(parts.clock);
  }

  /** Whether the gate is closing, or closed. */
  get hasBegun(): boolean {
    return this.#closed !== undefined;
  }

  /** Closes the gate. A later call may cut short what an earlier one allowed. @returns resolves when the last lane has ended */
  close(drain: boolean, timeoutMs: number): Promise<void> {
    this.#closed ??= this.#close();
    if (drain) this.#drain.limit(timeoutMs);
    else this.#drain.end();
    return this.#closed;
  }

  /** No token is left. */
  idle(): void {
    if (this.hasBegun) this.#drain.end();
  }

  async #close(): Promise<void> {
    const { admission, desks, entrance, groups, keepAlive, ledger, moves, table } = this.#parts;
    entrance.isClosed = true;
    for (const { crew } of groups.lanes) crew.encourage();
    const error = closedError("use");
    admission.close(error);
    if (ledger.active === 0) this.#drain.end();
    await this.#drain.ended;
    for (const { crew } of groups.lanes) crew.close(error);
    for (const token of table.live()) {
      if (!token.isSettled) moves.end(token, KILLED, error);
    }
    for (const desk of desks()) desk.close();
    // Before they are stopped: a lane that is let go tells nobody of its end.
    if (groups.liveLanes > 0) keepAlive.hold();
    await Promise.all(groups.lanes.map(({ stopping }) => stopping.stopAll()));
  }
}
