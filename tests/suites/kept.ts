// Results that stay in their lanes, on lanes of each kind. The same file runs on Deno, Bun and Node.
import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  DependencyError,
  NotCloneableError,
  PayloadTooLargeError,
  ResultLostError,
  type Token,
  TokenGate,
  type TokenGateOptions,
} from "../../mod.ts";
import { heapBytes } from "../fixtures/heap.ts";
import * as kept from "../fixtures/kept_operations.ts";
import { using } from "../fixtures/no_lanes_left.ts";
import { makeWords } from "../fixtures/words.ts";

/** Waits until a call has completed, without asking for its result. */
async function completed(token: Token<unknown>): Promise<void> {
  while (token.state !== "completed") {
    assert(!["failed", "killed", "timeout"].includes(token.state), `it is ${token.state}`);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

function keptIn(gate: TokenGate): number[] {
  return gate.stats().perLane.map(({ kept }) => kept);
}

/**
 * @param kind what is tested, in the names of the tests
 * @param defaults options of the gates
 */
export function keptSuite(kind: string, defaults: TokenGateOptions): void {
  const makeGate = (options: TokenGateOptions = {}): TokenGate =>
    new TokenGate({ ...defaults, ...options });

  test(`a kept result is used in its lane as it is, by as many calls as want it (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      await gate.started();
      for (const make of [kept.make, kept.makeLater]) {
        const things = [1, 2, 3, 4].map((n) => gate.call(make, n));
        const uses = things.flatMap((thing) => [
          gate.call(kept.use, thing),
          gate.call(kept.use, thing),
        ]);
        const found = await Promise.all(uses);
        assertEquals(found.map(({ n }) => n), [1, 1, 2, 2, 3, 3, 4, 4]);
        assert(found.every(({ isSame }) => isSame), "a thing was copied");
        things.forEach((thing, at) => {
          const lanes = new Set([found[2 * at]!.lane, found[2 * at + 1]!.lane]);
          assertEquals(lanes, new Set([thing.timings.lane]));
        });
      }
      const { liveKeys, keys } = gate.stats();
      assertEquals([liveKeys, keys], [0, []]);
    });
  });

  test(`what cannot be sent anywhere can be kept, and says so when it is asked for (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      const fn = gate.call(kept.makeFunction, 42);
      assertEquals(await gate.call(kept.callFunction, fn), 42);
      const error = await assertRejects(() => fn, NotCloneableError);
      assert(error.message.includes('"makeFunction"'), error.message);
      // Asking has changed nothing.
      assertEquals(await gate.call(kept.callFunction, fn), 42);
      assertEquals(fn.state, "completed");
    });
  });

  test(`a kept result is sent when somebody awaits its token, as often as that is done (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const early = gate.call(kept.make, 5);
      assertEquals(await early, { n: 5, text: "xxxxx" });
      const late = gate.call(kept.make, 6);
      await completed(late);
      assertEquals((await Promise.all([late, late, Promise.resolve(late)])).map(({ n }) => n), [
        6,
        6,
        6,
      ]);
      assertEquals(await late, await late);
      assertEquals((await gate.call(kept.use, late)).n, 6);
      const results = await gate.all(kept.make, [[1], [2], [3]]);
      assertEquals(results.map(({ n }) => n), [1, 2, 3]);
      const sums: number[] = [];
      for await (const { n } of gate.map(kept.make, [[4], [5]])) sums.push(n);
      assertEquals(sums, [4, 5]);
    });
  });

  test(`what is no object, and what a generator makes, is not kept; moved memory is (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const number = gate.call(kept.makeNumber, 3);
      await completed(number);
      const items = gate.call(kept.makeItems, 3);
      const seen: number[] = [];
      for await (const item of items) seen.push(item);
      await completed(items);
      assertEquals(keptIn(gate), [0]);
      assertEquals([seen, await number, (await items).n], [[0, 1, 2], 3, 3]);
      const bytes = gate.call(kept.makeBytes, 100);
      assertEquals(await gate.call(kept.lengthOf, bytes), 100);
      assertEquals(await bytes, new Uint8Array(100).fill(7));
      // The lane has it still.
      assertEquals(await gate.call(kept.lengthOf, bytes), 100);
      assertEquals(await gate.call(kept.makeInside, 4), 8);
    });
  });

  test(`values of several lanes meet in one of them (${kind})`, async () => {
    await using(makeGate({ lanes: 3 }), async (gate) => {
      await gate.started();
      const things = Array.from({ length: 24 }, (_, n) => gate.call(kept.makeLater, n));
      let layer: Token<kept.Thing>[] = things;
      while (layer.length > 1) {
        const next: Token<kept.Thing>[] = [];
        for (let n = 0; n < layer.length; n += 2) {
          const other = layer[n + 1];
          next.push(other === undefined ? layer[n]! : gate.call(kept.add, layer[n]!, other));
        }
        layer = next;
      }
      assertEquals((await layer[0]!).n, 276);
    });
  });

  test(`a call with a key of its own goes to the lane of that, with a copy (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      const things = Array.from({ length: 8 }, (_, n) => gate.call(kept.make, n));
      const found = await Promise.all(things.map((thing) => gate.call(kept.useByKey, thing)));
      assertEquals(found.map(({ n }) => n), [0, 1, 2, 3, 4, 5, 6, 7]);
      assert(found.every(({ isSame }) => !isSame));
    });
  });

  test(`another attempt finds the value where it was (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      const thing = gate.call(kept.make, 9);
      const words = makeWords(1, defaults.isolation !== "process");
      const token = gate.call(kept.useAtLast, thing, words);
      assertEquals(await token, 9);
      assertEquals(token.attempts.length, 1);
    });
  });

  test(`a result that nobody can ask for any more is forgotten (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const last = gate.call(kept.make, 1);
      await (async () => {
        for (let n = 0; n < 50; n++) await completed(gate.call(kept.make, n));
      })();
      assert(keptIn(gate)[0]! >= 1);
      while (keptIn(gate)[0]! > 1) await heapBytes();
      assertEquals(await gate.call(kept.use, last), { n: 1, lane: 0, isSame: true });
    });
  });

  test(`with a lane that crashes its kept results are lost, and those who want them learn why (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const thing = gate.call(kept.make, 2);
      await completed(thing);
      const crash = gate.call(kept.crash);
      const asked = gate.call(kept.use, thing);
      await assertRejects(() => crash);
      const failure = await assertRejects(() => asked, DependencyError);
      assertInstanceOf(failure.cause, ResultLostError);
      const lost = await assertRejects(() => thing, ResultLostError);
      assertEquals([lost.code, lost.lane, thing.state], ["ERR_RESULT_LOST", 0, "completed"]);
      assert(lost.message.includes('"make"'), lost.message);
      const late = await assertRejects(() => gate.call(kept.use, thing), DependencyError);
      assertEquals([late.argument, (late.cause as ResultLostError).code], [0, "ERR_RESULT_LOST"]);
      // What was asked for before is safe.
      assertEquals((await gate.call(kept.make, 3)).n, 3);
      assertEquals(gate.stats().liveKeys, 0);
    });
  });

  test(`a lane that is recycled, reloaded or closed hands over what it has kept (${kind})`, async () => {
    await using(makeGate({ lanes: 2, recycle: { afterTokens: 3 } }), async (gate) => {
      // While a lane starts, no other one is recycled.
      await gate.started();
      const things = Array.from({ length: 20 }, (_, n) => gate.call(kept.make, n));
      for (const thing of things) await completed(thing);
      const uses = await Promise.all(things.map((thing) => gate.call(kept.use, thing)));
      assertEquals(uses.map(({ n }) => n), things.map((_, n) => n));
      assertEquals((await Promise.all(things)).map(({ n }) => n), things.map((_, n) => n));
      assert(gate.stats().recycled > 0);
    });
    const gate = makeGate({ lanes: 2 });
    const before = gate.call(kept.make, 1);
    await completed(before);
    await gate.reload();
    const after = gate.call(kept.make, 2);
    await completed(after);
    await gate.close();
    assertEquals([(await before).n, (await after).n], [1, 2]);
  });

  test(`a kept result counts against maxPayloadBytes when it is sent, and not before (${kind})`, async () => {
    await using(makeGate({ lanes: 1, maxPayloadBytes: 1_000 }), async (gate) => {
      const bytes = gate.call(kept.makeBytes, 100_000);
      assertEquals(await gate.call(kept.lengthOf, bytes), 100_000);
      await assertRejects(() => bytes, PayloadTooLargeError);
    });
  });

  test(`a broadcast, and a call that a stand-in takes, have kept results sent (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      await gate.started();
      const thing = gate.call(kept.make, 4);
      const everywhere = await Promise.all(gate.broadcast(kept.use, thing));
      assertEquals(everywhere.map(({ n }) => n), [4, 4]);
      gate.controls.pause();
      const waiting = gate.call(kept.use, thing);
      while (waiting.waitingFor === "arguments") {
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      gate.mock(kept.use, ({ n }) => ({ n: -n, lane: -1, isSame: false }));
      gate.controls.resume();
      assertEquals([(await waiting).n, (await gate.call(kept.use, thing)).n], [-4, -4]);
    });
  });

  test(`a call that is killed while it waits for a kept result gives it free (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const thing = gate.call(kept.make, 1);
      await completed(thing);
      gate.controls.pause();
      const token = gate.call(kept.use, thing);
      const other = gate.call(kept.use, thing);
      assert(token.cancel("not wanted"));
      gate.controls.resume();
      assertEquals((await other).isSame, true);
      assertEquals([token.state, gate.stats().waiting, gate.stats().liveKeys], ["killed", 0, 0]);
    });
  });
}
