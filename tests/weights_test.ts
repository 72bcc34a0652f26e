// How many lanes calls may be in at once by their weight: the policy, on simulated lanes, and on real ones of each kind.
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { CallToken, CallWeight } from "../lib/call_token.ts";
import { weightOf, WeightPolicy, WEIGHTS } from "../lib/gate/weight_policy.ts";
import { TokenGate, type TokenGateOptions, type Weight } from "../mod.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { add, gated } from "./fixtures/operations.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { SimulatedGate, type SimulatedGateOptions } from "./fixtures/simulated_gate.ts";
import { addWord, changed, makeWords } from "./fixtures/words.ts";

checkNoLanesLeft();

const { medium, heavy } = WEIGHTS as { medium: CallWeight; heavy: CallWeight };

test("heavy calls leave a quarter of the lanes to lighter ones, medium ones half of that", () => {
  const policy = new WeightPolicy();
  const most = [1, 2, 3, 4, 8, 16].map((lanes) => [
    lanes,
    policy.mediumLanes(lanes),
    policy.heavyLanes(lanes),
  ]);
  assertEquals(most, [[1, 1, 1], [2, 2, 1], [3, 3, 2], [4, 4, 3], [8, 7, 6], [16, 14, 12]]);
  assertEquals(policy.rules(8), [
    { weight: "light", lanes: 8, reserved: 0 },
    { weight: "medium", lanes: 7, reserved: 1 },
    { weight: "heavy", lanes: 6, reserved: 2 },
  ]);
});

test("whatever is asked, no weight is without a lane, and none has more than a lighter one", () => {
  const count = fc.option(fc.nat(20), { nil: undefined });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), count, count, (lanes, byMedium, byHeavy) => {
      const policy = new WeightPolicy({ medium: byMedium, heavy: byHeavy });
      const [light, medium, heavy] = policy.rules(lanes).map((rule) => rule.lanes);
      assertEquals(light, lanes);
      assert(medium! <= light! && heavy! <= medium! && heavy! >= 1);
      assert(byHeavy === undefined || heavy === Math.max(1, lanes - byHeavy));
    }),
  );
});

/** The slots of the calls that run, by weight, as the tokens say themselves. */
function running(tokens: readonly CallToken[]): { heavy: number; all: number; calls: number } {
  const counted = { heavy: 0, all: 0, calls: 0 };
  for (const token of tokens) {
    const { weight } = token.limits;
    if (token.state !== "executing" || weight === undefined) continue;
    counted.calls++;
    counted.all += weight.slots;
    if (weight.isHeavy) counted.heavy += weight.slots;
  }
  return counted;
}

for (const hasBoard of [false, true]) {
  const kind = hasBoard ? "board" : "mailboxes";
  const makeWorld = (options: SimulatedGateOptions = {}): SimulatedGate =>
    new SimulatedGate({ lanes: 4, latencyMs: 0, hasBoard, ...options });

  test(`light calls go on while as many heavy ones run as may (${kind})`, async () => {
    const world = makeWorld();
    const heavies = Array.from(
      { length: 6 },
      () => world.call({ runMs: 1_000 }, { weight: heavy }),
    );
    await world.until(() => heavies[2]!.state === "executing");
    const lights = Array.from({ length: 100 }, () => world.call({ runMs: 1 }));
    await world.until(() => lights.every(({ state }) => state === "completed"));
    assert(world.clock.now() < 900, `they have waited until ${world.clock.now()}`);
    assertEquals(heavies.map(({ state }) => state), [
      "executing",
      "executing",
      "executing",
      "waiting",
      "waiting",
      "waiting",
    ]);
    assertEquals(heavies[3]!.waitingFor, "weight");
    const [light, , heavyStats] = world.stats().weights;
    assertEquals([heavyStats!.slots, heavyStats!.waiting, light!.waiting], [3, 3, 0]);
    await world.settle();
    assertEquals(world.stats().completed, 106);
    assertEquals(world.stats().weights.map(({ slots }) => slots), [0, 0, 0]);
    await world.close();
  });

  test(`medium and heavy calls share what is not left to light ones (${kind})`, async () => {
    const world = makeWorld({ reserve: { medium: 1, heavy: 2 } });
    const heavies = Array.from({ length: 3 }, () => world.call({ runMs: 50 }, { weight: heavy }));
    const mediums = Array.from({ length: 3 }, () => world.call({ runMs: 50 }, { weight: medium }));
    const states = (): unknown[] => [...heavies, ...mediums].map(({ state }) => state);
    await world.until(() => states().filter((state) => state === "executing").length === 3);
    assertEquals(states(), [
      "executing",
      "executing",
      "waiting",
      "executing",
      "waiting",
      "waiting",
    ]);
    await world.settle();
    assertEquals(new Set(states()), new Set(["completed"]));
    await world.close();
  });

  test(`a call of several slots has its turn, and one of more than there are goes alone (${kind})`, async () => {
    const world = makeWorld();
    const first = world.call({ runMs: 30 }, { weight: heavy });
    await world.until(() => first.state === "executing");
    const wide = world.call({ runMs: 5 }, { weight: weightOf(3) });
    // Those after it would take every slot that is given back.
    const after = Array.from({ length: 20 }, () => world.call({ runMs: 20 }, { weight: medium }));
    const widest = world.call({ runMs: 5 }, { weight: weightOf(100) });
    await world.settle(() => {
      const { calls, all, heavy } = running(world.tokens);
      assert(calls <= 1 || (heavy <= 3 && all <= 4), `${calls} run with ${all} slots`);
    });
    assertEquals(world.stats().completed, 23);
    const order = world.order.map((id) => world.tokens.findIndex((token) => token.id === id));
    assert(order.indexOf(1) < order.indexOf(6), "the wide one is not overtaken for long");
    assertEquals(order.at(-1), world.tokens.indexOf(widest));
    assertEquals([wide, ...after].every(({ state }) => state === "completed"), true);
    await world.close();
  });

  test(`random weights, priorities, kills and crashes: never more slots than there are, and nothing waits for ever (${kind})`, async () => {
    const weight = fc.constantFrom(undefined, undefined, medium, heavy, weightOf(2), weightOf(9));
    const step = fc.record({
      kind: fc.constantFrom("call", "call", "call", "cancel", "run", "pause"),
      weight,
      runMs: fc.nat(30),
      outcome: fc.constantFrom("return", "return", "return", "throw", "crash"),
      priority: fc.constantFrom(0, 0, 1, -1),
      which: fc.nat(30),
      argument: fc.constantFrom("small", "mailed"),
    });
    const options = fc.record({
      seed: fc.integer(),
      lanes: fc.integer({ min: 1, max: 5 }),
      latencyMs: fc.constantFrom(0, 2),
    });
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { maxLength: 25 }), async (options, steps) => {
        const world = makeWorld(options);
        const policy = new WeightPolicy();
        let isWithin = true;
        const look = (): void => {
          world.recount();
          const { heavy, medium } = world.engine.groups.lanes[0]!.slots;
          const { calls } = running(world.tokens);
          if (calls < 2) return;
          const inLanes = world.tokens.filter((token) =>
            token.code === 1 && token.limits.weight !== undefined
          );
          const held = inLanes.reduce((sum, token) => sum + token.limits.weight!.slots, 0);
          isWithin &&= inLanes.length < 2 || (held <= heavy + medium &&
            heavy + medium <= policy.mediumLanes(options.lanes) &&
            heavy <= policy.heavyLanes(options.lanes));
        };
        for (const step of steps) {
          const { weight, priority } = step;
          const plan = { runMs: step.runMs, outcome: step.outcome as "return" };
          if (step.kind === "call") {
            world.call(plan, { weight, priority }, [], step.argument as "small");
          } else if (step.kind === "cancel") world.tokens[step.which]?.cancel();
          else if (step.kind === "pause") {
            world.engine.pause(undefined);
            world.clock.step();
            world.engine.resume(undefined);
          } else for (let n = 0; n < 10; n++) world.clock.step();
          look();
        }
        await world.settle(look, 3_600_000);
        assert(isWithin, "more were in lanes than may be");
        for (const token of world.tokens) assert(token.isSettled, `${token.id} is ${token.state}`);
        assertEquals(world.stats().weights.map(({ slots, waiting }) => slots + waiting), [0, 0, 0]);
        await world.close();
      }),
      { numRuns: 300 },
    );
  });
}

const KINDS: readonly [name: string, options: TokenGateOptions, lights: number][] = [
  ["ring", {}, 10_000],
  ["frames", { bridge: "frames" }, 10_000],
  ["processes", PROCESS_LANES, 1_000],
];

for (const [name, options, count] of KINDS) {
  const isShared = options.isolation !== "process";
  test(`${count} light calls complete while each lane that heavy ones may use runs one (${name})`, async () => {
    await using(new TokenGate({ lanes: 3, ...options }), async (gate) => {
      const words = makeWords(2, isShared);
      const heavies = Array.from(
        { length: 5 },
        () => gated.with({ gate, weight: "heavy" })(words),
      );
      // As many as the policy lets in; no light one was called yet.
      const may = gate.policy.find(({ weight }) => weight === "heavy")!.lanes;
      assertEquals(may, 2);
      await changed(words, 0, may - 1);
      const lights = Array.from({ length: count }, (_, n) => gate.call(add, n, 1));
      const sum = (await Promise.all(lights)).reduce((a, b) => a + b, 0);
      assertEquals(sum, count * (count + 1) / 2);
      const states = heavies.map(({ state }) => state);
      assertEquals(states.filter((state) => state === "executing").length, may);
      assertEquals(states.filter((state) => state === "waiting").length, 5 - may);
      addWord(words, 1);
      await Promise.all(heavies);
      assertEquals(gate.stats().completed, count + 5);
    });
  });
}

test("a weight that is none is refused by name, and so is what lanes cannot be left", () => {
  const give = (weight: unknown): unknown => add.with({ weight: weight as Weight });
  assertThrows(() => give("huge"), TypeError, '"light", "medium" or "heavy"');
  assertThrows(() => give("toString"), TypeError, "received");
  assertThrows(() => give(0), RangeError, "from 1 to 1024");
  assertThrows(() => give(1.5), RangeError, "not a whole number");
  give(3);
  const make = (reserve: unknown): unknown => new TokenGate({ reserve: reserve as never });
  assertThrows(() => make(3), TypeError, "reserve");
  assertThrows(() => make({ light: 1 }), TypeError, '"light"');
  assertThrows(() => make({ heavy: -1 }), RangeError, "lanes from 0");
  assertThrows(() => make({ heavy: 1, medium: 2 }), RangeError, "more than the 1");
});
