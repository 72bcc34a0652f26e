// The gate on simulated lanes, in virtual time: one behaviour at a time. Random programs are in gate_programs_test.ts.
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { readRetryOptions } from "../lib/retry_options.ts";
import { GateClosedError, LaneCrashError, LaneStartError, TokenTimeoutError } from "../mod.ts";
import type { CallRequest } from "../lib/gate/engine.ts";
import {
  SimulatedGate,
  type SimulatedOperation,
  simulatedOperation,
} from "./fixtures/simulated_gate.ts";

test("tokens of one lane start in the order of their calls", async () => {
  const world = new SimulatedGate({ lanes: 1, capacity: 4 });
  const tokens = Array.from({ length: 50 }, () => world.call());
  await world.settle();
  assertEquals(world.order, tokens.map((token) => token.id));
  assertEquals(world.stats().completed, 50);
});

test("a slow token strands none behind it while another lane idles", async () => {
  const world = new SimulatedGate({ lanes: 2 });
  const slow = world.call({ runMs: 1_000 });
  const quick = Array.from({ length: 20 }, () => world.call({ runMs: 1 }));
  await world.until(() => quick.every((token) => token.isSettled));
  assertEquals(slow.state, "executing");
  assert(world.clock.now() < 1_000);
});

const plain = simulatedOperation("plain");

/** A gate whose only lane is up and has nothing to do, and which has room for four calls on its board. */
async function readyWorld(): Promise<SimulatedGate> {
  const world = new SimulatedGate({ lanes: 1, hasBoard: true, boardSlots: 4, ageMs: 1e9 });
  world.callTo(plain);
  await world.settle();
  return world;
}

test("one of many calls that are made at once is with the lanes before the next one is made, while there is room", async () => {
  const world = await readyWorld();
  const single = world.callTo(plain);
  assertEquals(single.state, "waiting");
  await world.settle();
  const tokens = Array.from({ length: 6 }, () => world.callTo(plain, {}, {}, [], true));
  assertEquals(
    tokens.map(({ state }) => state),
    [...new Array(4).fill("admitted"), "waiting", "waiting"],
  );
  const { waiting, admitted } = world.stats();
  assertEquals([waiting, admitted], [2, 4]);
  await world.settle();
  assertEquals(world.order.slice(-6), tokens.map(({ id }) => id));
  world.recount();
  await world.close();
});

/** What keeps one of many calls from being given out at once. */
const obstacles: readonly [
  name: string,
  arrange: (world: SimulatedGate) => Promise<void> | void,
  operation?: SimulatedOperation,
  request?: Partial<CallRequest>,
][] = [
  ["a call that waits before it", (world) => void world.callTo(plain)],
  ["a pause of the gate", ({ controls }) => controls.pause()],
  ["a pause of its operation", ({ controls }) => controls.pause(plain.handle)],
  ["a limit of its operation", () => {}, simulatedOperation("limited", { maxConcurrent: 9 })],
  ["a less urgent call", (world) => void world.callTo(plain, {}, {}, [], true), plain, {
    priority: 1,
  }],
  ["a more urgent call", (world) => void world.callTo(plain, {}, { priority: 1 }, [], true)],
  ["a call of another priority that was given out", async (world) => {
    world.callTo(plain, { runMs: 10 }, {}, [], true);
    world.callTo(plain, { runMs: 10 }, { priority: 1 });
    world.callTo(plain, { runMs: 10 });
    await world.until(() => world.running.size > 0);
  }],
  ["no lane that takes calls", async (world) => {
    void world.engine.reload();
    await world.until(() => world.stats().lanes === 0);
  }],
  ["its weight", () => {}, plain, { weight: { isHeavy: true, slots: 1 } }],
  ["its key", () => {}, plain, {
    affinity: { keyOf: () => "key", isRequired: true, isOrdered: false },
  }],
];

for (const [name, arrange, operation = plain, request = {}] of obstacles) {
  test(`one of many calls waits for the next turn when there is ${name}`, async () => {
    const world = await readyWorld();
    await arrange(world);
    const token = world.callTo(operation, {}, request, [], true);
    assertEquals(token.state, "waiting");
    world.controls.resume();
    world.controls.resume(operation.handle);
    await world.settle();
    assertEquals(token.state, "completed");
    world.recount();
    await world.close();
  });
}

test("lanes are started as they are needed, and no more than there are tokens", async () => {
  const world = new SimulatedGate({ lanes: 3 });
  const one = world.call();
  await world.until(() => one.isSettled);
  assertEquals(world.stats().lanes, 1);
  for (let n = 0; n < 9; n++) world.call({ runMs: 5 });
  await world.settle();
  assertEquals(world.stats().lanes, 3);
});

test("a token is waiting, admitted, executing and completed in turn, and its stamps follow", async () => {
  const world = new SimulatedGate({ lanes: 1, latencyMs: 5 });
  const token = world.call({ runMs: 10 });
  const states = new Set<string>();
  await world.until(() => {
    states.add(token.state);
    return token.isSettled;
  });
  assertEquals([...states], ["waiting", "admitted", "executing", "completed"]);
  const { submittedMs, admittedMs, startedMs, endedMs } = token.timings;
  assert(submittedMs <= admittedMs! && admittedMs! <= startedMs!);
  assertEquals(endedMs! - startedMs!, 10);
});

test("run time counts from the start stamp: waiting behind another is no part of it", async () => {
  const world = new SimulatedGate({ lanes: 1, latencyMs: 0 });
  world.call({ runMs: 500 });
  const token = world.call({ runMs: 40 }, { timeoutMs: 50 });
  await world.settle();
  assertEquals(token.state, "completed");
});

test("a token that times out while it runs frees those behind it, on a lane of its own or the same", async () => {
  const world = new SimulatedGate({ lanes: 1, graceMs: 20, latencyMs: 0 });
  const stuck = world.call({ runMs: Infinity }, { timeoutMs: 100 });
  const behind = Array.from({ length: 10 }, () => world.call());
  await world.settle();
  const error = await assertRejects(() => stuck, TokenTimeoutError);
  assertEquals(error.limit, "timeoutMs");
  assertEquals(stuck.timings.endedMs, undefined);
  assertEquals(behind.map((token) => token.state), behind.map(() => "completed"));
  assertEquals(world.replaced, [0]);
  assertEquals(world.crashes, []);
});

test("what waits behind a call whose time is out goes elsewhere at once, also when another attempt would be too late", async () => {
  const world = new SimulatedGate({ lanes: 2, capacity: 8, graceMs: 1_000, latencyMs: 0 });
  const retry = readRetryOptions("a test", { attempts: 2, delayMs: 5_000, jitter: "none" });
  const stuck = world.callTo(simulatedOperation("retried"), { runMs: Infinity }, {
    timeoutMs: 100,
    deadlineMs: 1_000,
    retry,
  });
  const long = world.call({ runMs: 10_000 });
  await world.until(() => stuck.state === "executing" && long.state === "executing");
  const others = Array.from({ length: 12 }, () => world.call());
  await world.until(() => others.some(({ lane }) => lane === stuck.lane));
  const behind = others.filter(({ lane }) => lane === stuck.lane);
  await world.until(() => stuck.isSettled && !world.clock.hasDeferred);
  assertEquals(behind.map(({ lane }) => lane), behind.map(() => long.lane));
  await world.settle();
  assertEquals(others.map(({ state }) => state), others.map(() => "completed"));
});

test("a function that stops when asked keeps its lane, and its result is late", async () => {
  const world = new SimulatedGate({ lanes: 1, graceMs: 20 });
  const token = world.call({ runMs: Infinity, stopMs: 5 }, { deadlineMs: 50 });
  await world.until(() => token.isSettled);
  await world.settle();
  assertEquals(world.replaced, []);
  assertEquals(world.lanes[0]!.starts, 1);
  assertEquals(world.stats().late, 1);
});

test("a lane that comes back from the dead starts nothing that another lane has", async () => {
  const world = new SimulatedGate({ lanes: 1, graceMs: 5, stopsThreads: false });
  const revenant = world.call({ runMs: 200 }, { timeoutMs: 10 });
  const behind = Array.from({ length: 8 }, () => world.call({ runMs: 30 }));
  await world.settle();
  assertEquals(revenant.state, "timeout");
  assertEquals(behind.map((token) => world.starts.get(token.id)), behind.map(() => 1));
});

test("when a lane dies, what has started fails and what has not runs elsewhere, once", async () => {
  const world = new SimulatedGate({ lanes: 1, latencyMs: 0 });
  const fatal = world.call({ outcome: "crash" });
  const behind = Array.from({ length: 5 }, () => world.call());
  await world.settle();
  const error = await assertRejects(() => fatal, LaneCrashError);
  assertEquals([error.lane, error.exitCode], [0, 3]);
  assertEquals(behind.map((token) => token.state), behind.map(() => "completed"));
  assertEquals(world.crashes, [0]);
});

test("lanes that never start are tried three times, then the tokens are told why; the next call tries again", async () => {
  const world = new SimulatedGate({ lanes: 2, startFailures: 1 });
  const first = world.call();
  await world.settle();
  await assertRejects(() => first, LaneStartError);
  const starts = world.lanes.reduce((sum, lane) => sum + lane.starts, 0);
  assertEquals(starts, 3);
  const second = world.call();
  await world.settle();
  await assertRejects(() => second, LaneStartError);
  assertEquals(world.lanes.reduce((sum, lane) => sum + lane.starts, 0), 6);
});

test("an id is never given to a newcomer", async () => {
  const world = new SimulatedGate({ lanes: 1 });
  const ids = new Set<number>();
  for (let round = 0; round < 30; round++) {
    const tokens = Array.from({ length: 10 }, () => world.call());
    for (const token of tokens) ids.add(token.id);
    await world.settle();
  }
  assertEquals(ids.size, 300);
});

test("a cancelled token leaves the queue at once, and the others keep their order", async () => {
  const world = new SimulatedGate({ lanes: 1, capacity: 2 });
  const tokens = Array.from({ length: 20 }, () => world.call());
  const cancelled = tokens.filter((_, n) => n % 3 === 1);
  for (const token of cancelled) assert(token.cancel());
  assertEquals(world.stats().killed, cancelled.length);
  await world.settle();
  const kept = tokens.filter((token) => !cancelled.includes(token));
  assertEquals(world.order, kept.map((token) => token.id));
});

test("close drains, and closing again without draining cuts it short", async () => {
  const world = new SimulatedGate({ lanes: 1, stopsThreads: true });
  const endless = world.call({ runMs: Infinity });
  const closed = world.engine.close(true, Infinity);
  await world.settle();
  assertEquals(endless.state, "executing");
  const again = world.engine.close(false, Infinity);
  assertStrictEquals(again, closed);
  await Promise.all([again, world.settle()]);
  await assertRejects(() => endless, GateClosedError);
  assertEquals(endless.state, "killed");
  assertEquals(world.stats().lanes, 0);
});

test("no call waits behind a long one while another lane idles, however often work was taken back", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const world = new SimulatedGate({ lanes: 3, capacity: 256, latencyMs: 1, seed });
    world.call({ runMs: 10_000 });
    world.call({ runMs: 10_000 });
    const quick = Array.from({ length: 150 }, () => world.call({ runMs: 0.1 }));
    await world.until(() => quick.every((token) => token.isSettled));
    assert(world.clock.now() < 1_000, `seed ${seed}: ${world.clock.now()} ms`);
  }
});

test("started() rejects when one of the lanes cannot be had, while others work", async () => {
  const world = new SimulatedGate({ lanes: 4, startFailures: 0.7, seed: 5 });
  const started = world.engine.started().then(() => "ready", () => "rejected");
  await world.settle();
  assert(world.stats().lanes < 4);
  assertEquals(await started, "rejected");
});
