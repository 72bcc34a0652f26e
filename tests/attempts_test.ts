import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { LaneCrashError, TokenTimeoutError } from "../lib/errors.ts";
import { keepAttempt, MOST_KEPT, withAttempts } from "../lib/gate/attempts.ts";

/** The messages of an error and its causes. */
function story(error: unknown): string[] {
  const told: string[] = [];
  for (let link = error; link !== undefined; link = (link as { cause?: unknown }).cause) {
    told.push(link instanceof Error ? link.message : String(link));
    assert(told.length < 200, "the chain has no end");
  }
  return told;
}

test("behind the last error come those of the attempts before, newest first", () => {
  const last = new Error("third");
  assertStrictEquals(withAttempts(last, [new Error("first"), new RangeError("second")]), last);
  assertEquals(story(last), ["third", "second", "first"]);
  assertEquals(Object.keys(last), []);
});

test("an error keeps its own cause, and the attempt before comes behind that", () => {
  const reset = Object.assign(new Error("reset"), { code: "ECONNRESET" });
  const last = new TypeError("fetch failed", { cause: reset });
  withAttempts(last, [new Error("first", { cause: new Error("why") }), new Error("second")]);
  assertStrictEquals(last.cause, reset);
  assertEquals(story(last), ["fetch failed", "reset", "second", "first", "why"]);
});

test("an error with nothing as its cause has room for one", () => {
  const last = new Error("last", { cause: undefined });
  assertEquals(story(withAttempts(last, [new Error("first")])), ["last", "first"]);
});

test("what is no error, or cannot be changed, stays as it is", () => {
  const first = new Error("first");
  const frozen = Object.freeze(new Error("frozen"));
  const readsItself = Object.defineProperty(new Error("getter"), "cause", {
    configurable: true,
    get(): never {
      throw new Error("read");
    },
  });
  const refuses = new Proxy(new Error("proxy"), {
    getOwnPropertyDescriptor(): never {
      throw new Error("trapped");
    },
  });
  for (const last of ["text", undefined, null, 7, { status: 500 }, frozen, readsItself, refuses]) {
    const before = typeof last === "object" && last !== null && last !== refuses
      ? JSON.stringify(Object.getOwnPropertyNames(last))
      : "";
    assertStrictEquals(withAttempts(last, [first]), last);
    if (last === readsItself) {
      assert(Object.getOwnPropertyDescriptor(last, "cause")?.get !== undefined);
    }
    if (before !== "") assertEquals(JSON.stringify(Object.getOwnPropertyNames(last)), before);
  }
  assertEquals(first.cause, undefined);
});

test("the chain ends with what can have no cause", () => {
  const last = new Error("third");
  withAttempts(last, [new Error("first"), "second"]);
  assertEquals(story(last), ["third", "second"]);
  const ends = new Error("last", { cause: "a text" });
  assertEquals(story(withAttempts(ends, [new Error("first")])), ["last", "a text"]);
});

test("an error that is thrown again is not made its own cause", () => {
  const same = new Error("same");
  assertEquals(story(withAttempts(same, [same, same])), ["same"]);
  const root = new Error("root");
  const last = new Error("last", { cause: root });
  withAttempts(last, [new Error("first"), new Error("second", { cause: root })]);
  assertEquals(story(last), ["last", "root", "first"]);
  const circle = new Error("circle");
  circle.cause = new Error("half", { cause: circle });
  const half = circle.cause as Error;
  withAttempts(circle, [new Error("first")]);
  assertStrictEquals(half.cause, circle);
});

test("nothing is put behind the cause of an error of the gate, which others may share", () => {
  const shared = new Error("the lane's end");
  const crash = new LaneCrashError("lost", { lane: 1, cause: shared });
  assertEquals(story(withAttempts(crash, [new Error("first")])), ["lost", "the lane's end"]);
  assertEquals(Object.hasOwn(shared, "cause"), false);
  const last = new Error("last");
  withAttempts(last, [new Error("first"), crash]);
  assertEquals(story(last), ["last", "lost", "the lane's end"]);
  // Without a cause there is nothing to be shared.
  const late = new TokenTimeoutError("late", { limit: "timeoutMs", limitMs: 5 });
  assertEquals(story(withAttempts(late, [new Error("first")])), ["late", "first"]);
});

test("the chain does not grow without end, and loses the oldest attempts", () => {
  const attempt = (name: string): Error => {
    let error = new Error(`${name}: root`);
    for (let n = 0; n < 19; n++) error = new Error(`${name}: ${n}`, { cause: error });
    return error;
  };
  const errors = Array.from({ length: 8 }, (_, n) => attempt(`attempt ${n}`));
  const told = story(withAttempts(errors.pop(), errors));
  assertEquals([told.length, told[0], told.at(-1)], [60, "attempt 7: 18", "attempt 5: root"]);
  let long = new Error("root");
  for (let n = 0; n < 100; n++) long = new Error(`${n}`, { cause: long });
  assertEquals(story(withAttempts(long, [new Error("first")])).length, 101);
});

test("whatever was thrown, the last error keeps its causes, and no chain becomes endless", () => {
  const thrown = fc.array(fc.record({ links: fc.array(fc.nat(11), { maxLength: 5 }) }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(fc.property(thrown, (attempts) => {
    // Errors that may share causes, some of them frozen, some with a text as their cause.
    const pool = Array.from({ length: 12 }, (_, n): Error => {
      const error = new Error(`pool ${n}`, n % 5 === 4 ? { cause: "text" } : {});
      return n % 6 === 5 ? Object.freeze(error) : error;
    });
    const errors = attempts.map(({ links }, n) => {
      let cause: unknown;
      for (const link of links.toSorted((a, b) => b - a)) {
        const error = pool[link]!;
        if (error.cause === undefined && error !== cause && Object.isExtensible(error)) {
          if (cause !== undefined) error.cause = cause;
        }
        cause = error;
      }
      return new Error(`attempt ${n}`, cause === undefined ? {} : { cause });
    });
    const last = errors.pop()!;
    const before = story(last);
    withAttempts(last, errors);
    const after = story(last);
    assertEquals(after.slice(0, before.length), before);
  }));
});

test("so many errors are kept, the last ones", () => {
  let kept: unknown[] | undefined;
  for (let n = 0; n < MOST_KEPT + 3; n++) kept = keepAttempt(kept, n);
  assertEquals(kept, Array.from({ length: MOST_KEPT }, (_, n) => n + 3));
  assertEquals(keepAttempt(undefined, undefined), [undefined]);
});
