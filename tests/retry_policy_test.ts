import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { delayMs, type RetryPolicy, wantsRetry } from "../lib/gate/retry_policy.ts";
import { readRetryOptions, type RetryOptions } from "../lib/retry_options.ts";
import { RandomSource } from "../lib/runtime/random.ts";
import { withWarnings } from "./fixtures/warnings.ts";

function policy(options: RetryOptions = {}): RetryPolicy {
  return readRetryOptions(`operation "f"`, options)!;
}

/** The delays after the first attempts. */
function delays(options: RetryOptions, attempts: number, seed: number): number[] {
  const read = policy(options);
  const random = new RandomSource(seed);
  const all: number[] = [];
  for (let n = 1; n <= attempts; n++) all.push(delayMs(read, n, all.at(-1) ?? 0, random));
  return all;
}

test("without jitter the delay is constant, exponential or what a function says, up to its bound", () => {
  const base = { delayMs: 10, jitter: "none", maxDelayMs: 100 } as const;
  assertEquals(delays({ ...base, backoff: "constant" }, 3, 1), [10, 10, 10]);
  assertEquals(delays(base, 5, 1), [10, 20, 40, 80, 100]);
  assertEquals(delays({ ...base, factor: 3 }, 3, 1), [10, 30, 90]);
  assertEquals(delays({ ...base, backoff: (attempt) => attempt ** 3 }, 5, 1), [1, 8, 27, 64, 100]);
  assertEquals(delays({ ...base, delayMs: 0 }, 3, 1), [0, 0, 0]);
});

const options: fc.Arbitrary<RetryOptions> = fc.record({
  delayMs: fc.oneof(fc.constant(0), fc.nat(86_400_000), fc.double({ min: 0, max: 5, noNaN: true })),
  factor: fc.double({ min: 1, max: 100, noNaN: true }),
  jitter: fc.constantFrom(
    "none" as const,
    "full" as const,
    "equal" as const,
    "decorrelated" as const,
  ),
  beyondMs: fc.nat(1_000),
}).map(({ delayMs, factor, jitter, beyondMs }) => ({
  delayMs,
  factor,
  jitter,
  maxDelayMs: Math.min(delayMs + beyondMs, 86_400_000),
}));

test("each delay is a number within the bounds of its jitter, however many attempts there were", () => {
  fc.assert(fc.property(options, fc.nat(), (options, seed) => {
    const { delayMs: firstMs = 0, factor = 1, jitter, maxDelayMs = 0 } = options;
    let previousMs = 0;
    delays(options, 99, seed).forEach((ms, at) => {
      const whole = firstMs === 0 ? 0 : Math.min(firstMs * factor ** at, maxDelayMs);
      const most = jitter === "decorrelated"
        ? Math.min(Math.max(firstMs, previousMs) * factor, maxDelayMs)
        : whole;
      const least = { none: whole, full: 0, equal: whole / 2, decorrelated: firstMs }[jitter!];
      const slack = maxDelayMs * 1e-12 + 1e-300;
      assert(ms >= least - slack && ms <= most + slack, `${ms} is not from ${least} to ${most}`);
      assert(ms >= 0 && ms <= maxDelayMs);
      previousMs = ms;
    });
  }));
});

test("jitter spreads the delays over all of its range, and a seed replays them", () => {
  const spread = (jitter: RetryOptions["jitter"]): [number, number] => {
    const all = Array.from(
      { length: 400 },
      (_, seed) => delays({ delayMs: 100, jitter: jitter! }, 1, seed)[0]!,
    );
    return [Math.min(...all), Math.max(...all)].map(Math.round) as [number, number];
  };
  const assertSpread = (jitter: RetryOptions["jitter"], low: number, high: number): void => {
    const [least, most] = spread(jitter);
    const slack = (high - low) / 20;
    assert(least >= low && least <= low + slack && most <= high && most >= high - slack);
  };
  assertSpread("full", 0, 100);
  assertSpread("equal", 50, 100);
  assertSpread("decorrelated", 100, 300);
  assertEquals(delays({}, 9, 7), delays({}, 9, 7));
  assert(delays({}, 9, 7)[3] !== delays({}, 9, 8)[3]);
});

test("a backoff function that throws, or gives no number, counts as the first delay, and is told of once", () => {
  const thrower = (): number => {
    throw new Error("no");
  };
  const answers: unknown[] = [NaN, "5", undefined, -5, Infinity, 7];
  const nonsense = (attempt: number): number => answers[attempt - 1] as number;
  const options = { delayMs: 50, maxDelayMs: 100 };
  const warnings = withWarnings(() => {
    assertEquals(delays({ ...options, backoff: thrower }, 2, 1), [50, 50]);
    assertEquals(delays({ ...options, backoff: nonsense }, 6, 1), [50, 50, 50, 0, 100, 7]);
  });
  assertEquals(warnings, [
    `TokenGate: "backoff" threw; 50 is taken`,
    `TokenGate: "backoff" gave NaN, not a number; 50 is taken`,
  ]);
});

test("there are as many attempts as the policy says, and one without a policy", () => {
  const three = policy({ attempts: 3 });
  const tried = (policy: RetryPolicy | undefined): number => {
    let attempt = 1;
    while (wantsRetry(policy, false, false, new Error("no"), attempt)) attempt++;
    return attempt;
  };
  assertEquals([tried(three), tried(policy({ attempts: 1 })), tried(undefined)], [3, 1, 1]);
  assertEquals(tried(policy()), 3);
});

test("what was lost with its lane is repeated only if that does no harm", () => {
  const lost = (isIdempotent: boolean): boolean =>
    wantsRetry(policy(), isIdempotent, true, new Error("lost"), 1);
  assertEquals([lost(false), lost(true)], [false, true]);
});

test("retryIf decides by the error and the attempt, and is not asked where it has no say", () => {
  const asked: unknown[][] = [];
  const retries = policy({
    attempts: 3,
    retryIf: (...args) => {
      asked.push(args);
      return args[0] === "again";
    },
  });
  assert(wantsRetry(retries, false, false, "again", 1));
  assert(!wantsRetry(retries, false, false, "no more", 2));
  assertEquals(asked, [["again", 1], ["no more", 2]]);
  assert(!wantsRetry(retries, false, false, "again", 3));
  assert(!wantsRetry(retries, false, true, "again", 1));
  assertEquals(asked.length, 2);
});

test("a retryIf that throws, or says nothing clear, counts as no", () => {
  const thrower = policy({
    retryIf: () => {
      throw new Error("no");
    },
  });
  const asynchronous = policy({ retryIf: (async () => await true) as never });
  const warnings = withWarnings(() => {
    assert(!wantsRetry(thrower, true, false, "x", 1));
    assert(!wantsRetry(asynchronous, true, false, "x", 1));
    assert(!wantsRetry(asynchronous, true, false, "x", 1));
  });
  assertEquals(warnings, [
    `TokenGate: "retryIf" threw; it counts as false`,
    `TokenGate: "retryIf" gave a promise, neither true nor false; it counts as false`,
  ]);
});

test("the options of retries have defaults", () => {
  assertEquals(readRetryOptions("x", undefined), undefined);
  const defaults = {
    attempts: 3,
    delayMs: 100,
    backoff: "exponential",
    factor: 2,
    jitter: "full",
    maxDelayMs: 30_000,
    retryIf: undefined,
  };
  assertEquals(readRetryOptions("x", {}), defaults as RetryPolicy);
  assertEquals(policy({ jitter: "decorrelated" }).factor, 3);
  assertEquals(policy({ backoff: () => 1 }).jitter, "none");
  assertEquals(policy({ delayMs: 60_000 }).maxDelayMs, 60_000);
});

test("the options of retries are refused by name", () => {
  const refuse = (value: unknown, type: typeof TypeError | typeof RangeError, text: string): void =>
    void assertThrows(() => readRetryOptions(`operation "f"`, value), type, text);
  refuse(3, TypeError, `options of the retries of operation "f": received 3`);
  refuse({ retries: 3 }, TypeError, `Cannot set "retries" of the retries of operation "f"`);
  refuse({ attempts: 0 }, RangeError, "received 0, not a whole number from 1 to 100");
  refuse({ attempts: Infinity }, RangeError, `"attempts"`);
  refuse({ attempts: "3" }, TypeError, `received "3", not a number`);
  refuse({ delayMs: -1 }, RangeError, `"delayMs"`);
  refuse({ maxDelayMs: 99 }, RangeError, "not a number of ms from 100 to");
  refuse({ maxDelayMs: Infinity }, RangeError, `"maxDelayMs"`);
  refuse({ backoff: "linear" }, TypeError, `received "linear", not "constant"`);
  refuse({ jitter: true }, TypeError, `received true, not "none"`);
  refuse({ factor: 0.5 }, RangeError, `"factor"`);
  refuse({ factor: 2, backoff: "constant" }, TypeError, "only an exponential backoff");
  refuse({ jitter: "decorrelated", backoff: "constant" }, TypeError, "leaves no room");
  refuse({ retryIf: {} }, TypeError, `"retryIf"`);
});
