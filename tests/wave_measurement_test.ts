import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { ErrorTally } from "../lib/cli/error_tally.ts";
import { measureWave } from "../lib/cli/waves/measurement.ts";
import { runGate, runLoop, type WaveToken } from "../lib/cli/waves/round.ts";

const STAMPS = { submittedMs: 1, startedMs: 10, endedMs: 12.5 };

function token(result: PromiseLike<unknown>, timings: WaveToken["timings"] = STAMPS): WaveToken {
  return { timings, then: (resolved, rejected) => result.then(resolved, rejected) };
}

const never = new Promise<never>(() => {});

test("runLoop makes the calls in order and keeps the results", () => {
  const round = runLoop(3, (i) => i * 2);
  assertEquals(round.results, [0, 2, 4]);
  assert(round.elapsedMs >= 0);
  assertThrows(() =>
    runLoop(1, () => {
      throw new RangeError("from the call");
    }), RangeError);
});

test("runGate counts results, rejections, refused calls and lost tokens", async () => {
  const boom = new Error("boom");
  const refused = new Error("refused");
  const round = await runGate(5, (i) => {
    if (i === 1) return token(Promise.reject(boom));
    if (i === 2) throw refused;
    if (i === 3) return token(never);
    return token(Promise.resolve(i * 10));
  }, { stallMs: 30 });
  assertStrictEquals(round.ok, 2);
  assertStrictEquals(round.failed, 2);
  assertStrictEquals(round.lost, 1);
  assertEquals(round.results, [0, undefined, undefined, undefined, 40]);
  assertEquals(
    new Map(round.errors.map(({ token, error }) => [token, error])),
    new Map([[2, refused], [1, boom]]),
  );
});

test("runGate sums the time between the stamps and leaves out tokens that never started", async () => {
  const round = await runGate(
    3,
    (i) =>
      i === 0
        ? token(Promise.reject(new Error("not started")), { submittedMs: 1 })
        : token(Promise.resolve(i)),
  );
  assertStrictEquals(round.insideMs, 5);
  assertStrictEquals(round.latenciesMs.length, 3);
});

test("runGate starts its clock before the first submission and stops it at the last settlement", async () => {
  const seen: number[] = [];
  const now = (): number => performance.timeOrigin + performance.now();
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const round = await runGate(2, (i) => {
    if (i === 0) seen.push(now());
    if (i === 1) setTimeout(release, 3);
    return token(
      i === 0 ? Promise.resolve(0) : gate.then(() => {
        seen.push(now());
        return 1;
      }),
    );
  });
  assert(
    round.wallMs >= seen[1]! - seen[0]!,
    "the wave is longer than from its first call to its last result",
  );
  assert(round.gatherMs <= round.wallMs);
});

test("runGate refuses to measure a result without stamps", async () => {
  await assertRejects(
    () => runGate(1, () => token(Promise.resolve(1), { submittedMs: 1 })),
    Error,
    "token 0",
  );
});

test("measureWave swaps loop and wave from round to round and compares every result", async () => {
  const order: string[] = [];
  const wave = await measureWave({
    tokens: 2,
    rounds: 4,
    budgetMs: 60_000,
    callHere: (i) => {
      if (i === 0) order.push("loop");
      return i;
    },
    submit: (i) => {
      if (i === 0) order.push("gate");
      return token(Promise.resolve(i));
    },
  });
  assertEquals(order, ["loop", "gate", "gate", "loop", "loop", "gate", "gate", "loop"]);
  assertStrictEquals(wave.pairs.length, 4);
  for (const pair of wave.pairs) {
    assertStrictEquals(pair.checksumGate, wave.checksumSerial);
    assertStrictEquals(pair.mismatches, 0);
  }
  assertStrictEquals(wave.latenciesMs.length, 8);
  assertEquals(wave.errors, []);
});

test("measureWave finds the token with a wrong result", async () => {
  const { pairs: [pair], errors } = await measureWave({
    tokens: 4,
    rounds: 1,
    budgetMs: 1,
    callHere: (i) => [i],
    submit: (i) => token(Promise.resolve(i === 2 ? [3] : [i])),
  });
  assertStrictEquals(pair!.ok, 4);
  assertStrictEquals(pair!.mismatches, 1);
  assertStrictEquals(errors.length, 1);
  assertStrictEquals(errors[0]!.token, 2);
});

test("measureWave counts a result of a kind that no operation gives as wrong", async () => {
  const { pairs: [pair], errors } = await measureWave({
    tokens: 1,
    rounds: 1,
    budgetMs: 1,
    callHere: (i) => i,
    submit: () => token(Promise.resolve(null)),
  });
  assertStrictEquals(pair!.checksumGate, null);
  assertStrictEquals(pair!.mismatches, 1);
  assert(errors.some(({ name }) => name === "TypeError"));
});

test("measureWave reports every failure and stops after a lost token", async () => {
  const { pairs, errors } = await measureWave({
    tokens: 3,
    rounds: 5,
    budgetMs: 60_000,
    stallMs: 30,
    callHere: (i) => i,
    submit: (i) => token(i === 0 ? never : Promise.reject(new TypeError("no"))),
  });
  assertStrictEquals(pairs.length, 1);
  assertStrictEquals(pairs[0]!.lost, 1);
  assertStrictEquals(pairs[0]!.failed, 2);
  assertStrictEquals(pairs[0]!.checksumGate, null);
  assertEquals(errors.map(({ name, message, count }) => ({ name, message, count })), [
    { name: "TypeError", message: "no", count: 2 },
  ]);
});

test("measureWave refuses a loop whose results change", async () => {
  let calls = 0;
  await assertRejects(
    () =>
      measureWave({
        tokens: 1,
        rounds: 2,
        budgetMs: 60_000,
        callHere: () => calls++,
        submit: () => token(Promise.resolve(0)),
      }),
    Error,
    "Cannot compare",
  );
});

test("ErrorTally counts equal errors and keeps causes, codes and what is no error", () => {
  const tally = new ErrorTally();
  const coded = Object.assign(new Error("outer", { cause: new TypeError("inner") }), {
    code: "ERR_CODE",
  });
  tally.add(coded, 7);
  tally.add(coded, 8);
  tally.add("a string");
  const [first, second, ...more] = tally.groups();
  assertEquals([first!.count, first!.token, first!.code], [2, 7, "ERR_CODE"]);
  assert(first!.message.includes("TypeError: inner"));
  assertEquals([second!.name, second!.message], ["string", "a string"]);
  assertEquals(more, []);
});

test("ErrorTally counts on when every error reads differently", () => {
  const tally = new ErrorTally();
  for (let i = 0; i < 5_000; i++) tally.add(new Error(`number ${i}`), i);
  const groups = tally.groups();
  assert(groups.length < 1_100);
  assertStrictEquals(groups.reduce((sum, group) => sum + group.count, 0), 5_000);
});
