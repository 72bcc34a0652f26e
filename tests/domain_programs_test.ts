// Random call trees in virtual time: leads that wait for their children, or do not, while lanes die and tokens are killed.
import { test } from "node:test";
import process from "node:process";
import fc from "fast-check";
import { PermitPool } from "../lib/gate/permit_pool.ts";
import type { SimulatedCall, SimulatedChild } from "../lib/lane/simulated.ts";
import { RETURNS, SimulatedGate, simulatedOperation } from "./fixtures/simulated_gate.ts";

// More by TOKENGATE_SIMULATED_PROGRAMS=1000000; replay a failure by the seed and path that fast-check prints.
const programs = Number(process.env.TOKENGATE_SIMULATED_PROGRAMS ?? 10_000);
/** A lane that crashes for each of some hundred calls is started again every five seconds in the end. */
const LONGEST_MS = 60_000;

/** A gate that gives the same calls out and takes them back, again and again, would take more. */
const MOST_STEPS = 50_000;

const KINDS = ["free", "single", "pooled", "other"] as const;
type Kind = (typeof KINDS)[number];

/** What a call of a random tree does, without the operation it is a call of. */
interface Branch {
  readonly kind: Kind;
  readonly plan: Omit<SimulatedCall, "children">;
  readonly isEager: boolean;
  readonly children: readonly Branch[];
}

const plan = fc.record({
  runMs: fc.integer({ min: 0, max: 20 }),
  outcome: fc.oneof(
    { weight: 8, arbitrary: fc.constant("return" as const) },
    { weight: 2, arbitrary: fc.constantFrom("throw" as const, "unstartable" as const) },
    { weight: 1, arbitrary: fc.constantFrom("crash" as const, "unsendable" as const) },
  ),
  stopMs: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant(Infinity)),
  waits: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, {
    weight: 1,
    arbitrary: fc.constant(false),
  }),
});
const branch = fc.letrec<{ tree: Branch }>((tie) => ({
  tree: fc.record({
    kind: fc.constantFrom(...KINDS),
    plan,
    isEager: fc.boolean(),
    children: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constant([]),
      fc.array(tie("tree"), { maxLength: 4 }),
    ),
  }),
})).tree;

const limit = fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined, freq: 5 });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("call" as const), tree: branch, timeoutMs: limit }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("orphan" as const), which: fc.nat(60) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("run" as const), steps: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reload" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("pause" as const), steps: fc.nat(30) }) },
);
const gate = fc.record({
  seed: fc.integer(),
  lanes: fc.integer({ min: 1, max: 3 }),
  // Twice what a lane is given ahead, as on real gates.
  capacity: fc.constant(256),
  graceMs: fc.constantFrom(1, 20),
  latencyMs: fc.constantFrom(0, 1, 10),
  startFailures: fc.constantFrom(0, 0, 0.3),
  stopsThreads: fc.boolean(),
  queue: fc.option(
    fc.record({
      maxQueue: fc.integer({ min: 1, max: 6 }),
      maxQueueBytes: fc.constant(Infinity),
      whenFull: fc.constant("reject" as const),
    }),
    { nil: undefined, freq: 3 },
  ),
});

test("random trees settle whole, once, without a deadlock, and leave no domain behind", async () => {
  await fc.assert(
    fc.asyncProperty(gate, fc.array(step, { maxLength: 12 }), async (options, steps) => {
      const pools = [new PermitPool("pool", 1)];
      const operations = {
        free: simulatedOperation("free"),
        single: simulatedOperation("single", { maxConcurrent: 1 }),
        pooled: simulatedOperation("pooled", { pools }),
        other: simulatedOperation("other", { pools, maxConcurrent: 2 }),
      };
      const world = new SimulatedGate({ ...options, operations: Object.values(operations) });
      const childOf = (branch: Branch): SimulatedChild => ({
        operation: operations[branch.kind].definition,
        isEager: branch.isEager || branch.kind !== "free",
        isForOthers: false,
        plan: planOf(branch),
      });
      const planOf = (branch: Branch): SimulatedCall => ({
        ...RETURNS,
        ...branch.plan,
        children: branch.children.map(childOf),
      });
      const reloads: Promise<void>[] = [];
      const run = async (count: number): Promise<void> => {
        for (let n = 0; n < count; n++) {
          world.clock.step();
          checkCounts(world);
          await undefined;
        }
      };
      for (const step of steps) {
        switch (step.kind) {
          case "call":
            try {
              const { kind } = step.tree;
              world.callTo(operations[kind], planOf(step.tree), { timeoutMs: step.timeoutMs });
            } catch (error) {
              if ((error as { code?: unknown }).code !== "ERR_QUEUE_FULL") throw error;
            }
            break;
          case "cancel":
            world.tokens[step.which]?.cancel("program");
            break;
          case "orphan":
            world.engine.find(-2 - step.which)?.cancel("program");
            break;
          case "run":
            await run(step.steps);
            break;
          case "reload":
            reloads.push(world.engine.reload());
            break;
          case "pause":
            world.controls.pause();
            await run(step.steps);
            world.controls.resume();
            break;
        }
        checkCounts(world);
      }
      let left = MOST_STEPS;
      await world.settle(() => {
        checkCounts(world);
        if (--left === 0) throw new Error("the gate does not come to rest");
      }, LONGEST_MS);
      for (const token of world.tokens) {
        if (!token.isSettled) throw new Error(`token ${token.id} is forgotten, ${token.state}`);
      }
      checkNothingLeft(world);
      await Promise.all([world.engine.close(false, Infinity), world.settle()]);
      await Promise.all(reloads);
      checkNothingLeft(world);
    }),
    { numRuns: programs, endOnFailure: true },
  );
});

function checkCounts(world: SimulatedGate): void {
  const { submitted, waiting, admitted, executing, completed, failed, killed, timeout, children } =
    world.stats();
  const sum = waiting + admitted + executing + completed + failed + killed + timeout;
  if (submitted !== sum) throw new Error(`${submitted} submitted, ${sum} counted`);
  if (submitted !== world.tokens.length + children.spread) {
    throw new Error(`${submitted} submitted, ${world.tokens.length} and ${children.spread} made`);
  }
  for (const { id, children } of world.engine.domains()) {
    const lead = world.engine.find(id);
    if (lead === undefined || lead.isSettled || children === 0) {
      throw new Error(`domain ${id} is left behind`);
    }
  }
}

function checkNothingLeft(world: SimulatedGate): void {
  const { waiting, admitted, executing } = world.stats();
  if (waiting + admitted + executing > 0) throw new Error("something is left in the gate");
  if (world.engine.domains().length > 0) throw new Error("a domain is left behind");
  for (const token of world.tokens) {
    const settlements = world.settlements.get(token.id);
    if (settlements !== 1) throw new Error(`token ${token.id} settled ${settlements} times`);
  }
  for (const [id, starts] of world.starts) {
    if (starts > 1) throw new Error(`the function of token ${id} started ${starts} times`);
  }
}
