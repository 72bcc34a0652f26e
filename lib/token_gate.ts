/**
 * The gate that programs make: options in, the three planes wired together, close.
 *
 * @module
 */

import { callAll } from "./all_calls.ts";
import { type BoundCall, boundCall } from "./bound_call.ts";
import type { CallerEvents, CallerLane, Lane, LaneEvents, LaneLoss } from "./bridge/contract.ts";
import { isGeneratorFunction } from "./bridge/generators.ts";
import { isTransferred } from "./bridge/transfer.ts";
import { callerContexts } from "./caller_context.ts";
import { callThroughGate, isGate, provideGates } from "./default_gate.ts";
import { type CallToken, COMPLETED } from "./call_token.ts";
import type { CrashLoop } from "./gate/back_off.ts";
import { Engine, type EngineListener, type LaneSet } from "./gate/engine.ts";
import type { Isolation } from "./gate/desk_policy.ts";
import type { DomainInfo } from "./gate/domains.ts";
import { unreadError } from "./gate/token_errors.ts";
import { type GateStats, readStats } from "./gate/gate_stats.ts";
import type { WeightRule } from "./gate/weight_policy.ts";
import { type GateControls, makeControls } from "./gate_controls.ts";
import { type GateSettings, readGateOptions, type TokenGateOptions } from "./gate_options.ts";
import { asyncBell, SharedBoard } from "./lane/board.ts";
import { ThreadCaller } from "./lane/caller.ts";
import { OperationNumbers } from "./lane/operation_numbers.ts";
import { StrandedThreads } from "./lane/stranded.ts";
import { processLane } from "./lane/process.ts";
import { threadLane } from "./lane/thread.ts";
import { isSource } from "./input_reader.ts";
import { inLane, refuseInLane } from "./lane_context.ts";
import { callerMark } from "./lane_mark.ts";
import {
  type AllOptions,
  type CallResult,
  type Inputs,
  type InputSource,
  type MapOptions,
  type OnError,
  readAllOptions,
  readMapOptions,
} from "./many_options.ts";
import { MapCalls, type ResultIterator } from "./map_calls.ts";
import { errorLabel, History, type HistoryEntry } from "./observe/history.ts";
import { warn } from "./observe/report.ts";
import type { Awaitable, Operation, Streamed, StreamOperation } from "./operation.ts";
import type { OperationOptions } from "./operation_options.ts";
import { declaredLifecycles, type Definition, lookUp } from "./registry.ts";
import { checkKeys, checkType, readDuration, show } from "./options.ts";
import { reserve } from "./reserve.ts";
import { type RemoteModule, RemoteModules } from "./remote_module.ts";
import type { ReadyOptions, Reservation } from "./reservation.ts";
import {
  readRun,
  type RunArguments,
  type RunArgumentsOf,
  type RunOptions,
} from "./run_function.ts";
import { systemClock } from "./runtime/clock.ts";
import { runtimeAdapter } from "./runtime/detect.ts";
import { RandomSource } from "./runtime/random.ts";
import type { StreamToken, Token } from "./token.ts";

/** Calls that a lane's mailbox holds at most. */
const MAILBOX_SLOTS = 256;
/** Calls that the board holds at most. */
const BOARD_SLOTS = 1_024;

/** Options of {@linkcode TokenGate.close}. */
export interface CloseOptions {
  /** Whether to finish what was called before. Otherwise it is ended at once. Default: true. */
  readonly drain?: boolean;
  /** How long finishing may take, in ms; what is left then is ended. Default: no limit. */
  readonly timeoutMs?: number;
}

/** Ends a {@linkcode TokenGate.mock}; so does leaving a scope that holds it with `using`. */
export interface Restore extends Disposable {
  /** Ends it. Doing so again does nothing. */
  (): void;
}

/** What a listener of `settled` is told, as the `detail` of the event. */
export interface SettledDetail {
  /** The token. */
  readonly token: Token<unknown>;
}

/**
 * A gate: takes calls, gives them to its lanes, and settles their tokens. Gates share nothing.
 *
 * An idle gate does not keep the process alive; one with unsettled tokens does.
 *
 * It is an event target of {@linkcode CustomEvent}s:
 *
 * | type           | when                                              | `detail` |
 * | -------------- | ------------------------------------------------- | -------- |
 * | `lanestart`    | a lane takes calls                                | `lane` |
 * | `laneexit`     | a lane is gone, whatever the reason               | `lane`, `exitCode` |
 * | `lanecrash`    | a lane died by itself                             | `lane`, `exitCode`, `cause` |
 * | `lanereplaced` | a lane was replaced: its function did not stop    | `lane` |
 * | `lanerecycle`  | a lane is replaced on purpose                     | `lane`, `reason`: `tokens`, `age`, `heap`, `reload` |
 * | `scale`        | the number of lanes has changed, where it follows the work | {@linkcode ScaleInfo}: `from`, `to`, `reason`, and the figures |
 * | `crashloop`    | a lane crashes again and again, and is started later each time; once until it has worked for a while | `lane`, `crashes`, `delayMs`, `cause`, `wasReady` |
 * | `saturated`    | a queue was full when a call came                 | `operation`, undefined for the gate's queue; `waiting` |
 * | `drain`        | that queue is half empty again                    | the same |
 * | `breaker`      | a breaker changed its state                       | `operation`, `from`, `to` |
 * | `settled`      | a token settled; costs nothing while nobody listens | `token` |
 *
 * @example
 * ```ts
 * import { inLane, type Operation, operation, TokenGate } from "@tokengate/tokengate";
 *
 * export const square: Operation<[n: number], number> = operation(import.meta, "square", (n) => n * n);
 *
 * if (!inLane) {
 *   const gate = new TokenGate({ lanes: 2 });
 *   const tokens = [1, 2, 3].map((n) => gate.call(square, n));
 *   console.log(await Promise.all(tokens)); // [1, 4, 9]
 *   await gate.close();
 * }
 * ```
 */
export class TokenGate extends EventTarget {
  /** Pausing, draining and killing, for all operations or for one. */
  readonly controls: GateControls;
  readonly #engine: Engine;
  readonly #history: History | undefined;
  readonly #listener: EngineListener;
  readonly #modules: RemoteModules = new RemoteModules(this, {
    call: callThroughGate,
    isGate,
  });
  #isSettledHeard = false;
  #births = 0;
  readonly #stranded: StrandedThreads = new StrandedThreads(systemClock, reportStranded);

  static {
    provideGates({
      make: () => new TokenGate(),
      call: (gate, bound, args) => (gate as TokenGate).#submit(bound, args),
      isGate: (value) => value instanceof TokenGate,
    });
  }

  /**
   * Makes a gate. No lane is started before there is work for it.
   *
   * @param options lanes, limits and settings of the workers
   * @throws {GateInLaneError} inside a lane
   * @throws {TypeError} when an option is unknown, has the wrong type, or is not available on this runtime
   * @throws {RangeError} when a number is out of bounds
   * @throws {Error} in a bundle that has no worker entry, see `workerUrl`
   */
  constructor(options: TokenGateOptions = {}) {
    super();
    if (inLane) throw refuseInLane("make a TokenGate");
    const settings = readGateOptions(options, runtimeAdapter());
    this.#history = settings.history > 0 ? new History(settings.history) : undefined;
    this.#listener = {
      crashed: (lane, loss) => this.#onCrash(lane, loss),
      laneReady: (lane) => this.#dispatch("lanestart", { lane }),
      laneGone: (lane, exitCode) => this.#dispatch("laneexit", { lane, exitCode }),
      replaced: (lane) => this.#dispatch("lanereplaced", { lane }),
      recycled: (lane, reason) => this.#dispatch("lanerecycle", { lane, reason }),
      crashLoop: (loop) => this.#onCrashLoop(loop),
      scaled: (info) => this.#dispatch("scale", info),
      disposeFailed: (lane, cause) => warn(`lane ${lane} could not be disposed of properly`, cause),
      saturation: (isFull, operation, { waiting }) =>
        this.#dispatch(isFull ? "saturated" : "drain", { operation, waiting }),
      breaker: (operation, from, to) => this.#dispatch("breaker", { operation, from, to }),
      settled: undefined,
    };
    this.#engine = new Engine({
      clock: systemClock,
      random: new RandomSource(Math.random() * 2 ** 32),
      ageMs: settings.ageMs,
      policy: settings.policy,
      graceMs: settings.graceMs,
      isolation: settings.isolation,
      makeLanes: (events) => this.#makeLanes(settings, settings.isolation, events, 0),
      makeOtherLanes: (events, firstIndex) => {
        const other = settings.isolation === "thread" ? "process" : "thread";
        return this.#makeLanes(settings, other, events, firstIndex);
      },
      makeCaller: (events) => this.#makeCaller(events),
      maxPayloadBytes: settings.maxPayloadBytes,
      queue: settings.queue,
      listener: this.#listener,
      stranded: () => this.#stranded.count(),
      maxStranded: settings.maxStranded,
      recycle: settings.recycle,
      elastic: settings.elastic,
      disposeTimeoutMs: settings.disposeTimeoutMs,
      lookUp,
      isForLanes: ({ url }) => declaredLifecycles().has(url),
    });
    this.controls = makeControls(this.#engine);
    this.#listenToTokens();
  }

  /** Number of lanes that may run at once. */
  get lanes(): number {
    return this.#engine.lanes;
  }

  /** In how many lanes calls may be at once, by their weight: what the gate goes by. Where the number of lanes follows the work, of as many as there may be now. */
  get policy(): readonly WeightRule[] {
    return this.#engine.policy.rules(this.#engine.mostLanes);
  }

  /**
   * Starts all lanes now, instead of one by one as they are needed; where their number follows the work, those that stay.
   *
   * @returns resolves when every one of them takes calls
   * @throws {LaneStartError} when a lane cannot be started; its cause says why
   * @throws {GateClosedError} when the gate is closed before
   */
  started(): Promise<void> {
    return this.#engine.started();
  }

  /**
   * Calls an operation through this gate, whatever gate it is bound to, and returns at once.
   *
   * @param operation the operation, with the options it has
   * @param args its arguments; tokens among them are waited for
   * @returns the token of this call
   * @throws {GateClosedError} when the gate is closed
   * @throws {TypeError} when `operation` is none
   */
  call<A extends readonly unknown[], R>(
    operation: Operation<A, R>,
    ...args: Awaitable<A>
  ): Token<R>;
  /**
   * Calls an operation whose function is a generator, in the same way.
   *
   * @param operation the operation, with the options it has
   * @param args its arguments; tokens among them are waited for
   * @returns the token of this call, whose items are to be read
   * @throws {GateClosedError} when the gate is closed
   * @throws {TypeError} when `operation` is none
   */
  call<A extends readonly unknown[], T, R>(
    operation: StreamOperation<A, T, R>,
    ...args: Awaitable<A>
  ): StreamToken<T, R>;
  call(operation: unknown, ...args: readonly unknown[]): unknown {
    return this.#submit(boundCall(operation), args);
  }

  /**
   * Waits for room in the queue, and reserves it. Producers are given room in the order in which they asked for it; what was reserved counts as taken, so that
   * all of them together never put more into the queue than `maxQueue`.
   *
   * @param count how many calls are to be made
   * @param options the operation that is going to be called, the size of the arguments, a signal
   * @returns the places, when there are so many; at once where there is no `maxQueue`
   * @throws {TypeError} when an argument has the wrong type
   * @throws {RangeError} when there can never be so much room
   * @throws {GateClosedError} when the gate is closed, or closes before there is room
   *
   * @example
   * ```ts
   * import { inLane, type Operation, operation, TokenGate } from "@tokengate/tokengate";
   *
   * export const half: Operation<[n: number], number> = operation(import.meta, "half", (n) => n / 2);
   *
   * if (!inLane) {
   *   const gate = new TokenGate({ maxQueue: 100, whenFull: "wait" });
   *   let sum = 0;
   *   for (let n = 0; n < 1_000; n++) {
   *     const place = await gate.ready(); // gives way here while the queue is full
   *     place.call(half, n).then((value) => sum += value);
   *   }
   *   await gate.close();
   *   console.log(sum); // 249750
   * }
   * ```
   */
  async ready(count: number = 1, options: ReadyOptions = {}): Promise<Reservation> {
    return await reserve(this.#engine, count, options);
  }

  /**
   * Calls an operation with each of some inputs, for one promise: the way that costs least, since there is no promise for each call, and no token to be held.
   *
   * Where the gate, or the operation, bounds its queue, the calls wait for room, but for a queue that drops the oldest. A call that is refused rejects the whole,
   * whatever `onError` says.
   *
   * @param operation the operation, with the options it has
   * @param inputs for each call its arguments, as an array; tokens among them are waited for
   * @param options a signal, and what becomes of calls that do not complete
   * @returns the results in the order of the inputs, when all are there. When a call fails it rejects with the error, and by then has killed the others
   * @throws {TypeError} when `operation` is none, an input is no array, or an option is unknown or has the wrong type
   * @throws {TokenCancelledError} when a signal aborts
   * @throws {GateClosedError} when the gate is closed
   *
   * @example
   * ```ts
   * import { inLane, type Operation, operation, TokenGate } from "@tokengate/tokengate";
   *
   * export const area: Operation<[width: number, height: number], number> = operation(
   *   import.meta,
   *   "area",
   *   (width, height) => width * height,
   * );
   *
   * if (!inLane) {
   *   const gate = new TokenGate();
   *   const areas = await gate.all(area, [[1, 2], [3, 4], [5, 6]]);
   *   console.log(areas); // [2, 12, 30]
   *   await gate.close();
   * }
   * ```
   */
  async all<A extends readonly unknown[], R, E extends OnError = "throw">(
    operation: Operation<A, R>,
    inputs: Inputs<A>,
    options: AllOptions<E> = {},
  ): Promise<CallResult<R, E>[]> {
    const bound = boundCall(operation);
    refuseStreams(bound);
    const settings = readAllOptions(`all calls of "${bound.definition.name}"`, options);
    const results = await callAll(this.#engine, bound, inputs, settings);
    return results as CallResult<R, E>[];
  }

  /**
   * Calls an operation with what a source gives, as its results are read: no more than `window` calls are on their way or have results that nobody has read, and
   * no more inputs are pulled. For sources that are long, slow or endless.
   *
   * Nothing is called before the first result is asked for. Leaving the loop early kills what is on its way, and closes the source. What the source throws comes after the
   * results of what it gave before, as it would in a loop; so does the refusal of a call, whatever `onError` says. Of calls that fail the first one, in the order of the
   * results, is thrown, after the results before it.
   *
   * Where the gate, or the operation, bounds its queue, the calls wait for room, but for a queue that drops the oldest.
   *
   * @param operation the operation, with the options it has
   * @param inputs gives for each call its arguments, as an array; tokens among them are waited for. What is asynchronous is pulled one by one
   * @param options order, window, a signal, and what becomes of calls that do not complete
   * @returns the results, to be read once. Reading rejects with a `TokenCancelledError` when a signal aborts, and with a `GateClosedError` when the gate is closed
   * @throws {TypeError} when `operation` is none, the inputs cannot be iterated, or an option is unknown or has the wrong type
   * @throws {RangeError} when `window` is no whole number above zero
   *
   * @example
   * ```ts
   * import { inLane, type Operation, operation, TokenGate } from "@tokengate/tokengate";
   *
   * export const double: Operation<[n: number], number> = operation(import.meta, "double", (n) => 2 * n);
   *
   * function* numbers(): Generator<[n: number]> {
   *   for (let n = 0;; n++) yield [n];
   * }
   *
   * if (!inLane) {
   *   const gate = new TokenGate();
   *   for await (const value of gate.map(double, numbers(), { window: 8 })) {
   *     if (value > 100) break; // kills what is on its way, and closes the source
   *   }
   *   await gate.close();
   * }
   * ```
   */
  map<A extends readonly unknown[], R, E extends OnError = "throw">(
    operation: Operation<A, R>,
    inputs: InputSource<A>,
    options: MapOptions<E> = {},
  ): ResultIterator<CallResult<R, E>> {
    const bound = boundCall(operation, "map");
    refuseStreams(bound);
    const subject = `a map of "${bound.definition.name}"`;
    const settings = readMapOptions(subject, options, this.lanes);
    if (!isSource(inputs)) {
      throw new TypeError(
        `Cannot read the inputs of ${subject}: received ${show(inputs)}, which cannot be iterated`,
      );
    }
    const results: ResultIterator<unknown> = new MapCalls(this.#engine, bound, inputs, settings);
    return results as ResultIterator<CallResult<R, E>>;
  }

  /**
   * Calls an operation once in each lane that is up, or starting, of the kind that its calls run in: to warm up what its module keeps there, to change it, or to ask for it. The calls go before
   * what waits for any lane, and neither take permits nor count against a rate.
   *
   * A lane that is started later knows nothing of it, also one that takes the place of a lane that was lost: what each lane needs is for the `prepare` hook of {@linkcode lifecycle}. Before
   * there is work there are no lanes: `await gate.started()` starts all of them. Where calls run on the caller's own thread, that is the one place, and there is one call.
   *
   * @param operation the operation, with the options it has; it is never tried again
   * @param args its arguments, of which each lane gets its own copy; tokens among them are waited for
   * @returns the tokens of the calls, in the order of the lanes. One whose lane is lost before the end rejects with a `LaneCrashError`
   * @throws {GateClosedError} when the gate is closed
   * @throws {TypeError} when `operation` is none, or when memory is to be moved, which can go to one lane only
   *
   * @example
   * ```ts
   * import { inLane, type Operation, operation, TokenGate } from "@tokengate/tokengate";
   *
   * let factor = 1;
   * export const setFactor: Operation<[to: number], void> = operation(import.meta, "setFactor", (to) => {
   *   factor = to;
   * });
   * export const scale: Operation<[n: number], number> = operation(import.meta, "scale", (n) => n * factor);
   *
   * if (!inLane) {
   *   const gate = new TokenGate({ lanes: 2 });
   *   await gate.started();
   *   await Promise.all(gate.broadcast(setFactor, 10));
   *   console.log(await gate.all(scale, [[1], [2], [3]])); // [10, 20, 30]
   *   await gate.close();
   * }
   * ```
   */
  broadcast<A extends readonly unknown[], R>(
    operation: Operation<A, R>,
    ...args: Awaitable<A>
  ): Token<R>[];
  /**
   * Calls an operation whose function is a generator once in each lane, in the same way.
   *
   * @param operation the operation, with the options it has
   * @param args its arguments, of which each lane gets its own copy; tokens among them are waited for
   * @returns the tokens of the calls, in the order of the lanes, whose items are to be read
   * @throws {GateClosedError} when the gate is closed
   * @throws {TypeError} as for other operations
   */
  broadcast<A extends readonly unknown[], T, R>(
    operation: StreamOperation<A, T, R>,
    ...args: Awaitable<A>
  ): StreamToken<T, R>[];
  broadcast(operation: unknown, ...args: readonly unknown[]): unknown {
    const { definition, settings } = boundCall(operation, "broadcast");
    if (settings.transfer !== undefined || args.some(isTransferred)) {
      throw new TypeError(
        `Cannot broadcast "${definition.name}" with memory that is moved: it can go to one lane only; pass a SharedArrayBuffer, or have it copied`,
      );
    }
    return this.#engine.broadcast(definition, args, settings);
  }

  /**
   * The functions of a module that were not declared as operations, to be called in lanes. Each of them is an operation: it has `with`, and can be passed to `all`, `map`,
   * `mock` and the controls. The program itself does not import the module.
   *
   * A name that the module does not export is told by the lane: the token rejects with an {@linkcode OperationNotFoundError}. Names that every object has, `then` and `toJSON`
   * are never names of remote functions, so that what this gives can be awaited, logged and turned into JSON like any object.
   *
   * @typeParam M the module, as in `typeof import("./math.ts")`
   * @param url its absolute URL, as in `new URL("./math.ts", import.meta.url)`
   * @param options what its functions are declared with
   * @returns its functions; the same object for the same URL and options
   * @throws {TypeError} when the URL is not absolute, or when an option is unknown or has the wrong type
   * @throws {RangeError} when an option is out of bounds; on reading a function when this gate knows 4,096 of them already
   *
   * @example
   * ```ts
   * import { inLane, TokenGate } from "@tokengate/tokengate";
   *
   * if (!inLane) {
   *   const gate = new TokenGate();
   *   const path = gate.module<typeof import("node:path")>("node:path");
   *   console.log(await path.basename("some/file.txt")); // "file.txt"
   *   await gate.close();
   * }
   * ```
   */
  module<M extends object>(url: string | URL, options: OperationOptions = {}): RemoteModule<M> {
    return this.#modules.open(url, options) as RemoteModule<M>;
  }

  /**
   * Runs a function in a lane by its text: an arrow function, a `function` or a method, asynchronous or not. It sees nothing of the module it comes from, no variable, no import and
   * no `this`: what it needs are its arguments, and what it imports itself, by absolute URLs. Code that runs often is better declared: it crosses with each call.
   *
   * The text is compiled as code. It is that of a function of the program; never make functions of what comes from elsewhere.
   *
   * @param fn the function
   * @param rest its arguments, in an array, and options; arguments may be left out where there are none
   * @returns the token of this call. When the function uses a name that it does not have in the lane, it rejects with a `ReferenceError` that says so
   * @throws {TypeError} when it is no function, is built in or bound, or is a class; when the arguments are no array; or when an option is unknown or has the wrong type
   * @throws {GateClosedError} when the gate is closed
   *
   * @example
   * ```ts
   * import { inLane, TokenGate } from "@tokengate/tokengate";
   *
   * if (!inLane) {
   *   const gate = new TokenGate();
   *   const sum = gate.run((to: number) => {
   *     let sum = 0;
   *     for (let n = 1; n <= to; n++) sum += n;
   *     return sum;
   *   }, [1_000]);
   *   console.log(await sum); // 500500
   *   await gate.close();
   * }
   * ```
   */
  run<A extends readonly unknown[], R>(
    fn: (...args: A) => R,
    ...rest: RunArgumentsOf<A, R>
  ): Token<Awaited<R>>;
  /**
   * Runs a generator function in a lane by its text, in the same way.
   *
   * @param fn the generator function
   * @param rest its arguments, in an array, and options; arguments may be left out where there are none
   * @returns the token of this call, whose items are to be read
   * @throws {TypeError} as for other functions
   * @throws {GateClosedError} when the gate is closed
   */
  run<A extends readonly unknown[], T, R>(
    fn: (...args: A) => Streamed<T, R>,
    ...rest: RunArguments<A>
  ): StreamToken<Awaited<T>, R>;
  run(fn: unknown, ...rest: readonly unknown[]): unknown {
    const { bound, args } = readRun(fn, rest[0], rest[1] as RunOptions | undefined);
    return this.#submit(bound, args);
  }

  #submit({ definition, settings }: BoundCall, args: readonly unknown[]): CallToken {
    return this.#engine.submit(definition, args, settings);
  }

  /**
   * Has a function stand in for an operation in the calls through this gate, for tests: it runs on the caller's own thread, with copies of the arguments, and of
   * the result, as in a lane. Calls that are in lanes already are finished there.
   *
   * @param operation the operation
   * @param fn what runs in its place
   * @returns ends it; on leaving a scope that holds it with `using` too
   * @throws {TypeError} when `operation` is none, or `fn` is no function
   *
   * @example
   * ```ts
   * import { inLane, type Operation, operation, TokenGate } from "@tokengate/tokengate";
   *
   * export const price: Operation<[item: string], number> = operation(import.meta, "price", () => 99);
   *
   * if (!inLane) {
   *   const gate = new TokenGate({ lanes: 0 });
   *   const restore = gate.mock(price, (item) => item.length);
   *   console.log(await gate.call(price, "pear")); // 4
   *   restore();
   *   console.log(await gate.call(price, "pear")); // 99
   * }
   * ```
   */
  mock<A extends readonly unknown[], R>(
    operation: Operation<A, R>,
    fn: (...args: A) => R | Promise<R>,
  ): Restore;
  /**
   * Has a generator function stand in for an operation whose function is one, in the same way.
   *
   * @param operation the operation
   * @param fn what runs in its place
   * @returns ends it; on leaving a scope that holds it with `using` too
   * @throws {TypeError} when `operation` is none, or `fn` is no function
   */
  mock<A extends readonly unknown[], T, R>(
    operation: StreamOperation<A, T, R>,
    fn: (...args: A) => Streamed<T | Promise<T>, R>,
  ): Restore;
  mock(operation: unknown, fn: unknown): Restore {
    const desk = this.#engine.deskOf(boundCall(operation, "mock").definition);
    if (typeof fn !== "function") {
      throw new TypeError(`Cannot mock "${desk.name}": received ${show(fn)}, not a function`);
    }
    this.#engine.mock(desk, fn as (...args: unknown[]) => unknown);
    const restore = (): void => {
      if (desk.mock === fn as unknown) this.#engine.mock(desk, undefined);
    };
    return Object.assign(restore, { [Symbol.dispose]: restore });
  }

  /**
   * The counters of this moment. Reading them looks at the operations there are, not at tokens.
   *
   * @returns the counters
   */
  stats(): GateStats {
    return readStats(this.#engine, this.#stranded.count(), systemClock.now());
  }

  /**
   * The domains that have something in them now: the calls whose own calls have not all settled. The list is empty when nothing runs.
   *
   * @returns a snapshot, by lead
   *
   * @example
   * ```ts
   * import { inLane, type Operation, operation, TokenGate } from "@tokengate/tokengate";
   *
   * export const rest: Operation<[ms: number], number> = operation(
   *   import.meta,
   *   "rest",
   *   (ms) => new Promise<number>((resolve) => setTimeout(resolve, ms, ms)),
   * );
   *
   * export const lead: Operation<[], number> = operation(import.meta, "lead", async () => {
   *   const rests = await Promise.all([rest(500), rest(500), rest(500)]);
   *   return rests.length;
   * });
   *
   * if (!inLane) {
   *   const gate = new TokenGate({ lanes: 1 });
   *   const token = gate.call(lead);
   *   while (gate.domains().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
   *   const [domain] = gate.domains();
   *   console.log(domain.id === token.id, domain.operation, domain.children); // true lead 3
   *   await token;
   *   console.log(gate.domains()); // []
   *   await gate.close();
   * }
   * ```
   */
  domains(): DomainInfo[] {
    return this.#engine.domains();
  }

  /**
   * The tokens that settled last, without their arguments, results and errors. As many as the option `history` says.
   *
   * @returns what is remembered, the oldest first; a copy, to be written as JSON
   */
  history(): HistoryEntry[] {
    return this.#history?.entries() ?? [];
  }

  /** As {@linkcode EventTarget.addEventListener}; tokens are told of only when somebody listens to `settled`. */
  override addEventListener(
    type: string,
    // Not by their names, which the types of Node alone do not have.
    listener: Parameters<EventTarget["addEventListener"]>[1] | null,
    options?: Parameters<EventTarget["addEventListener"]>[2],
  ): void {
    super.addEventListener(type, listener, options);
    if (type !== "settled" || listener === null) return;
    this.#isSettledHeard = true;
    this.#listenToTokens();
  }

  /**
   * Replaces all lanes, so that modules which have changed are imported anew. Lanes import a module once; the old ones get no more work, finish what they run,
   * and end, after the `dispose` hooks of their modules. Calls made meanwhile wait for the new lanes, and none of them runs in an old one.
   *
   * The program's own copies of the modules stay what they are: an operation, or an option of one, that was not declared when the program began is not known
   * to it, and calls on its own thread (`inline: "auto"`) run the old function. Modules from the net are those that the runtime keeps in its cache.
   *
   * @returns resolves when all old lanes are gone; a function that never returns keeps it waiting
   * @throws {GateClosedError} when the gate is closed
   */
  async reload(): Promise<void> {
    await this.#engine.reload();
  }

  /**
   * Closes the gate: it takes no more calls, finishes or ends those it has, and ends its lanes. What is ended rejects with a
   * {@linkcode GateClosedError}. A further call waits for the same end, and may hasten it: after `close()`, `close({ drain: false })`
   * ends what is not finished yet.
   *
   * @param options whether to finish what was called, and how long that may take
   * @returns resolves when every token has settled and every lane has ended
   * @throws {TypeError} when an option is unknown or has the wrong type
   * @throws {RangeError} when `timeoutMs` is not above zero
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const subject = "closing a TokenGate";
    checkKeys(subject, options, ["drain", "timeoutMs"]);
    checkType(subject, "drain", options.drain, "boolean");
    const timeoutMs = readDuration(subject, "timeoutMs", options.timeoutMs);
    await this.#engine.close(options.drain ?? true, timeoutMs ?? Infinity);
  }

  /** Closes the gate when a scope that holds it with `await using` is left; finishes what was called. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #makeLanes(
    settings: GateSettings,
    isolation: Isolation,
    events: LaneEvents,
    firstIndex: number,
  ): LaneSet {
    const { spinUs, maxPayloadBytes, startTimeoutMs, lanes: count } = settings;
    const numbers = new OperationNumbers();
    const common = {
      adapter: runtimeAdapter(),
      clock: systemClock,
      events,
      stranded: this.#stranded,
      numbers,
      maxPayloadBytes,
      entryUrl: settings.workerUrl,
      startTimeoutMs,
      capacity: MAILBOX_SLOTS,
      nextBirth: () => this.#births++,
      hasOthers: count > 1,
    };
    const hasBoard = isolation === "thread" && settings.bridge === "ring";
    const board = hasBoard
      ? new SharedBoard({
        clock: systemClock,
        events,
        bell: asyncBell,
        numbers,
        slots: BOARD_SLOTS,
        spinUs: spinUs ?? 0,
      })
      : undefined;
    const lanes: Lane[] = [];
    for (let index = firstIndex; index < firstIndex + count; index++) {
      const consolePrefix = settings.consolePrefix(index);
      lanes.push(
        isolation === "process"
          ? processLane(index, { ...common, consolePrefix, settings: settings.process })
          : threadLane(index, {
            ...common,
            consolePrefix,
            board,
            hasFrames: !hasBoard,
            spinUs,
            settings: settings.worker,
          }),
      );
    }
    return { lanes, board };
  }

  #onCrash(lane: number, loss: LaneLoss): void {
    const { cause, exitCode } = loss;
    // Where a token was lost too, the token tells it; and one that was given up may end as it likes.
    if (loss.started.length === 0 && loss.wasReady && !loss.wasStuck) {
      warn(
        `lane ${lane} was lost, with exit code ${exitCode}, while no call was running in it`,
        cause,
      );
    }
    this.#dispatch("lanecrash", { lane, exitCode, cause });
  }

  #onCrashLoop(loop: CrashLoop): void {
    const { lane, crashes, delayMs } = loop;
    if (loop.wasReady) {
      warn(
        `lane ${lane} has crashed ${crashes} times in a row, and is started again after ${delayMs} ms, then later each time`,
        loop.cause,
      );
    }
    this.#dispatch("crashloop", loop);
  }

  #listenToTokens(): void {
    const history = this.#history;
    if (history === undefined && !this.#isSettledHeard) return;
    this.#listener.settled = (token) => {
      history?.record(
        token.id,
        token.operation.name,
        token.state,
        token.submittedMs,
        token.admittedMs,
        token.startedMs,
        token.endedMs,
        token.lane,
        attemptsOf(token),
        token.code === COMPLETED ? undefined : errorLabel(token.outcome),
      );
      if (this.#isSettledHeard) this.#dispatch("settled", { token });
    };
  }

  #makeCaller(events: CallerEvents): CallerLane {
    return new ThreadCaller({
      clock: systemClock,
      events,
      functionOf: (operation) =>
        this.#engine.deskOf(operation).mock ?? (operation as Definition).fn,
      isInside: () => callerMark()?.context() !== undefined,
      outside: (task) => callerContexts().outside(task),
      within: (context, fn, args) => callerContexts().within(context, fn, args),
    });
  }

  /** Later, so that a listener finds the gate's state whole. */
  #dispatch(type: string, detail: object): void {
    queueMicrotask(() => this.dispatchEvent(new CustomEvent(type, { detail })));
  }
}

/** Where only results are read, a generator would wait for its reader. */
function refuseStreams({ definition }: BoundCall): void {
  if (isGeneratorFunction(definition.fn)) throw unreadError(definition);
}

/** How often its function was started, or may have been. */
function attemptsOf(token: CallToken): number {
  return token.attempts.length + (Number.isNaN(token.startedMs) ? 0 : 1);
}

function reportStranded(): void {
  warn(
    "a function did not stop when it was asked to, and this runtime cannot stop a loop: its thread runs on and keeps a core busy " +
      "(counted by stats().stranded). Let long loops look at current().aborted",
  );
}
