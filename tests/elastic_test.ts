// Lanes that come and go: on simulated lanes in virtual time, and on real ones.
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { liveLanes } from "../lib/lane/live_lanes.ts";
import { type ScaleInfo, TokenGate, type TokenGateOptions } from "../mod.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { add, gated, sleep } from "./fixtures/operations.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { SimulatedGate, type SimulatedGateOptions } from "./fixtures/simulated_gate.ts";
import { addWord, changed, makeWords } from "./fixtures/words.ts";

checkNoLanesLeft();

const ELASTIC = { minLanes: 1, usualLanes: 2, idleMs: 1_000 };

for (const hasBoard of [false, true]) {
  const kind = hasBoard ? "board" : "mailboxes";
  const makeWorld = (options: SimulatedGateOptions = {}): SimulatedGate =>
    new SimulatedGate({ lanes: 8, latencyMs: 0, hasBoard, elastic: ELASTIC, ...options });
  const live = (world: SimulatedGate): number => world.lanes.filter(({ isLive }) => isLive).length;
  const changes = (world: SimulatedGate): unknown[] =>
    world.scales.map(({ from, to, reason }) => [from, to, reason]);

  test(`lanes are started as they are needed, and ended when they have had nothing to do (${kind})`, async () => {
    const world = makeWorld();
    assertEquals(live(world), 0);
    const first = world.call({ runMs: 1 });
    await world.until(() => first.isSettled);
    assertEquals(live(world), 1);
    const more = Array.from({ length: 4 }, () => world.call({ runMs: 20 }));
    await world.until(() => more.every(({ isSettled }) => isSettled));
    assertEquals(live(world), 2, "no more than usual for so little");
    await world.settle();
    assertEquals(live(world), 1);
    assertEquals(changes(world), [[0, 1, "demand"], [1, 2, "demand"], [2, 1, "idle"]]);
    assertEquals(world.stats().completed, 5);
    assertEquals(world.recycled, []);
    await world.close();
  });

  test(`without minLanes all lanes go, and come back with the next call (${kind})`, async () => {
    const world = makeWorld({ elastic: { ...ELASTIC, minLanes: 0 } });
    for (let round = 0; round < 2; round++) {
      const token = world.call({ runMs: 1 });
      await world.settle();
      assertEquals([token.state, live(world)], ["completed", 0]);
    }
    assertEquals(changes(world).map((change) => (change as unknown[])[2]), [
      "demand",
      "idle",
      "demand",
      "idle",
    ]);
    await world.close();
  });

  test(`as many as minLanes are started with the first call, and stay (${kind})`, async () => {
    const world = makeWorld({ elastic: { ...ELASTIC, minLanes: 3, usualLanes: 1 } });
    const token = world.call({ runMs: 1 });
    await world.settle();
    assertEquals([token.state, live(world), changes(world)], ["completed", 3, [[0, 3, "demand"]]]);
    await world.close();
  });

  test(`a lane that takes its time to end is not counted twice: those that stay, stay (${kind})`, async () => {
    const world = makeWorld({ elastic: { ...ELASTIC, idleMs: 100 }, disposeMs: 500 });
    const tokens = Array.from({ length: 2 }, () => world.call({ runMs: 20 }));
    await world.until(() => tokens.every(({ isSettled }) => isSettled));
    await world.settle();
    assertEquals([live(world), changes(world)], [1, [[0, 2, "demand"], [2, 1, "idle"]]]);
    await world.close();
  });

  test(`calls that wait for something get more lanes than usual, and each change says why (${kind})`, async () => {
    // With few slots answers that the gate has not read yet keep lanes from going on, and then more of them are no gain.
    const world = makeWorld({ boardSlots: 32 });
    // Lanes that sleep: each does as much more.
    const tokens = Array.from({ length: 3_000 }, () => world.call({ runMs: 10 }));
    await world.until(() => tokens.every(({ isSettled }) => isSettled));
    const tried = world.scales.filter(({ reason }) => reason === "waiting");
    assert(tried.length >= 3, JSON.stringify(changes(world)));
    assertEquals(Math.max(...world.scales.map(({ to }) => to)), 8);
    for (const { from, to, waiting, waitMs, perSecond } of tried) {
      assert(to > from && waiting > 0 && waitMs! > 50 && perSecond! > 0);
    }
    assert(!world.scales.some(({ reason }) => reason === "no-gain"));
    await world.settle();
    assertEquals([live(world), world.scales.at(-1)!.to], [1, 1]);
    await world.close();
  });

  test(`a lane that never starts has changed nothing, and nothing is said of it (${kind})`, async () => {
    const world = makeWorld({ startFailures: 1 });
    const token = world.call();
    await world.settle();
    assertEquals([token.state, changes(world)], ["failed", []]);
    await world.close();
  });

  test(`a lane that has not yet taken what was given out is not idle, however long that takes it (${kind})`, async () => {
    for (let seed = 0; seed < 20; seed++) {
      const elastic = { minLanes: 0, usualLanes: 2, idleMs: 10 };
      const world = makeWorld({ elastic, latencyMs: 1_000, seed });
      const token = world.call({ runMs: 1 });
      await world.settle();
      assertEquals(token.state, "completed");
      assertEquals(changes(world), [[0, 1, "demand"], [1, 0, "idle"]], `seed ${seed}`);
      await world.close();
    }
  });

  test(`lanes do not come and go in turns while calls wait that none of them may take (${kind})`, async () => {
    const elastic = { minLanes: 0, usualLanes: 4, idleMs: 100 };
    const world = makeWorld({ lanes: 4, elastic, reserve: { medium: 0, heavy: 3 } });
    const weight = { isHeavy: true, slots: 1 };
    const heavies = Array.from({ length: 4 }, () => world.call({ runMs: 1_000 }, { weight }));
    await world.settle();
    assertEquals(new Set(heavies.map(({ state }) => state)), new Set(["completed"]));
    const reasons = world.scales.map(({ reason }) => reason);
    assertEquals(reasons.filter((reason) => reason === "demand").length, 1, `${reasons}`);
    assertEquals(live(world), 0);
    await world.close();
  });

  test(`a lane that nobody needs is ended though there is always a call on its way (${kind})`, async () => {
    const elastic = { minLanes: 0, usualLanes: 4, idleMs: 200 };
    const world = makeWorld({ lanes: 4, elastic, latencyMs: 1 });
    const burst = Array.from({ length: 40 }, () => world.call({ runMs: 10 }));
    await world.until(() => burst.every(({ isSettled }) => isSettled));
    assertEquals(live(world), 4);
    // One key, so that the lanes do not take turns.
    const affinity = { keyOf: () => "a", isRequired: true, isOrdered: false };
    let last = world.call({ runMs: 3 }, { affinity });
    for (let n = 0; n < 400; n++) {
      const before = last;
      last = world.call({ runMs: 3 }, { affinity });
      await world.until(() => before.isSettled);
    }
    assert(live(world) < 4, `${live(world)} lanes are left`);
    await world.settle();
    await world.close();
  });

  test(`a lane that has a key, or calls, is not ended (${kind})`, async () => {
    const world = makeWorld({ elastic: { ...ELASTIC, idleMs: 100 } });
    const affinity = { keyOf: () => "a", isRequired: true, isOrdered: false };
    const long = [world.call({ runMs: 500 }), world.call({ runMs: 2_000 }, { affinity })];
    await world.until(() => long[0]!.isSettled);
    await world.pass(1_000);
    assertEquals([live(world), long[1]!.state], [1, "executing"]);
    await world.settle();
    assertEquals(long.map(({ state }) => state), ["completed", "completed"]);
    await world.close();
  });

  test(`random loads: never more lanes than there may be, nothing lost, and what is told adds up (${kind})`, async () => {
    const options = fc.record({
      seed: fc.integer(),
      lanes: fc.integer({ min: 1, max: 6 }),
      latencyMs: fc.constantFrom(0, 1, 300),
      minLanes: fc.nat(2),
      usualLanes: fc.integer({ min: 1, max: 8 }),
      idleMs: fc.constantFrom(10, 200, Infinity),
      startFailures: fc.constantFrom(0, 0, 0.3),
    });
    const step = fc.record({
      count: fc.nat(60),
      runMs: fc.nat(20),
      passMs: fc.constantFrom(0, 5, 300),
      outcome: fc.constantFrom("return", "return", "return", "crash"),
      cancels: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { maxLength: 6 }), async (options, steps) => {
        const { minLanes, usualLanes, idleMs, lanes } = options;
        const least = Math.min(minLanes, lanes);
        const world = makeWorld({
          ...options,
          elastic: { minLanes: least, usualLanes, idleMs },
        });
        for (const { count, runMs, passMs, outcome, cancels } of steps) {
          for (let n = 0; n < count; n++) {
            world.call({ runMs, outcome: n % 20 === 19 ? outcome as "return" : "return" });
          }
          if (cancels) world.tokens.at(-1)?.cancel();
          if (passMs > 0) await world.pass(passMs);
          assert(live(world) <= lanes);
          world.recount();
        }
        await world.settle(() => assert(live(world) <= lanes), 3_600_000);
        for (const token of world.tokens) assert(token.isSettled, `${token.id} is ${token.state}`);
        let told = 0;
        for (const { from, to } of world.scales) {
          assert(from === told && from !== to, JSON.stringify(changes(world)));
          told = to;
        }
        if (idleMs < Infinity) assert(live(world) <= Math.max(least, 0), `${live(world)} are left`);
        await world.close();
      }),
      { numRuns: 100 },
    );
  });
}

for (const options of [{}, { bridge: "frames" }, PROCESS_LANES] as TokenGateOptions[]) {
  const kind = options.isolation ?? options.bridge ?? "ring";
  const isShared = options.isolation !== "process";

  test(`real lanes come with the work and go without it (${kind})`, async () => {
    const gate = new TokenGate({ ...options, minLanes: 1, maxLanes: 3, idleMs: 50 });
    await using(gate, async (gate) => {
      const scales: ScaleInfo[] = [];
      gate.addEventListener("scale", (event) => {
        scales.push((event as CustomEvent<ScaleInfo>).detail);
      });
      assertEquals([gate.lanes, gate.stats().lanes], [3, 0]);
      const words = makeWords(2, isShared);
      // As many at once as there are processors, two of three at least.
      const usual = gate.policy[0]!.lanes;
      const blocked = Array.from({ length: usual }, () => gate.call(gated, words));
      await changed(words, 0, usual - 1);
      assertEquals(gate.stats().lanes, usual);
      addWord(words, 1);
      await Promise.all(blocked);
      while (gate.stats().lanes > 1) await new Promise((resolve) => setTimeout(resolve, 10));
      // What is left is left: it takes the next calls.
      assertEquals(await gate.call(add, 1, 2), 3);
      assertEquals(gate.stats().crashes, 0);
      const told = scales.map(({ from, to, reason }) => ({ from, to, reason }));
      assertEquals(told.filter(({ reason }) => reason === "demand").at(-1)?.to, usual);
      if (usual > 1) assertEquals(told.at(-1)!.reason, "idle");
    });
    assertEquals(liveLanes(), 0);
  });
}

test("calls that sleep get more lanes than there are processors", async () => {
  const gate = new TokenGate({ maxLanes: 6, idleMs: 60_000 });
  await using(gate, async (gate) => {
    const usual = gate.policy[0]!.lanes;
    // Whether they are kept depends on what else the machine does; that they were tried does not.
    let tried = usual >= 6 ? usual + 1 : 0;
    gate.addEventListener("scale", (event) => {
      const { reason, to } = (event as CustomEvent<ScaleInfo>).detail;
      if (reason === "waiting") tried = Math.max(tried, to);
    });
    const tokens: Promise<unknown>[] = [];
    while (tried === 0) {
      while (tokens.length < 200) tokens.push(gate.call(sleep, 10).then());
      await Promise.all(tokens.splice(0, 50));
    }
    await Promise.all(tokens);
    assert(tried > usual, `${tried} of ${usual}`);
  });
});

test("started() starts the lanes that stay", async () => {
  await using(new TokenGate({ minLanes: 2, maxLanes: 4 }), async (gate) => {
    await gate.started();
    assertEquals(gate.stats().lanes, 2);
  });
});

test("numbers of lanes that contradict each other are refused by name", () => {
  const make = (options: TokenGateOptions): unknown => new TokenGate(options);
  assertThrows(() => make({ lanes: 2, maxLanes: 4 }), TypeError, 'beside "lanes"');
  assertThrows(() => make({ lanes: 2, idleMs: 100 }), TypeError, '"idleMs"');
  assertThrows(() => make({ minLanes: 3, maxLanes: 2 }), RangeError, "more than maxLanes");
  assertThrows(() => make({ maxLanes: 0 }), RangeError, "from 1 to 1024");
  assertThrows(() => make({ minLanes: -1 }), RangeError, "minLanes");
  assertThrows(() => make({ maxLanes: 2, idleMs: 0 }), RangeError, "idleMs");
  assertThrows(() => make({ maxLanes: "4" as never }), TypeError, "maxLanes");
});
