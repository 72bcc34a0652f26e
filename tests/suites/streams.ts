// Streams and progress, as every kind of lanes must have them. The same file runs on Deno, Bun and Node.
import { test } from "node:test";
import process from "node:process";
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import {
  GateClosedError,
  LaneCrashError,
  NotCloneableError,
  PayloadTooLargeError,
  TokenCancelledError,
  TokenGate,
  type TokenGateOptions,
  TokenTimeoutError,
} from "../../mod.ts";
import { using } from "../fixtures/no_lanes_left.ts";
import { add, sleep } from "../fixtures/operations.ts";
import * as streams from "../fixtures/stream_operations.ts";
import { addWord, changed, makeWords, readWord } from "../fixtures/words.ts";

const { count, endsBy, made, madeSlowly } = streams;

/** What a slow reader of a long stream keeps in memory is tested with more by TOKENGATE_STREAM_ITEMS=1000000. */
const longStream = Number(process.env.TOKENGATE_STREAM_ITEMS ?? 3_000);

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(1);
}

async function readAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function numbers(to: number): number[] {
  return Array.from({ length: to }, (_, n) => n);
}

/**
 * @param kind what is tested, in the names of the tests
 * @param defaults options that make it
 */
export function streamsSuite(kind: string, defaults: TokenGateOptions): void {
  const isShared = defaults.isolation !== "process";
  const isCaller = defaults.lanes === 0;
  const makeGate = (options: TokenGateOptions = {}): TokenGate =>
    new TokenGate({ lanes: 1, ...defaults, ...options, ...(isCaller ? { lanes: 0 } : {}) });

  test(`a stream gives its items in order, each once, and its token what the generator returns (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      for (const length of [0, 1, 63, 64, 65, 1_000]) {
        const token = gate.call(count, length);
        assertEquals(await readAll(token), numbers(length));
        assertEquals(await token, `${length} in all`);
        assertEquals(token.state, "completed");
        // Each item is read once.
        assertEquals(await readAll(token), []);
      }
      const { completed, failed, killed } = gate.stats();
      assertEquals([completed, failed, killed], [6, 0, 0]);
    });
  });

  test(`the return value is also the end of the reader, and what comes after is nothing (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const reader = gate.call(count, 2)[Symbol.asyncIterator]();
      const steps = await Promise.all(numbers(5).map(() => reader.next()));
      assertEquals(steps, [
        { done: false, value: 0 },
        { done: false, value: 1 },
        { done: true, value: "2 in all" },
        { done: true, value: undefined },
        { done: true, value: undefined },
      ]);
      assertEquals(await reader.return!(), { done: true, value: undefined });
    });
  });

  test(`a generator is never further ahead of its reader than its window (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const words = makeWords(2, isShared);
      const length = isShared ? longStream : 300;
      let read = 0;
      let most = 0;
      for await (const n of gate.call(made, words, length)) {
        assertEquals(n, read++);
        most = Math.max(most, readWord(words, 0) - read);
        // Slow, and now and then so slow that the generator does all it may.
        if (read % 100 === 0) await pause(1);
      }
      assertEquals([read, readWord(words, 0)], [length, length]);
      assertLessOrEqual(most, 8);
      assertGreaterOrEqual(most, 1);
    });
  });

  test(`what nobody reads is made up to the window, and read later (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const words = makeWords(2, isShared);
      const token = gate.call(made, words, 20);
      await until(() => readWord(words, 0) > 7);
      await pause(20);
      assertEquals([readWord(words, 0), token.state], [8, "executing"]);
      assertEquals(await readAll(token), numbers(20));
    });
  });

  test(`leaving the loop kills the token, and the generator's finally blocks run (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      for (const operation of [made, madeSlowly]) {
        const words = makeWords(2, isShared);
        const token = gate.call(operation as typeof madeSlowly, words, 1_000, 1);
        for await (const n of token) if (n === 3) break;
        assertEquals(token.state, "killed");
        const error = await assertRejects(() => token, TokenCancelledError);
        assertEquals(error.cause, "the reader of its items has left");
        await until(() => readWord(words, 1) > 0);
        assertLessOrEqual(readWord(words, 0), 4 + 8);
        await until(() => gate.stats().late > 0);
      }
      // The lane is the same, and free.
      assertEquals(await gate.call(add, 1, 2), 3);
      assertEquals(gate.stats().crashes, 0);
    });
  });

  test(`a token that is cancelled, or aborted, ends its generator and its reader (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      for (const how of ["cancel", "signal"] as const) {
        const words = makeWords(2, isShared);
        const controller = new AbortController();
        const token = gate.call(madeSlowly.with({ signal: controller.signal }), words, 1_000, 1);
        const items: number[] = [];
        const error = await assertRejects(async () => {
          for await (const n of token) {
            items.push(n);
            if (n !== 2) continue;
            if (how === "cancel") token.cancel("enough");
            else controller.abort("enough");
          }
        }, TokenCancelledError);
        assertEquals(error.cause, "enough");
        // What had come before is read first.
        assertEquals(items, numbers(items.length));
        assertEquals(token.state, "killed");
        await until(() => readWord(words, 1) > 0);
      }
      assertEquals(await gate.call(add, 1, 2), 3);
    });
  });

  test(`a generator that waits for its reader is ended by a time limit, too (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      for (const limit of ["timeoutMs", "deadlineMs"] as const) {
        const words = makeWords(2, isShared);
        const token = gate.call(made.with({ [limit]: 60 }), words, 1_000);
        const reader = token[Symbol.asyncIterator]();
        assertEquals(await reader.next(), { done: false, value: 0 });
        await until(() => token.state === "timeout");
        const items: number[] = [0];
        const error = await assertRejects(async () => {
          for await (const n of token) items.push(n);
        }, TokenTimeoutError);
        assertEquals(error.limit, limit);
        assertEquals(items, numbers(items.length));
        await until(() => readWord(words, 1) > 0);
      }
      assertEquals(await gate.call(add, 1, 2), 3);
    });
  });

  test(`what a generator throws comes after its items, and in its class (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      for (const after of [0, 1, 100]) {
        const token = gate.call(endsBy, "throw", after);
        const items: number[] = [];
        const error = await assertRejects(async () => {
          for await (const n of token) items.push(n);
        }, RangeError);
        assertEquals(error.message, `after ${after}`);
        assertEquals(items, numbers(after));
        assertEquals(token.state, "failed");
        await assertRejects(() => token, RangeError);
      }
    });
  });

  test(`readers of one stream share its items, and may ask for them ahead (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const token = gate.call(count, 200);
      assertStrictEquals(token[Symbol.asyncIterator](), token[Symbol.asyncIterator]());
      const [one, two] = await Promise.all([readAll(token), readAll(token)]);
      assertEquals([...one!, ...two!].sort((a, b) => a - b), numbers(200));
    });
  });

  test(`what waits for a reader keeps no lane from others: readers may call for each item (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const tokens = numbers(5).map(() => gate.call(count, 300));
      const sums = await Promise.all(tokens.map(async (token) => {
        let sum = 0;
        for await (const n of token) sum += n % 50 === 0 ? await gate.call(add, n, 1) : n;
        return sum;
      }));
      assertEquals(sums, tokens.map(() => 44_850 + 6));
      // Many more than a lane holds calls at once, all waiting.
      const waiting = numbers(40).map(() => gate.call(made, makeWords(2, isShared), 20));
      const readers = waiting.map((token) => token[Symbol.asyncIterator]());
      for (const reader of readers) assertEquals(await reader.next(), { done: false, value: 0 });
      assertEquals(await gate.call(add, 1, 2), 3);
      for (const token of waiting) assertEquals((await readAll(token)).length, 19);
    });
  });

  test(`an item that cannot be sent ends the stream by name, after those before it (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const token = gate.call(streams.yieldsFunction);
      const items: unknown[] = [];
      const error = await assertRejects(async () => {
        for await (const item of token) items.push(item);
      }, NotCloneableError);
      assert(error.message.includes(`an item of "yieldsFunction"`), error.message);
      assertEquals(items, [1]);
    });
  });

  test(`items arrive as results do: copied, awaited, revived (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const items = [1, "text", null, undefined, { a: [new Date(5)] }, new Map([[1, 2]]), [1n]];
      assertEquals(await readAll(gate.call(streams.yieldsAll, items)), items);
      const promised: number[] = [];
      await assertRejects(async () => {
        for await (const n of gate.call(streams.yieldsPromises)) promised.push(n);
      }, RangeError);
      assertEquals(promised, [1, 2]);
      const token = gate.call(streams.yieldsBoxes, 3);
      const boxes = await readAll(token);
      assertEquals(boxes.map(({ box }) => box.content), [0, 1, 2]);
      assertInstanceOf(boxes[0]!.box, streams.Box);
      assertInstanceOf(token.progress.latest, streams.Box);
    });
  });

  test(`a function that gives a generator, at once or later, is a stream as well (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      for (const isLater of [false, true]) {
        assertEquals(await readAll(gate.call(streams.givesGenerator, 200, isLater)), numbers(200));
      }
    });
  });

  test(`items keep the context of their call, whoever reads them when (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const tokens = numbers(3).map(() => gate.call(streams.contextsOfItems, 20));
      const items = await Promise.all(tokens.map((token) => readAll(token)));
      for (const [index, token] of tokens.entries()) {
        assertEquals(items[index], numbers(20).map(() => ({ id: token.id, aborted: false })));
      }
    });
  });

  test(`a stream is tried again only as long as none of its items has come (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const words = makeWords(1, isShared);
      const token = gate.call(streams.failsFirst, words, 2, 3);
      const items: number[] = [];
      const error = await assertRejects(async () => {
        for await (const n of token) items.push(n);
      }, RangeError);
      assertEquals(error.message, "at last");
      assertEquals([items, token.attempts.length], [[0, 1, 2], 2]);
      assertEquals(readWord(words, 0), 3);
    });
  });

  test(`a gate that closes ends its streams, read or not (${kind})`, async () => {
    const gate = makeGate();
    const words = makeWords(2, isShared);
    const token = gate.call(made, words, 1_000);
    const reader = token[Symbol.asyncIterator]();
    await reader.next();
    await until(() => readWord(words, 0) > 7);
    await gate.close({ drain: false });
    await assertRejects(async () => {
      for (;;) await reader.next();
    }, GateClosedError);
    assertEquals(token.state, "killed");
  });

  test(`streams are finished by a gate that is closed, as they are read (${kind})`, async () => {
    const gate = makeGate();
    const token = gate.call(count, 500);
    const closed = gate.close();
    assertEquals((await readAll(token)).length, 500);
    await closed;
  });

  test(`a token that is no stream cannot be read as one, nor a stream where only results are (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const token = gate.call(add, 1, 2) as unknown as AsyncIterable<number>;
      await assertRejects(() => readAll(token), TypeError, "is no generator");
      const late = gate.call(add, 1, 2);
      await late;
      await assertRejects(
        () => readAll(late as unknown as AsyncIterable<number>),
        TypeError,
        "is no generator",
      );
      const any = gate as unknown as { all(...args: unknown[]): Promise<unknown> };
      await assertRejects(() => any.all(count, [[3]]), TypeError, "is a generator");
      assertEquals(gate.stats().submitted, 2);
      // Of one that was not declared nobody knows before.
      await assertRejects(
        () => any.all(streams.givesGenerator, [[3, false]]),
        TypeError,
        "is a generator",
      );
    });
  });

  test(`an unread stream that fails is an unhandled rejection no more than once it is read (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const token = gate.call(endsBy, "throw", 3);
      const reader = token[Symbol.asyncIterator]();
      await until(() => token.state === "failed");
      for (let n = 0; n < 3; n++) assertEquals(await reader.next(), { done: false, value: n });
      await assertRejects(() => reader.next(), RangeError);
    });
  });

  test(`a function tells its progress: the first at once, the last at the latest with its end (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const token = gate.call(streams.reports, 20, 10);
      assertEquals(token.progress.latest, undefined);
      const seen: number[] = [];
      for await (const value of token.progress) seen.push((value as { n: number }).n);
      assertEquals(await token, "done");
      assertEquals(seen, [...new Set(seen)].sort((a, b) => a - b));
      assertEquals([seen[0], seen.at(-1)], [1, 20]);
      assertEquals(token.progress.latest, { n: 20 });
      // Who comes later sees the latest, and the end.
      assertEquals(await readAll(token.progress), [{ n: 20 }]);
      // Nobody need look.
      assertEquals(await gate.call(streams.reports, 3, 0), "done");
    });
  });

  test(`progress is what it was when it was told, and an error of the call is not seen by looking on (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const words = makeWords(2, isShared);
      const token = gate.call(streams.reportsAndWaits, words, "throw");
      await changed(words, 0, 0);
      await until(() => isStep(token.progress.latest));
      assertEquals(token.progress.latest, { step: "waiting" });
      addWord(words, 1);
      await readAll(token.progress);
      await assertRejects(() => token, RangeError);
      const killed = gate.call(streams.reportsAndWaits, makeWords(2, isShared), "long");
      const seen: unknown[] = [];
      for await (const value of killed.progress) {
        seen.push(value);
        killed.cancel();
      }
      assertEquals(seen.length, 1);
      assertEquals(await gate.call(streams.reportsFunction), "ERR_NOT_CLONEABLE");
    });
  });

  // There nothing is inside of anything: calls of operations are calls of the program.
  if (isCaller) return;

  test(`a stream is read inside of an operation, and left there (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      assertEquals(await gate.call(streams.sumOf, 200, 1_000), 19_900);
      assertEquals(await gate.call(streams.sumOf, 200, 10), 45);
    });
  });

  test(`an operation inside of another has a progress of its own (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const token = gate.call(streams.reportsInside);
      const seen = await token as number[];
      assertEquals(seen.at(-1), 3);
      assertEquals(token.progress.latest, "outside");
    });
  });

  test(`a loop may tell its progress a million times: what comes is little, and the latest (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const token = gate.call(streams.reportsBusily, 200);
      const seen: unknown[] = [];
      for await (const value of token.progress) seen.push(value);
      const last = await token;
      assertEquals(seen.at(-1), last);
      assertLessOrEqual(seen.length, 6);
      assertGreaterOrEqual(seen.length, 2);
    });
  });

  test(`a crash rejects the reader, after the items that had come (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const token = gate.call(endsBy, "exit", 100);
      const items: number[] = [];
      const error = await assertRejects(async () => {
        for await (const n of token) items.push(n);
      }, LaneCrashError);
      assertEquals(error.exitCode, 5);
      assertEquals(items, numbers(100));
      // The next lane has it all anew.
      assertEquals((await readAll(gate.call(count, 100))).length, 100);
    });
  });

  test(`a generator that does not end when it is told to is ended with its lane (${kind})`, async () => {
    const canStop = !("Deno" in globalThis) || !isShared;
    await using(makeGate({ graceMs: 50 }), async (gate) => {
      for (const how of canStop ? ["wait", "look", "spin"] : ["wait", "look"]) {
        const token = gate.call(endsBy, how, 3);
        for await (const n of token) if (n === 2) break;
        assertEquals(token.state, "killed");
        assertEquals(await gate.call(add, 1, 2), 3);
      }
      await until(() => gate.stats().stranded === 0);
    });
  });

  test(`streams of several lanes are made at the same time (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      const tokens = numbers(6).map(() => gate.call(madeSlowly, makeWords(2, isShared), 10, 1));
      const items = await Promise.all(tokens.map((token) => readAll(token)));
      assertEquals(items, tokens.map(() => numbers(10)));
    });
  });

  test(`limits of size hold for each item, and memory is moved (${kind})`, async () => {
    await using(makeGate({ maxPayloadBytes: 1_000 }), async (gate) => {
      const texts = ["small", "x".repeat(2_000), "never"];
      const items: unknown[] = [];
      const token = gate.call(streams.yieldsAll.with({}), [1, 2]);
      assertEquals(await readAll(token), [1, 2]);
      await assertRejects(async () => {
        for await (const text of gate.run(yieldsText, [texts[1]!.length])) items.push(text);
      }, PayloadTooLargeError);
      assertEquals(items, ["small"]);
    });
    if (!isShared) return;
    await using(makeGate(), async (gate) => {
      const items = await readAll(gate.call(streams.yieldsMemory, [10, 100_000]));
      assertEquals(items.map((bytes) => [bytes.length, bytes.at(-1)]), [[10, 7], [100_000, 7]]);
    });
  });

  test(`a lane that is recycled finishes its streams first (${kind})`, async () => {
    await using(makeGate(), async (gate) => {
      const token = gate.call(count, 300);
      const reader = token[Symbol.asyncIterator]();
      await reader.next();
      const reloaded = gate.reload();
      assertEquals((await readAll(token)).length, 299);
      await reloaded;
      assertEquals(await gate.call(sleep, 1), "slept");
    });
  });
}

function* yieldsText(length: number): Generator<string, void, undefined> {
  yield "small";
  yield "x".repeat(length);
  yield "never";
}

function isStep(value: unknown): boolean {
  return typeof value === "object" && value !== null && "step" in value;
}
