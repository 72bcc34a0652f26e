// Bounded queues: who is refused, who waits, who is dropped, and what reservations are good for. In virtual time; on real lanes at the end.
import { test } from "node:test";
import process from "node:process";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { readBreakerOptions } from "../lib/breaker_options.ts";
import type { CallToken } from "../lib/call_token.ts";
import type { QueuePolicy, WhenFull } from "../lib/gate/desk_policy.ts";
import type { Reservation } from "../lib/reservation.ts";
import { readRetryOptions } from "../lib/retry_options.ts";
import {
  CircuitOpenError,
  GateClosedError,
  GateDrainingError,
  type Operation,
  operation,
  QueueFullError,
  TokenCancelledError,
  TokenGate,
  type TokenGateOptions,
  TokenTimeoutError,
} from "../mod.ts";
import { heapBytes } from "./fixtures/heap.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { add, countStart, gated } from "./fixtures/operations.ts";
import { SimulatedGate, simulatedOperation } from "./fixtures/simulated_gate.ts";
import { changed } from "./fixtures/words.ts";

checkNoLanesLeft();

/** A million by TOKENGATE_PRESSURE_TOKENS=1000000. */
const tokensUnderPressure = Number(process.env.TOKENGATE_PRESSURE_TOKENS ?? 100_000);

function bound(maxQueue: number, whenFull: WhenFull, maxQueueBytes = Infinity): QueuePolicy {
  return { maxQueue, maxQueueBytes, whenFull };
}

/** A gate, or an operation in it, with the bound, where nothing starts. */
function bounded(
  isOwn: boolean,
  queue: QueuePolicy,
): { world: SimulatedGate; call: (...args: unknown[]) => CallToken; other: () => CallToken } {
  const world = new SimulatedGate({ lanes: 1, queue: isOwn ? undefined : queue });
  const operation = simulatedOperation("operation", isOwn ? { queue } : {});
  const other = simulatedOperation("other");
  world.controls.pause();
  return {
    world,
    call: (...args) => world.callTo(operation, {}, {}, args),
    other: () => world.callTo(other),
  };
}

for (const isOwn of [false, true]) {
  const of = isOwn ? "of an operation" : "of a gate";

  for (const whenFull of ["reject", "wait"] as const) {
    test(`a full queue ${of} refuses the next call, and makes no token of it (${whenFull})`, async () => {
      const { world, call, other } = bounded(isOwn, bound(3, whenFull));
      const tokens = [call(), call(), call()];
      for (let n = 1; n <= 2; n++) {
        const error = assertThrows(() => call(), QueueFullError);
        const { operation, limit, max, waiting } = error;
        assertEquals([operation, limit, max, waiting], ["operation", "maxQueue", 3, 3]);
        assertEquals(error.message.includes("gate.ready()"), whenFull === "wait");
        assertEquals([world.stats().submitted, world.stats().refused], [3, n]);
      }
      // A full operation holds no other; a full gate all.
      if (isOwn) other();
      else assertThrows(() => other(), QueueFullError);
      world.controls.resume();
      await world.settle();
      assertEquals(tokens.map((token) => token.state), tokens.map(() => "completed"));
      world.controls.pause();
      tokens.push(call(), call(), call());
      assertThrows(() => call(), QueueFullError);
      assert(tokens[4]!.cancel());
      call();
      assertThrows(() => call(), QueueFullError);
      const who = isOwn ? "operation" : "gate";
      assertEquals(world.queueEvents, [`${who} saturated`, `${who} drain`, `${who} saturated`]);
    });
  }

  test(`arguments count in bytes against the queue ${of}, and come off it when they go to a lane`, async () => {
    const text = "x".repeat(1_000);
    const { world, call } = bounded(isOwn, bound(Infinity, "reject", 3_500));
    const tokens = [call(text), call(text), call(text)];
    const error = assertThrows(() => call(text), QueueFullError);
    assertEquals([error.limit, error.max], ["maxQueueBytes", 3_500]);
    assert(error.waiting >= 3_000 && error.waiting <= 3_500, `${error.waiting} bytes`);
    if (!isOwn) assertEquals(world.stats().queue.bytes, error.waiting);
    // What is small enough has room all the same.
    call("y");
    world.controls.resume();
    await world.settle();
    assertEquals(tokens.map((token) => token.state), tokens.map(() => "completed"));
    assertEquals(world.stats().queue.bytes, 0);
    world.controls.pause();
    for (let n = 0; n < 3; n++) call(text);
    assertThrows(() => call(text), QueueFullError);
    assertEquals(world.controls.purge(), 3);
    assertEquals(world.stats().queue.bytes, 0);
    assertThrows(() => call("x".repeat(4_000)), QueueFullError);
  });

  test(`a full queue ${of} drops what has waited longest, and takes the new call (drop-oldest)`, async () => {
    const { world, call, other } = bounded(isOwn, bound(3, "drop-oldest"));
    const beside = isOwn ? [other()] : [];
    const tokens = Array.from({ length: 10 }, () => call());
    assertEquals(tokens.map((token) => token.state), [
      ...Array.from({ length: 7 }, () => "killed"),
      "waiting",
      "waiting",
      "waiting",
    ]);
    for (const dropped of tokens.slice(0, 7)) {
      const error = await assertRejects(() => dropped.promise(), TokenCancelledError);
      assertInstanceOf(error.cause, QueueFullError);
      assertEquals([error.cause.limit, error.cause.max], ["maxQueue", 3]);
    }
    world.controls.resume();
    await world.settle();
    const { dropped, killed, refused, completed } = world.stats();
    assertEquals([dropped, killed, refused, completed], [7, 7, 0, 3 + beside.length]);
    assertEquals(world.order.length, completed);
    world.recount();
  });

  test(`what is larger than the whole queue ${of} is refused, and drops nothing`, () => {
    const { world, call } = bounded(isOwn, bound(Infinity, "drop-oldest", 2_000));
    call("x".repeat(900));
    call("x".repeat(900));
    const error = assertThrows(() => call("x".repeat(2_500)), QueueFullError);
    assertEquals([error.limit, world.stats().dropped], ["maxQueueBytes", 0]);
    call("x".repeat(900));
    assertEquals(world.stats().dropped, 1);
  });
}

test("the gate drops the oldest of all operations, and of those that wait for arguments or an attempt only when no other waits", async () => {
  const world = new SimulatedGate({ lanes: 1, queue: bound(2, "drop-oldest") });
  const retry = readRetryOptions("a test", { delayMs: 1_000, jitter: "none" });
  const [first, second] = [simulatedOperation("first"), simulatedOperation("second")];
  const source = world.callTo(first, { runMs: 100 });
  await world.pass(10);
  world.controls.pause();
  const dependent = world.callTo(second, {}, {}, [source]);
  const [a, b] = [world.callTo(first), world.callTo(second)];
  assertEquals([dependent.waitingFor, a.state, b.state], ["arguments", "killed", "waiting"]);
  world.controls.purge();
  world.controls.resume();
  const failing = world.callTo(first, { outcome: "throw" }, { retry });
  await world.until(() => failing.waitingFor === "attempt");
  world.controls.pause();
  const c = world.callTo(first);
  assert(c.cancel());
  const late = [
    world.callTo(second, {}, {}, [failing]),
    world.callTo(second, {}, {}, [failing]),
  ];
  assertEquals([failing.state, late.map((token) => token.state)], [
    "killed",
    ["waiting", "waiting"],
  ]);
});

test("a call that is refused since the queue is full is no probe, and one that is cancelled none any more", async () => {
  const breaker = readBreakerOptions("a test", { minRuns: 1, coolDownMs: 100 });
  const world = new SimulatedGate({ lanes: 1 });
  const operation = simulatedOperation("operation", { breaker, queue: bound(1, "reject") });
  world.callTo(operation, { runMs: 20, outcome: "throw" }).catch(() => {});
  await world.pass(10);
  world.controls.pause();
  const waiting = world.callTo(operation);
  await world.pass(200);
  assertEquals(world.breakerChanges, ["closed -> open"]);
  assertThrows(() => world.callTo(operation), QueueFullError);
  assertThrows(() => world.callTo(operation), QueueFullError);
  assert(waiting.cancel());
  const probe = world.callTo(operation);
  assertThrows(() => world.callTo(operation), CircuitOpenError);
  assert(probe.cancel());
  const next = world.callTo(operation);
  world.controls.resume();
  await world.settle();
  assertEquals([next.state, world.breakerChanges.at(-1)], ["completed", "half-open -> closed"]);
});

// Reservations.

test("a hundred producers that are woken together never put more into the queue than it holds", async () => {
  const world = new SimulatedGate({ lanes: 2, queue: bound(10, "wait") });
  const operation = simulatedOperation("operation");
  let ended = 0;
  const produce = async (): Promise<void> => {
    for (let n = 0; n < 20; n++) {
      const place = await world.ready();
      world.callIn(place, operation);
    }
    ended++;
  };
  for (let n = 0; n < 100; n++) void produce();
  let most = 0;
  await world.until(() => {
    const { waiting, queue } = world.stats();
    most = Math.max(most, waiting + queue.reserved);
    return ended === 100;
  });
  assertEquals(most, 10);
  await world.settle();
  const { completed, refused, queue } = world.stats();
  assertEquals([completed, refused, queue.reserved, queue.producers], [2_000, 0, 0, 0]);
});

test("producers that use some of their places, give back the rest, give up, or are dropped never break the bound, and none is forgotten", async () => {
  const producer = fc.record({
    count: fc.integer({ min: 1, max: 5 }),
    uses: fc.nat(5),
    isOwn: fc.boolean(),
    waitsMs: fc.nat(5),
    givesUpMs: fc.option(fc.nat(30), { nil: undefined, freq: 4 }),
    calls: fc.integer({ min: 1, max: 3 }),
  });
  const sizes = fc.record({
    gate: fc.integer({ min: 5, max: 9 }),
    own: fc.integer({ min: 5, max: 9 }),
  });
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.array(producer, { minLength: 1, maxLength: 12 }),
      fc.integer(),
      async (sizes, producers, seed) => {
        const world = new SimulatedGate({ lanes: 2, seed, queue: bound(sizes.gate, "wait") });
        const own = simulatedOperation("own", { queue: bound(sizes.own, "wait") });
        const free = simulatedOperation("free");
        let used = 0;
        let ended = 0;
        const pause = (ms: number): Promise<void> =>
          new Promise((resolve) => void world.clock.setTimer(resolve, ms));
        const produce = async (it: (typeof producers)[number]): Promise<void> => {
          for (let n = 0; n < it.calls; n++) {
            const abort = new AbortController();
            if (it.givesUpMs !== undefined) {
              world.clock.setTimer(() => abort.abort("gives up"), it.givesUpMs);
            }
            const options = it.isOwn ? { operation: own.handle } : {};
            let place: Reservation;
            try {
              place = await world.ready(it.count, { ...options, signal: abort.signal });
            } catch (error) {
              assertEquals(error, "gives up");
              continue;
            }
            assertEquals(place.remaining, it.count);
            await pause(it.waitsMs);
            for (let k = 0; k < Math.min(it.uses, it.count); k++, used++) {
              world.callIn(place, it.isOwn ? own : free);
            }
            place.release();
            place.release();
            assertEquals(place.remaining, 0);
          }
          ended++;
        };
        const all = producers.map(produce);
        await world.until(() => {
          const { waiting, queue } = world.stats();
          assert(waiting + queue.reserved <= sizes.gate, `${waiting} + ${queue.reserved}`);
          return ended === producers.length;
        });
        await Promise.all(all);
        await world.settle();
        const { completed, refused, queue } = world.stats();
        assertEquals([completed, refused], [used, 0]);
        assertEquals([queue.reserved, queue.producers], [0, 0]);
      },
    ),
    { numRuns: 200 },
  );
});

test("places that are not used are given back, once, to those who wait in the order of asking", async () => {
  const world = new SimulatedGate({ lanes: 1, queue: bound(4, "wait") });
  const operation = simulatedOperation("operation");
  world.controls.pause();
  const place = await world.ready(4);
  const told: string[] = [];
  const waiting = ["a", "b", "c"].map(async (name) => {
    const own = await world.ready(2);
    told.push(name);
    return { own };
  });
  assertThrows(() => world.callTo(operation), QueueFullError, "4 calls wait already");
  world.callIn(place, operation);
  assertEquals([place.remaining, world.stats().queue.reserved], [3, 3]);
  place[Symbol.dispose]();
  place.release();
  await waiting[0];
  assertEquals([told, place.remaining, world.stats().queue.reserved], [["a"], 0, 2]);
  assertThrows(() => world.callIn(place, operation), RangeError, "all of its places are used");
  (await waiting[0]!).own.release();
  (await waiting[1]!).own.release();
  (await waiting[2]!).own.release();
  assertEquals([told, world.stats().queue.reserved], [["a", "b", "c"], 0]);
  world.controls.resume();
  await world.settle();
  assertEquals(world.stats().completed, 1);
});

test("a full operation holds no other: neither its calls, nor those who ask for room", async () => {
  const world = new SimulatedGate({ lanes: 1, queue: bound(100, "wait") });
  const full = simulatedOperation("full", { queue: bound(1, "wait"), maxConcurrent: 1 });
  const free = simulatedOperation("free");
  const held = [world.callTo(full, { runMs: 1_000 })];
  await world.pass(10);
  held.push(world.callTo(full));
  assertThrows(() => world.callTo(full), QueueFullError);
  const told: string[] = [];
  void world.ready(1, { operation: full.handle }).then((place) => {
    told.push("full");
    place.release();
  });
  void world.ready(1, { operation: free.handle }).then((place) => {
    told.push("free");
    world.callIn(place, free);
  });
  void world.ready().then((place) => {
    told.push("any");
    place.release();
  });
  await world.pass(10);
  assertEquals([told, held[1]!.state], [["free", "any"], "waiting"]);
  await world.settle();
  assertEquals([told, world.stats().completed], [["free", "any", "full"], 3]);
});

test("an operation that may not go on lets every other one pass on the lanes", async () => {
  const world = new SimulatedGate({ lanes: 1 });
  const stuck = [
    simulatedOperation("paused"),
    simulatedOperation("permits", { maxConcurrent: 1 }),
    simulatedOperation("rate", { rateLimit: { count: 1, perMs: 10_000 } }),
  ];
  world.controls.pause(stuck[0]!.handle);
  const holder = world.callTo(stuck[1]!, { runMs: Infinity, stopMs: 1 });
  const held = stuck.flatMap((operation) => [world.callTo(operation), world.callTo(operation)]);
  await world.pass(10);
  const free = simulatedOperation("free");
  const passing = Array.from({ length: 50 }, () => world.callTo(free));
  holder.cancel();
  await world.pass(500);
  assertEquals(passing.map((token) => token.state), passing.map(() => "completed"));
  const [paused, rate] = [held.slice(0, 2), held.slice(4)];
  assertEquals(paused.map((token) => token.waitingFor), ["resume", "resume"]);
  assertEquals(rate.map((token) => token.waitingFor ?? token.state), ["completed", "rate"]);
});

test("one that asks for more room than is left is not passed by those who ask for less", async () => {
  const world = new SimulatedGate({ lanes: 1, queue: bound(4, "wait") });
  const first = await world.ready(3);
  const told: string[] = [];
  void world.ready(4).then((place) => {
    told.push("large");
    place.release();
  });
  void world.ready(1).then(() => told.push("small"));
  await world.pass(10);
  assertEquals([told, world.stats().queue.producers], [[], 2]);
  first.release();
  await world.pass(10);
  assertEquals(told, ["large", "small"]);
});

test("a place that was promised is kept, also when calls come back from the lanes that were not in the queue then", async () => {
  const world = new SimulatedGate({ lanes: 1, queue: bound(4, "wait", 1_000) });
  const operation = simulatedOperation("operation");
  const tokens = [world.callTo(operation, { runMs: 100 })];
  await world.pass(10);
  for (let n = 0; n < 4; n++) tokens.push(world.callTo(operation, {}, {}, ["x".repeat(200)]));
  await world.pass(10);
  assert(tokens.some((token) => token.state === "admitted"));
  const place = await world.ready(2, { bytes: 300 });
  world.controls.pause();
  assert(world.stats().waiting > 2);
  tokens.push(world.callIn(place, operation, {}, ["x".repeat(200)]));
  // What is larger than was asked for has no room.
  assertThrows(() => world.callIn(place, operation, {}, ["x".repeat(900)]), QueueFullError);
  assertEquals(place.remaining, 1);
  place.release();
  world.controls.resume();
  await world.settle();
  assertEquals(tokens.map((token) => token.state), tokens.map(() => "completed"));
  const { queue } = world.stats();
  assertEquals([queue.bytes, queue.reserved], [0, 0]);
});

test("bytes that were promised and not used are free with the last place", async () => {
  const world = new SimulatedGate({ lanes: 1, queue: bound(10, "wait", 1_000) });
  const operation = simulatedOperation("operation");
  const source = world.callTo(simulatedOperation("source"), { runMs: 1_000 });
  await world.until(() => source.state === "executing");
  world.controls.pause();
  for (let n = 0; n < 5; n++) {
    const place = await world.ready(2, { bytes: 900 });
    const waiting = world.ready(1, { bytes: 700 });
    world.callIn(place, operation, {}, ["x".repeat(100)]);
    assertEquals(world.stats().queue.producers, 1);
    // One that waits for its arguments is in no queue, and gives out nothing.
    world.callIn(place, operation, {}, [source]);
    (await Promise.all([waiting, world.pass(1)]))[0].release();
    world.controls.purge(operation.handle);
  }
  const { queue } = world.stats();
  assertEquals([queue.bytes, queue.reserved], [0, 0]);
  world.callTo(operation, {}, {}, ["x".repeat(900)]);
});

test("a call whose argument fails leaves its place to those who wait for room", async () => {
  const world = new SimulatedGate({ lanes: 1, queue: bound(1, "wait") });
  const operation = simulatedOperation("operation");
  const source = world.callTo(operation, { runMs: 10, outcome: "throw" });
  source.catch(() => {});
  await world.until(() => source.state === "executing");
  const dependent = world.callTo(operation, {}, {}, [source]);
  dependent.catch(() => {});
  assertThrows(() => world.callTo(operation), QueueFullError);
  const waiting = world.ready();
  await world.settle();
  assertEquals([dependent.state, world.stats().queue.reserved], ["failed", 1]);
  (await waiting).release();
  assertEquals(world.queueEvents, ["gate saturated", "gate drain"]);
});

test("a producer that gives up holds up nobody from then on, and is not remembered", async () => {
  const world = new SimulatedGate({ lanes: 1, queue: bound(4, "wait") });
  const place = await world.ready(3);
  const abort = new AbortController();
  const large = world.ready(4, { signal: abort.signal }).catch((error) => error);
  for (let n = 0; n < 100; n++) {
    const other = new AbortController();
    const small = world.ready(1, { signal: other.signal });
    other.abort(n);
    assertEquals(await small.catch((error) => error), n);
  }
  assertEquals(world.stats().queue.producers, 1);
  const small = world.ready(1);
  assertEquals(world.stats().queue.producers, 2);
  abort.abort("gives up");
  (await small).release();
  place.release();
  assertEquals([await large, world.stats().queue.producers], ["gives up", 0]);
});

test("a producer that gives up, or whose gate closes, waits no longer", async () => {
  const world = new SimulatedGate({ lanes: 1, queue: bound(1, "wait") });
  const operation = simulatedOperation("operation");
  const place = await world.ready();
  const abort = new AbortController();
  const givingUp = world.ready(1, { signal: abort.signal });
  const waiting = world.ready();
  abort.abort("enough");
  assertEquals(await givingUp.catch((error) => error), "enough");
  assertEquals(await world.ready(1, { signal: abort.signal }).catch((error) => error), "enough");
  void world.engine.close(true, Infinity);
  await assertRejects(() => waiting, GateClosedError);
  await assertRejects(() => world.ready(), GateClosedError);
  assertThrows(() => world.callIn(place, operation), GateClosedError);
  place.release();
  assertEquals(world.stats().queue, { reserved: 0, bytes: 0, producers: 0, oldestMs: 0 });
});

test("places are for the operation they were asked for, and a call that is refused keeps its place", async () => {
  const world = new SimulatedGate({ lanes: 1, queue: bound(10, "wait") });
  const [own, other] = [simulatedOperation("own"), simulatedOperation("other")];
  const place = await world.ready(2, { operation: own.handle });
  assertThrows(() => world.callIn(place, other), TypeError, `its places are for "own"`);
  assertThrows(() => place.call((() => 1) as never), TypeError, "it is no operation");
  void world.controls.drain();
  assertThrows(() => world.callIn(place, own), GateDrainingError);
  world.controls.resume();
  assertEquals([place.remaining, world.stats().queue.reserved], [2, 2]);
  world.callIn(place, own);
  world.callIn(place, own);
  await world.settle();
  assertEquals([place.remaining, world.stats().completed], [0, 2]);
});

test("ready() refuses what it never could give, and what is no number, operation or signal", async () => {
  const full: Operation<[], number> = operation(import.meta, "full", () => 1, { maxQueue: 3 });
  await using(new TokenGate({ lanes: 1, maxQueue: 5, maxQueueBytes: 100 }), async (gate) => {
    for (const count of [0, -1, 1.5, NaN, Infinity, 6]) {
      await assertRejects(() => gate.ready(count), RangeError, `${count} calls`);
    }
    for (const count of ["1", null, {}, 1n]) {
      await assertRejects(() => gate.ready(count as never), TypeError, "not a number");
    }
    await assertRejects(() => gate.ready(1, { bytes: 101 }), RangeError, "maxQueueBytes");
    await assertRejects(() => gate.ready(1, { bytes: NaN }), RangeError, "NaN bytes");
    await assertRejects(() => gate.ready(1, { bytes: "1" as never }), TypeError, `"1"`);
    await assertRejects(() => gate.ready(4, { operation: full }), RangeError, "maxQueue is 3");
    await assertRejects(() => gate.ready(1, { operation: {} as never }), TypeError, "no operation");
    await assertRejects(() => gate.ready(1, { signal: {} as never }), TypeError, `"signal"`);
    await assertRejects(() => gate.ready(1, { count: 2 } as never), TypeError, `"count"`);
    assertEquals(gate.stats().queue.reserved, 0);
    const place = await gate.ready(5);
    assertEquals(gate.stats().queue.reserved, 5);
    place.release();
  });
});

test("options of queues are refused by name", () => {
  const make = (options: unknown): TokenGate => new TokenGate(options as TokenGateOptions);
  for (const key of ["maxQueue", "maxQueueBytes"]) {
    for (const wrong of [0, -1, 1.5, NaN]) {
      assertThrows(() => make({ [key]: wrong }), RangeError, `"${key}" of a TokenGate`);
    }
    assertThrows(() => make({ [key]: "5" }), TypeError, `received "5"`);
  }
  assertThrows(() => make({ maxQueue: 1, whenFull: "throw" }), TypeError, `received "throw"`);
  assertThrows(() => make({ whenFull: "wait" }), TypeError, "without a limit");
});

// Time.

test("late work is shed before it starts", async () => {
  const world = new SimulatedGate({ lanes: 1 });
  const operation = simulatedOperation("operation", {}, { deadlineMs: 50 });
  const busy = world.callTo(simulatedOperation("busy"), { runMs: 200 });
  await world.pass(10);
  const late = Array.from({ length: 100 }, () => world.callTo(operation, {}, { deadlineMs: 50 }));
  await world.settle();
  for (const token of late) {
    assertInstanceOf(token.outcome, TokenTimeoutError);
    assertEquals([token.outcome.limit, world.starts.has(token.id)], ["deadlineMs", false]);
  }
  assertEquals([busy.state, world.stats().timeout], ["completed", 100]);
});

for (const bridge of ["ring", "frames"] as const) {
  test(`late work is shed before it starts, on real lanes (${bridge})`, async () => {
    await using(new TokenGate({ lanes: 1, bridge }), async (gate) => {
      const flag = new Int32Array(new SharedArrayBuffer(8));
      const counts = new Int32Array(new SharedArrayBuffer(4));
      const running = gate.call(gated, flag);
      await changed(flag, 0, 0);
      const limited = countStart.with({ gate, deadlineMs: 30 });
      const late = Array.from({ length: 500 }, () => limited(counts, 0));
      for (const token of late) await assertRejects(() => token, TokenTimeoutError, "deadlineMs");
      Atomics.store(flag, 1, 1);
      Atomics.notify(flag, 1);
      await running;
      assertEquals(await gate.call(add, 1, 2), 3);
      assertEquals([Atomics.load(counts, 0), gate.stats().timeout], [0, 500]);
    });
  });

  test(`producers on real lanes complete ${tokensUnderPressure} tokens within a queue of 1,000, and leave nothing behind (${bridge})`, async () => {
    const gate = new TokenGate({ lanes: 2, bridge, maxQueue: 1_000, whenFull: "wait" });
    await using(gate, async () => {
      let sum = 0;
      let most = 0;
      const batch = 50;
      const note = (value: number): void => void (sum += value);
      const produce = async (tokens: number): Promise<void> => {
        for (let n = 0; n < tokens; n += batch) {
          const place = await gate.ready(batch);
          for (let k = 0; k < batch; k++) void place.call(add, 1, 1).then(note);
          if (n % (20 * batch) > 0) continue;
          const { waiting, queue } = gate.stats();
          most = Math.max(most, waiting + queue.reserved);
        }
      };
      const half = async (share: number): Promise<number> => {
        const each = tokensUnderPressure * share / 20;
        await Promise.all(Array.from({ length: 20 }, () => produce(each)));
        await gate.controls.drain();
        gate.controls.resume();
        return await heapBytes();
      };
      const before = await half(0.2);
      const after = await half(0.8);
      assertEquals(sum, 2 * tokensUnderPressure);
      const { completed, refused, waiting, queue } = gate.stats();
      assertEquals([completed, refused, waiting], [tokensUnderPressure, 0, 0]);
      assertEquals([queue.reserved, queue.producers], [0, 0]);
      assert(most > 0 && most <= 1_000, `${most} in the queue`);
      const grown = after - before;
      // Some 30 bytes for each of the later tokens, where a pending one takes 300; with a million of them it is nothing.
      assert(grown < 3 * 2 ** 20, `${before} bytes of heap became ${after}`);
    });
  });
}
