import { test } from "node:test";
import process from "node:process";
import fc from "fast-check";
import type { CallToken } from "../lib/call_token.ts";
import type { SharedBoard } from "../lib/lane/board.ts";
import { type ArgumentKind, SimulatedGate } from "./fixtures/simulated_gate.ts";

// More by TOKENGATE_SIMULATED_PROGRAMS=1000000; replay a failure by the seed and path that fast-check prints.
const programs = Number(process.env.TOKENGATE_SIMULATED_PROGRAMS ?? 10_000);

const limit = fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined, freq: 3 });
const plan = fc.record({
  runMs: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 30 }) }, {
    weight: 1,
    arbitrary: fc.constant(Infinity),
  }),
  outcome: fc.oneof(
    { weight: 8, arbitrary: fc.constant("return" as const) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        ...(["throw", "crash", "unstartable", "unsendable"] as const),
      ),
    },
  ),
  stopMs: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant(Infinity)),
});
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("call" as const),
      count: fc.integer({ min: 1, max: 6 }),
      plan,
      timeoutMs: limit,
      queueTimeoutMs: limit,
      deadlineMs: limit,
      signal: fc.option(fc.nat(2), { nil: undefined, freq: 3 }),
      argument: fc.constantFrom<ArgumentKind>("small", "small", "large", "mailed"),
      takesToken: fc.option(fc.nat(30), { nil: undefined, freq: 6 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("abort" as const), signal: fc.nat(2) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("run" as const), steps: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reload" as const) }) },
  // Calls that are taken back as soon as they are given out.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("churn" as const), count: fc.nat(24) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("close" as const),
      drain: fc.boolean(),
      timeoutMs: fc.constantFrom(5, 50, Infinity),
    }),
  },
);
const gate = fc.record({
  seed: fc.integer(),
  lanes: fc.integer({ min: 1, max: 3 }),
  capacity: fc.integer({ min: 2, max: 12 }),
  graceMs: fc.constantFrom(1, 20),
  latencyMs: fc.constantFrom(0, 1, 10),
  startFailures: fc.constantFrom(0, 0, 0.3, 1),
  stopsThreads: fc.boolean(),
  hasBoard: fc.boolean(),
  stepCrashes: fc.constantFrom(0, 0, 0.01),
  recycle: fc.option(
    fc.record({
      afterTokens: fc.constantFrom(1, 3, Infinity),
      afterMs: fc.constantFrom(20, 200, Infinity),
      heapBytes: fc.constant(Infinity),
    }),
    { nil: undefined, freq: 2 },
  ),
  // Some never come to the end of it, and are stopped by force.
  disposeMs: fc.constantFrom(undefined, 0, 30, Infinity),
});
/** A lane that crashes for each of some hundred calls is started again every five seconds in the end. */
const LONGEST_MS = 3_600_000;

test("random programs of calls, limits, cancels, crashes and closes leave every token settled once and every count right", async () => {
  await fc.assert(
    fc.asyncProperty(gate, fc.array(step, { maxLength: 25 }), async (options, steps) => {
      const world = new SimulatedGate(options);
      const signals = [new AbortController(), new AbortController(), new AbortController()];
      let closed: Promise<void> | undefined;
      const reloads: Promise<void>[] = [];
      for (const step of steps) {
        switch (step.kind) {
          case "call":
            for (let n = 0; n < step.count; n++) {
              if (closed !== undefined) {
                refuses(world);
                continue;
              }
              const source: CallToken | undefined = world.tokens[step.takesToken ?? -1];
              const signal = step.signal === undefined ? undefined : signals[step.signal]!.signal;
              const args = source === undefined ? [] : [source];
              world.call(step.plan, { ...step, signal }, args, step.argument);
            }
            break;
          case "cancel":
            world.tokens[step.which]?.cancel("program");
            break;
          case "abort":
            signals[step.signal]!.abort("program");
            break;
          case "churn":
            for (let n = 0; n < step.count && closed === undefined; n++) {
              const token = world.call();
              world.clock.step();
              world.recount();
              token.cancel("program");
            }
            break;
          case "run":
            for (let n = 0; n < step.steps; n++) {
              world.clock.step();
              world.recount();
              await undefined;
            }
            break;
          case "reload":
            if (closed === undefined) reloads.push(world.engine.reload());
            await undefined;
            break;
          case "close":
            closed ??= world.engine.close(step.drain, step.timeoutMs);
            await undefined;
            break;
        }
        world.recount();
      }
      const hangs = steps.some((step) => step.kind === "call" && step.plan.runMs === Infinity);
      await world.settle(() => world.recount(), hangs ? 6_000 : LONGEST_MS);
      if (!hangs) checkNothingWaits(world);
      // What hangs without a limit is ended here.
      await Promise.all([world.engine.close(false, Infinity), world.settle(() => world.recount())]);
      if (closed !== undefined) await closed;
      await Promise.all(reloads);
      check(world);
    }),
    { numRuns: programs },
  );
});

function refuses(world: SimulatedGate): void {
  const { refused } = world.stats();
  try {
    world.call();
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_GATE_CLOSED") throw error;
    if (world.stats().refused !== refused + 1) throw new Error("a refusal was not counted");
    return;
  }
  throw new Error("a closed gate took a call");
}

function checkNothingWaits(world: SimulatedGate): void {
  for (const token of world.tokens) {
    if (!token.isSettled) throw new Error(`token ${token.id} is forgotten, ${token.state}`);
  }
}

function check(world: SimulatedGate): void {
  for (const token of world.tokens) {
    if (!token.isSettled) throw new Error(`token ${token.id} is left ${token.state}`);
    const settlements = world.settlements.get(token.id);
    if (settlements !== 1) throw new Error(`token ${token.id} settled ${settlements} times`);
  }
  if (world.board !== undefined) checkBoard(world, world.board);
  for (const [id, starts] of world.starts) {
    if (starts > 1) throw new Error(`the function of token ${id} started ${starts} times`);
  }
  for (const lane of world.lanes) {
    if (lane.isLive) throw new Error(`lane ${lane.index} is left alive`);
  }
  const { waiting, admitted, executing, lanes } = world.stats();
  if (waiting + admitted + executing + lanes > 0) throw new Error("something is left in the gate");
}

function checkBoard(world: SimulatedGate, board: SharedBoard): void {
  if (board.occupied !== 0) throw new Error(`${board.occupied} slots of the board are left taken`);
  for (const token of world.tokens) {
    if (token.state === "completed" && token.outcome !== token.id) {
      throw new Error(`token ${token.id} got the result of ${token.outcome}`);
    }
  }
}
