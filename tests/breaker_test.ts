import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { readBreakerOptions } from "../lib/breaker_options.ts";
import {
  Breaker,
  type BreakerSettings,
  type BreakerState,
  countsAsFailure,
} from "../lib/gate/breaker.ts";
import { type BreakerPhase, PlainBreaker } from "./fixtures/plain_breaker.ts";
import { withWarnings } from "./fixtures/warnings.ts";

const SETTINGS: BreakerSettings = {
  failureRate: 0.5,
  minRuns: 4,
  windowMs: 1_000,
  windowRuns: 100,
  coolDownMs: 100,
  coolDownFactor: 2,
  maxCoolDownMs: 300,
  halfOpenProbes: 2,
  failureIf: undefined,
};

const settings: fc.Arbitrary<BreakerSettings> = fc.record({
  failureRate: fc.constantFrom(0, 0.25, 0.5, 0.9),
  minRuns: fc.integer({ min: 1, max: 5 }),
  windowMs: fc.integer({ min: 1, max: 200 }),
  windowRuns: fc.integer({ min: 5, max: 10 }),
  coolDownMs: fc.integer({ min: 1, max: 50 }),
  coolDownFactor: fc.constantFrom(1, 2, 3),
  maxCoolDownMs: fc.integer({ min: 50, max: 120 }),
  halfOpenProbes: fc.integer({ min: 1, max: 3 }),
  failureIf: fc.constant(undefined),
});
const step = fc.oneof(
  { weight: 10, arbitrary: fc.record({ action: fc.constant("call" as const), at: fc.nat(20) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      action: fc.constantFrom("success" as const, "failure" as const, "kill" as const),
      at: fc.nat(20),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      action: fc.constantFrom("isolate" as const, "reset" as const, "restore" as const),
      at: fc.nat(20),
    }),
  },
  { weight: 6, arbitrary: fc.record({ action: fc.constant("pass" as const), at: fc.nat(60) }) },
);

test("the breaker does what a slow and plain one does, whatever comes late", () => {
  fc.assert(
    fc.property(settings, fc.array(step, { maxLength: 120, size: "max" }), (settings, steps) => {
      const changes: BreakerState[] = [];
      const listen = (from: BreakerState, to: BreakerState): void => {
        assertEquals(from, changes.at(-1) ?? "closed");
        changes.push(to);
      };
      let breaker = new Breaker(settings, listen);
      const model = new PlainBreaker(settings);
      let calls: { generation: number; phase: BreakerPhase }[] = [];
      let nowMs = 10_000;
      for (const { action, at } of steps) {
        const call = calls[at % Math.max(1, calls.length)];
        if (action === "pass") nowMs += at;
        else if (action === "call") {
          const foretold = breaker.retryAfterMs(nowMs);
          const waitMs = breaker.admit(nowMs);
          assertEquals([waitMs, foretold], [model.admit(nowMs), waitMs]);
          if (waitMs === 0) calls.push({ generation: breaker.generation, phase: model.phase });
        } else if (action === "isolate") {
          breaker.isolate();
          if (model.phase.state !== "isolated") model.move("isolated", nowMs);
        } else if (action === "reset") {
          breaker.reset();
          model.move("closed", nowMs);
        } else if (action === "restore") {
          // As another process would: its runs, and the calls under way, are not known there.
          const data: unknown = JSON.parse(JSON.stringify(breaker));
          breaker = Breaker.fromJSON(settings, data, nowMs, listen);
          calls = [];
          if (model.phase.state === "half-open") changes.push("open");
          model.restore();
        } else if (call !== undefined) {
          calls = calls.filter((it) => it !== call);
          model.settle(call.phase, action, nowMs);
          if (action === "success") breaker.succeeded(nowMs, call.generation);
          else if (action === "failure") breaker.failed(nowMs, call.generation);
          else breaker.abandoned(call.generation);
        }
        assertEquals(breaker.state, model.phase.state);
        assertEquals(changes, model.changes);
      }
    }),
    { numRuns: 1_000 },
  );
});

/** Opens a breaker at a moment. */
function opened(atMs: number, breaker: Breaker = new Breaker(SETTINGS)): Breaker {
  for (let n = 0; n < SETTINGS.minRuns; n++) {
    assertEquals(breaker.admit(atMs), 0);
    breaker.failed(atMs, breaker.generation);
  }
  assertEquals(breaker.state, "open");
  return breaker;
}

test("it opens above the rate and not at it, and not before there are enough runs", () => {
  const breaker = new Breaker(SETTINGS);
  for (const isFailure of [true, true, false, false]) {
    if (isFailure) breaker.failed(0, 0);
    else breaker.succeeded(0, 0);
  }
  assertEquals(breaker.state, "closed");
  breaker.failed(1, 0);
  assertEquals([breaker.state, breaker.admit(1), breaker.admit(51)], ["open", 100, 50]);
});

test("after the cool-down there are so many probes at once, and when all succeed it closes", () => {
  const breaker = opened(0);
  assertEquals([breaker.admit(100), breaker.state], [0, "half-open"]);
  assertEquals([breaker.admit(100), breaker.admit(100)], [0, 100]);
  breaker.succeeded(101, breaker.generation);
  assertEquals([breaker.state, breaker.admit(101)], ["half-open", 100]);
  breaker.succeeded(102, breaker.generation);
  assertEquals([breaker.state, breaker.admit(102)], ["closed", 0]);
  // Closed with a clean sheet.
  breaker.failed(103, breaker.generation);
  assertEquals(breaker.state, "closed");
});

test("a probe that fails opens it again, for longer each time, up to the bound", () => {
  const breaker = opened(0);
  let nowMs = 0;
  for (const coolDownMs of [100, 200, 300, 300]) {
    assertEquals(breaker.admit(nowMs), coolDownMs);
    nowMs += coolDownMs;
    assertEquals(breaker.admit(nowMs), 0);
    breaker.failed(nowMs, breaker.generation);
  }
  nowMs += 300;
  for (let n = 0; n < 2; n++) {
    breaker.admit(nowMs);
    breaker.succeeded(nowMs, breaker.generation);
  }
  assertEquals(opened(nowMs, breaker).admit(nowMs), 100);
});

test("the place of a probe that was killed is free again", () => {
  const breaker = opened(0);
  assertEquals([breaker.admit(100), breaker.admit(100)], [0, 0]);
  breaker.abandoned(breaker.generation);
  assertEquals([breaker.state, breaker.admit(100), breaker.admit(100)], ["half-open", 0, 100]);
});

test("outcomes of calls admitted earlier neither close nor open it", () => {
  const breaker = new Breaker(SETTINGS);
  const early = breaker.generation;
  opened(0, breaker);
  assertEquals(breaker.admit(100), 0);
  const probe = breaker.generation;
  breaker.failed(101, early);
  breaker.succeeded(101, early);
  breaker.abandoned(early);
  assertEquals([breaker.state, breaker.admit(101), breaker.admit(101)], ["half-open", 0, 100]);
  breaker.failed(102, probe);
  assertEquals(breaker.admit(302), 0);
  breaker.succeeded(303, probe);
  assertEquals(breaker.admit(303), 0);
  breaker.succeeded(304, breaker.generation);
  assertEquals(breaker.state, "half-open");
});

test("isolated it refuses everything until it is reset, whatever comes back meanwhile", () => {
  const breaker = new Breaker(SETTINGS);
  const early = breaker.generation;
  breaker.isolate();
  breaker.isolate();
  breaker.succeeded(1, early);
  assertEquals([breaker.state, breaker.admit(1e9)], ["isolated", Infinity]);
  breaker.reset();
  assertEquals([breaker.state, breaker.admit(1e9)], ["closed", 0]);
  opened(1e9, breaker).reset();
  assertEquals(breaker.admit(1e9), 0);
});

test("each change of state is told once, when it is complete", () => {
  const changes: string[] = [];
  const breaker: Breaker = new Breaker(SETTINGS, (from, to) => {
    changes.push(`${from} > ${to}`);
    assertEquals(breaker.state, to);
  });
  opened(0, breaker);
  breaker.admit(100);
  breaker.failed(100, breaker.generation);
  breaker.isolate();
  breaker.reset();
  breaker.reset();
  assertEquals(changes, [
    "closed > open",
    "open > half-open",
    "half-open > open",
    "open > isolated",
    "isolated > closed",
  ]);
});

test("a breaker comes back from text as it was, and open for one cool-down at most", () => {
  const breaker = opened(1_000);
  const data: unknown = JSON.parse(JSON.stringify(breaker));
  assertEquals(data, { state: "open", openUntilMs: 1_100, coolDownMs: 100 });
  assertEquals(Breaker.fromJSON(SETTINGS, data, 1_040).admit(1_040), 60);
  assertEquals(Breaker.fromJSON(SETTINGS, data, 9_000).admit(9_000), 0);
  // A clock that was ahead when it was written.
  assertEquals(Breaker.fromJSON(SETTINGS, data, 10).admit(10), 100);
  const grown = { state: "open", openUntilMs: 1e6, coolDownMs: 1e6 };
  assertEquals(Breaker.fromJSON(SETTINGS, grown, 0).admit(0), SETTINGS.maxCoolDownMs);
  breaker.isolate();
  assertEquals(Breaker.fromJSON(SETTINGS, breaker.toJSON(), 0).admit(0), Infinity);
});

test("what is no breaker's data is refused, and says why", () => {
  const cases: [unknown, string][] = [
    [null, "received null"],
    ["closed", `received "closed"`],
    [[], `received undefined as "state"`],
    [{ state: "half-open", openUntilMs: 0, coolDownMs: 1 }, `received "half-open" as "state"`],
    [{ state: "open", coolDownMs: 1 }, `received undefined as "openUntilMs"`],
    [{ state: "open", openUntilMs: NaN, coolDownMs: 1 }, `received NaN as "openUntilMs"`],
    [{ state: "closed", openUntilMs: 0, coolDownMs: "1" }, `received "1" as "coolDownMs"`],
    [{ state: "closed", openUntilMs: 0, coolDownMs: -1 }, `received -1 as "coolDownMs"`],
  ];
  for (const [data, message] of cases) {
    assertThrows(() => Breaker.fromJSON(SETTINGS, data, 0), TypeError, message);
  }
  fc.assert(fc.property(fc.jsonValue(), (data) => {
    try {
      const breaker = Breaker.fromJSON(SETTINGS, data, 0);
      assert(["closed", "open", "isolated"].includes(breaker.state));
    } catch (error) {
      assert(error instanceof TypeError, String(error));
    }
  }));
});

test("failureIf says what counts; when it throws or says nothing clear, the error counts", () => {
  const asked: unknown[] = [];
  const settings = (failureIf: (error: unknown) => unknown): BreakerSettings => ({
    ...SETTINGS,
    failureIf: failureIf as (error: unknown) => boolean,
  });
  assert(countsAsFailure(SETTINGS, "any"));
  assert(!countsAsFailure(settings((error) => asked.push(error) === 0), "mine"));
  assertEquals(asked, ["mine"]);
  const thrower = settings(() => {
    throw new Error("no");
  });
  const unclear = settings(() => Promise.reject(new Error("no")));
  const warnings = withWarnings(() => {
    assert(countsAsFailure(thrower, 1) && countsAsFailure(thrower, 2));
    assert(countsAsFailure(unclear, 1));
  });
  assertEquals(warnings, [
    `TokenGate: "failureIf" threw; it counts as true`,
    `TokenGate: "failureIf" gave a promise, neither true nor false; it counts as true`,
  ]);
});

test("a breaker's options have defaults, and none is made unless asked for", () => {
  assertEquals(readBreakerOptions("x", undefined), undefined);
  assertEquals(readBreakerOptions("x", false), undefined);
  const defaults = {
    failureRate: 0.9,
    minRuns: 10,
    windowMs: 60_000,
    windowRuns: 256,
    coolDownMs: 30_000,
    coolDownFactor: 1,
    maxCoolDownMs: 300_000,
    halfOpenProbes: 1,
    failureIf: undefined,
  };
  assertEquals(readBreakerOptions("x", true), defaults);
  assertEquals(readBreakerOptions("x", {}), defaults);
  assertEquals(readBreakerOptions("x", { coolDownMs: 600_000 })?.maxCoolDownMs, 600_000);
  assertEquals(readBreakerOptions("x", { windowRuns: 3 })?.minRuns, 3);
});

test("a breaker's options are refused by name", () => {
  const refuse = (value: unknown, type: typeof TypeError | typeof RangeError, text: string): void =>
    void assertThrows(() => readBreakerOptions(`operation "f"`, value), type, text);
  refuse("on", TypeError, `options of the breaker of operation "f": received "on"`);
  refuse({ rate: 1 }, TypeError, `Cannot set "rate" of the breaker of operation "f"`);
  refuse({ failureRate: 1 }, RangeError, `"failureRate"`);
  refuse({ failureRate: "1" }, TypeError, `"failureRate"`);
  refuse({ minRuns: 300 }, RangeError, "a whole number from 1 to 256");
  refuse({ coolDownMs: Infinity }, RangeError, `"coolDownMs"`);
  refuse({ maxCoolDownMs: 1_000 }, RangeError, `"maxCoolDownMs"`);
  refuse({ coolDownFactor: 0.5 }, RangeError, `"coolDownFactor"`);
  refuse({ halfOpenProbes: 1.5 }, RangeError, `"halfOpenProbes"`);
  refuse({ failureIf: true }, TypeError, `"failureIf"`);
});
