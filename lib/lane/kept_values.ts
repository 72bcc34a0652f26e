/**
 * The values that one life of a lane has kept, host side: who asks for them, and who no longer can.
 *
 * @module
 */

import type { Lane, LaneCall } from "../bridge/contract.ts";
import { decodeError } from "../bridge/error_codec.ts";
import { KeptValue, type ValueKeeper } from "../bridge/kept_value.ts";
import { type PackedPlace, unpack } from "../bridge/packing.ts";
import { FETCH, FORGET } from "../bridge/protocol.ts";
import { ResultLostError } from "../errors.ts";

/** What they have to do with their lane. */
export interface KeptValuesParts {
  /** The lane. */
  readonly lane: Lane;
  /** Posts a message to it. */
  readonly post: (message: unknown) => void;
  /** Whether somebody waits for values has changed. */
  readonly onChange: () => void;
}

/** What becomes of a value when it comes, or cannot. */
type Arrival = (kept: KeptValue) => void;

interface Reachable {
  readonly keeper: KeptValues;
  readonly id: number;
}

const registry: FinalizationRegistry<Reachable> = new FinalizationRegistry(({ keeper, id }) =>
  keeper.forget(id)
);

/** The values of one life of a lane. */
export class KeptValues implements ValueKeeper {
  readonly lane: Lane;
  readonly #parts: KeptValuesParts;
  readonly #live: Map<number, WeakRef<KeptValue>> = new Map();
  /** Those that somebody waits for, by number. */
  readonly #asked: Map<number, KeptValue> = new Map();
  /** What has come from a lane that takes leave, before the answers that say of it: those go another way. */
  readonly #early: Map<number, Arrival> = new Map();
  /** What is to be told to the lane with the next message: many values are asked for, and forgotten, at once. */
  #fetched: number[] = [];
  #forgotten: number[] = [];
  #isFlushPlanned = false;
  #isOpen = true;
  #hasEnded = false;

  /** @param parts what they have to do with their lane */
  constructor(parts: KeptValuesParts) {
    this.#parts = parts;
    this.lane = parts.lane;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** How many somebody may ask for. */
  get size(): number {
    return this.#live.size;
  }

  /** Whether somebody waits for any. */
  get isAwaited(): boolean {
    return this.#asked.size > 0;
  }

  /** @param call a call whose result the lane has kept @param id number of the value @returns what stands for it */
  make({ operation }: LaneCall, id: number): KeptValue {
    const kept = new KeptValue(id, operation, this);
    this.#live.set(id, new WeakRef(kept));
    registry.register(kept, { keeper: this, id });
    const arrival = this.#early.get(id);
    this.#early.delete(id);
    arrival?.(kept);
    return kept;
  }

  fetch(kept: KeptValue): void {
    if (this.#hasEnded) return kept.lose(this.#lostError(kept));
    this.#asked.set(kept.id, kept);
    this.#fetched.push(kept.id);
    this.#planFlush();
    this.#parts.onChange();
  }

  /** Nobody can ask for a value any more. @param id its number */
  forget(id: number): void {
    this.#live.delete(id);
    if (this.#hasEnded) return;
    this.#forgotten.push(id);
    this.#planFlush();
  }

  /** A value has come. */
  receive(id: number, isPacked: boolean, value: unknown): void {
    let read: unknown;
    try {
      read = isPacked ? unpack(...value as [unknown, PackedPlace[]]) : value;
    } catch (error) {
      return this.#arrived(id, (kept) => kept.lose(error));
    }
    this.#arrived(id, (kept) => kept.arrive(read));
  }

  /** A value cannot be sent. @param error why, encoded */
  refused(id: number, error: unknown): void {
    this.#arrived(id, (kept) => kept.lose(decodeError(error)));
  }

  #arrived(id: number, arrival: Arrival): void {
    const kept = this.#asked.get(id) ?? this.#live.get(id)?.deref();
    if (kept === undefined) {
      // From a lane that goes on only what was asked for comes.
      if (!this.#isOpen) this.#early.set(id, arrival);
      return;
    }
    if (this.#asked.delete(id) && this.#asked.size === 0) this.#parts.onChange();
    arrival(kept);
  }

  /** No call goes there any more. */
  close(): void {
    this.#isOpen = false;
  }

  /** The lane has ended: what was not sent is lost. */
  end(): void {
    this.#isOpen = false;
    this.#hasEnded = true;
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    this.#early.clear();
    for (const kept of asked) kept.lose(this.#lostError(kept));
  }

  #planFlush(): void {
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushPlanned = false;
    const [fetched, forgotten] = [this.#fetched, this.#forgotten];
    [this.#fetched, this.#forgotten] = [[], []];
    if (this.#hasEnded) return;
    if (fetched.length > 0) this.#parts.post([FETCH, ...fetched]);
    if (forgotten.length > 0) this.#parts.post([FORGET, ...forgotten]);
  }

  #lostError({ operation }: KeptValue): ResultLostError {
    const { index } = this.lane;
    return new ResultLostError(
      `Cannot read the result of "${operation.name}": it was kept in lane ${index}, which has ended; ` +
        `await what must outlive its lane before, or declare the operation without "keep"`,
      { lane: index },
    );
  }
}
