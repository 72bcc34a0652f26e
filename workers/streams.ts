/**
 * The generators that run in a lane. While one waits for its reader the lane takes other calls: it may be those that the reader waits for. When it goes on, it does so beside
 * them, as asynchronous calls do that overlap.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { uncloneableItem } from "../lib/bridge/cloneable.ts";
import { GeneratorRun } from "../lib/bridge/generator_run.ts";
import type { AnyGenerator } from "../lib/bridge/generators.ts";
import type { CallContext } from "./context.ts";
import type { InFlight, Overlapping } from "./in_flight.ts";
import { mark } from "./mark.ts";
import type { RefusedValue, SentValues } from "./sent_values.ts";

/** An operation whose function is a generator. */
export interface StreamedOperation extends Overlapping {
  readonly name: string;
  /** How many items may have been made and not read. */
  readonly window: number;
}

/** The generators of one lane. */
export class Streams {
  readonly #items: SentValues;
  readonly #inFlight: InFlight;
  readonly #onWaiting: () => void;
  /** By the id of the token; of two attempts of one token it is the later. */
  readonly #runs: Map<number, GeneratorRun> = new Map();
  /** Calls that are streams, until they are answered. */
  readonly #calls: Set<CallContext> = new Set();

  /**
   * @param items sends items
   * @param inFlight the calls that go on beside others
   * @param onWaiting called when one waits for its reader, and the lane may take another call
   */
  constructor(items: SentValues, inFlight: InFlight, onWaiting: () => void) {
    this.#items = items;
    this.#inFlight = inFlight;
    this.#onWaiting = onWaiting;
  }

  /**
   * Runs a generator, whose call is in flight from now on.
   *
   * @param operation what was called @param tag where the call is @param context its context @param generator what its function gave
   * @returns what the generator returns; rejects with what it throws
   */
  start(
    operation: StreamedOperation,
    tag: number,
    context: CallContext,
    generator: AnyGenerator,
  ): Promise<unknown> {
    let hasTold = false;
    const refused: RefusedValue = (item, cause) => uncloneableItem(operation.name, item, cause);
    const run = new GeneratorRun(generator, operation.window, {
      get isStopped(): boolean {
        return context.aborted;
      },
      within: (step) => mark.within(context, step, []),
      send: (items) => {
        hasTold = true;
        return this.#items.send(tag, items, refused);
      },
      waits: (isWaiting) => {
        if (!isWaiting) return this.#inFlight.resume(operation, context);
        this.#inFlight.suspend(operation, context);
        this.#onWaiting();
      },
      afterTurn: setImmediate,
    });
    this.#calls.add(context);
    this.#runs.set(context.tokenId, run);
    const end = (): void => {
      if (this.#runs.get(context.tokenId) === run) this.#runs.delete(context.tokenId);
    };
    return run.run().then((value) => {
      end();
      // Without items nobody would know that it is a stream.
      if (!hasTold) this.#items.send(tag, [], refused);
      return value;
    }, (error) => {
      end();
      throw error;
    });
  }

  /** A call is about to be answered. @returns whether it is a stream */
  leave(context: CallContext): boolean {
    return this.#calls.size > 0 && this.#calls.delete(context);
  }

  /** The reader of a stream has read so many items. */
  grant(tokenId: number, count: number): void {
    this.#runs.get(tokenId)?.grant(count);
  }

  /** A call was told to stop. */
  stop(tokenId: number): void {
    this.#runs.get(tokenId)?.stop();
  }
}
