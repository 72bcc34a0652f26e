// Which call goes before which. On simulated lanes, where states can be held still; at the end on real ones.
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type CallLimits, CallToken, type TokenOwner } from "../lib/call_token.ts";
import { Ageing } from "../lib/gate/ageing.ts";
import { LevelQueue } from "../lib/gate/level_queue.ts";
import { type Priority, TokenGate, type TokenGateOptions } from "../mod.ts";
import { using } from "./fixtures/no_lanes_left.ts";
import { add, gated } from "./fixtures/operations.ts";
import {
  NO_LIMITS,
  SimulatedGate,
  type SimulatedGateOptions,
  simulatedOperation,
} from "./fixtures/simulated_gate.ts";
import { addWord, changed, makeWords } from "./fixtures/words.ts";

const PRIORITIES = [-1, 0, 1];
const owner: TokenOwner = {
  cancel: () => false,
  hasStarted: () => false,
  startedMs: () => NaN,
  grant: () => {},
};

function tokenOf(priority: number, submittedMs: number): CallToken {
  const limits: CallLimits = { ...NO_LIMITS, priority };
  return new CallToken(1, { url: "u:", name: "n" }, [], limits, owner, submittedMs);
}

test("a place depends on the time and the priority, and no two of one priority share one", () => {
  const ageing = new Ageing(1_000, 10);
  const first = ageing.placeOf(0, 1_000);
  const places = Array.from({ length: 100 }, () => ageing.placeOf(0, 1_000));
  assertEquals(new Set([first, ...places]).size, 101);
  assert(places.every((place, n) => place > (n === 0 ? first : places[n - 1]!)));
  const late = new Ageing(0, 10);
  const background = late.placeOf(-1, 100);
  assert(late.placeOf(0, 109) < background, "one that comes within the time goes before it");
  assert(late.placeOf(0, 111) > background, "one that comes after it does not");
  assert(late.placeOf(1, 119) < background, "two steps, twice the time");
  const always = new Ageing(0, Infinity);
  const waiting = always.placeOf(0, 1);
  assert(always.placeOf(0.5, 1e9) < waiting);
});

test("a queue of many priorities gives what a sorted list would", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("push" as const), priority: fc.constantFrom(...PRIORITIES, 7) }),
    fc.record({ kind: fc.constant("shift" as const) }),
    fc.record({ kind: fc.constant("remove" as const), which: fc.nat(50) }),
    fc.record({ kind: fc.constant("back" as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new LevelQueue();
      const ageing = new Ageing(0, 1);
      const model: CallToken[] = [];
      const taken: CallToken[] = [];
      for (const [nowMs, step] of steps.entries()) {
        if (step.kind === "push") {
          const token = tokenOf(step.priority, nowMs);
          token.sequence = ageing.placeOf(step.priority, nowMs);
          queue.push(token);
          model.push(token);
        } else if (step.kind === "back") {
          const token = taken.pop();
          if (token === undefined) continue;
          queue.insert(token);
          model.push(token);
        } else {
          const token = step.kind === "shift" ? queue.first : model[step.which];
          if (token === undefined) continue;
          queue.remove(token);
          model.splice(model.indexOf(token), 1);
          taken.push(token);
        }
        const next = model.toSorted((a, b) => a.sequence - b.sequence)[0];
        const least = model.toSorted((a, b) =>
          a.limits.priority - b.limits.priority || a.sequence - b.sequence
        )[0];
        const oldest = model.toSorted((a, b) =>
          a.submittedMs - b.submittedMs
        )[0];
        assertEquals(queue.size, model.length);
        // Of two with one place either may be first.
        assertEquals(queue.first?.sequence, next?.sequence);
        assert(queue.least === least && queue.oldest === oldest);
      }
    }),
    { numRuns: 500 },
  );
});

for (const hasBoard of [false, true]) {
  const kind = hasBoard ? "board" : "mailboxes";
  const makeWorld = (options: SimulatedGateOptions = {}): SimulatedGate =>
    new SimulatedGate({ lanes: 1, latencyMs: 0, hasBoard, ...options });

  test(`what is urgent goes before what waits, and before what was given out and has not started (${kind})`, async () => {
    const world = makeWorld();
    const slow = Array.from({ length: 10 }, () => world.call({ runMs: 5 }, { priority: -1 }));
    await world.until(() => slow[1]!.state === "completed");
    const usual = Array.from({ length: 3 }, () => world.call({ runMs: 5 }));
    const urgent = world.call({ runMs: 5 }, { priority: 1 });
    const names = new Map<unknown, string>(slow.map(({ id }, n) => [id, `slow ${n}`]));
    usual.forEach(({ id }, n) => names.set(id, `usual ${n}`));
    names.set(urgent.id, "urgent");
    await world.settle();
    const order = world.order.map((id) => names.get(id));
    const running = order.indexOf("urgent");
    assert(running <= 3, "it waits for what runs, and for nothing else");
    const slowIds = slow.map(({ id }) => names.get(id)!);
    assertEquals(order, [
      ...slowIds.slice(0, running),
      "urgent",
      ...usual.map(({ id }) => names.get(id)),
      ...slowIds.slice(running),
    ]);
  });

  test(`only what is less urgent makes way: what has had its turn by a rate has it once (${kind})`, async () => {
    const world = makeWorld({ capacity: 8 });
    const rated = simulatedOperation("rated", { rateLimit: { count: 1, perMs: 100 } });
    const other = simulatedOperation("other", { rateLimit: { count: 1, perMs: 10 } });
    const blocker = world.call({ runMs: Infinity });
    await world.until(() => blocker.state === "executing");
    const tokens = [
      world.callTo(other, {}, { priority: -1 }),
      world.callTo(rated),
      world.callTo(rated),
      world.callTo(other),
    ];
    await world.pass(1_000);
    const admitted = tokens.map(({ admittedMs }) => admittedMs);
    assert(admitted.every((atMs) => !(atMs > 500)), `given out at ${admitted}`);
    blocker.cancel();
    await world.settle();
    assert(tokens.every(({ state }) => state === "completed"));
  });

  test(`what gave way may let go on what is more urgent, for which others make way too (${kind})`, async () => {
    const world = makeWorld({ lanes: 2 });
    const rated = simulatedOperation("rated", { rateLimit: { count: 2, perMs: 10 } });
    const middle = world.callTo(rated);
    const least = [-1, -1].map((priority) => world.callTo(rated, {}, { priority }));
    await world.until(() => middle.state === "admitted");
    const urgent = world.callTo(rated, {}, { priority: 1 });
    const other = world.call();
    const reload = world.engine.reload();
    await world.until(() => !world.clock.hasDeferred);
    assertEquals([urgent.waitingFor, middle.state], ["lane", "waiting"]);
    await world.settle();
    await reload;
    const all = [middle, ...least, urgent, other];
    assertEquals(all.map(({ state }) => state), all.map(() => "completed"));
  });

  test(`what waits long is not overtaken any more (${kind})`, async () => {
    const world = makeWorld({ ageMs: 50 });
    world.engine.pause(undefined);
    const old = world.call({}, { priority: -1 });
    await world.pass(40);
    const within = world.call();
    await world.pass(20);
    const after = world.call();
    const farAfter = world.call({}, { priority: 1 });
    world.engine.resume(undefined);
    await world.settle();
    assertEquals(world.order, [farAfter, within, old, after].map(({ id }) => id));
  });

  test(`what has waited long does not make way for what comes after it all the same (${kind})`, async () => {
    const world = makeWorld({ ageMs: 5, capacity: 4 });
    const limited = simulatedOperation("limited", { maxConcurrent: 1 });
    const [busy, free] = [simulatedOperation("busy"), simulatedOperation("free")];
    world.callTo(busy, { runMs: 100 });
    await world.pass(10);
    const old = [world.callTo(limited), world.callTo(free), world.callTo(free)];
    await world.pass(10);
    // One waits for the permit, which is given back when what holds it is taken back.
    old.push(world.callTo(limited));
    const urgent = world.callTo(free, {}, { priority: 1 });
    let steps = 0;
    await world.until(() => ++steps > 1_000 || world.stats().completed === 6);
    assert(steps <= 1_000, "calls are taken back and given out for ever");
    assertEquals(
      world.order.slice(-5),
      [old[0]!, old[1]!, old[2]!, urgent, old[3]!].map((it) => it.id),
    );
  });

  test(`calls start by priority and submission, over all operations (${kind})`, async () => {
    const operations = ["one", "two", "three"].map((name) => simulatedOperation(name));
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            which: fc.nat(2),
            priority: fc.constantFrom(...PRIORITIES),
            afterMs: fc.constantFrom(0, 1, 30),
          }),
          { maxLength: 30 },
        ),
        async (calls) => {
          const world = makeWorld({ ageMs: 20 });
          world.engine.pause(undefined);
          const tokens: CallToken[] = [];
          for (const { which, priority, afterMs } of calls) {
            if (afterMs > 0) await world.pass(afterMs);
            tokens.push(world.callTo(operations[which]!, {}, { priority }));
          }
          const places = new Map(tokens.map((token) => [token.id, token.sequence]));
          world.engine.resume(undefined);
          await world.settle();
          const started = world.order.map((id) => places.get(id as number)!);
          assertEquals(started, started.toSorted((a, b) => a - b));
          assertEquals(world.stats().completed, tokens.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  test(`a full queue drops the oldest of the least priority (${kind})`, async () => {
    const queue = { maxQueue: 3, maxQueueBytes: Infinity, whenFull: "drop-oldest" as const };
    const world = makeWorld({ queue });
    world.engine.pause(undefined);
    const urgent = world.call({}, { priority: 1 });
    const background = world.call({}, { priority: -1 });
    const usual = world.call();
    world.call();
    assertEquals(background.state, "killed");
    world.call({}, { priority: 1 });
    assertEquals([usual.state, urgent.state], ["killed", "waiting"]);
    world.engine.resume(undefined);
    await world.settle();
    assertEquals(urgent.state, "completed");
  });
}

for (const options of [{ bridge: "ring" }, { bridge: "frames" }] as TokenGateOptions[]) {
  test(`an urgent call overtakes a thousand on real lanes (${options.bridge})`, async () => {
    await using(new TokenGate({ lanes: 1, ...options }), async (gate) => {
      const words = makeWords(2, true);
      await gate.call(add, 1, 1);
      const blocker = gate.call(gated, words);
      await changed(words, 0, 0);
      const usual = Array.from({ length: 1_000 }, (_, n) => gate.call(add, n, 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
      const urgent = add.with({ gate, priority: "user-blocking" })(1, 2);
      const background = add.with({ gate, priority: "background" })(1, 3);
      await new Promise((resolve) => setTimeout(resolve, 20));
      addWord(words, 1);
      await blocker;
      await Promise.all([...usual, urgent, background]);
      const startedMs = urgent.timings.startedMs!;
      assert(usual.every((token) => token.timings.startedMs! >= startedMs));
      const lastMs = background.timings.startedMs!;
      assert(usual.every((token) => token.timings.startedMs! <= lastMs));
    });
  });
}

test("a priority that is none is refused by name", () => {
  const give = (priority: unknown): unknown => add.with({ priority: priority as Priority });
  assertThrows(() => give("urgent"), TypeError, '"user-blocking", "user-visible" or "background"');
  assertThrows(() => give("toString"), TypeError, "received");
  assertThrows(() => give(101), RangeError, "from -100 to 100");
  assertThrows(() => give(NaN), RangeError, "received NaN");
  assertThrows(() => new TokenGate({ ageMs: 0 }), RangeError, "ageMs");
});
