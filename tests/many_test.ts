// Many calls at once: gate.all and gate.map. Random programs are in many_programs_test.ts.
import { test } from "node:test";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  DependencyError,
  GateClosedError,
  LaneCrashError,
  QueueFullError,
  TokenCancelledError,
  TokenGate,
  type TokenGateOptions,
  TokenTimeoutError,
} from "../mod.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { act, add, crash, fail, gated, identity, sleep } from "./fixtures/operations.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { addWord, changed, makeWords } from "./fixtures/words.ts";

checkNoLanesLeft();

const KINDS: Readonly<Record<string, TokenGateOptions>> = {
  ring: { lanes: 2 },
  frames: { lanes: 2, bridge: "frames" },
  processes: { ...PROCESS_LANES, lanes: 2 },
  "the caller's thread": { lanes: 0 },
};

function pairs(count: number): [a: number, b: number][] {
  return Array.from({ length: count }, (_, n) => [n, 1]);
}

/** Pairs, and what became of their source. */
class Source {
  pulled = 0;
  closed = 0;

  *pairs(count: number): Generator<[a: number, b: number]> {
    try {
      for (let n = 0; n < count; n++) {
        this.pulled++;
        yield [n, 1];
      }
    } finally {
      this.closed++;
    }
  }

  async *later(count: number): AsyncGenerator<[a: number, b: number]> {
    try {
      for (const pair of this.pairs(count)) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        yield pair;
      }
    } finally {
      await new Promise((resolve) => setTimeout(resolve, 1));
      this.closed++;
    }
  }
}

async function* fiveAndNoMore(): AsyncGenerator<[a: number, b: number]> {
  yield* pairs(5);
  await Promise.resolve();
  throw new SyntaxError("no more");
}

/** Nothing is on its way or waits any more. */
function assertIdle(gate: TokenGate): void {
  const { waiting, admitted, executing } = gate.stats();
  assertEquals([waiting, admitted, executing], [0, 0, 0]);
}

for (const [kind, options] of Object.entries(KINDS)) {
  test(`all gives the results in the order of the inputs (${kind})`, async () => {
    await using(new TokenGate(options), async (gate) => {
      assertEquals(await gate.all(add, []), []);
      const count = kind === "processes" ? 300 : 5_000;
      const results = await gate.all(add, pairs(count));
      assertEquals(results, Array.from({ length: count }, (_, n) => n + 1));
      assertEquals(gate.stats().completed, count);
    });
  });

  test(`all rejects with the first error, and by then has killed the others (${kind})`, async () => {
    await using(new TokenGate(options), async (gate) => {
      const starts = makeWords(100, kind !== "processes");
      const inputs = Array.from(
        { length: 50 },
        (_, n) => [starts, n, n === 3 ? "throw" : "wait", 40],
      );
      const error = await assertRejects(() => gate.all(act, inputs as never), RangeError);
      assertEquals(error.message, "thrown by 3");
      assertIdle(gate);
      const { submitted, failed, killed, completed } = gate.stats();
      assertEquals([submitted, failed], [50, 1]);
      assertEquals(killed + completed, 49);
      assert(killed > 0);
    });
  });

  test(`all leaves errors out, or tells them, as asked (${kind})`, async () => {
    await using(new TokenGate(options), async (gate) => {
      const starts = makeWords(10, kind !== "processes");
      const inputs = ["return", "throw", "return", "throw"].map((deed, n) => [starts, n, deed, 0]);
      assertEquals(await gate.all(act, inputs as never, { onError: "skip" }), [0, 2]);
      const settled = await gate.all(act, inputs as never, { onError: "settle" });
      assertEquals(settled.map(({ status }) => status), [
        "fulfilled",
        "rejected",
        "fulfilled",
        "rejected",
      ]);
      assertEquals(settled[0], { status: "fulfilled", value: 0 });
      assertInstanceOf((settled[1] as PromiseRejectedResult).reason, RangeError);
    });
  });

  test(`map gives results in order, or as they come, and never has more under way than its window (${kind})`, async () => {
    await using(new TokenGate(options), async (gate) => {
      for (const ordered of [true, false]) {
        for (const isLater of [true, false]) {
          const source = new Source();
          const inputs = isLater ? source.later(100) : source.pairs(100);
          const results: number[] = [];
          for await (const result of gate.map(add, inputs, { window: 7, ordered })) {
            results.push(result);
            assert(source.pulled - results.length <= 7, `${source.pulled} pulled`);
          }
          if (!ordered) results.sort((a, b) => a - b);
          assertEquals(results, Array.from({ length: 100 }, (_, n) => n + 1));
          assertEquals(source.closed, isLater ? 2 : 1);
          assertIdle(gate);
        }
      }
    });
  });

  test(`leaving the loop kills what is on its way, and closes the source (${kind})`, async () => {
    await using(new TokenGate(options), async (gate) => {
      for (const isLater of [true, false]) {
        const source = new Source();
        const inputs = isLater ? source.later(Infinity) : source.pairs(Infinity);
        let count = 0;
        for await (const result of gate.map(add, inputs, { window: 4 })) {
          assertEquals(result, ++count);
          if (count === 10) break;
        }
        assertIdle(gate);
        // Of one that has not answered the end is not waited for.
        while (source.closed < (isLater ? 2 : 1)) await new Promise((done) => setTimeout(done, 1));
      }
    });
  });

  test(`the first error in order is thrown after the results before it, and ends the map (${kind})`, async () => {
    await using(new TokenGate(options), async (gate) => {
      const starts = makeWords(100, kind !== "processes");
      let closed = false;
      function* inputs(): Generator<Parameters<typeof act>> {
        try {
          for (let n = 0;; n++) {
            yield [starts, n % 100, n === 2 ? "look" : n === 5 ? "throw" : "return", 20];
          }
        } finally {
          closed = true;
        }
      }
      const results: number[] = [];
      const error = await assertRejects(async () => {
        for await (const result of gate.map(act, inputs(), { window: 12 })) results.push(result);
      }, RangeError);
      assertEquals(error.message, "thrown by 5");
      assertEquals(results, [0, 1, 2, 3, 4]);
      assert(closed);
      assertIdle(gate);
    });
  });

  test(`what the source throws comes after the results of what it gave (${kind})`, async () => {
    await using(new TokenGate(options), async (gate) => {
      for (const ordered of [true, false]) {
        const results: number[] = [];
        await assertRejects(async () => {
          for await (const result of gate.map(add, fiveAndNoMore(), { ordered })) {
            results.push(result);
          }
        }, SyntaxError);
        assertEquals(results.sort(), [1, 2, 3, 4, 5]);
        assertIdle(gate);
      }
    });
  });

  test(`a map leaves errors out, or tells them, as asked (${kind})`, async () => {
    await using(new TokenGate(options), async (gate) => {
      const starts = makeWords(40, kind !== "processes");
      const inputs = Array.from(
        { length: 40 },
        (_, n): Parameters<typeof act> => [starts, n, n % 3 === 0 ? "throw" : "return", 0],
      );
      for (const ordered of [true, false]) {
        const skipped: number[] = [];
        const options = { ordered, window: 5, onError: "skip" } as const;
        for await (const result of gate.map(act, inputs, options)) skipped.push(result);
        skipped.sort((a, b) => a - b);
        assertEquals(skipped, inputs.map((_, n) => n).filter((n) => n % 3 !== 0));
        let failed = 0;
        for await (const result of gate.map(act, inputs, { ...options, onError: "settle" })) {
          if (result.status === "rejected") failed++;
          else assert(result.value % 3 !== 0);
        }
        assertEquals(failed, 14);
      }
    });
  });
}

test("a signal ends all and map, and the calls with it", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const inputs = Array.from({ length: 20 }, (): [number] => [60_000]);
    const all = gate.all(sleep, inputs, { signal: controller.signal });
    const map = gate.map(sleep, inputs, { signal: controller.signal });
    const next = map.next();
    assertEquals(gate.stats().submitted, 40);
    controller.abort(reason);
    for (const promise of [all, next]) {
      const error = await assertRejects(() => promise, TokenCancelledError);
      assertStrictEquals(error.cause, reason);
    }
    assertEquals(await map.next(), { done: true, value: undefined });
    assertEquals(gate.stats().killed, 40);
    // One that has aborted before: nothing is called.
    const late = { signal: controller.signal };
    await assertRejects(() => gate.all(sleep, inputs, late), TokenCancelledError);
    await assertRejects(() => gate.map(sleep, inputs, late).next(), TokenCancelledError);
    const bound = sleep.with(late);
    await assertRejects(() => gate.all(bound, inputs, { onError: "skip" }), TokenCancelledError);
    await assertRejects(
      () => gate.map(bound, inputs, { onError: "skip" }).next(),
      TokenCancelledError,
    );
    assertEquals(gate.stats().submitted, 40);
  });
});

test("a signal that aborts while the reader is busy is told when it reads on", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const controller = new AbortController();
    const source = new Source();
    const map = gate.map(add, source.pairs(50), { signal: controller.signal, window: 4 });
    assertEquals(await map.next(), { done: false, value: 1 });
    controller.abort();
    assertEquals(source.closed, 1);
    await assertRejects(() => map.next(), TokenCancelledError);
    assertEquals(await map.next(), { done: true, value: undefined });
  });
});

test("nothing is called before the first result is asked for, and a reader that is slow holds up the source", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    const source = new Source();
    const map = gate.map(add, source.pairs(100), { window: 3 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    assertEquals([source.pulled, gate.stats().submitted], [0, 0]);
    assertEquals(await map.next(), { done: false, value: 1 });
    while (gate.stats().completed < 4) await new Promise((resolve) => setTimeout(resolve, 1));
    assertEquals(source.pulled, 4);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assertEquals([source.pulled, gate.stats().submitted], [4, 4]);
    await map.return();
    assertEquals(source.closed, 1);
  });
});

test("results may be asked for ahead, and come in their order; leaving answers those who wait", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    const map = gate.map(add, pairs(5));
    const steps = await Promise.all(Array.from({ length: 7 }, () => map.next()));
    assertEquals(steps.map(({ value }) => value), [1, 2, 3, 4, 5, undefined, undefined]);
    const flag = makeWords(2, true);
    const waiting = gate.map(gated, [[flag], [flag]]);
    const next = waiting.next();
    await changed(flag, 0, 0);
    assertEquals(await waiting.return(), { done: true, value: undefined });
    assertEquals(await next, { done: true, value: undefined });
    assertEquals(await waiting.next(), { done: true, value: undefined });
    addWord(flag, 1);
    assertIdle(gate);
  });
});

test("a source that does not answer is not waited for when the loop is left", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    let isClosed = false;
    const source = {
      n: 0,
      [Symbol.asyncIterator]: () => source,
      next(): Promise<IteratorResult<[number, number]>> {
        return this.n++ > 0
          ? new Promise(() => {})
          : Promise.resolve({ done: false as const, value: [1, 1] });
      },
      return(): Promise<IteratorResult<[number, number]>> {
        isClosed = true;
        return new Promise(() => {});
      },
    };
    for await (const result of gate.map(add, source as AsyncIterable<[number, number]>)) {
      assertEquals(result, 2);
      break;
    }
    assert(isClosed);
  });
});

test("what a source throws when it is closed is thrown by leaving, and not in the place of an error", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    function* inputs(): Generator<[number, number]> {
      try {
        for (;;) yield [1, 1];
      } finally {
        // deno-lint-ignore no-unsafe-finally
        throw new SyntaxError("closed");
      }
    }
    await assertRejects(async () => {
      for await (const _ of gate.map(add, inputs())) break;
    }, SyntaxError);
    function* failing(): Generator<[string]> {
      for (const [n] of inputs()) yield [n === 1 ? "range" : ""];
    }
    await assertRejects(async () => {
      for await (const _ of gate.map(fail, failing()));
    }, RangeError);
  });
});

test("the lanes begin with a long list while it is made, and every result is in its place", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    await gate.started();
    const count = 5_000;
    const sums = gate.all(add, pairs(count));
    const { submitted, waiting } = gate.stats();
    assertEquals(submitted, count);
    assert(waiting < count, `all ${waiting} calls wait`);
    assertEquals(await sums, Array.from({ length: count }, (_, n) => n + 1));
    assertIdle(gate);
  });
});

test("an accessor among the arguments of a call may make a long list of calls, while that call is given out", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    await gate.started();
    // It is read when the call is made, and again when it is given out.
    const lists: Promise<number[]>[] = [];
    const grown: number[] = [];
    let reads = 0;
    const value = {
      first: 1,
      get second(): number {
        if (reads++ === 0) return 2;
        const before = gate.stats().waiting;
        lists.push(gate.all(add, pairs(3_000)));
        grown.push(gate.stats().waiting - before);
        return 2;
      },
      third: "x".repeat(2_000),
    };
    assertEquals(await gate.call(identity, value), { first: 1, second: 2, third: value.third });
    // Of one that was made meanwhile nothing was given out in between.
    assert(grown.includes(3_000), `${grown}`);
    const sums = Array.from({ length: 3_000 }, (_, n) => n + 1);
    for (const list of lists) assertEquals(await list, sums);
  });
});

test("a call that fails while a long list is made ends the whole, and nothing of it is left", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    await gate.started();
    const inputs = Array.from({ length: 20_000 }, (): [string] => ["range"]);
    await assertRejects(() => gate.all(fail, inputs), RangeError, "out of range");
    // Functions of calls that were killed may still run, but no token waits for them.
    const { submitted, failed, killed } = gate.stats();
    assert(submitted > 0);
    assertEquals(failed + killed, submitted);
    const skipped = await gate.all(fail, inputs.slice(0, 2_000), { onError: "skip" });
    assertEquals(skipped, []);
  });
});

test("tokens may be among the inputs", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    assertEquals(await gate.all(add, [[gate.call(add, 1, 1), gate.call(add, 2, 2)], [1, 2]]), [
      6,
      3,
    ]);
    const error = await assertRejects(
      () => gate.all(add, [[gate.call(fail, "range"), 1]]),
      DependencyError,
    );
    assertEquals((error.cause as Error).message, "out of range");
  });
});

test("a crash fails the calls it took, as a call by itself", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    const counts = makeWords(1, true);
    const settled = await gate.all(crash, [["process.exit", counts], ["process.exit", counts]], {
      onError: "settle",
    });
    for (const result of settled) {
      assertInstanceOf((result as PromiseRejectedResult).reason, LaneCrashError);
    }
    await assertRejects(async () => {
      for await (const _ of gate.map(crash, [["process.exit", counts]]));
    }, LaneCrashError);
  });
});

for (const whenFull of ["reject", "wait"] as const) {
  test(`all and map wait for room in a queue that is bounded (${whenFull})`, async () => {
    await using(new TokenGate({ lanes: 2, maxQueue: 3, whenFull }), async (gate) => {
      assertEquals(await gate.all(add, pairs(200)), pairs(200).map(([n]) => n + 1));
      for (const ordered of [true, false]) {
        let sum = 0;
        // A window larger than the queue.
        for await (const result of gate.map(add, pairs(200), { window: 50, ordered })) {
          sum += result;
        }
        assertEquals(sum, 20_100);
      }
      const { refused, waiting, queue } = gate.stats();
      assertEquals([refused, waiting, queue.reserved], [0, 0, 0]);
    });
  });
}

test("what waits for room in a full queue can be ended, and leaves nothing reserved", async () => {
  await using(new TokenGate({ lanes: 1, maxQueue: 2, whenFull: "wait" }), async (gate) => {
    gate.controls.pause();
    const controller = new AbortController();
    const all = gate.all(add, pairs(10), { signal: controller.signal });
    const map = gate.map(add, pairs(10));
    const next = map.next();
    await new Promise((resolve) => setTimeout(resolve, 5));
    assertThrows(() => gate.call(add, 1, 1), QueueFullError);
    controller.abort();
    await assertRejects(() => all, TokenCancelledError);
    assertEquals(await map.return(), { done: true, value: undefined });
    await next;
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { waiting, queue } = gate.stats();
    assertEquals([waiting, queue.reserved], [0, 0]);
  });
});

test("bytes of arguments count against the queue for all and map too; what can never fit is refused", async () => {
  await using(new TokenGate({ lanes: 1, maxQueueBytes: 1_000, whenFull: "wait" }), async (gate) => {
    const texts = Array.from({ length: 20 }, (_, n): [string] => [String(n % 10).repeat(400)]);
    assertEquals(await gate.all(identity, texts), texts.map(([text]) => text));
    const results: unknown[] = [];
    for await (const result of gate.map(identity, texts)) results.push(result);
    assertEquals(results, texts.map(([text]) => text));
    const large: [string][] = [["small"], ["x".repeat(2_000)]];
    await assertRejects(() => gate.all(identity, large), QueueFullError);
    const map = gate.map(identity, large, { onError: "skip" });
    assertEquals(await map.next(), { done: false, value: "small" });
    await assertRejects(() => map.next(), QueueFullError);
    assertEquals(gate.stats().queue.reserved, 0);
  });
});

test("a gate that closes ends all and map with its own error", async () => {
  const gate = new TokenGate({ lanes: 1 });
  const all = gate.all(sleep, [[60_000]], { onError: "throw" });
  const map = gate.map(sleep, [[60_000]]);
  const ends = Promise.all([
    assertRejects(() => all, GateClosedError),
    assertRejects(() => map.next(), GateClosedError),
  ]);
  await gate.close({ drain: false });
  await ends;
  await assertRejects(() => gate.all(add, pairs(1), { onError: "skip" }), GateClosedError);
  function* endless(): Generator<[number, number]> {
    for (;;) yield [1, 1];
  }
  // There would be no end to what is left out.
  const skipping = gate.map(add, endless(), { onError: "skip" });
  await assertRejects(() => skipping.next(), GateClosedError);
});

test("the settings of the operation hold for each call", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const quick = sleep.with({ timeoutMs: 20 });
    await assertRejects(() => gate.all(quick, [[60_000]]), TokenTimeoutError);
    const map = gate.map(quick, [[60_000]]);
    await assertRejects(() => map.next(), TokenTimeoutError);
  });
});

test("what is no operation, no source, no array of arguments, or no option is refused", async () => {
  await using(new TokenGate({ lanes: 0 }), async (gate) => {
    const any = gate as unknown as {
      all(...args: unknown[]): Promise<unknown>;
      map(...args: unknown[]): AsyncIterator<unknown>;
    };
    await assertRejects(() => any.all(() => 1, []), TypeError, "it is no operation");
    await assertRejects(() => any.all(add, 5), TypeError, "5");
    await assertRejects(() => any.all(add, [1, 2]), TypeError, "input 0: received 1");
    await assertRejects(() => any.all(add, [], { window: 2 }), TypeError, `"window"`);
    await assertRejects(() => any.all(add, [], { onError: "ignore" }), TypeError, `"skip"`);
    await assertRejects(() => any.all(add, [], { signal: 5 }), TypeError, "AbortSignal");
    assertThrows(() => any.map(() => 1, []), TypeError, "it is no operation");
    assertThrows(() => any.map(add, 5), TypeError, "cannot be iterated");
    assertThrows(() => any.map(add, [], { order: true }), TypeError, `"order"`);
    assertThrows(() => any.map(add, [], { ordered: 1 }), TypeError, `"ordered"`);
    assertThrows(() => any.map(add, [], { window: 0 }), RangeError, `"window"`);
    assertThrows(() => any.map(add, [], { window: 1.5 }), RangeError, `"window"`);
    const map = any.map(add, [[1, 1], "1", [2, 2]]);
    assertEquals(await map.next(), { done: false, value: 2 });
    await assertRejects(() => map.next(), TypeError, "input 1");
    assertEquals(await map.next(), { done: true, value: undefined });
    // What it gave before is killed with it.
    await assertRejects(() => any.all(add, [[1, 1], "1"]), TypeError, "input 1");
    assertIdle(gate);
  });
});

test("members of all can be seen and killed like any call, and what is killed fails its all", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    gate.controls.pause();
    const all = gate.all(add, pairs(3));
    const [first] = gate.controls.live();
    const result = first!.then((value) => value);
    gate.controls.resume();
    assertEquals(await all, [1, 2, 3]);
    assertEquals(await result, 1);
    gate.controls.pause();
    const killed = gate.all(add, pairs(3));
    assert(gate.controls.kill(gate.controls.live()[1]!.id, "test"));
    const error = await assertRejects(() => killed, TokenCancelledError);
    assertEquals(error.cause, "test");
  });
});
