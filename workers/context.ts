/**
 * The context of a running call: what `current()` gives inside an operation.
 *
 * @module
 */

import type { ControlBlock } from "../lib/bridge/control_block.ts";
import type { OperationContext } from "../lib/lane_context.ts";

/** The context of one call, from its start to its end; after that it no longer changes. */
export class CallContext implements OperationContext {
  readonly tokenId: number;
  readonly lane: number;
  readonly #control: ControlBlock;
  readonly #slot: number;
  #controller: AbortController | undefined;
  #reason: unknown = undefined;
  #hasEnded = false;
  #wasAborted = false;

  /** @param tokenId the token @param lane number of the lane @param slot its slot @param control where its flag is */
  constructor(tokenId: number, lane: number, slot: number, control: ControlBlock) {
    this.tokenId = tokenId;
    this.lane = lane;
    this.#slot = slot;
    this.#control = control;
  }

  get aborted(): boolean {
    // After the end the slot belongs to another call.
    return this.#hasEnded ? this.#wasAborted : this.#control.isAborted(this.#slot);
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.aborted && this.#reason !== undefined) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  /** Fires the signal; the flag was raised by the gate itself. */
  abort(reason: unknown): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** Freezes the context. */
  end(): void {
    this.#wasAborted = this.#control.isAborted(this.#slot);
    this.#hasEnded = true;
  }
}
