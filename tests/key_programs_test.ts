// Random programs of keys, weights, priorities, kills and crashes on simulated lanes, in virtual time.
import { test } from "node:test";
import process from "node:process";
import fc from "fast-check";
import type { CallToken } from "../lib/call_token.ts";
import { weightOf, WeightPolicy, WEIGHTS } from "../lib/gate/weight_policy.ts";
import { SimulatedGate } from "./fixtures/simulated_gate.ts";

// More by TOKENGATE_SIMULATED_PROGRAMS=1000000; replay a failure by the seed and path that fast-check prints.
const programs = Number(process.env.TOKENGATE_SIMULATED_PROGRAMS ?? 4_000);
/** A lane that crashes for each of some hundred calls is started again every five seconds in the end. */
const LONGEST_MS = 3_600_000;

const call = fc.record({
  kind: fc.constant("call" as const),
  count: fc.integer({ min: 1, max: 5 }),
  key: fc.option(fc.nat(3), { nil: undefined, freq: 5 }),
  isRequired: fc.oneof(
    { weight: 3, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  isOrdered: fc.boolean(),
  weight: fc.constantFrom(undefined, undefined, WEIGHTS.medium, WEIGHTS.heavy, weightOf(2)),
  priority: fc.constantFrom(0, 0, 0, 1, -1),
  runMs: fc.oneof(
    { weight: 40, arbitrary: fc.integer({ min: 1, max: 30 }) },
    { weight: 1, arbitrary: fc.constant(Infinity) },
  ),
  outcome: fc.constantFrom("return", "return", "return", "return", "throw", "crash", "unstartable"),
  stopMs: fc.constantFrom(0, 10, Infinity),
  timeoutMs: fc.option(fc.integer({ min: 5, max: 60 }), { nil: undefined, freq: 6 }),
  argument: fc.constantFrom("small", "small", "mailed"),
  takesToken: fc.option(fc.nat(20), { nil: undefined, freq: 6 }),
});
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;
const step = fc.oneof(
  { weight: 6, arbitrary: call },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(40) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("run" as const), steps: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reload" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("pause" as const), steps: fc.nat(10) }) },
);
const gate = fc.record({
  seed: fc.integer(),
  lanes: fc.integer({ min: 1, max: 4 }),
  capacity: fc.constantFrom(4, 12),
  graceMs: fc.constantFrom(1, 20),
  latencyMs: fc.constantFrom(0, 0, 1),
  stopsThreads: fc.boolean(),
  hasBoard: fc.boolean(),
  recycle: fc.option(
    fc.record({
      afterTokens: fc.constantFrom(2, Infinity),
      afterMs: fc.constantFrom(20, Infinity),
      heapBytes: fc.constant(Infinity),
    }),
    { nil: undefined, freq: 3 },
  ),
});

type GateOptions = typeof gate extends fc.Arbitrary<infer T> ? T : never;

/** What a call was made with. */
interface Made {
  readonly key: number | undefined;
  readonly isRequired: boolean;
  readonly isOrdered: boolean;
  /** Whether it waits for another token first, and so has its place in the order later. */
  readonly waits: boolean;
}

/** Looks at a gate from step to step. */
class Watch {
  readonly made: Map<number, Made> = new Map();
  readonly #world: SimulatedGate;
  readonly #canTrace: boolean;
  readonly #policy = new WeightPolicy();
  /** Ordered calls by their key, as they were started. */
  readonly #started: Map<string, number[]> = new Map();
  readonly #quietMs: number;

  constructor(world: SimulatedGate, options: GateOptions) {
    this.#world = world;
    this.#canTrace = options.stopsThreads;
    // A simulated worker does not call for help: the gate looks by itself after some time.
    this.#quietMs = 2 * options.latencyMs + (options.hasBoard ? 10 : 0) + 0.01;
    world.onStart = (id, lane) => this.#start(id, lane);
  }

  #start(id: number, lane: number): void {
    const { key, isRequired, isOrdered, waits } = this.made.get(id)!;
    if (key === undefined) return;
    // A thread that nobody can stop runs on when its lane is gone: the key has moved, as it must.
    if (this.#canTrace) {
      for (const [other, otherLane] of this.#world.running) {
        const it = this.made.get(other)!;
        if (it.key !== key) continue;
        if (isRequired && it.isRequired && otherLane !== lane) {
          throw new Error(
            `${id} starts in lane ${lane} while ${other} of its key runs in ${otherLane}`,
          );
        }
        if (isOrdered && it.isOrdered) throw new Error(`${id} starts beside ${other}`);
      }
    }
    if (!isOrdered || waits) return;
    const started = this.#started.get(String(key)) ?? [];
    if ((started.at(-1) ?? -1) > this.#indexOf(id)) throw new Error(`${id} starts out of order`);
    started.push(this.#indexOf(id));
    this.#started.set(String(key), started);
  }

  #indexOf(id: number): number {
    return this.#world.tokens.findIndex((token) => token.id === id);
  }

  /** The keys as the gate has them, recounted from the tokens; the slots; and whether a lane idles. */
  look(): void {
    const world = this.#world;
    world.recount();
    const live = new Set<unknown>();
    for (const token of world.tokens) {
      if (token.isSettled || token.waitingFor === "arguments") continue;
      const { key } = this.made.get(token.id)!;
      if (key !== undefined) live.add(key);
    }
    const { live: liveKeys } = world.engine.groups.lanes[0]!.keys;
    if (liveKeys !== live.size) throw new Error(`${liveKeys} keys are live, and not ${live.size}`);
    this.#lookAtSlots();
    if (world.clock.nextMs - world.clock.now() > this.#quietMs) this.#lookForIdle();
  }

  #lookAtSlots(): void {
    const { slots, crew } = this.#world.engine.groups.lanes[0]!;
    const taken = slots.heavy + slots.medium;
    const weighty = this.#world.tokens.filter(({ code, limits }) =>
      code === 1 && limits.weight !== undefined
    );
    if (weighty.length < 2) return;
    const lanes = crew.seats.length;
    const isTooMuch = taken > this.#policy.mediumLanes(lanes) ||
      slots.heavy > Math.max(this.#policy.heavyLanes(lanes), 2);
    if (isTooMuch) {
      throw new Error(`${slots.heavy} heavy and ${slots.medium} medium slots are taken`);
    }
  }

  /** Nothing is on its way: a lane without work has none that it may take. */
  #lookForIdle(): void {
    const group = this.#world.engine.groups.lanes[0]!;
    if (group.isPaused) return;
    for (const seat of group.crew.seats) {
      const { lane, isOpen, lineup } = seat;
      if (!isOpen || lane.occupied > 0 || lane.executing > 0) continue;
      const waiting = group.lineup.first ?? group.unplaced.first ?? lineup?.first;
      if (waiting !== undefined) {
        throw new Error(`lane ${lane.index} idles, and ${waiting.id} waits for a lane`);
      }
      const { board } = this.#world;
      const left = this.#world.tokens.find((token) =>
        token.lane === -2 && token.state === "admitted"
      );
      if (board !== undefined && left !== undefined) {
        throw new Error(`lane ${lane.index} idles, and ${left.id} is on the board`);
      }
      for (const token of this.#world.tokens) {
        if (token.state !== "admitted" || token.lane < 0) continue;
        const { key, isRequired } = this.made.get(token.id)!;
        if (key === undefined) {
          throw new Error(`lane ${lane.index} idles, and ${token.id} is in ${token.lane}`);
        }
        const waitedMs = this.#world.clock.now() - token.admittedMs;
        if (!isRequired && waitedMs > 6) {
          throw new Error(`lane ${lane.index} idles beside ${token.id}`);
        }
      }
    }
  }
}

test("random programs of keys, weights and priorities: no key in two lanes, order kept, no lane idle beside work, nothing left", async () => {
  await fc.assert(
    fc.asyncProperty(gate, fc.array(step, { maxLength: 20 }), async (options, steps) => {
      const world = new SimulatedGate(options);
      const watch = new Watch(world, options);
      const reloads: Promise<void>[] = [];
      for (const step of steps) {
        switch (step.kind) {
          case "call":
            for (let n = 0; n < step.count; n++) makeCall(world, watch, step);
            break;
          case "cancel":
            world.tokens[step.which]?.cancel("program");
            break;
          case "run":
            await runSteps(world, watch, step.steps);
            break;
          case "reload":
            reloads.push(world.engine.reload());
            await undefined;
            break;
          case "pause":
            world.engine.pause(undefined);
            await runSteps(world, watch, step.steps);
            world.engine.resume(undefined);
            break;
        }
        watch.look();
      }
      const hangs = steps.some((step) => step.kind === "call" && step.runMs === Infinity);
      await world.settle(() => watch.look(), hangs ? 6_000 : LONGEST_MS);
      if (!hangs) {
        for (const token of world.tokens) {
          if (!token.isSettled) throw new Error(`token ${token.id} is forgotten, ${token.state}`);
        }
      }
      await Promise.all([
        world.engine.close(false, Infinity),
        world.settle(() => world.recount()),
        ...reloads,
      ]);
      checkEmpty(world);
    }),
    { numRuns: programs },
  );
});

function makeCall(world: SimulatedGate, watch: Watch, step: Call): void {
  const { key, isRequired, isOrdered, runMs, outcome, stopMs, weight, priority, timeoutMs } = step;
  const source: CallToken | undefined = world.tokens[step.takesToken ?? -1];
  const affinity = key === undefined ? undefined : { keyOf: () => key, isRequired, isOrdered };
  const token = world.call(
    { runMs, outcome: outcome as "return", stopMs },
    { affinity, weight, priority, timeoutMs },
    source === undefined ? [] : [source],
    step.argument as "small",
  );
  watch.made.set(token.id, { key, isRequired, isOrdered, waits: source !== undefined });
}

async function runSteps(world: SimulatedGate, watch: Watch, steps: number): Promise<void> {
  for (let n = 0; n < steps; n++) {
    world.clock.step();
    watch.look();
    await undefined;
  }
}

function checkEmpty(world: SimulatedGate): void {
  for (const token of world.tokens) {
    if (world.settlements.get(token.id) !== 1) throw new Error(`${token.id} did not settle once`);
  }
  for (const [id, starts] of world.starts) {
    if (starts > 1) throw new Error(`the function of token ${id} started ${starts} times`);
  }
  const group = world.engine.groups.lanes[0]!;
  const { live, size } = group.keys;
  if (live + size > 0) throw new Error(`${size} keys are left, ${live} of them live`);
  for (const { pins, haunting, lineup } of group.crew.seats) {
    if (pins.size + haunting.size + (lineup?.size ?? 0) > 0) throw new Error("a lane keeps a key");
  }
  const { heavy, medium } = group.slots;
  if (heavy + medium > 0) throw new Error(`${heavy + medium} slots are left taken`);
  const { waiting, admitted, executing, lanes } = world.stats();
  if (waiting + admitted + executing + lanes > 0) throw new Error("something is left in the gate");
}
