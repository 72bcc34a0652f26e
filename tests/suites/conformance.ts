// The behaviour that every runtime's lanes must have. The same file runs on Deno, Bun and Node.
import { test } from "node:test";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotStrictEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  DependencyError,
  GateClosedError,
  TokenCancelledError,
  TokenGate,
  type TokenGateOptions,
  TokenTimeoutError,
} from "../../mod.ts";
import * as operations from "../fixtures/operations.ts";
import { using } from "../fixtures/no_lanes_left.ts";
import { addWord, changed, makeWords, readWord } from "../fixtures/words.ts";

const { add, context, fail, gated, identity, sleep, spinUntilAborted } = operations;

/**
 * The behaviour that every kind of lanes must have.
 *
 * @param kind what is tested, in the names of the tests
 * @param defaults options that make it
 */
export function conformanceSuite(kind: string, defaults: TokenGateOptions): void {
  const isShared = defaults.isolation !== "process";
  const makeGate = (options: TokenGateOptions = {}): TokenGate =>
    new TokenGate({ ...defaults, ...options });

  test(`a call gives a token at once, and awaiting it the function's result (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const token = gate.call(add, 2, 3);
      assertEquals(token.state, "waiting");
      assertEquals(token.waitingFor, "lane");
      assertEquals(token.operation.name, "add");
      assertEquals(await token, 5);
      assertEquals(token.state, "completed");
      assertEquals(token.waitingFor, undefined);
      // Once settled it can be awaited again.
      assertEquals(await token, 5);
    });
  });

  test(`ten thousand tokens of one burst all settle with their own results (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      const tokens = Array.from({ length: 10_000 }, (_, n) => gate.call(add, n, 1));
      const results = await Promise.all(tokens);
      for (let n = 0; n < results.length; n++) assertEquals(results[n], n + 1);
      const stats = gate.stats();
      assertEquals([stats.submitted, stats.completed, stats.failed], [10_000, 10_000, 0]);
    });
  });

  test(`two lanes run two calls at the same time (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      const flag = makeWords(2, isShared);
      const tokens = [gate.call(gated, flag), gate.call(gated, flag)];
      // Both have started, and neither can return yet.
      await changed(flag, 0, 1);
      assertEquals(tokens.map((token) => token.state), ["executing", "executing"]);
      const stats = gate.stats();
      assertEquals([stats.executing, stats.admitted, stats.waiting], [2, 0, 0]);
      addWord(flag, 1);
      assertEquals(await Promise.all(tokens), [2, 2]);
    });
  });

  test(`a call does not wait behind one that takes longer than its operation did, while a lane is idle (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      await gate.started();
      const open = makeWords(2, isShared);
      addWord(open, 1);
      for (let n = 0; n < 200; n++) await gate.call(gated, open);
      for (let round = 0; round < 4; round++) {
        const flag = makeWords(2, isShared);
        const long = gate.call(gated, flag);
        await changed(flag, 0, 0);
        assertEquals(await gate.call(add, 1, 2), 3);
        assertEquals(long.state, "executing");
        addWord(flag, 1);
        await long;
      }
    });
  });

  test(`the four stamps are in order, and run time holds no waiting (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const before = performance.timeOrigin + performance.now();
      const token = gate.call(sleep, 5);
      assertEquals(token.timings.admittedMs, undefined);
      assertEquals(token.timings.startedMs, undefined);
      await token;
      const { submittedMs, admittedMs, startedMs, endedMs } = token.timings;
      const stamps = [before, submittedMs, admittedMs!, startedMs!, endedMs!];
      // The clocks of isolates may differ by a few ms.
      for (let i = 1; i < stamps.length; i++) assert(stamps[i]! >= stamps[i - 1]! - 5, `${stamps}`);
      assert(endedMs! - startedMs! >= 4, `${stamps}`);
    });
  });

  test(`ids name one token each, and an operation knows its own (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const ids = new Set<number>();
      for (let n = 0; n < 50; n++) {
        const token = gate.call(context);
        ids.add(token.id);
        const seen = await token;
        assertEquals(seen.tokenId, token.id);
        assertEquals(seen.lane, 0);
        assertEquals(seen.aborted, false);
      }
      assertEquals(ids.size, 50);
    });
  });

  test(`values arrive as structured clone makes them (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const cyclic: { self?: unknown; list: unknown[] } = { list: [1n, NaN, -0, undefined] };
      cyclic.self = cyclic;
      const values = [
        null,
        undefined,
        "\ud800 lone",
        new Date(5),
        new Map([[{ a: 1 }, new Set([1])]]),
        new Uint8Array([1, 2, 3]),
        new Float64Array([0.5, -0]),
        [, 1],
        /x/gi,
        { nested: { deep: [[[]]] } },
      ];
      for (const value of values) assertEquals(await gate.call(identity, value), value);
      const back = await gate.call(identity, cyclic) as typeof cyclic;
      assertNotStrictEquals(back, cyclic);
      assertEquals(back.self, back);
      assertEquals(back.list, cyclic.list);
    });
  });

  test(`calls start in the order in which they were made, whatever they are called with (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const first = await gate.call(operations.nth, 0);
      const kinds: unknown[] = [1, "text", [1, 2], { a: 1 }, /x/, new Date(1), new Uint8Array(9)];
      const tokens = Array.from({ length: 100 }, (_, n) => {
        const value = kinds[(n * n + (n >> 3)) % kinds.length];
        if (n % 17 !== 5) return gate.call(operations.nth, value);
        const bytes = new ArrayBuffer(8);
        return operations.nth.with({ gate, transfer: [bytes] })(bytes);
      });
      const order = await Promise.all(tokens);
      // Where there is a board, what it does not take goes another way.
      const plain = (n: number): boolean => n % 17 !== 5 && (n * n + (n >> 3)) % kinds.length !== 4;
      const kept = defaults.bridge === "ring" ? order.filter((_, n) => plain(n)) : order;
      assertEquals(kept, kept.toSorted((a, b) => a - b));
      assertEquals(new Set(order).size, 100);
      assertEquals(Math.min(...order), first + 1);
    });
  });

  test(`a token in the place of an argument is waited for, and holds no lane (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const three = gate.call(add, 1, 2);
      const sum = gate.call(add, three, gate.call(add, three, 4));
      assertEquals(sum.waitingFor, "arguments");
      assertEquals(await sum, 10);
      const failing = gate.call(add, gate.call(fail, "range"), 1);
      const error = await assertRejects(() => failing, DependencyError, "out of range");
      assertInstanceOf(error.cause, RangeError);
      assertEquals([failing.state, error.code, error.argument], ["failed", "ERR_DEPENDENCY", 0]);
    });
  });

  test(`errors arrive with class, message, cause, own properties and the worker's stack (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const range = await assertRejects(() => gate.call(fail, "range"), RangeError, "out of range");
      assertInstanceOf(range.cause, Error);
      assertEquals((range.cause as Error).message, "the cause");
      assert(range.stack!.includes("operations.ts"), range.stack);
      const several = await assertRejects(() => gate.call(fail, "aggregate"), AggregateError);
      assertInstanceOf(several.errors[0], TypeError);
      assertEquals(several.errors[1], 2);
      const found = await assertRejects(() => gate.call(fail, "properties"), Error);
      assertEquals((found as Error & { status: number }).status, 404);
      assertEquals(await gate.call(fail, "a text").catch((error: unknown) => error), "a text");
      await assertRejects(() => gate.call(operations.failLater), TypeError, "later");
      const stats = gate.stats();
      assertEquals([stats.failed, stats.completed], [5, 0]);
    });
  });

  test(`an operation called inside an operation runs in the same lane, in a context of its own (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      assertEquals(await gate.call(operations.fibonacci, 10), 55);
      assertEquals(await gate.call(operations.nestedFailure), "RangeError");
      const token = gate.call(operations.contextsOfNested);
      const { own, nested, again } = await token;
      assertEquals([own, again], [token.id, token.id]);
      assert(nested !== own);
      assertEquals(gate.stats().submitted, 3);
    });
  });

  test(`cancelling a waiting token ends it before it starts (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const counts = makeWords(1, isShared);
      const token = gate.call(operations.countStart, counts, 0);
      assert(token.cancel("not wanted"));
      assertEquals(token.state, "killed");
      assertEquals(token.cancel(), false);
      const error = await assertRejects(() => token, TokenCancelledError, "not wanted");
      assertEquals([error.name, error.code, error.cause], [
        "AbortError",
        "ERR_TOKEN_CANCELLED",
        "not wanted",
      ]);
      assertEquals(await gate.call(add, 1, 1), 2);
      assertEquals(readWord(counts, 0), 0);
      assertEquals(gate.stats().killed, 1);
    });
  });

  test(`cancelling a running function raises its flag, and its late result is dropped and counted (${kind})`, async () => {
    await using(makeGate({ lanes: 1, graceMs: 30_000 }), async (gate) => {
      const flag = makeWords(1, isShared);
      const token = gate.call(spinUntilAborted, flag);
      await changed(flag, 0, 0);
      assertEquals(token.state, "executing");
      assert(token.timings.startedMs !== undefined);
      token.cancel();
      assertEquals(token.state, "killed");
      await assertRejects(() => token, TokenCancelledError);
      // The lane was not replaced: the function saw its flag and returned.
      assertEquals(await gate.call(add, 1, 2), 3);
      assertEquals(readWord(flag, 0), 2);
      const stats = gate.stats();
      assertEquals([stats.late, stats.killed, stats.crashes, stats.stranded], [1, 1, 0, 0]);
    });
  });

  test(`a signal cancels all the tokens called with it, with its reason (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const controller = new AbortController();
      const slow = sleep.with({ gate, signal: controller.signal });
      const tokens = Array.from({ length: 20 }, () => slow(60_000));
      const reason = new Error("shutting down");
      controller.abort(reason);
      for (const token of tokens) {
        const error = await assertRejects(() => token, TokenCancelledError);
        assertEquals(error.cause, reason);
      }
      const late = slow(1);
      assertEquals(late.state, "killed");
      await assertRejects(() => late, TokenCancelledError);
      assertEquals(await gate.call(add, 1, 2), 3);
    });
  });

  test(`an asynchronous function sees its signal fire, with the error its token rejects with (${kind})`, async () => {
    await using(makeGate({ lanes: 1, graceMs: 30_000 }), async (gate) => {
      const token = sleep.with({ gate, timeoutMs: 20 })(60_000);
      const error = await assertRejects(() => token, TokenTimeoutError);
      assertEquals([error.name, error.limit, error.limitMs], ["TimeoutError", "timeoutMs", 20]);
      assertEquals(token.state, "timeout");
      // The lane is free again well before the grace time: the function took its signal.
      assertEquals(await gate.call(add, 1, 2), 3);
      assertEquals(gate.stats().late, 1);
    });
  });

  test(`each time limit is told by its own name (${kind})`, async () => {
    await using(makeGate({ lanes: 1, graceMs: 30_000 }), async (gate) => {
      const flag = makeWords(1, isShared);
      const blocker = gate.call(spinUntilAborted, flag);
      await changed(flag, 0, 0);
      const queued = add.with({ gate, queueTimeoutMs: 10 })(1, 2);
      const due = add.with({ gate, deadlineMs: 10 })(1, 2);
      // This one may wait as long as it likes: its time counts from its start.
      const patient = add.with({ gate, timeoutMs: 10_000 })(1, 2);
      assertEquals((await assertRejects(() => queued, TokenTimeoutError)).limit, "queueTimeoutMs");
      assertEquals((await assertRejects(() => due, TokenTimeoutError)).limit, "deadlineMs");
      assertEquals(queued.timings.startedMs, undefined);
      blocker.cancel();
      await assertRejects(() => blocker, TokenCancelledError);
      assertEquals(await patient, 3);
      assertEquals(gate.stats().timeout, 2);
    });
  });

  test(`awaiting only observes: a waiter that is dropped changes nothing (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const token = gate.call(sleep, 10);
      assertEquals(await Promise.race([token, Promise.resolve("first")]), "first");
      assertEquals(await token, "slept");
      const caught = gate.call(fail, "range");
      assertEquals(await caught.catch(() => "caught"), "caught");
      let isFinal = false;
      assertEquals(await gate.call(add, 1, 1).finally(() => isFinal = true), 2);
      assert(isFinal);
    });
  });

  test(`close finishes what was called, refuses what comes, and ends its lanes (${kind})`, async () => {
    const gate = makeGate({ lanes: 2 });
    const tokens = Array.from({ length: 100 }, (_, n) => gate.call(add, n, n));
    const closed = gate.close();
    const error = assertThrows(() => gate.call(add, 1, 1), GateClosedError);
    assertEquals(error.code, "ERR_GATE_CLOSED");
    await closed;
    assert(tokens.every((token) => token.state === "completed"));
    const stats = gate.stats();
    assertEquals([stats.lanes, stats.refused, stats.completed], [0, 1, 100]);
    await gate.close();
    await assertRejects(() => gate.started(), GateClosedError);
  });

  test(`close without draining ends everything at once, the running function by its flag (${kind})`, async () => {
    const gate = makeGate({ lanes: 1, graceMs: 30_000 });
    const flag = makeWords(1, isShared);
    const running = gate.call(spinUntilAborted, flag);
    await changed(flag, 0, 0);
    const waiting = gate.call(add, 1, 2);
    await gate.close({ drain: false });
    assertEquals([running.state, waiting.state], ["killed", "killed"]);
    await assertRejects(() => running, GateClosedError);
    await assertRejects(() => waiting, GateClosedError);
    assertEquals(readWord(flag, 0), 2);
  });

  test(`close with a time limit finishes what it can and ends the rest (${kind})`, async () => {
    const gate = makeGate({ lanes: 1 });
    const first = gate.call(add, 1, 2);
    const endless = gate.call(sleep, 60_000);
    await first;
    await gate.close({ timeoutMs: 20 });
    assertEquals([first.state, endless.state], ["completed", "killed"]);
  });

  test(`gates share nothing (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (one) => {
      await using(makeGate({ lanes: 1 }), async (other) => {
        await one.call(add, 1, 2);
        await one.close();
        assertEquals(await other.call(add, 1, 2), 3);
        assertEquals(add.with({ gate: other }).name, "add");
        assertThrows(() => add.with({ gate: one })(1, 2), GateClosedError);
        assertEquals([one.stats().submitted, other.stats().submitted], [1, 1]);
      });
    });
  });

  test(`started() has all lanes ready before the first call (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      assertEquals(gate.stats().lanes, 0);
      await gate.started();
      assertEquals([gate.lanes, gate.stats().lanes], [2, 2]);
      assertEquals(await gate.call(add, 1, 2), 3);
    });
  });

  test(`a gate is disposed of asynchronously (${kind})`, async () => {
    const gate = makeGate({ lanes: 1 });
    const token = gate.call(add, 1, 2);
    await gate[Symbol.asyncDispose]();
    assertEquals(token.state, "completed");
  });
}
