// Random programs in which calls may run on the caller's own thread, on simulated lanes and in virtual time.
import { test } from "node:test";
import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BUDGET_MS, LEAST_RUNS } from "../lib/gate/inline_policy.ts";
import { SimulatedGate } from "./fixtures/simulated_gate.ts";

const programs = Number(process.env.TOKENGATE_SIMULATED_PROGRAMS ?? 2_000);
const AUTO = { inline: "auto" } as const;
const QUICK = { runMs: 0.005 };

/** A gate that knows its operation to be cheap. */
async function learned(
  options: ConstructorParameters<typeof SimulatedGate>[0] = {},
): Promise<{ world: SimulatedGate; here: readonly number[] }> {
  const world = new SimulatedGate(options);
  const { here } = world;
  for (let n = 0; n < LEAST_RUNS; n++) world.call(QUICK, AUTO);
  await world.settle();
  assertEquals(here, []);
  return { world, here };
}

test("a burst is shared between the caller's thread and the lanes, which have theirs before it begins", async () => {
  const { world, here } = await learned();
  const burst = Array.from({ length: 1_000 }, () => world.call(QUICK, AUTO));
  assertEquals(burst[0]!.waitingFor, "lane");
  assertEquals(here, []);
  let wereLanesFirst = false;
  await world.until(() => {
    wereLanesFirst ||= here.length === 0 && world.stats().admitted > 0;
    return here.length > 0;
  });
  assert(wereLanesFirst);
  await world.settle();
  // One call more where the sum of the shares does not come out even.
  const most = BUDGET_MS / QUICK.runMs + 1;
  assert(here.length >= most - 2 && here.length <= most, `${here.length}`);
  assertEquals(here, burst.slice(0, here.length).map((token) => token.id));
  const { completed, inline } = world.stats();
  assertEquals([completed, inline], [burst.length + LEAST_RUNS, here.length]);
});

test("when a run takes longer than expected, what was to run here after it goes to lanes", async () => {
  const { world, here } = await learned();
  const slow = Array.from({ length: 100 }, () => world.call({ runMs: 50 }, AUTO));
  await world.settle();
  assertEquals(here, [slow[0]!.id]);
  assertEquals(new Set(slow.map((token) => token.state)), new Set(["completed"]));
});

test("what cannot be copied here goes to a lane, which says why", async () => {
  const { world, here } = await learned();
  const token = world.call({ outcome: "unsendable" }, AUTO);
  await world.settle();
  assertEquals([token.state, (token.outcome as Error).message], ["failed", "unsendable"]);
  assertEquals(here, []);
  assertEquals(world.stats().inline, 0);
});

test("a closing gate ends what goes on here asynchronously without waiting for it", async () => {
  const { world, here } = await learned();
  const token = world.call({ runMs: Infinity }, AUTO);
  await world.until(() => here.length === 1);
  assertEquals(token.state, "executing");
  assertEquals(world.stats().executing, 1);
  await Promise.all([world.engine.close(false, Infinity), world.settle()]);
  assertEquals(token.state, "killed");
  world.recount();
});

const limit = fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined, freq: 2 });
const plan = fc.record({
  runMs: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(0, 0.001, 0.005) },
    { weight: 1, arbitrary: fc.constantFrom(0.1, 1, 20, Infinity) },
  ),
  outcome: fc.oneof(
    { weight: 12, arbitrary: fc.constant("return" as const) },
    { weight: 1, arbitrary: fc.constantFrom("throw", "unsendable", "unstartable", "crash") },
  ),
  stopMs: fc.constantFrom(0, 5, Infinity),
}) as fc.Arbitrary<Parameters<SimulatedGate["call"]>[0] & { runMs: number }>;
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("call" as const),
      count: fc.integer({ min: 1, max: 30 }),
      plan,
      inline: fc.constantFrom("auto" as const, "auto" as const, "never" as const),
      deadlineMs: limit,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(300) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("run" as const), steps: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("close" as const), drain: fc.boolean() }) },
);

test("random programs with runs on the caller's thread leave every token settled once and every count right", async () => {
  let inline = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(step, { maxLength: 25 }), async (seed, steps) => {
      const { world, here } = await learned({ seed });
      let isClosed = false;
      const limited = new Set<number>();
      for (const step of steps) {
        if (step.kind === "call" && !isClosed) {
          for (let n = 0; n < step.count; n++) {
            const { inline, deadlineMs } = step;
            const token = world.call(step.plan, { inline, deadlineMs });
            if (inline === "never" || deadlineMs !== undefined) limited.add(token.id);
          }
        } else if (step.kind === "cancel") world.tokens[step.which]?.cancel("program");
        else if (step.kind === "close") {
          isClosed = true;
          void world.engine.close(step.drain, Infinity);
        } else if (step.kind === "run") {
          for (let n = 0; n < step.steps; n++) {
            world.clock.step();
            world.recount();
            await undefined;
          }
        }
        world.recount();
      }
      await world.settle(() => world.recount());
      await Promise.all([world.engine.close(false, Infinity), world.settle(() => world.recount())]);
      inline += world.stats().inline;
      for (const token of world.tokens) {
        assert(token.isSettled);
        assertEquals(world.settlements.get(token.id), 1);
        assert((world.starts.get(token.id) ?? 0) <= 1);
        if (limited.has(token.id)) assert(!here.includes(token.id));
      }
    }),
    { numRuns: programs },
  );
  assert(inline > 0);
});
