/**
 * The caller lane: runs calls on the thread that made them, as a lane would, with copies of arguments and results, errors as they arrive
 * from a lane, and a context of their own. What it cannot have is a lane's isolation: nothing here can be stopped from outside, and a function
 * sees the module state of the program.
 *
 * @module
 */

import { uncloneableItem, uncloneableProgress, uncloneableResult } from "../bridge/cloneable.ts";
import {
  CALLER_PENDING,
  CALLER_REFUSED,
  type CallerEvents,
  type CallerLane,
  type LaneCall,
  type OperationReference,
} from "../bridge/contract.ts";
import { decodeError, encodeError } from "../bridge/error_codec.ts";
import { pack, unpack } from "../bridge/packing.ts";
import { hasRevivables } from "../bridge/revivables.ts";
import { GeneratorRun } from "../bridge/generator_run.ts";
import { type AnyGenerator, isGenerator } from "../bridge/generators.ts";
import { STREAM_WINDOW } from "../bridge/protocol.ts";
import { isThenable } from "../bridge/thenable.ts";
import { decodeThrown, encodeThrown } from "../bridge/thrown.ts";
import { movesArguments, transferOf, withoutMark, withoutMarks } from "../bridge/transfer.ts";
import { ValueCopier } from "../bridge/value_copier.ts";
import type { Clock } from "../runtime/clock.ts";
import { CallerRun } from "./caller_run.ts";

/** A function that is run. */
export type CallerFunction = (...args: never[]) => unknown;

/** What a caller lane is made of. */
export interface ThreadCallerParts {
  readonly clock: Clock;
  readonly events: CallerEvents;
  /** The function of an operation. */
  readonly functionOf: (operation: OperationReference) => CallerFunction;
  /** Whether a function runs in a context now, or what it has left running. */
  readonly isInside: () => boolean;
  /** Does something in no asynchronous context of the program. */
  readonly outside: (task: () => void) => void;
  /** Runs a function in a context, which what it leaves running keeps. */
  readonly within: (context: CallerRun, fn: CallerFunction, args: readonly unknown[]) => unknown;
}

/** The caller's own thread. */
export class ThreadCaller implements CallerLane {
  readonly #parts: ThreadCallerParts;
  /** Made when first needed: most gates never run anything here. */
  #copier: ValueCopier | undefined;
  /** The call whose arguments are being copied, which may run accessors of the user's. */
  #copying: LaneCall | undefined;
  readonly #report: (run: CallerRun, value: unknown) => void;
  #running: CallerRun | undefined;
  #runningCall: LaneCall | undefined;
  /** Runs that go on asynchronously. */
  readonly #pending: Map<LaneCall, CallerRun> = new Map();

  /** @param parts what it is made of */
  constructor(parts: ThreadCallerParts) {
    this.#parts = parts;
    this.#report = (run, value) => this.#progressed(run, value);
  }

  get executing(): number {
    let executing = 0;
    for (const run of this.#pending.values()) if (!run.aborted) executing++;
    if (this.#running?.aborted === false) executing++;
    return executing;
  }

  get isInside(): boolean {
    return this.#parts.isInside();
  }

  enter(runs: () => void): void {
    if (this.#copier === undefined) {
      this.#copier = new ValueCopier();
      // Used once before the first run, which is not to be taken for a slow one.
      this.#copier.list([{}]);
      this.#parts.within(new CallerRun(NaN, NaN, () => {}), () => {}, []);
    }
    this.#parts.outside(runs);
  }

  run(call: LaneCall): number {
    const args = this.#copyArguments(call);
    if (args === undefined) return CALLER_REFUSED;
    const { clock, functionOf, within } = this.#parts;
    const run = new CallerRun(call.id, clock.now(), this.#report);
    this.#running = run;
    this.#runningCall = call;
    let value: unknown;
    let hasReturned = true;
    try {
      value = within(run, functionOf(call.operation), args);
      if (isGenerator(value)) value = this.#stream(call, run, value);
      if (isThenable(value)) {
        this.#finishLater(call, run, value);
        return CALLER_PENDING;
      }
    } catch (error) {
      hasReturned = false;
      value = error;
    }
    const endedMs = clock.now();
    this.#finish(call, run, hasReturned, value, endedMs);
    return endedMs - run.startedMs;
  }

  release(call: LaneCall, reason: unknown): void {
    // A copy, as any lane gets: the error of the token is the program's own.
    this.#runOf(call)?.abort(decodeError(encodeError(reason)));
  }

  grant(call: LaneCall, count: number): void {
    this.#runOf(call)?.stream?.grant(count);
  }

  isWaiting(call: LaneCall): boolean {
    return this.#pending.get(call)?.isWaiting ?? false;
  }

  isStarted(call: LaneCall): boolean {
    return this.#runOf(call) !== undefined;
  }

  startedMs(call: LaneCall): number {
    return this.#runOf(call)?.startedMs ?? NaN;
  }

  endedMs(): number {
    // What ends here is settled at once.
    return NaN;
  }

  recall(call: LaneCall): boolean {
    if (this.#copying === call) this.#copying = undefined;
    return !this.isStarted(call);
  }

  started(): LaneCall[] {
    const calls: LaneCall[] = [];
    for (const [call, run] of this.#pending) if (!run.aborted) calls.push(call);
    if (this.#runningCall !== undefined && this.#running?.aborted === false) {
      calls.push(this.#runningCall);
    }
    return calls;
  }

  #runOf(call: LaneCall): CallerRun | undefined {
    return this.#runningCall === call ? this.#running : this.#pending.get(call);
  }

  /** @returns copies; undefined when the call was recalled meanwhile, or when a lane is to find out what is wrong with them */
  #copyArguments(call: LaneCall): readonly unknown[] | undefined {
    this.#copying = call;
    try {
      const args = this.#copy(call);
      return this.#copying === call ? args : undefined;
    } catch {
      return undefined;
    } finally {
      this.#copying = undefined;
    }
  }

  /** As a lane gets them: what is to be moved is gone here, what can be revived is. */
  #copy(call: LaneCall): readonly unknown[] {
    if (movesArguments(call)) {
      return structuredClone(withoutMarks(call.args), {
        transfer: transferOf(call) as Transferable[],
      });
    }
    const packed = hasRevivables() ? pack(call.args) : undefined;
    if (packed === undefined) return this.#copier!.list(call.args);
    return unpack(this.#copier!.value(packed.value), packed.places) as unknown[];
  }

  #finishLater(call: LaneCall, run: CallerRun, value: PromiseLike<unknown>): void {
    this.#running = undefined;
    this.#runningCall = undefined;
    this.#pending.set(call, run);
    const finish = (hasReturned: boolean, value: unknown): void =>
      this.#finish(call, run, hasReturned, value, this.#parts.clock.now());
    // Through a promise of our own: a thenable of the user's may call back twice, or at once.
    new Promise((resolve) => resolve(value)).then((result) => {
      if (isGenerator(result)) this.#finishLater(call, run, this.#stream(call, run, result));
      else finish(true, result);
    }, (error) => finish(false, error));
  }

  /** Runs a generator, whose items are copied as they would be on their way. @returns what it returns */
  #stream(call: LaneCall, run: CallerRun, generator: AnyGenerator): Promise<unknown> {
    const { events, within } = this.#parts;
    let hasTold = false;
    const tell = (items: readonly unknown[]): void => {
      hasTold = true;
      if (!run.aborted) events.yielded(call, items);
    };
    const stream = new GeneratorRun(generator, call.operation.window ?? STREAM_WINDOW, {
      get isStopped(): boolean {
        return run.aborted;
      },
      within: (step) => within(run, step, []),
      send: (items) => {
        const copies: unknown[] = [];
        try {
          for (const item of items) copies.push(this.#copyResult(withoutMark(item)));
        } catch (cause) {
          tell(copies);
          return uncloneableItem(call.operation.name, items[copies.length], cause);
        }
        tell(copies);
        return undefined;
      },
      waits: (isWaiting) => {
        run.isWaiting = isWaiting;
        // Others may have their turn.
        if (isWaiting) tell([]);
      },
      afterTurn: (task) => this.#parts.clock.afterTurn(task),
    });
    run.stream = stream;
    return stream.run().then((value) => {
      if (!hasTold) tell([]);
      return value;
    });
  }

  #progressed(run: CallerRun, value: unknown): void {
    const call = this.#running === run
      ? this.#runningCall
      : [...this.#pending].find(([, pending]) => pending === run)?.[0];
    if (call === undefined || run.aborted) return;
    let copy: unknown;
    try {
      copy = this.#copyResult(withoutMark(value));
    } catch (cause) {
      throw uncloneableProgress(value, cause);
    }
    this.#parts.events.progressed(call, copy);
  }

  #copyResult(value: unknown): unknown {
    const packed = hasRevivables() ? pack(value) : undefined;
    if (packed === undefined) return this.#copier!.value(value);
    return unpack(this.#copier!.value(packed.value), packed.places);
  }

  #finish(
    call: LaneCall,
    run: CallerRun,
    hasReturned: boolean,
    value: unknown,
    endedMs: number,
  ): void {
    // Still running until the copy is made: accessors of the result, or of the error, are the user's.
    let outcome: unknown;
    if (hasReturned) {
      try {
        outcome = this.#copyResult(withoutMark(value));
      } catch (cause) {
        hasReturned = false;
        value = uncloneableResult(call.operation.name, value, cause);
      }
    }
    if (!hasReturned) outcome = decodeThrown(encodeThrown(value));
    if (this.#runningCall === call) {
      this.#running = undefined;
      this.#runningCall = undefined;
    } else this.#pending.delete(call);
    const { events } = this.#parts;
    if (run.aborted) events.late();
    else if (hasReturned) events.returned(call, outcome, run.startedMs, endedMs);
    else events.threw(call, outcome, run.startedMs, endedMs);
  }
}
