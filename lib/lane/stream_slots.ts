/**
 * Which calls of a mailbox are generators that wait for their readers: they have made all they had credit for, and nothing of it was read. They hold their slots, and keep no
 * other call from running.
 *
 * @module
 */

/** Streams by the slots of their calls. */
export class StreamSlots {
  /** By slot: items that have come and for which no credit was given back. */
  readonly #unread: Map<number, { unread: number; readonly window: number }> = new Map();
  #waiting = 0;

  /** How many of them wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Items have come. @param slot that of the call @param count how many @param window how many may have been made and not read */
  received(slot: number, count: number, window: number): void {
    let stream = this.#unread.get(slot);
    if (stream === undefined) this.#unread.set(slot, stream = { unread: 0, window });
    const before = stream.unread;
    stream.unread += count;
    if (before < window && stream.unread >= window) this.#waiting++;
  }

  /** Credit was given back. */
  granted(slot: number, count: number): void {
    const stream = this.#unread.get(slot);
    if (stream === undefined) return;
    const before = stream.unread;
    stream.unread -= count;
    if (before >= stream.window && stream.unread < stream.window) this.#waiting--;
  }

  /** The call in a slot is answered, or told to stop: it waits for nobody any more. */
  clear(slot: number): void {
    if (this.#unread.size === 0) return;
    const stream = this.#unread.get(slot);
    if (stream !== undefined && stream.unread >= stream.window) this.#waiting--;
    this.#unread.delete(slot);
  }
}
