// gate.broadcast: one call in each lane.
import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  GateClosedError,
  LaneCrashError,
  QueueFullError,
  TokenCancelledError,
  TokenGate,
  type TokenGateOptions,
  TokenTimeoutError,
  transfer,
} from "../mod.ts";
import { failIn, hold, keep, lanesAndItems } from "./fixtures/broadcast_operations.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { add } from "./fixtures/operations.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { SimulatedGate, simulatedOperation } from "./fixtures/simulated_gate.ts";
import { addWord, changed, makeWords } from "./fixtures/words.ts";

checkNoLanesLeft();

const KINDS: Readonly<Record<string, TokenGateOptions>> = {
  ring: {},
  frames: { bridge: "frames" },
  processes: PROCESS_LANES,
};

for (const [kind, options] of Object.entries(KINDS)) {
  test(`a broadcast runs once in each lane, and its tokens come in their order (${kind})`, async () => {
    await using(new TokenGate({ ...options, lanes: 3 }), async (gate) => {
      await gate.started();
      for (let round = 1; round <= 3; round++) {
        const tokens = gate.broadcast(keep, 1);
        assertEquals(await Promise.all(tokens), [0, 1, 2].map((lane) => ({ lane, kept: round })));
      }
      assertEquals(gate.stats().completed, 9);
      // A token as an argument is waited for.
      const results = await Promise.all(gate.broadcast(keep, gate.call(add, 2, 3)));
      assertEquals(results.map(({ kept }) => kept), [8, 8, 8]);
    });
  });

  test(`a broadcast goes before what waits, and waits for what runs (${kind})`, async () => {
    const isShared = kind !== "processes";
    await using(new TokenGate({ ...options, lanes: 2 }), async (gate) => {
      await gate.started();
      const words = makeWords(2, isShared);
      const held = [gate.call(hold, words), gate.call(hold, words)];
      await changed(words, 0, 1);
      const order: string[] = [];
      const behind = Array.from({ length: 50 }, () => gate.call(add, 1, 1));
      for (const token of behind) token.then(() => order.push("call"));
      const tokens = gate.broadcast(keep, 1);
      for (const token of tokens) token.then(() => order.push("broadcast"));
      addWord(words, 1);
      // A process is woken by its own looks at a file.
      addWord(words, 1);
      assertEquals((await Promise.all(held)).sort(), [0, 1]);
      assertEquals((await Promise.all(tokens)).map(({ lane }) => lane), [0, 1]);
      await Promise.all(behind);
      assertEquals(order.length, 52);
      if (isShared) assert(order.indexOf("broadcast") < 40, order.join());
    });
  });

  test(`a broadcast fails in the lane where it fails, and is not tried again (${kind})`, async () => {
    await using(new TokenGate({ ...options, lanes: 2 }), async (gate) => {
      await gate.started();
      const thrown = gate.broadcast(failIn, 1, "throw");
      const [zero, one] = await Promise.allSettled(thrown);
      assertEquals(zero, { status: "fulfilled", value: 0 });
      assertEquals((one as PromiseRejectedResult).reason.message, "thrown in 1");
      const lost = gate.broadcast(failIn, 0, "exit");
      const [end, other] = await Promise.allSettled(lost);
      const error = (end as PromiseRejectedResult).reason;
      assertInstanceOf(error, LaneCrashError);
      assertEquals([error.lane, error.exitCode], [0, 4]);
      assertEquals(other, { status: "fulfilled", value: 1 });
      assertEquals([thrown[1]!.attempts, lost[0]!.attempts], [[], []]);
      // The lane that takes its place knows nothing of what was told before.
      await gate.started();
      const fresh = await Promise.all(gate.broadcast(keep, 1));
      assertEquals(fresh.map(({ kept }) => kept), [1, 1]);
    });
  });
}

test("a broadcast is for the lanes there are: none before there is work, and those that are starting", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    assertEquals(gate.broadcast(keep, 1), []);
    const started = gate.started();
    const tokens = gate.broadcast(keep, 5);
    assertEquals(tokens.map((token) => token.state), ["waiting", "waiting"]);
    await started;
    assertEquals((await Promise.all(tokens)).map(({ kept }) => kept), [5, 5]);
  });
});

test("on the caller's own thread a broadcast is one call", async () => {
  await using(new TokenGate({ lanes: 0 }), async (gate) => {
    const [token, ...others] = gate.broadcast(add, 1, 2);
    assertEquals([await token, others], [3, []]);
  });
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    await gate.started();
    gate.mock(add, (a, b) => a * b);
    assertEquals(await Promise.all(gate.broadcast(add, 3, 4)), [12]);
  });
});

test("streams are broadcast too", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    await gate.started();
    const items = await Promise.all(
      gate.broadcast(lanesAndItems, 2).map(async (token) => {
        const read: string[] = [];
        for await (const item of token) read.push(item);
        return read;
      }),
    );
    assertEquals(items, [["0 0", "0 1"], ["1 0", "1 1"]]);
  });
});

test("what is broadcast can be cancelled, limited and held by a pause, and its arguments cannot be moved", async () => {
  await using(new TokenGate({ lanes: 2, graceMs: 50 }), async (gate) => {
    await gate.started();
    gate.controls.pause(keep);
    const paused = gate.broadcast(keep, 1);
    const [first, second] = gate.broadcast(keep, 10);
    assert(first!.cancel("not this one"));
    await assertRejects(() => first!, TokenCancelledError);
    assertEquals(await gate.call(add, 1, 1), 2);
    assertEquals(paused.map((token) => token.state), ["waiting", "waiting"]);
    gate.controls.resume(keep);
    assertEquals((await Promise.all(paused)).map(({ kept }) => kept), [1, 1]);
    assertEquals((await second!).kept, 11);
    gate.controls.pause();
    const all = gate.broadcast(keep, 1);
    assertEquals(gate.controls.purge(), 2);
    for (const token of all) await assertRejects(() => token, TokenCancelledError);
    gate.controls.resume();

    const words = makeWords(2, true);
    const limited = gate.broadcast(hold.with({ timeoutMs: 30 }), words);
    const ends = limited.map((token) => assertRejects(() => token, TokenTimeoutError));
    await changed(words, 0, 1);
    await Promise.all(ends);
    addWord(words, 1);

    const bytes = new Uint8Array(8);
    const error = assertThrows(
      () => gate.broadcast(keep, transfer(bytes, [bytes.buffer]) as never),
      TypeError,
    );
    assert(error.message.includes("one lane only"));
    assertThrows(() => gate.broadcast((() => 1) as never), TypeError, "no operation");
  });
});

test("a broadcast that is refused leaves nothing", async () => {
  const gate = new TokenGate({ lanes: 3, maxQueue: 2 });
  await gate.started();
  gate.controls.pause();
  assertThrows(() => gate.broadcast(keep, 1), QueueFullError);
  assertEquals(gate.stats().waiting, 0);
  gate.controls.resume();
  await gate.close();
  assertThrows(() => gate.broadcast(keep, 1), GateClosedError);
});

test("in virtual time: a broadcast whose lane is lost before it is ready rejects, and is run nowhere else", async () => {
  for (const hasBoard of [false, true]) {
    for (let seed = 1; seed <= 200; seed++) {
      const world = new SimulatedGate({
        lanes: 3,
        seed,
        startFailures: 0.4,
        hasBoard,
        latencyMs: 5,
      });
      const operation = simulatedOperation("told");
      world.watchAll(() => {});
      const work = Array.from({ length: 12 }, () => world.call({ runMs: 3 }));
      await world.pass(seed % 12);
      const tokens = world.engine.broadcast(operation.definition, [{ runMs: 1 }], {
        timeoutMs: undefined,
        queueTimeoutMs: undefined,
        deadlineMs: undefined,
        signal: undefined,
        inline: "never",
        priority: 0,
      });
      const ends = tokens.map((token) => token.catch((error) => error));
      await world.settle(() => {}, 3_600_000);
      for (const [index, token] of tokens.entries()) {
        const end = await ends[index];
        if (token.state === "failed") assert(end instanceof LaneCrashError, String(end));
        else assertEquals(token.state, "completed");
        assert((world.starts.get(token.id) ?? 0) <= 1);
      }
      const lanes = tokens.filter((token) => token.state === "completed").map(({ lane }) => lane);
      assertEquals(new Set(lanes).size, lanes.length);
      for (const token of work) assert(token.isSettled);
      await Promise.all([world.engine.close(false, Infinity), world.settle()]);
    }
  }
});
