// Asynchronous calls that overlap in one lane, and calls that are not started since their time has run out.
import { test } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  LaneCrashError,
  TokenCancelledError,
  TokenGate,
  type TokenGateOptions,
  TokenTimeoutError,
} from "../mod.ts";
import {
  deaf,
  GATE,
  HERE,
  mark,
  marksSoFar,
  meet,
  MOST,
  occupy,
  quick,
  STARTS,
  waitInside,
} from "./fixtures/overlap_operations.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";

function words(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(16));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

for (const bridge of ["ring", "frames"] as const) {
  const make = (options: TokenGateOptions = {}): TokenGate =>
    new TokenGate({ lanes: 1, bridge, ...options });

  test(`calls of an operation with perLane overlap in one lane, each in its own context (${bridge})`, async () => {
    await using(make(), async (gate) => {
      const shared = words();
      const tokens = Array.from({ length: 4 }, () => gate.call(meet, shared, 4));
      const results = await Promise.all(tokens);
      for (let n = 0; n < 4; n++) assertEquals(results[n], [tokens[n]!.id, tokens[n]!.id]);
    });
  });

  test(`no more than perLane overlap, and the rest follows (${bridge})`, async () => {
    await using(make(), async (gate) => {
      const shared = words();
      const tokens = Array.from({ length: 10 }, () => gate.call(waitInside, shared));
      await until(() => shared[HERE] === 3);
      assertEquals(gate.stats().executing, 3);
      Atomics.store(shared, GATE, 1);
      await Promise.all(tokens);
      assertEquals([shared[MOST], shared[STARTS], shared[HERE]], [3, 10, 0]);
    });
  });

  test(`other calls run beside those in flight (${bridge})`, async () => {
    await using(make(), async (gate) => {
      const shared = words();
      const waiting = [gate.call(waitInside, shared), gate.call(waitInside, shared)];
      await until(() => shared[HERE] === 2);
      for (let n = 0; n < 20; n++) assertEquals(await gate.call(quick, n), n);
      assertEquals(waiting.map((token) => token.state), ["executing", "executing"]);
      Atomics.store(shared, GATE, 1);
      await Promise.all(waiting);
    });
  });

  test(`one that stops when it is asked to leaves the others alone (${bridge})`, async () => {
    await using(make(), async (gate) => {
      const shared = words();
      const [first, second] = [gate.call(waitInside, shared), gate.call(waitInside, shared)];
      await until(() => shared[HERE] === 2);
      first.cancel("enough");
      await assertRejects(() => first, TokenCancelledError);
      await until(() => shared[HERE] === 1);
      assertEquals(second.state, "executing");
      Atomics.store(shared, GATE, 1);
      await second;
      assertEquals([gate.stats().crashes, gate.stats().late], [0, 1]);
    });
  });

  test(`one that does not stop takes its lane with it: what overlaps is lost, or tried again if that does no harm (${bridge})`, async () => {
    await using(make({ graceMs: 30 }), async (gate) => {
      const shared = words();
      const stubborn = gate.call(deaf, shared);
      const [again, lost] = [gate.call(deaf, shared), gate.call(waitInside, shared)];
      await until(() => shared[STARTS] === 3);
      stubborn.cancel("enough");
      await assertRejects(() => stubborn, TokenCancelledError);
      await assertRejects(() => lost, LaneCrashError);
      await until(() => shared[STARTS] === 4);
      Atomics.store(shared, GATE, 1);
      assertEquals(await again, 4);
      assertEquals(again.attempts.length, 1);
      assert(again.attempts[0]!.error instanceof LaneCrashError);
    });
  });

  for (const limit of ["queueTimeoutMs", "deadlineMs"] as const) {
    test(`a call whose ${limit} runs out in the lane is not started, though the program's thread is busy (${bridge})`, async () => {
      await using(make(), async (gate) => {
        assertEquals(await gate.call(marksSoFar), 0);
        const occupying = gate.call(occupy, 300);
        const late = mark.with({ gate, [limit]: 100 })();
        const ended = late.then(() => undefined, (error) => error);
        while (late.state === "waiting") await undefined;
        // No timer of the gate has its turn until the lane is free.
        const endMs = performance.now() + 600;
        while (performance.now() < endMs);
        const error = await ended;
        assert(error instanceof TokenTimeoutError);
        assertEquals(error.limit, limit);
        await occupying;
        assertEquals(await gate.call(marksSoFar), 0);
        assertEquals([late.state, late.timings.startedMs], ["timeout", undefined]);
        assertEquals(await mark.with({ gate, [limit]: 60_000 })(), undefined);
        assertEquals(await gate.call(marksSoFar), 1);
      });
    });
  }
}

checkNoLanesLeft();
