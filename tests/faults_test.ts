// What happens when functions fail: retries, permits, the breaker, stand-ins. On real lanes, and in virtual time where moments matter.
import { test } from "node:test";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotStrictEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { readBreakerOptions } from "../lib/breaker_options.ts";
import { readRetryOptions } from "../lib/retry_options.ts";
import {
  CircuitOpenError,
  LaneCrashError,
  NotCloneableError,
  PermitPool,
  QueueFullError,
  type RetryOptions,
  type Token,
  TokenCancelledError,
  TokenGate,
  TokenTimeoutError,
  transfer,
} from "../mod.ts";
import * as faults from "./fixtures/fault_operations.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { add, identity, sleep } from "./fixtures/operations.ts";
import { addPoints, Point, RouteError } from "./fixtures/shapes.ts";
import { SimulatedGate, simulatedOperation } from "./fixtures/simulated_gate.ts";
import { changed } from "./fixtures/words.ts";

checkNoLanesLeft();

const AT_ONCE: RetryOptions = { attempts: 3, delayMs: 0 };

function words(length = 4): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * length));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** The messages of an error and its causes. */
function story(error: unknown): string[] {
  const told: string[] = [];
  for (let link = error; link instanceof Error && told.length < 20; link = link.cause) {
    told.push(link.message);
  }
  return told;
}

for (const bridge of ["ring", "frames"] as const) {
  const makeGate = (lanes = 1): TokenGate => new TokenGate({ lanes, bridge, graceMs: 2_000 });

  // Retries.

  test(`a call that fails and is tried again is one token, which remembers its attempts (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const starts = words();
      const token = faults.failFirst.with({ gate, retry: AT_ONCE })(starts, 2, "far");
      const { id } = token;
      assertEquals([await token, token.id, token.state], [3, id, "completed"]);
      assertEquals(token.attempts.map(({ error }) => (error as Error).message), [
        "start 1",
        "start 2",
      ]);
      let lastMs = token.timings.submittedMs;
      for (const { startedMs, endedMs, error } of token.attempts) {
        assertInstanceOf(error, RouteError);
        assert(startedMs! >= lastMs - 1 && endedMs >= startedMs!);
        lastMs = endedMs;
      }
      assert(token.timings.startedMs! >= lastMs - 1);
      const { submitted, completed, failed, retries } = gate.stats();
      assertEquals([submitted, completed, failed, retries], [1, 1, 0, 2]);
    });
  });

  test(`a call that fails each time rejects with the last error, and those before behind its causes (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const starts = words();
      const token = faults.failFirst.with({ gate, retry: AT_ONCE })(starts, 9, "far");
      const error = await assertRejects(() => token, RouteError);
      assertEquals(story(error), ["start 3", "start 2", "start 1"]);
      assertEquals([token.state, token.attempts.length, starts[0]], ["failed", 2, 3]);
      const { failed, retries } = gate.stats();
      assertEquals([failed, retries], [1, 2]);
    });
  });

  test(`retryIf is given the error as an instance of its class, and the attempt (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const asked: [boolean, number][] = [];
      const retryIf = (error: unknown, attempt: number): boolean => {
        asked.push([error instanceof RouteError && error.isFar, attempt]);
        return error instanceof RouteError && error.isFar;
      };
      const call = faults.failFirst.with({ gate, retry: { ...AT_ONCE, retryIf } });
      assertEquals(await call(words(), 1, "far"), 2);
      const near = words();
      await assertRejects(() => call(near, 1, "near"), RouteError, "start 1");
      assertEquals([asked, near[0]], [[[true, 1], [false, 1]], 1]);
    });
  });

  test(`one that runs longer than its timeoutMs is tried again, and its lane lives on (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const starts = words();
      assertEquals(await gate.call(add, 1, 2), 3);
      const call = faults.waitFirst.with({ gate, timeoutMs: 100, retry: AT_ONCE });
      const token = call(starts, 1);
      assertEquals(await token, 2);
      assertInstanceOf(token.attempts[0]!.error, TokenTimeoutError);
      const { crashes, timeout, retries, late } = gate.stats();
      assertEquals([crashes, timeout, retries, late], [0, 0, 1, 1]);
      const failing = call(words(), 9);
      const error = await assertRejects(() => failing, TokenTimeoutError);
      assertEquals([failing.state, failing.attempts.length, error.limit], [
        "timeout",
        2,
        "timeoutMs",
      ]);
    });
  });

  test(`a call that was lost with its lane is tried again only if its operation is idempotent and has retries (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const { exitFirst, exitFirstIdempotent } = faults;
      const again = exitFirstIdempotent.with({ gate, retry: AT_ONCE })(words(), 1);
      assertEquals(await again, 2);
      const { error } = again.attempts[0]!;
      assertInstanceOf(error, LaneCrashError);
      const refused: [Token<number>, Int32Array][] = [];
      for (const call of [exitFirst.with({ gate, retry: AT_ONCE }), exitFirstIdempotent]) {
        const starts = words();
        const token = gate.call(call, starts, 1);
        await assertRejects(() => token, LaneCrashError);
        refused.push([token, starts]);
      }
      for (const [token, starts] of refused) {
        assertEquals([token.state, token.attempts.length, starts[0]], ["failed", 0, 1]);
      }
      const lost = words();
      const token = exitFirstIdempotent.with({ gate, retry: { ...AT_ONCE, attempts: 2 } })(lost, 9);
      const last = await assertRejects(() => token, LaneCrashError);
      assert(last.cause === undefined || last.cause instanceof Error);
      assertEquals([token.attempts.length, lost[0], gate.stats().crashes], [1, 2, 5]);
    });
  });

  test(`a killed call is never tried again, while it runs or between its attempts (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const retry: RetryOptions = { attempts: 9, delayMs: 60_000, jitter: "none" };
      const running = words();
      const tokens: Token<number>[] = [faults.waitFirst.with({ gate, retry })(running, 9)];
      await changed(running, 0, 0);
      assert(tokens[0]!.cancel("enough"));
      const waiting = words();
      tokens.push(faults.failFirst.with({ gate, retry })(waiting, 9, "far"));
      await until(() => tokens[1]!.waitingFor === "attempt");
      assert(gate.controls.kill(tokens[1]!.id, "enough"));
      const signalled = words();
      const controller = new AbortController();
      const { signal } = controller;
      tokens.push(faults.waitFirst.with({ gate, retry: AT_ONCE, signal })(signalled, 9));
      await changed(signalled, 0, 0);
      controller.abort("enough");
      for (const token of tokens) await assertRejects(() => token, TokenCancelledError, "enough");
      assertEquals(await gate.call(add, 1, 2), 3);
      assertEquals([running[0], waiting[0], signalled[0]], [1, 1, 1]);
      assertEquals(tokens.map(({ attempts }) => attempts.length), [0, 1, 0]);
    });
  });

  test(`the deadline is for all attempts, and ends them (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const retry: RetryOptions = { attempts: 100, delayMs: 0 };
      const starts = words();
      assertEquals(await faults.waitFirst.with({ gate })(starts, 0), 1);
      const call = faults.waitFirst.with({ gate, retry, timeoutMs: 100, deadlineMs: 800 });
      const token = call(starts, 1_000);
      await assertRejects(() => token, TokenTimeoutError);
      assertEquals(token.state, "timeout");
      const begun = starts[0]! - 1;
      assert(begun >= 1 && begun <= 8, `${begun} starts`);
      assert(begun - token.attempts.length <= 1 && token.attempts.length <= 8);
      // No delay is begun that would end after it.
      const late = words();
      const waiting = faults.failFirst.with({
        gate,
        retry: { attempts: 3, delayMs: 60_000, jitter: "none", maxDelayMs: 60_000 },
        deadlineMs: 30_000,
      })(late, 9, "far");
      await assertRejects(() => waiting, RouteError, "start 1");
      assertEquals([waiting.state, late[0]], ["failed", 1]);
    });
  });

  test(`arguments that were moved are gone with the first attempt, and there is no other (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const starts = words();
      const call = faults.failWith.with({ gate, retry: AT_ONCE });
      const moved = new ArrayBuffer(16);
      const token = call(starts, transfer(moved, [moved]));
      await assertRejects(() => token, RangeError, "16 bytes");
      assertEquals([starts[0], token.attempts.length], [1, 0]);
    });
  });

  test(`closing finishes the attempts of what there is (${bridge})`, async () => {
    const gate = makeGate();
    await using(gate, async () => {
      const token = faults.failFirst.with({ gate, retry: { attempts: 3, delayMs: 20 } })(
        words(),
        2,
        "far",
      );
      await gate.close();
      assertEquals([token.state, await token], ["completed", 3]);
    });
  });

  // What follows is the gate's alone, whatever calls travel by.
  if (bridge === "frames") continue;

  // Permits.

  test(`no more than maxConcurrent run at once, and others pass them on the free lanes`, async () => {
    await using(makeGate(4), async (gate) => {
      const inside = words();
      const tokens = Array.from({ length: 8 }, () => gate.call(faults.narrow, inside));
      await until(() => inside[faults.HERE] === 2);
      for (let n = 0; n < 20; n++) assertEquals(await gate.call(add, n, 1), n + 1);
      assertEquals(gate.controls.live({ state: "executing" }).length, 2);
      for (const token of tokens.slice(2)) assertEquals(token.waitingFor, "permit");
      gate.controls.limit(faults.narrow, 3);
      await until(() => inside[faults.HERE] === 3);
      gate.controls.limit(faults.narrow, 1);
      // Those that run go on; a killed one gives its permit back, and nobody has it.
      assertEquals(inside[faults.HERE], 3);
      gate.controls.kill(tokens[0]!.id);
      await until(() => inside[faults.HERE] === 2);
      assertEquals(await gate.call(add, 1, 2), 3);
      assertEquals(gate.controls.live({ state: "executing" }).length, 2);
      assertEquals(inside[faults.MOST], 3);
      gate.controls.limit(faults.narrow, 2);
      Atomics.store(inside, faults.GATE, 1);
      await Promise.allSettled(tokens);
      assertEquals([inside[faults.MOST], gate.stats().completed], [3, 7 + 21]);
    });
  });

  test(`a pool is shared by operations and by gates, resized in use, and whole again in the end`, async () => {
    const { disk, readDisk, writeDisk, HERE, MOST, GATE } = faults;
    await using(makeGate(3), (first) =>
      using(makeGate(3), async (second) => {
        const inside = words();
        const tokens = [first, second].flatMap((gate) =>
          [readDisk, writeDisk, readDisk, writeDisk].map((call) => gate.call(call, inside))
        );
        await until(() => inside[HERE] === 2);
        assertEquals([disk.limit, disk.inUse, disk.waiting > 0], [2, 2, true]);
        assertEquals(await first.call(add, 1, 2), 3);
        assertEquals(await second.call(add, 1, 2), 3);
        assertEquals([inside[MOST], inside[HERE]], [2, 2]);
        disk.resize(4);
        await until(() => inside[HERE] === 4);
        disk.resize(1);
        assertEquals([disk.limit, disk.inUse, inside[HERE]], [1, 4, 4]);
        Atomics.store(inside, GATE, 1);
        await Promise.all(tokens);
        assertEquals([inside[MOST], disk.inUse, disk.waiting], [4, 0, 0]);
        disk.resize(2);
      }));
  });

  test(`permits come back from calls that are killed, timed out, crashed, or closed away`, async () => {
    const { disk, readDisk, breakDisk, HERE } = faults;
    const gate = makeGate(2);
    await using(gate, async () => {
      const inside = words();
      const killed = gate.call(readDisk, inside);
      await until(() => inside[HERE] === 1);
      assertEquals(disk.inUse, 1);
      killed.cancel();
      assertEquals(disk.inUse, 0);
      await assertRejects(() => killed, TokenCancelledError);
      await assertRejects(() => readDisk.with({ gate, timeoutMs: 30 })(inside), TokenTimeoutError);
      assertEquals(disk.inUse, 0);
      await assertRejects(() => gate.call(breakDisk), LaneCrashError);
      assertEquals(disk.inUse, 0);
      const left = Array.from({ length: 4 }, () => gate.call(readDisk, inside));
      await until(() => disk.inUse === 2);
      const settled = Promise.allSettled(left);
      await gate.close({ drain: false });
      await settled;
      assertEquals([disk.inUse, disk.waiting], [0, 0]);
    });
  });

  // The breaker.

  test(`with 95 % of the runs failing the breaker opens, refuses with the time that is left, probes, and closes`, async () => {
    await using(makeGate(2), async (gate) => {
      const { flaky, RUNS, IS_WELL } = faults;
      const changes: string[] = [];
      gate.addEventListener("breaker", (event) => {
        const { from, to } = (event as CustomEvent<{ from: string; to: string }>).detail;
        changes.push(`${from} -> ${to}`);
      });
      const shared = words();
      const refusal = await callUntilRefused(gate, shared);
      assertEquals(shared[RUNS], 20);
      assertEquals([refusal.operation, refusal.code], ["flaky", "ERR_CIRCUIT_OPEN"]);
      assert(refusal.retryAfterMs > 0 && refusal.retryAfterMs <= 100, `${refusal.retryAfterMs}`);
      assertEquals([gate.stats().refused, gate.stats().operations[0]!.breaker], [1, "open"]);
      assertEquals(await gate.call(add, 1, 2), 3);
      // Another gate is given its state, as another process would be.
      const kept = JSON.stringify(gate.controls.breakerState(flaky));
      await using(makeGate(), async (other) => {
        other.controls.restoreBreaker(flaky, JSON.parse(kept));
        const error = assertThrows(() => other.call(flaky, shared), CircuitOpenError);
        assert(error.retryAfterMs > 0 && error.retryAfterMs <= refusal.retryAfterMs);
        await other.close();
      });
      // Still ill: the first probe that fails opens it again, for twice as long.
      Atomics.store(shared, RUNS, 1);
      await coolDown(gate, shared);
      await assertRejects(() => gate.call(flaky, shared), Error, "failed");
      const longer = assertThrows(() => gate.call(flaky, shared), CircuitOpenError);
      assert(longer.retryAfterMs > 100 && longer.retryAfterMs <= 200, `${longer.retryAfterMs}`);
      Atomics.store(shared, IS_WELL, 1);
      await coolDown(gate, shared);
      const probes = [gate.call(flaky, shared), gate.call(flaky, shared)];
      assertThrows(() => gate.call(flaky, shared), CircuitOpenError);
      await Promise.all(probes);
      const after = Array.from({ length: 50 }, () => gate.call(flaky, shared));
      await Promise.all(after);
      assertEquals(changes, [
        "closed -> open",
        "open -> half-open",
        "half-open -> open",
        "open -> half-open",
        "half-open -> closed",
      ]);
      const { failed, completed } = gate.stats().operations[0]!;
      assertEquals([failed, completed], [20, 53]);
    });
  });
}

/** Calls one after the other until one is refused. */
async function callUntilRefused(gate: TokenGate, shared: Int32Array): Promise<CircuitOpenError> {
  for (let n = 0; n < 1_000; n++) {
    let token: Token<number>;
    try {
      token = gate.call(faults.flaky, shared);
    } catch (error) {
      assertInstanceOf(error, CircuitOpenError);
      return error;
    }
    await token.catch(() => {});
  }
  throw new Error("the breaker never opened");
}

/** Waits for as long as a refusal says. */
async function coolDown(gate: TokenGate, shared: Int32Array): Promise<void> {
  const { openUntilMs } = gate.controls.breakerState(faults.flaky) as { openUntilMs: number };
  assertThrows(() => gate.call(faults.flaky, shared), CircuitOpenError);
  await until(() => performance.timeOrigin + performance.now() >= openUntilMs);
}

// In virtual time.

test("the breaker opens within its window, whatever is in flight, and what was let through before changes nothing", async () => {
  const settings = { minRuns: 20, windowRuns: 40, windowMs: 1_000, coolDownMs: 500 };
  const breaker = readBreakerOptions("a test", settings);
  const world = new SimulatedGate({ lanes: 4, seed: 7 });
  const operation = simulatedOperation("operation", { breaker });
  const burst = Array.from(
    { length: 200 },
    (_, n) => world.callTo(operation, { outcome: n % 20 === 0 ? "return" : "throw" }),
  );
  for (const token of burst) token.catch(() => {});
  await world.until(() => world.breakerChanges.length > 0);
  const settled = burst.filter((token) => token.isSettled).length;
  assert(settled >= 20 && settled <= 24, `opened after ${settled} runs`);
  const openedMs = world.clock.now();
  const first = assertThrows(() => world.callTo(operation), CircuitOpenError);
  assertEquals(first.retryAfterMs, 500);
  await world.until(() => burst.every((token) => token.isSettled));
  assertEquals(world.breakerChanges, ["closed -> open"]);
  await world.pass(openedMs + 400 - world.clock.now());
  const second = assertThrows(() => world.callTo(operation), CircuitOpenError);
  assert(Math.abs(second.retryAfterMs - 100) < 1e-6, `${second.retryAfterMs}`);
  await world.pass(100);
  const probe = world.callTo(operation);
  // The others wait for what becomes of it; a cancelled probe is nobody's.
  assertThrows(() => world.callTo(operation), CircuitOpenError);
  probe.cancel();
  const again = world.callTo(operation);
  await world.settle();
  assertEquals([again.state, world.breakerChanges.at(-1)], ["completed", "half-open -> closed"]);
});

test("what never came to be tried says nothing of its operation: neither to its breaker nor to its health", async () => {
  const breaker = readBreakerOptions("a test", { minRuns: 1, failureRate: 0 });
  const retry = readRetryOptions("a test", { attempts: 2, delayMs: 500, jitter: "none" });
  const world = new SimulatedGate({ lanes: 1 });
  const operation = simulatedOperation("operation", { breaker });
  const other = simulatedOperation("other");
  const source = world.callTo(other, { runMs: 50, outcome: "throw" });
  await world.pass(10);
  const tokens = Array.from({ length: 6 }, () => world.callTo(operation, {}, {}, [source]));
  tokens.push(
    world.callTo(operation, {}, { queueTimeoutMs: 5 }),
    world.callTo(operation, {}, { deadlineMs: 5 }),
    world.callTo(operation, { outcome: "unsendable" }),
  );
  for (const token of [source, ...tokens]) token.catch(() => {});
  await world.settle();
  const { failed, timeout, health, wait, ...stats } = world.stats().operations[1]!;
  assertEquals([failed, timeout, health, stats.breaker], [7, 2, "unknown", "closed"]);
  assertEquals([wait.count, stats.run.count], [0, 0]);
  // An attempt that was one is counted once, also when there is to be no other after all.
  const tried = world.callTo(operation, { outcome: "throw" }, { retry, deadlineMs: 600 });
  await world.until(() => tried.waitingFor === "attempt");
  assertEquals(tried.timings.startedMs, undefined);
  tried.cancel();
  await world.settle();
  assertEquals(world.stats().operations[1]!.run.count, 1);
  // And what was tried counts.
  world.callTo(operation, { outcome: "unstartable" }).catch(() => {});
  await world.settle();
  assertEquals(world.breakerChanges, ["closed -> open"]);
});

test("lanes that die of calls which were given up before are no lanes that cannot be started", async () => {
  for (const hasBoard of [false, true]) {
    const world = new SimulatedGate({ lanes: 1, graceMs: 100, hasBoard });
    const dying = Array.from(
      { length: 5 },
      () => world.call({ runMs: 20, outcome: "crash" }, { timeoutMs: 5 }),
    );
    for (const token of dying) token.catch(() => {});
    const behind = world.call();
    await world.settle();
    assertEquals(dying.map(({ state }) => state), dying.map(() => "timeout"));
    assertEquals([behind.state, world.crashes.length], ["completed", 5]);
    await Promise.all([world.engine.close(true, Infinity), world.settle()]);
  }
});

test("attempts come at the moments that their delays say, within the deadline", async () => {
  const retry = readRetryOptions("a test", { attempts: 9, delayMs: 100, jitter: "none" });
  const world = new SimulatedGate({ lanes: 1, latencyMs: 0 });
  const operation = simulatedOperation("operation");
  await world.pass(10);
  const fails = { runMs: 10, outcome: "throw" } as const;
  const token = world.callTo(operation, fails, { retry, deadlineMs: 1_000 });
  token.catch(() => {});
  await world.settle();
  // At 0, 110, 320 and 730; the next delay would end after the deadline.
  const startsMs = [...token.attempts.map(({ startedMs }) => startedMs!), token.startedMs];
  assertEquals(startsMs.map((ms) => Math.round(ms - token.submittedMs)), [0, 110, 320, 730]);
  assertEquals([token.state, world.starts.get(token.id)], ["failed", 4]);
  const long = world.callTo(operation, { ...fails, runMs: 300, stopMs: 1 }, {
    retry,
    deadlineMs: 1_000,
  });
  const error = await Promise.all([long.promise().catch((error) => error), world.settle()]);
  assertInstanceOf(error[0], TokenTimeoutError);
  assertEquals([error[0].limit, long.state, world.starts.get(long.id)], [
    "deadlineMs",
    "timeout",
    3,
  ]);
  assertEquals(story(error[0]).slice(1), ["thrown", "thrown"]);
});

test("a call that is taken back from a lane does not use up the rate", async () => {
  const world = new SimulatedGate({ lanes: 1 });
  const rated = simulatedOperation("rated", { rateLimit: { count: 2, perMs: 60_000 } });
  const blocker = world.callTo(simulatedOperation("blocker"), { runMs: 100, stopMs: 1 });
  await world.pass(10);
  const tokens = [world.callTo(rated), world.callTo(rated), world.callTo(rated)];
  for (let n = 0; n < 10; n++) {
    await world.pass(5);
    world.controls.pause();
    world.controls.resume();
  }
  await world.pass(200);
  assertEquals(blocker.state, "completed");
  assertEquals(tokens.map((token) => token.waitingFor ?? token.state), [
    "completed",
    "completed",
    "rate",
  ]);
});

test("an idle gate whose calls waited for the rate or a permit has no timer left when they are gone", async () => {
  const world = new SimulatedGate({ lanes: 1 });
  const rated = simulatedOperation("rated", { rateLimit: { count: 1, perMs: 3_600_000 } });
  world.callTo(rated);
  const waiting = world.callTo(rated);
  await world.pass(50);
  assertEquals(waiting.waitingFor, "rate");
  assert(waiting.cancel());
  await world.settle();
  assert(world.clock.now() < 10_000, "a timer was left");
  const pool = new PermitPool("test", 1);
  const shared = simulatedOperation("shared", { pools: [pool] });
  world.callTo(shared, { runMs: 100 });
  const last = world.callTo(shared);
  await world.pass(50);
  assertEquals([last.waitingFor, pool.waiting], ["permit", 1]);
  assert(last.cancel());
  assertEquals([pool.inUse, pool.waiting], [1, 0]);
  // And the next ones wait as before.
  const next = world.callTo(shared);
  await world.settle();
  assertEquals([next.state, pool.inUse, pool.waiting], ["completed", 0, 0]);
});

// Without lanes, and stand-ins.

test("a gate without lanes runs calls on the caller's thread, one after the other in their order, with copies", async () => {
  await using(new TokenGate({ lanes: 0 }), async (gate) => {
    const ran: string[] = [];
    gate.mock(identity, async (value) => {
      ran.push(`${value} begins`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      ran.push(`${value} ends`);
      return value;
    });
    const tokens = ["a", "b", "c"].map((name) => gate.call(identity, name));
    assertEquals([ran, tokens.map((token) => token.state)], [[], tokens.map(() => "waiting")]);
    assertEquals(await Promise.all(tokens), ["a", "b", "c"]);
    assertEquals(ran, ["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
    const given = { deep: [1] };
    gate.mock(identity, (value) => {
      (value as typeof given).deep.push(2);
      return value;
    });
    const token = gate.call(identity, given);
    const result = await token;
    assertEquals([given, result], [{ deep: [1] }, { deep: [1, 2] }]);
    assertNotStrictEquals(result, given);
    assertEquals([gate.lanes, gate.stats().lanes, gate.stats().completed], [0, 0, 4]);
  });
});

test("errors of a gate without lanes are those of a gate with lanes", async () => {
  await using(new TokenGate({ lanes: 0 }), async (gate) => {
    const error = await assertRejects(() => gate.call(faults.price, ""), RouteError, "no item");
    assertEquals([error.isFar, story(error)], [true, ["no item", "no item", "no item"]]);
    await assertRejects(() => gate.call(identity, () => 1), NotCloneableError, "argument 1");
    gate.mock(identity, () => () => 1);
    await assertRejects(() => gate.call(identity, 1), NotCloneableError, "the result");
    await assertRejects(() => sleep.with({ gate, timeoutMs: 20 })(60_000), TokenTimeoutError);
    const cancelled = gate.call(sleep, 60_000);
    const behind = gate.call(add, 1, 2);
    await until(() => cancelled.state === "executing");
    assert(cancelled.cancel("enough"));
    await assertRejects(() => cancelled, TokenCancelledError, "enough");
    assertEquals(await behind, 3);
    const { completed, failed, timeout, killed, crashes } = gate.stats();
    assertEquals([completed, failed, timeout, killed, crashes], [1, 3, 1, 1, 0]);
  });
});

test("what waits for a lane, instances among its arguments, is for a stand-in as it was, and for the lane after that", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const call = (): Promise<Point[]> =>
      Promise.all([1, 2].map((n) => gate.call(addPoints, new Point(n, n), new Point(1, 0))));
    const pairs = (points: readonly Point[]): number[][] => points.map((it) => it.toPair());
    gate.controls.pause();
    const forLane = call();
    const restore = gate.mock(addPoints, (a) => a);
    const forBoth = call();
    restore();
    gate.controls.resume();
    assertEquals(pairs(await forLane), [[2, 1], [3, 2]]);
    assertEquals(pairs(await forBoth), [[2, 1], [3, 2]]);
    gate.controls.pause();
    const forStandIn = call();
    gate.mock(addPoints, (a) => a);
    gate.controls.resume();
    assertEquals(pairs(await forStandIn), [[1, 1], [2, 2]]);
  });
});

for (const lanes of [0, 1]) {
  const where = lanes === 0 ? "without lanes" : "with lanes";

  test(`a stand-in runs in place of an operation until it is restored, ${where}`, async () => {
    await using(new TokenGate({ lanes }), async (gate) => {
      assertEquals(await gate.call(faults.price, "pear"), 4);
      const restore = gate.mock(faults.price, (item) => item.length * 100);
      const other = new TokenGate({ lanes: 0 });
      assertEquals(await gate.call(faults.price, "pear"), 400);
      // In this gate, and for this operation.
      assertEquals([await other.call(faults.price, "pear"), await gate.call(add, 1, 2)], [4, 3]);
      await other.close();
      restore();
      restore();
      assertEquals(await gate.call(faults.price, "pear"), 4);
      const scoped = gate.mock(faults.price, () => 1);
      const newer = gate.mock(faults.price, () => 2);
      // Another one is in its place by now.
      scoped[Symbol.dispose]();
      assertEquals(await gate.call(faults.price, "pear"), 2);
      newer[Symbol.dispose]();
      assertEquals(await gate.call(faults.price, "pear"), 4);
      const mocked = gate.mock(faults.price, () => 3);
      gate.controls.pause(faults.price);
      const waiting = gate.call(faults.price, "pear");
      mocked();
      gate.controls.resume(faults.price);
      assertEquals(await waiting, 4);
    });
  });

  test(`retries, limits and the queue hold for stand-ins too, ${where}`, async () => {
    await using(new TokenGate({ lanes }), async (gate) => {
      let runs = 0;
      gate.mock(faults.price, (item) => {
        if (++runs < 3) throw new RouteError(`run ${runs}`, "far");
        return item.length + runs;
      });
      const token = gate.call(faults.price, "pear");
      assertEquals([await token, token.attempts.length], [7, 2]);
      assertInstanceOf(token.attempts[1]!.error, RouteError);
      gate.mock(faults.price, () => {
        throw new TypeError(`run ${++runs}`);
      });
      await assertRejects(() => gate.call(faults.price, "pear"), TypeError, "run 4");
      const never = new Promise<number>(() => {});
      gate.mock(faults.price, () => never);
      const limited = faults.price.with({
        gate,
        timeoutMs: 10,
        retry: { attempts: 2, delayMs: 0 },
      });
      const timedOut = limited("pear");
      await assertRejects(() => timedOut, TokenTimeoutError, "timeoutMs");
      assertEquals(timedOut.attempts.length, 1);

      let here = 0;
      let most = 0;
      gate.mock(faults.slowPrice, async (item) => {
        most = Math.max(most, ++here);
        await new Promise((resolve) => setTimeout(resolve, 1));
        here--;
        return item.length;
      });
      gate.controls.pause(faults.slowPrice);
      const tokens = ["a", "bb"].map((item) => gate.call(faults.slowPrice, item));
      assertThrows(() => gate.call(faults.slowPrice, "ccc"), QueueFullError);
      gate.controls.resume(faults.slowPrice);
      assertEquals([await Promise.all(tokens), most], [[1, 2], 1]);
    });
  });

  test(`a call that is in a lane when a stand-in comes is finished where it is, ${where}`, async () => {
    await using(new TokenGate({ lanes }), async (gate) => {
      const running = gate.call(sleep, 50);
      const behind = gate.call(sleep, 50);
      await until(() => running.state === "executing");
      const restore = gate.mock(sleep, () => "mocked");
      const results = await Promise.all([running, gate.call(sleep, 60_000)]);
      assertEquals(results, ["slept", "mocked"]);
      assert(["slept", "mocked"].includes(await behind));
      restore();
      assertEquals(await gate.call(sleep, 1), "slept");
    });
  });
}

test("what is no operation, or no function, cannot be mocked", async () => {
  await using(new TokenGate({ lanes: 0 }), async (gate) => {
    assertThrows(() => gate.mock((() => 1) as never, () => 1), TypeError, "Cannot mock a function");
    for (const wrong of [undefined, null, 1, {}]) {
      assertThrows(() => gate.mock(add, wrong as never), TypeError, "not a function");
    }
    assertEquals(await gate.call(add, 1, 2), 3);
  });
});

test("with lanes: 0 a function may wait for calls that it makes itself, however deep, and those before them go first", async () => {
  await using(new TokenGate({ lanes: 0 }), async (gate) => {
    const order: string[] = [];
    const restore = gate.mock(identity, async (value) => {
      const depth = value as number;
      order.push(`begin ${depth}`);
      if (depth > 0) await gate.call(identity, depth - 1);
      order.push(`end ${depth}`);
      return depth;
    });
    const first = gate.call(identity, 2);
    const second = gate.call(identity, 0);
    assertEquals(await Promise.all([first, second]), [2, 0]);
    // The second waits before the calls that the first one makes.
    assertEquals(order[0], "begin 2");
    assertEquals(order.filter((line) => line.startsWith("end")).length, 4);
    assertEquals(order.at(-1), "end 2");
    restore();
  });
});
