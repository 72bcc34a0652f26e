// Random programs of gate.all and gate.map in virtual time: sources that fail, calls that throw, crash or are killed, readers that are slow or leave, signals, a gate that closes.
import { setImmediate } from "node:timers";
import { test } from "node:test";
import process from "node:process";
import fc from "fast-check";
import { callAll } from "../lib/all_calls.ts";
import { type BoundCall, boundCall } from "../lib/bound_call.ts";
import { type CallToken, COMPLETED } from "../lib/call_token.ts";
import type { SimulatedCall } from "../lib/lane/simulated.ts";
import type { ManySettings } from "../lib/many_options.ts";
import { MapCalls } from "../lib/map_calls.ts";
import { NO_LIMITS, SimulatedGate, simulatedOperation } from "./fixtures/simulated_gate.ts";

// More by TOKENGATE_SIMULATED_PROGRAMS=100000; replay a failure by the seed and path that fast-check prints.
const programs = Math.ceil(Number(process.env.TOKENGATE_SIMULATED_PROGRAMS ?? 10_000) / 10);

const plan = fc.record({
  runMs: fc.integer({ min: 0, max: 20 }),
  outcome: fc.oneof(
    { weight: 12, arbitrary: fc.constant("return" as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...(["throw", "crash", "unstartable", "unsendable"] as const)),
    },
  ),
  stopMs: fc.constantFrom(0, 5, Infinity),
});
const common = {
  plans: fc.array(plan, { maxLength: 30 }),
  onError: fc.constantFrom("throw" as const, "skip" as const, "settle" as const),
  signal: fc.option(fc.nat(1), { nil: undefined, freq: 2 }),
  /** After so many inputs the source throws. */
  failsAfter: fc.option(fc.nat(30), { nil: undefined, freq: 3 }),
  startMs: fc.nat(10),
};
const all = fc.record({ kind: fc.constant("all" as const), ...common, isArray: fc.boolean() });
const map = fc.record({
  kind: fc.constant("map" as const),
  ...common,
  isOrdered: fc.boolean(),
  window: fc.integer({ min: 1, max: 9 }),
  /** How long the source takes for an input, in ms; synchronous when undefined. */
  sourceMs: fc.option(fc.nat(5), { nil: undefined }),
  /** How long the reader takes for a result, in ms. */
  readerMs: fc.constantFrom(0, 0, 3, 30),
  /** After so many results the reader leaves. */
  leavesAfter: fc.option(fc.nat(20), { nil: undefined }),
  isSigned: fc.boolean(),
});
const event = fc.record({
  kind: fc.constantFrom("kill", "kill", "killAll", "abort", "close"),
  atMs: fc.nat(120),
  which: fc.nat(60),
});
const program = fc.record({
  options: fc.record({
    seed: fc.integer(),
    lanes: fc.integer({ min: 0, max: 3 }),
    capacity: fc.integer({ min: 2, max: 8 }),
    hasBoard: fc.boolean(),
    latencyMs: fc.constantFrom(0, 1, 10),
    stopsThreads: fc.boolean(),
    queue: fc.option(
      fc.record({
        maxQueue: fc.integer({ min: 1, max: 6 }),
        maxQueueBytes: fc.constant(Infinity),
        whenFull: fc.constantFrom("reject" as const, "wait" as const),
      }),
      { nil: undefined },
    ),
  }),
  units: fc.array(fc.oneof(all, map, map), { minLength: 1, maxLength: 3 }),
  events: fc.array(event, { maxLength: 3 }),
});
type Program = typeof program extends fc.Arbitrary<infer P> ? P : never;
type Unit = Program["units"][number];

interface PlannedCall extends SimulatedCall {
  readonly unit: UnitRun;
  readonly index: number;
}

/** One `all` or `map`, and what was seen of it. */
class UnitRun {
  readonly unit: Unit;
  readonly tokens: CallToken[] = [];
  pulled = 0;
  closed = 0;
  isSourceOver = false;
  read = 0;
  results: unknown[] = [];
  end: "done" | "left" | "error" | undefined;
  error: unknown;

  constructor(unit: Unit) {
    this.unit = unit;
  }

  input(): IteratorResult<[PlannedCall]> {
    const { plans, failsAfter = Infinity } = this.unit;
    if (this.isSourceOver) throw new Error("the source was read after its end");
    if (this.pulled === plans.length || this.pulled === failsAfter) this.isSourceOver = true;
    if (this.pulled === failsAfter) throw new RangeError("source");
    if (this.isSourceOver) return { done: true, value: undefined };
    const index = this.pulled++;
    return { done: false, value: [{ ...plans[index]!, unit: this, index }] };
  }

  /** All inputs at once, of an array that cannot fail. */
  #list(): [PlannedCall][] {
    this.pulled = this.unit.plans.length;
    this.isSourceOver = true;
    return this.unit.plans.map((plan, index) => [{ ...plan, unit: this, index }]);
  }

  close(): { done: true; value: undefined } {
    if (this.isSourceOver) throw new Error("the source was closed after its end");
    this.isSourceOver = true;
    this.closed++;
    return { done: true, value: undefined };
  }

  /** Calls that came to nothing. */
  get lost(): number {
    return this.tokens.filter((token) => token.isSettled && token.code !== COMPLETED).length;
  }

  inputs(world: SimulatedGate): object {
    const { unit } = this;
    if (unit.kind === "all" && unit.isArray) return this.#list();
    const sourceMs = unit.kind === "map" ? unit.sourceMs : undefined;
    const base = { return: () => this.close() };
    if (sourceMs === undefined) {
      return { [Symbol.iterator]: () => ({ ...base, next: () => this.input() }) };
    }
    const next = async (): Promise<unknown> => {
      await pause(world, sourceMs);
      return this.input();
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: async () => await this.close() }) };
  }
}

function pause(world: SimulatedGate, ms: number): Promise<void> {
  return new Promise((resolve) => world.clock.setTimer(resolve, ms));
}

/** Lets virtual time pass until all is over. */
async function runUntil(world: SimulatedGate, ends: Promise<unknown>): Promise<void> {
  let isOver = false;
  void ends.finally(() => isOver = true).catch(() => {});
  for (let idle = 0; !isOver || idle < 3;) {
    if (world.clock.step()) idle = 0;
    else if (++idle > 10 && !isOver) {
      throw new Error("nothing is left to happen, and it is not over");
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ends;
}

test("random programs of all and map deliver what their calls came to, in order, within the window, and leave nothing behind", async () => {
  await fc.assert(
    fc.asyncProperty(program, async ({ options, units, events }) => {
      const world = new SimulatedGate(options);
      const settled: Map<number, number> = new Map();
      world.watchAll((token) => {
        const { unit, index } = token.args[0] as PlannedCall;
        check(unit.tokens.length === index, "a call was made out of order");
        unit.tokens.push(token);
      });
      const signals = [new AbortController(), new AbortController()];
      const bound = boundCall(simulatedOperation("many").handle);
      const runs = units.map((unit) => new UnitRun(unit));
      const ends = runs.map((run) => runUnit(world, bound, run, signals));
      for (const { kind, atMs, which } of events) {
        world.clock.setTimer(() => {
          if (kind === "kill") world.tokens[which]?.cancel("program");
          else if (kind === "killAll") world.engine.killAll(undefined, "program");
          else if (kind === "abort") signals[which % 2]!.abort("program");
          else void world.engine.close(which % 2 === 0, Infinity);
        }, atMs);
      }
      await runUntil(world, Promise.all(ends));
      for (const token of world.settled) settled.set(token.id, (settled.get(token.id) ?? 0) + 1);
      for (const token of world.tokens) {
        check(token.isSettled, `token ${token.id} is left ${token.state}`);
        check(
          settled.get(token.id) === 1,
          `token ${token.id} settled ${settled.get(token.id)} times`,
        );
      }
      const { waiting, admitted, executing, queue } = world.stats();
      check(waiting + admitted + executing === 0, "something is left in the gate");
      check(queue.reserved === 0, "something is left reserved");
      world.recount();
      for (const run of runs) run.unit.kind === "all" ? checkAll(run) : checkMap(run);
      await runUntil(world, world.engine.close(false, Infinity));
    }),
    { numRuns: programs },
  );
});

async function runUnit(
  world: SimulatedGate,
  bound: BoundCall,
  run: UnitRun,
  signals: readonly AbortController[],
): Promise<void> {
  const { unit } = run;
  const settings: ManySettings = {
    signal: unit.signal === undefined ? undefined : signals[unit.signal]!.signal,
    onError: unit.onError,
    isOrdered: unit.kind === "map" && unit.isOrdered,
    window: unit.kind === "map" ? unit.window : 1,
  };
  await pause(world, unit.startMs);
  try {
    if (unit.kind === "all") {
      const inputs = run.inputs(world) as Iterable<unknown>;
      run.results = await callAll(world.engine, bound, inputs, settings);
      run.end = "done";
    } else await readMap(world, bound, run, settings);
  } catch (error) {
    run.end = "error";
    run.error = error;
  }
  // By now nothing of it is left.
  for (const token of run.tokens) check(token.isSettled, "it ended before a call of it had");
}

async function readMap(
  world: SimulatedGate,
  bound: BoundCall,
  run: UnitRun,
  settings: ManySettings,
): Promise<void> {
  const { unit } = run;
  if (unit.kind !== "map") return;
  const { leavesAfter = Infinity, readerMs, window } = unit;
  const signed = unit.isSigned && settings.signal !== undefined
    ? { ...bound, settings: { ...NO_LIMITS, signal: settings.signal } }
    : bound;
  const map = new MapCalls(world.engine, signed, run.inputs(world), settings);
  const checkWindow = (): void => {
    const skipped = unit.onError === "skip" ? run.lost : 0;
    check(run.pulled <= run.read + skipped + window, "more is under way than the window");
  };
  try {
    for await (const result of map) {
      run.read++;
      run.results.push(result);
      checkWindow();
      if (run.read > leavesAfter) {
        run.end = "left";
        break;
      }
      if (readerMs > 0) await pause(world, readerMs);
      checkWindow();
    }
  } finally {
    check((await map.next()).done === true, "it went on after its end");
  }
  run.end ??= "done";
}

function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}

/** @returns which call of a unit this is the result of: lanes give back the token's id, or what they were called with */
function indexOf(run: UnitRun, result: unknown): number {
  if (typeof result === "number") return run.tokens.findIndex((token) => token.id === result);
  return (result as PlannedCall).index;
}

/** @returns the calls that the results are of, having checked that each says what its call came to */
function checkResults(run: UnitRun): number[] {
  // Several may have the same reason: each is used once.
  const reasons = run.tokens.map((token) => token.outcome);
  return run.results.map((result) => {
    const settledAs = result as PromiseSettledResult<unknown>;
    const isSettled = run.unit.onError === "settle";
    if (isSettled && settledAs.status === "rejected") {
      const index = reasons.indexOf(settledAs.reason);
      check(index >= 0, "an error is that of no call");
      check(run.tokens[index]!.code !== COMPLETED, "an error is that of a completed call");
      reasons[index] = undefined;
      return index;
    }
    const value = isSettled ? (settledAs as PromiseFulfilledResult<unknown>).value : result;
    const index = indexOf(run, value);
    check(run.tokens[index]?.code === COMPLETED, "a result is that of no completed call");
    return index;
  });
}

function isWanted(run: UnitRun, token: CallToken): boolean {
  return run.unit.onError === "settle" || token.code === COMPLETED;
}

function checkAll(run: UnitRun): void {
  if (run.end === "error") return checkEnd(run);
  check(run.pulled === run.unit.plans.length, "not all was called");
  checkComplete(run, checkResults(run), true);
  if (run.unit.onError === "throw") check(run.lost === 0, "an error was left out");
}

function checkMap(run: UnitRun): void {
  const { unit, end, tokens } = run;
  if (unit.kind !== "map") return;
  const indexes = checkResults(run);
  check(new Set(indexes).size === indexes.length, "a result was read twice");
  if (unit.isOrdered) {
    // All that is wanted of the calls up to the last one read, in their order.
    const last = indexes.at(-1) ?? -1;
    const expected = tokens.slice(0, last + 1).map((_, index) => index)
      .filter((index) => isWanted(run, tokens[index]!));
    check(String(expected) === String(indexes), `read ${indexes}, not ${expected}`);
  }
  if (end === "done") {
    check(run.closed === 0, "a source that was read to its end was closed");
    check(run.pulled === unit.plans.length, "not all was called");
    checkComplete(run, indexes, unit.isOrdered);
    if (unit.onError === "throw") check(run.lost === 0, "an error was left out");
  }
  if (end === "left") check(run.isSourceOver, "the source was left open");
  if (end === "error") checkEnd(run, indexes);
}

function checkComplete(run: UnitRun, indexes: readonly number[], isOrdered: boolean): void {
  const expected = run.tokens.map((_, index) => index)
    .filter((index) => isWanted(run, run.tokens[index]!));
  const actual = isOrdered ? indexes : [...indexes].sort((a, b) => a - b);
  check(String(actual) === String(expected), `read ${actual}, not ${expected}`);
}

/** An error has one of four reasons. */
function checkEnd(run: UnitRun, indexes?: readonly number[]): void {
  const { unit, error, tokens } = run;
  check(run.isSourceOver || run.pulled === 0, "the source was left open");
  const { message, code } = error as { message: string; code?: string };
  if (message === "source") {
    if (indexes !== undefined) checkComplete(run, [...indexes].sort((a, b) => a - b), true);
    return;
  }
  if (code === "ERR_GATE_CLOSED") return;
  if (code === "ERR_TOKEN_CANCELLED" && unit.signal !== undefined) return;
  check(unit.onError === "throw", `an error was not left out: ${message}`);
  const index = tokens.findIndex((token) => token.outcome === error);
  check(index >= 0, `an error is that of no call: ${error}`);
  if (unit.kind !== "map" || !unit.isOrdered || indexes === undefined) return;
  check(index === indexes.length, `call ${index} has failed, and ${indexes.length} were read`);
}
