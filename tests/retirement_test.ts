// Lanes that are ended on purpose, in virtual time: recycling, reloading, disposing. Random programs are in gate_programs_test.ts.
import { test } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { RecyclePolicy } from "../lib/gate/retirement.ts";
import { GateClosedError } from "../mod.ts";
import { SimulatedGate, type SimulatedGateOptions } from "./fixtures/simulated_gate.ts";

const NEVER: RecyclePolicy = { afterTokens: Infinity, afterMs: Infinity, heapBytes: Infinity };

function makeWorld(recycle: Partial<RecyclePolicy>, options: SimulatedGateOptions): SimulatedGate {
  return new SimulatedGate({ ...options, recycle: { ...NEVER, ...recycle } });
}

function starts(world: SimulatedGate): number[] {
  return world.lanes.map((lane) => lane.starts);
}

for (const hasBoard of [false, true]) {
  const kind = hasBoard ? "board" : "mailboxes";

  test(`a lane is recycled after its calls, loses none of them, and counts no crash (${kind})`, async () => {
    const world = makeWorld({ afterTokens: 10 }, { lanes: 1, hasBoard });
    const tokens = Array.from({ length: 100 }, () => world.call());
    await world.until(() => tokens.every((token) => token.isSettled));
    const { completed, crashes, recycled } = world.stats();
    assertEquals([completed, crashes], [100, 0]);
    assert(recycled >= 2 && starts(world)[0]! >= 3, `${recycled} recycled`);
    assertEquals(new Set(world.recycled), new Set(["tokens"]));
    assertEquals(tokens.map(({ id }) => world.starts.get(id)), tokens.map(() => 1));
  });

  test(`a lane that is due finishes the call that it runs (${kind})`, async () => {
    const world = makeWorld({ afterMs: 100 }, { lanes: 1, hasBoard, latencyMs: 0 });
    const long = world.call({ runMs: 500 });
    await world.until(() => world.recycled.length === 1);
    assertEquals(long.state, "executing");
    await world.settle();
    assertEquals([long.state, world.starts.get(long.id)], ["completed", 1]);
    assertEquals([world.recycled, starts(world)], [["age"], [1]]);
  });

  test(`lanes that are due together leave one after the other (${kind})`, async () => {
    const world = makeWorld({ afterTokens: 5 }, { lanes: 3, hasBoard });
    const tokens = Array.from({ length: 300 }, () => world.call({ runMs: 3 }));
    let most = 0;
    await world.until(() => {
      const leaving = world.stats().perLane.filter((lane) => lane.state === "retiring");
      most = Math.max(most, leaving.length);
      return tokens.every((token) => token.isSettled);
    });
    assertEquals(most, 1);
    assertEquals(world.stats().completed, 300);
  });

  test(`an idle lane that has grown old ends, and the next call gets another (${kind})`, async () => {
    const world = makeWorld({ afterMs: 1_000 }, { lanes: 2, hasBoard });
    const first = world.call();
    await world.settle();
    assertEquals([first.state, world.stats().lanes], ["completed", 0]);
    assertEquals(world.recycled, ["age"]);
    const second = world.call();
    await world.until(() => second.isSettled);
    assertEquals(starts(world), [2, 0]);
  });

  test(`after a reload no call runs in an old lane, and those of before are finished there (${kind})`, async () => {
    const world = new SimulatedGate({ lanes: 2, hasBoard, latencyMs: 0 });
    const running = [world.call({ runMs: 50 }), world.call({ runMs: 80 })];
    await world.until(() => running.every((token) => token.state === "executing"));
    let isOver = false;
    void world.engine.reload().then(() => isOver = true);
    const later = Array.from({ length: 20 }, () => world.call());
    await world.until(() => isOver);
    assertEquals(running.map((token) => token.state), ["completed", "completed"]);
    await world.until(() => later.every((token) => token.isSettled));
    assertEquals(world.order.slice(0, 2).toSorted(), running.map((token) => token.id).toSorted());
    assert(world.lanes.every((lane) => lane.starts <= 2) && Math.max(...starts(world)) === 2);
    assertEquals(world.recycled, ["reload", "reload"]);
  });

  test(`a hook that never comes to its end keeps a lane for its time, and no call waits for it (${kind})`, async () => {
    const options = { lanes: 2, hasBoard, latencyMs: 0, disposeMs: Infinity, graceMs: 20 };
    const world = makeWorld({ afterTokens: 3 }, options);
    // One of the two runs at least three of them.
    const tokens = Array.from({ length: 6 }, () => world.call({ runMs: 1 }));
    await world.until(() => tokens.every((token) => token.isSettled));
    await world.until(() => world.recycled.length > 0);
    const atMs = world.clock.now();
    const next = world.call();
    await world.until(() => next.isSettled);
    assert(world.clock.now() < atMs + 100, "it has waited for the hook");
    await world.until(() => world.undisposed.length === 1);
    assertEquals(world.stats().crashes, 0);
  });

  test(`closing lets lanes dispose, and ends those by force that do not come to the end of it (${kind})`, async () => {
    for (const disposeMs of [undefined, 30, Infinity]) {
      const world = new SimulatedGate({ lanes: 1, hasBoard, latencyMs: 0, disposeMs, graceMs: 20 });
      const token = world.call();
      await world.until(() => token.isSettled);
      const atMs = world.clock.now();
      let closedMs = NaN;
      void world.engine.close(true, Infinity).then(() => closedMs = world.clock.now());
      await world.settle();
      // 100 ms are given to the hooks, and the time of grace beyond.
      const tookMs = closedMs - atMs;
      if (disposeMs === undefined) assert(tookMs < 5, `${tookMs}`);
      else if (disposeMs === 30) assert(tookMs >= 30 && tookMs < 100, `${tookMs}`);
      else assert(tookMs >= 120 && tookMs < 250, `${tookMs}`);
      assertEquals(world.undisposed, disposeMs === Infinity ? [0] : []);
      const { crashes, recycled, lanes } = world.stats();
      assertEquals([crashes, recycled, lanes], [0, 0, 0]);
    }
  });

  test(`a function that is given up in a lane that leaves is stopped all the same (${kind})`, async () => {
    const world = new SimulatedGate({ lanes: 1, hasBoard, latencyMs: 0, graceMs: 20 });
    const token = world.call({ runMs: Infinity });
    await world.until(() => token.state === "executing");
    let isOver = false;
    void world.engine.reload().then(() => isOver = true);
    token.cancel("enough");
    await world.until(() => isOver);
    assertEquals([token.state, world.replaced], ["killed", [0]]);
    const next = world.call();
    await world.until(() => next.isSettled);
    assertEquals(next.state, "completed");
  });

  test(`a lane that crashes while it leaves is a crash as any other, and the reload is over (${kind})`, async () => {
    const world = new SimulatedGate({ lanes: 1, hasBoard, latencyMs: 0 });
    const token = world.call({ runMs: 50, outcome: "crash" });
    await world.until(() => token.state === "executing");
    let isOver = false;
    void world.engine.reload().then(() => isOver = true);
    await world.until(() => isOver);
    assertEquals([token.state, world.crashes], ["failed", [0]]);
  });
}

test("a lane whose heap is above the bound is recycled, and the reason told", async () => {
  const heapBytes = (calls: number): number => calls * 1_000;
  const world = makeWorld({ heapBytes: 20_500 }, { lanes: 1, heapBytes });
  const tokens = Array.from({ length: 100 }, () => world.call());
  await world.until(() => tokens.every((token) => token.isSettled));
  assertEquals(new Set(world.recycled), new Set(["heap"]));
  assertEquals(world.stats().completed, 100);
});

test("reloading a gate without lanes is over at once, and a closed one refuses it", async () => {
  const world = new SimulatedGate({ lanes: 2 });
  await world.engine.reload();
  await Promise.all([world.engine.close(true, Infinity), world.settle()]);
  await assertRejects(() => world.engine.reload(), GateClosedError);
});

test("a call that a lane has taken and dropped, since it was retired meanwhile, is run by another at once", async () => {
  let dropped = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const options = { seed, lanes: 2, hasBoard: true, latencyMs: 3, disposeMs: 90, graceMs: 500 };
    const world = makeWorld({ afterTokens: 4 }, options);
    const warmUp = Array.from({ length: 4 }, () => world.call({ runMs: 5 }));
    await world.until(() => warmUp.every((token) => token.isSettled));
    const tokens = Array.from({ length: 8 }, () => world.call());
    await world.until(() => world.recycled.length > 0);
    const atMs = world.clock.now();
    await world.until(() => tokens.every((token) => token.isSettled));
    if (world.clock.now() - atMs >= 90) dropped++;
  }
  assertEquals(dropped, 0);
});
