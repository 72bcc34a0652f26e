// Lanes that crash again and again, in virtual time.
import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { LaneStartError, StrandedError } from "../mod.ts";
import { SimulatedGate } from "./fixtures/simulated_gate.ts";

/** When the lane was started, by the virtual clock, crash by crash. */
async function startsOf(world: SimulatedGate, crashes: number): Promise<number[]> {
  const startedMs: number[] = [];
  let starts = 0;
  await world.until(() => {
    if (world.lanes[0]!.starts > starts) {
      starts = world.lanes[0]!.starts;
      startedMs.push(world.clock.now());
    }
    return world.crashes.length >= crashes;
  });
  return startedMs;
}

test("a lane that crashes for every call is started later each time, up to five seconds, and the gate says so once", async () => {
  const world = new SimulatedGate({ lanes: 1, latencyMs: 0 });
  const tokens = Array.from({ length: 15 }, () => world.call({ runMs: 0, outcome: "crash" }));
  const startedMs = await startsOf(world, 15);
  const delays = startedMs.slice(1).map((ms, n) => Math.round(ms - startedMs[n]!));
  assertEquals(delays, [0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5000, 5000, 5000, 5000]);
  assertEquals(world.crashLoops.map(({ lane, crashes, delayMs }) => [lane, crashes, delayMs]), [
    [0, 3, 20],
  ]);
  await world.until(() => tokens.every((token) => token.isSettled));
  assertEquals(world.stats().failed, 15);
});

test("while nothing is up and work waits, a single timer is set", async () => {
  const world = new SimulatedGate({ lanes: 1, latencyMs: 0 });
  for (let n = 0; n < 12; n++) world.call({ runMs: 0, outcome: "crash" });
  await world.until(() => world.crashes.length === 10);
  let steps = 0;
  await world.until(() => {
    steps++;
    return world.lanes[0]!.isLive;
  });
  assert(steps < 10, `${steps} steps until the lane is started again`);
});

test("a lane that has worked for a while in between begins anew", async () => {
  const world = new SimulatedGate({ lanes: 1, latencyMs: 0 });
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 3; n++) world.call({ runMs: 0, outcome: "crash" });
    await world.until(() => world.crashes.length === 3 * (round + 1));
    const good = Array.from({ length: 10 }, () => world.call());
    await world.until(() => good.every((token) => token.isSettled));
  }
  assertEquals(world.crashLoops.map(({ crashes }) => crashes), [3, 3]);
});

test("where one call of a hundred ends its lane, the others do not wait for it", async () => {
  const world = new SimulatedGate({ lanes: 2, latencyMs: 0 });
  const tokens = Array.from(
    { length: 5_000 },
    (_, n) => world.call({ outcome: n % 100 === 37 ? "crash" : "return" }),
  );
  await world.until(() => tokens.every((token) => token.isSettled));
  assertEquals(world.stats().crashes, 50);
  // 1 ms each, on two lanes; some are unlucky, and wait for 10 ms.
  assert(world.clock.now() < 2_800, `${world.clock.now()} ms`);
});

test("the others go on while one lane is left alone", async () => {
  const world = new SimulatedGate({ lanes: 2, latencyMs: 0 });
  const bad = Array.from({ length: 8 }, () => world.call({ runMs: 0, outcome: "crash" }));
  await world.until(() => bad.every((token) => token.isSettled));
  const atMs = world.clock.now();
  const good = Array.from({ length: 20 }, () => world.call());
  await world.until(() => good.every((token) => token.isSettled));
  assert(world.clock.now() - atMs < 200, `${world.clock.now() - atMs} ms`);
});

test("lanes that never start are given up as ever, and each new call has its own attempts", async () => {
  const world = new SimulatedGate({ lanes: 1, startFailures: 1, latencyMs: 0 });
  for (let n = 0; n < 3; n++) {
    const token = world.call();
    const atMs = world.clock.now();
    await world.until(() => token.isSettled);
    assertInstanceOf(token.outcome, LaneStartError);
    assert(world.clock.now() - atMs < 50);
  }
});

test("when no work waits any more, nothing is waited for", async () => {
  const world = new SimulatedGate({ lanes: 1, latencyMs: 0 });
  const tokens = Array.from({ length: 9 }, () => world.call({ runMs: 0, outcome: "crash" }));
  await world.until(() => world.crashes.length === 8);
  const atMs = world.clock.now();
  tokens.at(-1)!.cancel();
  await world.settle();
  assertEquals([world.clock.now(), world.lanes[0]!.isLive], [atMs, false]);
});

test("while too many threads run on that were told to end, calls are refused, and taken again when they have ended", async () => {
  let stranded = 3;
  const world = new SimulatedGate({ stranded: () => stranded });
  const error = assertThrows(() => world.call(), StrandedError);
  assertEquals([error.code, error.stranded, error.maxStranded], ["ERR_TOO_MANY_STRANDED", 3, 2]);
  assertEquals([world.stats().refused, world.stats().submitted], [1, 0]);
  stranded = 2;
  const token = world.call();
  await world.until(() => token.isSettled);
  assertEquals(token.state, "completed");
});
