// Keys on simulated lanes, where states can be held still.
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { CallAffinity, CallToken } from "../lib/call_token.ts";
import type { CallRequest } from "../lib/gate/engine.ts";
import type { Keys } from "../lib/gate/keys.ts";
import {
  SimulatedGate,
  type SimulatedGateOptions,
  simulatedOperation,
} from "./fixtures/simulated_gate.ts";

function affinity(key: unknown, how: Partial<CallAffinity> = {}): Partial<CallRequest> {
  return { affinity: { keyOf: () => key, isRequired: true, isOrdered: false, ...how } };
}

function keysOf(world: SimulatedGate): Keys {
  return world.engine.groups.all()[0]!.keys;
}

function states(tokens: readonly CallToken[]): string[] {
  return tokens.map(({ state }) => state);
}

for (const hasBoard of [false, true]) {
  const kind = hasBoard ? "board" : "mailboxes";
  const makeWorld = (options: SimulatedGateOptions = {}): SimulatedGate =>
    new SimulatedGate({ lanes: 2, latencyMs: 0, hasBoard, ...options });

  /** Two lanes that are up. */
  const readyWorld = async (options: SimulatedGateOptions = {}): Promise<SimulatedGate> => {
    const world = makeWorld(options);
    void world.engine.started();
    await world.until(() => world.lanes.every(({ isLive }) => isLive));
    await world.settle();
    return world;
  };

  const run = async (world: SimulatedGate, token: CallToken): Promise<void> => {
    await world.until(() => world.running.has(token.id));
  };

  test(`calls of a key run in one lane while any of them has not settled (${kind})`, async () => {
    const world = await readyWorld();
    const lanes = new Set<number>();
    world.onStart = (_id, lane) => lanes.add(lane);
    const tokens = Array.from({ length: 20 }, () => world.call({ runMs: 5 }, affinity("a")));
    await world.until(() => tokens[3]!.state === "completed");
    tokens.push(world.call({ runMs: 5 }, affinity("a")));
    assertEquals(
      world.stats().keys.map(({ key, tokens }) => [key, tokens]),
      [['"a', tokens.filter(({ isSettled }) => !isSettled).length]],
    );
    await world.settle();
    assertEquals(new Set(states(tokens)), new Set(["completed"]));
    assertEquals(lanes.size, 1);
    assertEquals([keysOf(world).live, keysOf(world).size, world.stats().keys], [0, 0, []]);
    await world.close();
  });

  test(`keys are spread over the lanes, and each has a lane of its own as long as there are some (${kind})`, async () => {
    const world = await readyWorld({ lanes: 4 });
    const lanes = new Map<number, number>();
    world.onStart = (id, lane) => lanes.set(id, lane);
    const tokens: CallToken[][] = [[], [], [], []];
    for (let n = 0; n < 12; n++) {
      tokens[n % 4]!.push(world.call({ runMs: 10 }, affinity(n % 4)));
    }
    await world.settle();
    const lanesOfKeys = tokens.map((some) => new Set(some.map(({ id }) => lanes.get(id))));
    for (const some of lanesOfKeys) assertEquals(some.size, 1);
    assertEquals(new Set(lanesOfKeys.map((some) => [...some][0])).size, 4);
    await world.close();
  });

  test(`a call that prefers the lane of its key goes elsewhere when that is at work (${kind})`, async () => {
    const world = await readyWorld();
    const how = { isRequired: false };
    const first = world.call({ runMs: 1 }, affinity("a", how));
    await run(world, first);
    const lane = world.running.get(first.id)!;
    // While it has room, it is where they go.
    const second = world.call({ runMs: 100 }, affinity("a", how));
    await run(world, second);
    assertEquals(world.running.get(second.id), lane);
    const more = Array.from({ length: 10 }, () => world.call({ runMs: 100 }, affinity("a", how)));
    const lanes = new Set<number>();
    world.onStart = (_id, lane) => lanes.add(lane);
    await world.settle();
    assertEquals(new Set(states(more)), new Set(["completed"]));
    assertEquals(lanes.size, 2, "no lane idles while there is work that it may take");
    assertEquals(keysOf(world).size, 0);
    await world.close();
  });

  test(`ordered calls go one after the other, in their order, whatever their priority, also when one is tried again (${kind})`, async () => {
    const world = await readyWorld({ lanes: 3 });
    for (const isRequired of [true, false]) {
      world.order.length = 0;
      let mostRunning = 0;
      world.onStart = () => mostRunning = Math.max(mostRunning, world.running.size + 1);
      const how = { isOrdered: true, isRequired };
      const operations = ["one", "other"].map((name) => simulatedOperation(name));
      const retry = {
        attempts: 2,
        delayMs: 20,
        backoff: "constant" as const,
        jitter: "none" as const,
        maxDelayMs: 20,
        retryIf: undefined,
      };
      const tokens = Array.from({ length: 8 }, (_, n) =>
        world.callTo(
          operations[n % 2]!,
          n === 2 ? [{ outcome: "throw", runMs: 3 }, { runMs: 3 }] : { runMs: 3 },
          { ...affinity("a", how), priority: n % 3, ...(n === 2 ? { retry: retry as never } : {}) },
        ));
      assertEquals(tokens[1]!.waitingFor, "key");
      await world.settle();
      assertEquals(new Set(states(tokens)), new Set(["completed"]));
      const ids = tokens.map(({ id }) => id);
      ids.splice(2, 0, ids[2]!);
      assertEquals(world.order, ids);
      assertEquals(mostRunning, 1);
      assertEquals(keysOf(world).size, 0);
    }
    await world.close();
  });

  test(`of ordered calls one can be cancelled wherever it is, and the others go on (${kind})`, async () => {
    const world = await readyWorld();
    const how = { isOrdered: true };
    const call = (): CallToken => world.call({ runMs: 10, stopMs: 5 }, affinity("a", how));
    const tokens = Array.from({ length: 6 }, call);
    await run(world, tokens[0]!);
    tokens[1]!.cancel();
    tokens[3]!.cancel();
    tokens[0]!.cancel();
    // The function that was given up has not come to its end: none starts beside it.
    await world.until(() => world.running.size === 0);
    await world.settle();
    assertEquals(states(tokens), [
      "killed",
      "killed",
      "completed",
      "killed",
      "completed",
      "completed",
    ]);
    assertEquals(world.order, [0, 2, 4, 5].map((n) => tokens[n]!.id));
    assertEquals(keysOf(world).size, 0);
    await world.close();
  });

  test(`when the lane of a key dies, the key moves to another one with the calls that wait (${kind})`, async () => {
    const world = await readyWorld();
    const lanes: number[] = [];
    world.onStart = (_id, lane) => void lanes.push(lane);
    const first = world.call({ runMs: 10, outcome: "crash" }, affinity("a"));
    const rest = Array.from({ length: 5 }, () => world.call({ runMs: 1 }, affinity("a")));
    await run(world, first);
    await world.settle();
    assertEquals(first.state, "failed");
    assertEquals(new Set(states(rest)), new Set(["completed"]));
    assertEquals(new Set(lanes.slice(1)).size, 1);
    assertEquals(keysOf(world).size, 0);
    await world.close();
  });

  test(`while a function runs that was given up, its key is in no other lane, though its last call has settled (${kind})`, async () => {
    const world = await readyWorld({ graceMs: 50 });
    const first = world.call({ runMs: 100, stopMs: 30 }, affinity("a"));
    await run(world, first);
    const lane = world.running.get(first.id)!;
    first.cancel();
    assertEquals([keysOf(world).live, world.stats().keys], [0, []]);
    const second = world.call({ runMs: 1 }, affinity("a"));
    await world.pass(20);
    assertEquals([second.state, world.running.has(first.id)], ["waiting", true]);
    let laneOfSecond = -1;
    world.onStart = (_id, lane) => laneOfSecond = lane;
    await world.until(() => second.state === "completed");
    assertEquals(laneOfSecond, lane, "it has stopped in time, and what it left is there");
    const third = world.call({ runMs: Infinity }, affinity("a"));
    await run(world, third);
    third.cancel();
    const fourth = world.call({ runMs: 1 }, affinity("a"));
    await world.until(() => fourth.state === "completed");
    assertEquals(world.replaced.length, 1);
    await world.settle();
    assertEquals(keysOf(world).size, 0);
    await world.close();
  });

  test(`a lane that is ended on purpose keeps a key while a call of it runs, and no longer (${kind})`, async () => {
    const world = await readyWorld();
    const first = world.call({ runMs: 50 }, affinity("a"));
    await run(world, first);
    const second = world.call({ runMs: 1 }, affinity("a"));
    const other = world.call({ runMs: 1 }, affinity("b"));
    void world.engine.reload();
    await world.until(() => other.state === "completed");
    await world.pass(10);
    assertEquals([first.state, second.state], ["executing", "waiting"]);
    await world.settle();
    assertEquals([first.state, second.state], ["completed", "completed"]);
    assertEquals(keysOf(world).size, 0);
    await world.close();
  });

  test(`an idle lane gets a key of which nothing has run yet, and none that has been at work (${kind})`, async () => {
    const world = await readyWorld();
    const operation = simulatedOperation("slow");
    const blocker = world.callTo(operation, { runMs: 100 }, affinity("a"));
    const other = world.callTo(operation, { runMs: 20 }, affinity("b"));
    await run(world, blocker);
    await run(world, other);
    const fresh = Array.from(
      { length: 2 },
      () => world.callTo(operation, { runMs: 1 }, affinity("c")),
    );
    const used = world.callTo(operation, { runMs: 1 }, affinity("a"));
    await world.until(() => fresh.every(({ state }) => state === "completed"));
    assertEquals([blocker.state, used.state === "completed"], ["executing", false]);
    assert(world.clock.now() < 60, "they have not waited for the long one");
    await world.settle();
    assertEquals(used.state, "completed");
    await world.close();
  });

  test(`a key that comes back finds its lane again when nothing speaks against it (${kind})`, async () => {
    const world = await readyWorld({ lanes: 4 });
    const lanes = new Map<string, Set<number>>();
    for (let round = 0; round < 5; round++) {
      for (const key of ["a", "b", "c", "d", "e"]) {
        world.onStart = (_id, lane) => {
          if (!lanes.has(key)) lanes.set(key, new Set());
          lanes.get(key)!.add(lane);
        };
        const token = world.call({ runMs: 1 }, affinity(key));
        await world.until(() => token.isSettled);
      }
    }
    await world.settle();
    for (const some of lanes.values()) assertEquals(some.size, 1);
    await world.close();
  });

  test(`calls without a key are not held up by keys whose lane is at work, nor the other way round (${kind})`, async () => {
    const world = await readyWorld();
    const keyed = Array.from({ length: 50 }, () => world.call({ runMs: 20 }, affinity("a")));
    await run(world, keyed[0]!);
    const plain = Array.from({ length: 30 }, () => world.call({ runMs: 1 }));
    await world.until(() => plain.every(({ state }) => state === "completed"));
    assert(world.clock.now() < 300, `they have waited until ${world.clock.now()}`);
    const flood = Array.from({ length: 1_000 }, () => world.call({ runMs: 5 }));
    await world.until(() => keyed.every(({ state }) => state === "completed"));
    assert(flood.some(({ state }) => state !== "completed"));
    await world.settle();
    await world.close();
  });

  test(`the key of a call is asked for when its arguments are there (${kind})`, async () => {
    const world = await readyWorld();
    const how = affinity("", { keyOf: ([n]) => n });
    const source = world.call({ runMs: 5 });
    const token = world.call({ runMs: 5 }, how, [source]);
    assertEquals(keysOf(world).live, 0);
    await run(world, token);
    assertEquals(keysOf(world).live, 1);
    await world.settle();
    assertEquals([token.state, keysOf(world).size], ["completed", 0]);
    await world.close();
  });

  test(`a function that gives no key, throws, or ends what it is asked about does no harm (${kind})`, async () => {
    const world = await readyWorld();
    const none = world.call({}, affinity("", { keyOf: () => undefined, isOrdered: true }));
    const error = new RangeError("no key");
    const throws = affinity("", {
      keyOf: () => {
        throw error;
      },
    });
    const failed = world.call({}, throws);
    assertEquals([failed.state, failed.outcome], ["failed", error]);
    const later = world.call({}, throws, [world.call({ runMs: 1 })]);
    const ended: CallToken = world.call(
      {},
      affinity("", {
        keyOf: () => {
          ended.cancel();
          return "a";
        },
      }),
      [world.call({ runMs: 1 })],
    );
    await world.settle();
    assertEquals([none.state, later.state, ended.state], ["completed", "failed", "killed"]);
    assertEquals([keysOf(world).live, keysOf(world).size], [0, 0]);
    await world.close();
  });

  test(`a paused operation holds up the calls after it of its key, and no others (${kind})`, async () => {
    const world = await readyWorld();
    const [paused, other] = [simulatedOperation("paused"), simulatedOperation("other")];
    world.controls.pause(paused.handle);
    const how = affinity("a", { isOrdered: true });
    const first = world.callTo(paused, {}, how);
    const second = world.callTo(other, {}, how);
    const free = world.callTo(other, {}, affinity("b", { isOrdered: true }));
    await world.settle();
    assertEquals([first.waitingFor, second.waitingFor, free.state], ["resume", "key", "completed"]);
    world.controls.resume(paused.handle);
    await world.settle();
    assertEquals(world.order.slice(1), [first.id, second.id]);
    await world.close();
  });
}

test("without lanes, ordered calls keep their order on the caller's thread", async () => {
  const world = new SimulatedGate({ lanes: 0 });
  const how = affinity("a", { isOrdered: true });
  const tokens = [0, 1, 2].map((priority) => world.call({ runMs: 1 }, { ...how, priority }));
  await world.settle();
  assertEquals(world.here, tokens.map(({ id }) => id));
  assertEquals(keysOf(world).size, 0);
});
