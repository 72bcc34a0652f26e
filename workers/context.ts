/**
 * The context of a running call: what `current()` gives inside an operation.
 *
 * @module
 */

import { FAMILY_FIELDS } from "../lib/bridge/child_operation.ts";
import { TokenCancelledError } from "../lib/errors.ts";
import {
  type FunctionRecord,
  type LaneLead,
  type ScopeChild,
  ScopeChildren,
} from "../lib/lane_scope.ts";

/** Where the gate raises the abort flags: the mailbox's, or the board's. */
export interface AbortFlags {
  /** Whether the call in this slot should stop. */
  isAborted(slot: number): boolean;
  /** Whether the slots are those of the board. */
  readonly isBoard?: boolean;
}

let report: ((context: CallContext, value: unknown) => void) | undefined;

/** @param fn told what calls report */
export function onProgress(fn: (context: CallContext, value: unknown) => void): void {
  report = fn;
}

/** The context of one call, from its start to its end; after that it no longer changes. */
export class CallContext implements LaneLead {
  readonly tokenId: number;
  readonly lane: number;
  readonly record: FunctionRecord;
  readonly #flags: AbortFlags;
  readonly #slot: number;
  #controller: AbortController | undefined;
  #reason: unknown = undefined;
  #hasEnded = false;
  #wasAborted = false;
  /** Whether its signal was fired by the gate's word. */
  wasTold = false;
  parentId: number | undefined = undefined;
  domainId: number;
  live = 0;
  place: number = -1;
  outside = 0;
  #children: ScopeChildren | undefined;

  /** @param tokenId the token @param lane number of the lane @param slot its slot @param flags where its flag is @param record what is known of its function */
  constructor(
    tokenId: number,
    lane: number,
    slot: number,
    flags: AbortFlags,
    record: FunctionRecord,
  ) {
    this.tokenId = tokenId;
    this.domainId = tokenId;
    this.lane = lane;
    this.#slot = slot;
    this.#flags = flags;
    this.record = record;
  }

  /** Where the call is: its slot of the board, or the complement of that of the mailbox. */
  get tag(): number {
    return this.#flags.isBoard === true ? this.#slot : ~this.#slot;
  }

  progress(value: unknown): void {
    if (!this.#hasEnded) report?.(this, value);
  }

  get aborted(): boolean {
    // After the end the slot belongs to another call.
    return this.#hasEnded ? this.#wasAborted : this.#flags.isAborted(this.#slot);
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    // The flag may be up before the message with the reason is read: a loop that polls the signal must see it all the same.
    if (this.aborted) {
      this.#controller.abort(this.#reason ?? new TokenCancelledError("The call was asked to stop"));
    }
    return this.#controller.signal;
  }

  get lead(): LaneLead {
    return this;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get isOver(): boolean {
    return this.#hasEnded || this.#flags.isAborted(this.#slot);
  }

  enter(child: ScopeChild): void {
    (this.#children ??= new ScopeChildren()).enter(child);
  }

  leave(child: ScopeChild): void {
    this.#children?.leave(child);
  }

  /** Reads whose child this call is from its arguments. @returns those of the function */
  adopt(args: readonly unknown[]): unknown[] {
    this.parentId = args[0] as number;
    this.domainId = args[1] as number;
    return args.slice(FAMILY_FIELDS);
  }

  /** Fires the signal, and kills what it has called; the flag was raised by the gate itself. */
  abort(reason: unknown): void {
    this.wasTold = true;
    this.#reason = reason;
    this.#children?.end(reason);
    this.#controller?.abort(reason);
  }

  /** Freezes the context, and kills what it has left running. */
  end(): void {
    this.#wasAborted = this.#flags.isAborted(this.#slot);
    this.#hasEnded = true;
    this.#children?.end("the operation that called it has ended");
  }
}
