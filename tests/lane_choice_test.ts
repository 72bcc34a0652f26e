// Which lane a call is given to, and which one runs it in the end: on simulated lanes with mailboxes, where the gate chooses, in virtual time.
import { test } from "node:test";
import { assert, assertEquals, assertGreater } from "@std/assert";
import { SimulatedGate, type SimulatedGateOptions } from "./fixtures/simulated_gate.ts";

/** A gate whose lanes are all up, so that none is preferred since it was there first. */
async function readyWorld(options: SimulatedGateOptions): Promise<SimulatedGate> {
  const world = new SimulatedGate({ latencyMs: 0, ...options });
  void world.engine.started();
  await world.until(() => world.lanes.every(({ isLive }) => isLive));
  await world.settle();
  return world;
}

test("lanes that have as much work take turns, and the place of a call in their rotation is kept", async () => {
  const world = await readyWorld({ lanes: 3 });
  for (let round = 0; round < 3; round++) {
    const tokens = Array.from({ length: 3 }, () => world.call({ runMs: 5 }, { costMs: 5 }));
    await world.settle();
    assertEquals(tokens.map(({ timings }) => timings.lane), [0, 1, 2]);
    const positions = tokens.map(({ timings }) => timings.position);
    assertEquals(positions, [0, 1, 2].map((lane) => round * 3 + lane));
  }
  await world.close();
});

test("a call goes where it is expected to wait the shortest, by what the calls there are said to take", async () => {
  const world = await readyWorld({ lanes: 2 });
  const long = world.call({ runMs: 500 }, { costMs: 500 });
  await world.until(() => long.state === "executing");
  const short = Array.from({ length: 6 }, () => world.call({ runMs: 1 }, { costMs: 1 }));
  await world.until(() => short.every(({ isSettled }) => isSettled));
  assertEquals(long.state, "executing");
  const others = short.map(({ timings }) => timings.lane);
  assertEquals(others, others.map(() => 1 - long.timings.lane!));
  await world.settle();
  await world.close();
});

test("a call that was measured to be slow counts for what it takes, unless the caller says otherwise", async () => {
  const world = await readyWorld({ lanes: 2 });
  // One after the other, so that there is nothing to choose.
  for (let n = 0; n < 10; n++) {
    world.call({ runMs: 100 });
    await world.settle();
  }
  const slow = world.call({ runMs: 100 });
  await world.until(() => slow.state === "executing");
  const quick = Array.from({ length: 4 }, () => world.call({ runMs: 1 }, { costMs: 1 }));
  await world.until(() => quick.every(({ isSettled }) => isSettled));
  assertEquals(slow.state, "executing");
  await world.settle();
  await world.close();
});

test("what waits behind a long call is stolen by an idle lane, and the stamps show it", async () => {
  const world = await readyWorld({ lanes: 2 });
  // Nobody knows what they take: each lane gets its share.
  const long = world.call({ runMs: 1_000 });
  const short = Array.from({ length: 3 }, () => world.call({ runMs: 5 }));
  await world.until(() => long.state === "executing");
  const behind = short.filter(({ timings }) => timings.lane === long.timings.lane);
  assertEquals(behind.map(({ state }) => state), ["admitted"]);
  const before = behind[0]!.timings;
  await world.until(() => short.every(({ isSettled }) => isSettled));
  assertEquals([long.state, ...short.map(({ state }) => state)], [
    "executing",
    "completed",
    "completed",
    "completed",
  ]);
  const after = behind[0]!.timings;
  assertEquals([before.lane, after.lane], [long.timings.lane!, 1 - long.timings.lane!]);
  assertGreater(after.admittedMs!, before.admittedMs!);
  assertEquals(after.position! % 2, after.lane);
  // It was taken when the other lane had nothing else to do.
  for (const other of short) {
    if (other !== behind[0]) assert(other.endedMs <= after.admittedMs!);
  }
  await world.settle();
  assertEquals([...world.starts.values()], [1, 1, 1, 1]);
  await world.close();
});

test("with one heavy call in each lane that heavy ones may use, what is light passes them by", async () => {
  const world = await readyWorld({ lanes: 4 });
  const weight = { isHeavy: true, slots: 1 };
  const heavies = Array.from({ length: 4 }, () => world.call({ runMs: 1_000 }, { weight }));
  const lights = Array.from({ length: 10_000 }, () => world.call({ runMs: 0.01 }));
  await world.until(() => lights.every(({ isSettled }) => isSettled));
  assertEquals(heavies.map(({ state }) => state), [
    "executing",
    "executing",
    "executing",
    "waiting",
  ]);
  const taken = new Set(heavies.slice(0, 3).map(({ timings }) => timings.lane));
  assert(
    lights.every(({ timings }) => !taken.has(timings.lane)),
    "they are stamped with the lane left",
  );
  await world.settle();
  assertEquals(world.stats().completed, 10_004);
  await world.close();
});
