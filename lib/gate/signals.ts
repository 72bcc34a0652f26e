/**
 * The signals that tokens were called with. Each signal is listened to once, however many tokens share it: a listener per token would be slow
 * to remove, and Node warns of more than ten.
 *
 * @module
 */

import type { CallToken } from "../call_token.ts";

interface Watch {
  readonly tokens: Set<CallToken>;
  readonly listener: () => void;
}

/** Cancels tokens when their signal aborts. */
export class Signals {
  readonly #cancel: (token: CallToken, reason: unknown) => void;
  readonly #watches: Map<AbortSignal, Watch> = new Map();

  /** @param cancel called with each token whose signal has aborted, and the signal's reason */
  constructor(cancel: (token: CallToken, reason: unknown) => void) {
    this.#cancel = cancel;
  }

  /** Ties a token to a signal that has not aborted. */
  watch(token: CallToken, signal: AbortSignal): void {
    token.signal = signal;
    let watch = this.#watches.get(signal);
    if (watch === undefined) {
      watch = { tokens: new Set(), listener: () => this.#abort(signal) };
      this.#watches.set(signal, watch);
      signal.addEventListener("abort", watch.listener);
    }
    watch.tokens.add(token);
  }

  /** Unties a token that settles. */
  remove(token: CallToken): void {
    const signal = token.signal;
    if (signal === undefined) return;
    token.signal = undefined;
    const watch = this.#watches.get(signal);
    if (watch === undefined) return;
    watch.tokens.delete(token);
    if (watch.tokens.size > 0) return;
    this.#watches.delete(signal);
    signal.removeEventListener("abort", watch.listener);
  }

  #abort(signal: AbortSignal): void {
    const watch = this.#watches.get(signal);
    if (watch === undefined) return;
    for (const token of [...watch.tokens]) this.#cancel(token, signal.reason);
  }
}
