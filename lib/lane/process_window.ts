/**
 * Which calls may be inside of a process at once: what the lane there would do with them decides, by the same rules.
 *
 * @module
 */

/** So many calls of quick operations are written ahead. */
const MOST_AHEAD = 4;
/** An operation that takes less than this is quick, in ms. */
const QUICK_MS = 1;
/** How much of a new run goes into the mean. */
const SHARE = 1 / 16;

/** An operation as the window knows it. */
export interface WindowOperation {
  /** Its number. */
  readonly number: number;
  /** How many of its asynchronous calls may overlap. */
  readonly perLane: number;
  /** Whether its calls are made inside of others, which may wait for them in this very process: none is written ahead. */
  readonly isChild: boolean;
  /** How many items of a stream may have been made and not read. */
  readonly window: number;
  /** Whether its module is loaded, or is known not to load. */
  isLoaded: boolean;
  /** How many of its calls are inside, but for generators that wait for their readers. */
  inside: number;
  /** Its mean run time, in ms; infinite before the first. */
  meanMs: number;
}

interface InsideCall {
  readonly operation: WindowOperation;
  /** Items of its generator that have come and for which no credit was given back. */
  unread: number;
  readonly isLimited: boolean;
  readonly tokenId: number;
  /** How many calls had been written before it. */
  readonly serial: number;
  /** NaN before it has begun, in ms since the epoch. */
  startedMs: number;
  isAborted: boolean;
}

/** What enters. */
export interface EnteringCall {
  readonly slot: number;
  readonly tokenId: number;
  readonly operation: WindowOperation;
  readonly isLimited: boolean;
}

/** The calls inside of one process. */
export class ProcessWindow {
  readonly #inside: Map<number, InsideCall> = new Map();
  #aborted = 0;
  #waiting = 0;
  #serial = 0;

  /** How many are inside, but for generators that wait for their readers. */
  get size(): number {
    return this.#inside.size - this.#waiting;
  }

  /**
   * @param number its number @param perLane how many of its asynchronous calls may overlap @param window how many items of a stream may have been made and not read
   * @param isChild whether its calls are made inside of others
   * @returns an operation of which nothing is known
   */
  operation(
    number: number,
    perLane: number,
    window: number = Infinity,
    isChild: boolean = false,
  ): WindowOperation {
    return { number, perLane, window, isChild, isLoaded: false, inside: 0, meanMs: Infinity };
  }

  /** Whether a call may be written now. */
  mayEnter(operation: WindowOperation, isLimited: boolean): boolean {
    // The process may be stopped soon, and is not to take more along.
    if (this.#aborted > 0) return false;
    if (this.size === 0) return true;
    if (!operation.isLoaded) return false;
    const isQuick = !isLimited && !operation.isChild && operation.meanMs < QUICK_MS;
    if (isQuick && this.size < MOST_AHEAD && this.#areAllQuick()) return true;
    return operation.inside < operation.perLane && this.#isOpen();
  }

  /** A call is written. */
  enter({ slot, operation, isLimited, tokenId }: EnteringCall): void {
    operation.inside++;
    this.#inside.set(slot, {
      operation,
      isLimited,
      tokenId,
      unread: 0,
      serial: this.#serial++,
      startedMs: NaN,
      isAborted: false,
    });
  }

  /** It has begun. */
  begin(slot: number, startedMs: number): void {
    const call = this.#inside.get(slot);
    if (call !== undefined) call.startedMs = startedMs;
  }

  /** It has come to its end, or could not begin. @param endedMs when, in ms since the epoch; NaN when it never began @returns its operation */
  leave(slot: number, endedMs: number): WindowOperation | undefined {
    const call = this.#inside.get(slot);
    if (call === undefined) return undefined;
    const { operation } = call;
    this.#goOn(call);
    this.#inside.delete(slot);
    operation.inside--;
    if (call.isAborted) this.#aborted--;
    const tookMs = endedMs - call.startedMs;
    if (operation.meanMs === Infinity) operation.meanMs = tookMs;
    else if (!Number.isNaN(tookMs)) operation.meanMs += (tookMs - operation.meanMs) * SHARE;
    if (Number.isNaN(operation.meanMs)) operation.meanMs = Infinity;
    return operation;
  }

  /** A call is asked to stop. @returns the slot it is in and its serial number, if it is inside */
  abort(tokenId: number): [slot: number, serial: number] | undefined {
    for (const [slot, call] of this.#inside) {
      if (call.tokenId !== tokenId) continue;
      if (!call.isAborted) this.#aborted++;
      call.isAborted = true;
      this.#goOn(call);
      return [slot, call.serial];
    }
    return undefined;
  }

  /** The generator in a slot has made items. Without credit it waits for its reader, and keeps nobody. */
  received(slot: number, count: number): void {
    const call = this.#inside.get(slot);
    if (call === undefined || call.isAborted) return;
    const wasWaiting = isWaiting(call);
    call.unread += count;
    if (wasWaiting || !isWaiting(call)) return;
    this.#waiting++;
    call.operation.inside--;
  }

  /** So many of its items were read. */
  granted(tokenId: number, count: number): void {
    for (const call of this.#inside.values()) {
      if (call.tokenId !== tokenId || call.isAborted) continue;
      const unread = call.unread - count;
      if (unread < call.operation.window) this.#goOn(call);
      call.unread = unread;
    }
  }

  #goOn(call: InsideCall): void {
    if (!isWaiting(call)) return;
    call.unread = 0;
    this.#waiting--;
    call.operation.inside++;
  }

  /** Whether the call in a slot was asked to stop. */
  isAborted(slot: number): boolean {
    return this.#inside.get(slot)?.isAborted ?? false;
  }

  /** @returns the slots of calls that were written and have not begun */
  unbegun(): number[] {
    const slots: number[] = [];
    for (const [slot, { startedMs }] of this.#inside) {
      if (Number.isNaN(startedMs)) slots.push(slot);
    }
    return slots;
  }

  #areAllQuick(): boolean {
    for (const call of this.#inside.values()) {
      if (isWaiting(call)) continue;
      if (call.isLimited || call.operation.meanMs >= QUICK_MS) return false;
    }
    return true;
  }

  /** Whether the lane there takes another call: none of the operations inside has as many as it may have. */
  #isOpen(): boolean {
    for (const call of this.#inside.values()) {
      if (!isWaiting(call) && call.operation.inside >= call.operation.perLane) return false;
    }
    return true;
  }
}

/** Whether a generator has made all it had credit for. */
function isWaiting({ unread, operation }: InsideCall): boolean {
  return unread >= operation.window;
}
