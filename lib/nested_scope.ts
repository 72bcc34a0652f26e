/**
 * The context of a child that runs in its lead's lane: what `current()` gives inside of it, and what the calls inside of it end with.
 *
 * @module
 */

import type { CallToken } from "./call_token.ts";
import {
  type FunctionRecord,
  type LaneLead,
  type LaneScope,
  type ScopeChild,
  ScopeChildren,
} from "./lane_scope.ts";

/** One run of a nested call. */
export class NestedScope implements LaneScope {
  readonly lane: number;
  readonly domainId: number;
  readonly lead: LaneLead;
  readonly record: FunctionRecord;
  readonly #token: CallToken;
  readonly #parent: LaneScope;
  #children: ScopeChildren | undefined;
  #controller: AbortController | undefined;
  #signal: AbortSignal | undefined;
  #reason: unknown = undefined;
  #isAborted = false;
  #hasEnded = false;

  /** @param token its token @param parent the call that made it @param record what is known of its function */
  constructor(token: CallToken, parent: LaneScope, record: FunctionRecord) {
    this.#token = token;
    this.#parent = parent;
    this.record = record;
    // Copied, and not asked for: calls may be nested deeply.
    this.lane = parent.lane;
    this.domainId = parent.domainId;
    this.lead = parent.lead;
  }

  get tokenId(): number {
    return this.#token.id;
  }

  get parentId(): number {
    return this.#parent.tokenId;
  }

  /** What is between it and its lead closes it when that ends. */
  get isOver(): boolean {
    return this.#hasEnded || this.lead.isOver;
  }

  get aborted(): boolean {
    return this.#isAborted || this.#parent.aborted;
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted) this.#controller.abort(this.#reason);
      this.#signal = AbortSignal.any([this.#controller.signal, this.#parent.signal]);
    }
    return this.#signal;
  }

  progress(value: unknown): void {
    if (!this.#token.isSettled) this.#token.progress.report(value);
  }

  enter(child: ScopeChild): void {
    (this.#children ??= new ScopeChildren()).enter(child);
  }

  leave(child: ScopeChild): void {
    this.#children?.leave(child);
  }

  /** It has settled, or its attempt has failed: what it has left running is killed. @param reason why it should stop itself; undefined when it has */
  close(reason: unknown): void {
    this.#hasEnded = true;
    this.#children?.end(reason ?? "the operation that called it has ended");
    if (reason === undefined) return;
    this.#isAborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
