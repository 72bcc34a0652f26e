// Each control, for a token in each state it can meet: the table of GateControls, in virtual time where states stand still. A few on real lanes at the end.
import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { readBreakerOptions } from "../lib/breaker_options.ts";
import type { CallToken } from "../lib/call_token.ts";
import { readRetryOptions } from "../lib/retry_options.ts";
import {
  CircuitOpenError,
  GateDrainingError,
  type Operation,
  operation,
  TokenCancelledError,
  TokenGate,
  type TokenState,
} from "../mod.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { add, countStart, gated, spinUntilAborted } from "./fixtures/operations.ts";
import {
  SimulatedGate,
  type SimulatedGateOptions,
  type SimulatedOperation,
  simulatedOperation,
} from "./fixtures/simulated_gate.ts";
import { changed } from "./fixtures/words.ts";

checkNoLanesLeft();

/** Where a token is that is waited for: its state and, while it waits, what for. */
type Place =
  | "arguments"
  | "lane"
  | "permit"
  | "rate"
  | "attempt"
  | "resume"
  | "admitted"
  | "executing"
  | "stopping"
  | "completed"
  | "failed"
  | "killed"
  | "timeout";

const WAITING: readonly Place[] = ["arguments", "lane", "permit", "rate", "attempt", "resume"];
const UNSTARTED: readonly Place[] = [...WAITING, "admitted"];
const LIVE: readonly Place[] = [...UNSTARTED, "executing"];
const SETTLED: readonly Place[] = ["stopping", "completed", "failed", "killed", "timeout"];
const PLACES: readonly Place[] = [...LIVE, ...SETTLED];

/** Long enough for all that has to happen before, in virtual ms. */
const SOON_MS = 20;
/** What holds a token where it is takes as long as this, in virtual ms. */
const HOLD_MS = 1_000;
const HOLDS = { runMs: HOLD_MS, stopMs: 1 };
const breaker = readBreakerOptions("a test", true);
const retry = readRetryOptions("a test", { attempts: 2, delayMs: HOLD_MS, jitter: "none" });

/** A token in a place, alone with what holds it there. */
interface Scene {
  readonly world: SimulatedGate;
  readonly operation: SimulatedOperation;
  readonly other: SimulatedOperation;
  readonly token: CallToken;
}

/** Where a token is now. A killed one whose function has not stopped is killed. */
function placeOf(token: Pick<CallToken, "state" | "waitingFor">): string {
  return token.waitingFor ?? token.state;
}

/** Makes a simulated gate. */
type Make = (options: SimulatedGateOptions) => SimulatedGate;

/** A test in virtual time, whose gates are closed at its end. */
function virtual(name: string, hasBoard: boolean, body: (make: Make) => Promise<void>): void {
  test(name, async () => {
    const worlds: SimulatedGate[] = [];
    await body((options) => {
      const world = new SimulatedGate({ ...options, hasBoard });
      worlds.push(world);
      return world;
    });
    for (const world of worlds) {
      let isClosed = false;
      void world.engine.close(false, Infinity).then(() => isClosed = true);
      await world.until(() => isClosed);
    }
  });
}

async function arrange(make: Make, place: Place): Promise<Scene> {
  const world = make({ lanes: 1, capacity: 2, graceMs: 100 });
  const operation = simulatedOperation("operation", {
    breaker,
    ...(place === "permit" ? { maxConcurrent: 1 } : {}),
    ...(place === "rate" ? { rateLimit: { count: 1, perMs: HOLD_MS } } : {}),
  });
  const other = simulatedOperation("other", { breaker });
  const { token } = await bring(world, place, operation, other);
  token.catch(() => {});
  const expected = place === "stopping" ? "killed" : place;
  assertEquals(placeOf(token), expected, `the token is not ${place}`);
  return { world, operation, other, token };
}

/** In an object: a promise of a token is one of its result. */
async function bring(
  world: SimulatedGate,
  place: Place,
  operation: SimulatedOperation,
  other: SimulatedOperation,
): Promise<{ token: CallToken }> {
  let token: CallToken;
  switch (place) {
    case "arguments":
      token = world.callTo(operation, {}, {}, [world.callTo(other, HOLDS)]);
      break;
    case "lane":
      // Until the lane, and what is posted for it, is full.
      do {
        token = world.callTo(operation, HOLDS);
        await world.pass(SOON_MS);
        if (token.waitingFor !== "lane") token.cancel("too early");
        if (token.waitingFor !== "lane") world.callTo(other, HOLDS);
        await world.pass(SOON_MS);
      } while (token.waitingFor !== "lane");
      break;
    case "permit":
    case "rate":
      world.callTo(operation, place === "permit" ? HOLDS : {});
      token = world.callTo(operation);
      break;
    case "attempt":
      token = world.callTo(operation, [{ outcome: "throw" }, {}], { retry });
      break;
    case "resume":
      world.controls.pause(operation.handle);
      token = world.callTo(operation);
      break;
    case "admitted":
      world.callTo(other, HOLDS);
      await world.pass(SOON_MS);
      token = world.callTo(operation);
      break;
    case "executing":
      token = world.callTo(operation, HOLDS);
      break;
    case "stopping":
      token = world.callTo(operation, { runMs: HOLD_MS, stopMs: 50 });
      await world.pass(SOON_MS);
      token.cancel("before");
      return { token };
    case "completed":
      token = world.callTo(operation);
      break;
    case "failed":
      token = world.callTo(operation, { outcome: "throw" });
      break;
    case "killed":
      token = world.callTo(operation);
      token.cancel("before");
      break;
    case "timeout":
      token = world.callTo(operation, HOLDS, { timeoutMs: 5 });
      break;
  }
  await world.pass(SOON_MS);
  return { token };
}

/** What a token comes to that nobody touches any more. */
function ending(place: Place): TokenState {
  if (place === "stopping") return "killed";
  return LIVE.includes(place) ? "completed" : place as TokenState;
}

/** How often its function has been started in the end. */
function startsInAll(place: Place): number {
  return place === "killed" ? 0 : place === "attempt" ? 2 : 1;
}

async function assertEnds({ world, token }: Scene, place: Place): Promise<void> {
  await world.until(() => token.isSettled);
  assertEquals(token.state, ending(place));
  await world.settle();
  assertEquals(world.starts.get(token.id) ?? 0, startsInAll(place));
  assertEquals(world.settlements.get(token.id), 1);
  world.recount();
}

async function assertKilled({ token }: Scene, cause: unknown): Promise<void> {
  assertEquals(token.state, "killed");
  const error = await assertRejects(() => token.promise(), TokenCancelledError);
  assertEquals(error.cause, cause);
}

for (const hasBoard of [false, true]) {
  const kind = hasBoard ? "board" : "mailboxes";
  for (const isOwn of [true, false]) {
    const of = isOwn ? "of the operation" : "of the gate";
    const scope = ({ operation }: Scene): [] | [SimulatedOperation["handle"]] =>
      isOwn ? [operation.handle] : [];

    for (const place of PLACES) {
      const name = LIVE.includes(place) && WAITING.includes(place) ? `waiting (${place})` : place;

      virtual(
        `pause() ${of} and resume(), and a token that is ${name} (${kind})`,
        hasBoard,
        async (make) => {
          const scene = await arrange(make, place);
          const { world, token } = scene;
          const { controls } = world;
          const started = world.starts.get(token.id);
          controls.pause(...scope(scene));
          if (SETTLED.includes(place)) assertEquals(token.state, ending(place));
          else if (place === "executing") assertEquals(token.state, "executing");
          else if (place === "arguments" || place === "attempt") {
            assertEquals(placeOf(token), place);
          } else assertEquals(placeOf(token), "resume");
          // Taken, and waiting.
          const late = world.callTo(scene.operation);
          assertEquals(placeOf(late), "resume");
          await world.pass(5 * HOLD_MS);
          assertEquals(world.starts.get(token.id), started);
          assertEquals([late.state, world.starts.get(late.id)], ["waiting", undefined]);
          if (UNSTARTED.includes(place)) {
            assertEquals(placeOf(token), "resume");
          }
          controls.resume(...scope(scene));
          // What was paused by itself stays paused.
          if (place === "resume" && !isOwn) {
            await world.pass(5 * HOLD_MS);
            assertEquals(placeOf(token), "resume");
            controls.resume(scene.operation.handle);
          }
          await assertEnds(scene, place);
          await world.until(() => late.isSettled);
          assertEquals(late.state, "completed");
          if (UNSTARTED.includes(place) && place !== "arguments" && place !== "attempt") {
            assert(world.order.indexOf(token.id) < world.order.indexOf(late.id), "out of order");
          }
        },
      );

      virtual(
        `resume() ${of} without a pause, and a token that is ${name} (${kind})`,
        hasBoard,
        async (make) => {
          const scene = await arrange(make, place);
          const before = placeOf(scene.token);
          scene.world.controls.resume(...scope(scene));
          if (place === "resume" && isOwn) assertEquals(placeOf(scene.token), "lane");
          else assertEquals(placeOf(scene.token), before);
          if (place === "resume") scene.world.controls.resume(scene.operation.handle);
          await assertEnds(scene, place);
        },
      );

      virtual(`drain() ${of}, and a token that is ${name} (${kind})`, hasBoard, async (make) => {
        const scene = await arrange(make, place);
        const { world, token, operation, other } = scene;
        let isDrained = false;
        const drained = world.controls.drain(...scope(scene)).then(() => isDrained = true);
        const { refused } = world.stats();
        assertThrows(() => world.callTo(operation), GateDrainingError);
        assertEquals(world.stats().refused, refused + 1);
        if (isOwn) world.callTo(other);
        else assertThrows(() => world.callTo(other), GateDrainingError);
        await world.pass(1);
        if (place === "resume") {
          await world.pass(5 * HOLD_MS);
          assertEquals([isDrained, placeOf(token)], [false, "resume"]);
          // It ends the drain too.
          world.controls.resume(operation.handle);
          if (isOwn) world.callTo(operation);
          else assertThrows(() => world.callTo(operation), GateDrainingError);
        }
        await world.until(() => token.isSettled);
        await assertEnds(scene, place);
        await drained;
        const { waiting, admitted, executing } = world.stats().operations
          .find(({ name }) => name === "operation")!;
        assertEquals([waiting, admitted, executing], [0, 0, 0]);
        world.controls.resume(...scope(scene));
        const late = world.callTo(operation);
        await world.settle();
        assertEquals(late.state, "completed");
      });

      virtual(`purge() ${of}, and a token that is ${name} (${kind})`, hasBoard, async (make) => {
        const scene = await arrange(make, place);
        const { world, token, operation } = scene;
        const unstarted = world.tokens.filter((it) =>
          (it.state === "waiting" || it.state === "admitted") &&
          (!isOwn || it.operation === operation.definition)
        );
        const killed = world.controls.purge(...scope(scene));
        assertEquals(killed, unstarted.length);
        for (const it of unstarted) assertEquals(it.state, "killed");
        if (UNSTARTED.includes(place)) await assertKilled(scene, "purged");
        else await assertEnds(scene, place);
        world.controls.resume(operation.handle);
        const late = world.callTo(operation);
        await world.settle();
        assertEquals(late.state, "completed");
        const wasTried = place === "attempt" ? 1 : undefined;
        if (UNSTARTED.includes(place)) assertEquals(world.starts.get(token.id), wasTried);
        world.recount();
      });

      virtual(
        `killWhere() ${of}, and a token that is ${name} (${kind})`,
        hasBoard,
        async (make) => {
          const scene = await arrange(make, place);
          const { world, operation } = scene;
          const live = world.tokens.filter((it) =>
            !it.isSettled && (!isOwn || it.operation === operation.definition)
          );
          const reason = { why: "enough" };
          assertEquals(world.controls.killWhere(scope(scene)[0], reason), live.length);
          for (const it of live) assertEquals(it.state, "killed");
          if (LIVE.includes(place)) await assertKilled(scene, reason);
          else assertEquals(scene.token.state, ending(place));
          world.controls.resume(operation.handle);
          const late = world.callTo(operation);
          await world.settle();
          assertEquals([late.state, world.crashes], ["completed", []]);
          world.recount();
        },
      );

      virtual(`live() ${of}, and a token that is ${name} (${kind})`, hasBoard, async (make) => {
        const scene = await arrange(make, place);
        const { world, token } = scene;
        const operation = scope(scene)[0];
        const filter = operation === undefined ? {} : { operation };
        const expected = world.tokens.filter((it) =>
          !it.isSettled && (!isOwn || it.operation === scene.operation.definition)
        );
        assertEquals(new Set(world.controls.live(filter)), new Set(expected));
        for (const state of ["waiting", "admitted", "executing", "completed", "killed"] as const) {
          const ofState = world.controls.live({ ...filter, state });
          assertEquals(new Set(ofState), new Set(expected.filter((it) => it.state === state)));
        }
        assertEquals(world.controls.live(filter).includes(token), LIVE.includes(place));
      });
    }
  }

  for (const place of PLACES) {
    virtual(`kill(), and a token that is ${place} (${kind})`, hasBoard, async (make) => {
      const scene = await arrange(make, place);
      const { world, token, operation, other } = scene;
      const rest = world.tokens.filter((it) => it !== token && !it.isSettled);
      assertEquals(world.controls.kill(token.id), LIVE.includes(place));
      if (LIVE.includes(place)) await assertKilled(scene, "killed");
      else assertEquals(token.state, ending(place));
      assertEquals(world.controls.kill(token.id, "again"), false);
      world.controls.resume(operation.handle);
      const late = [world.callTo(operation), world.callTo(other)];
      await world.settle();
      for (const it of [...rest, ...late]) assertEquals(it.state, "completed");
      assertEquals(world.settlements.get(token.id), 1);
      assertEquals([world.crashes, world.replaced], [[], []]);
      const { retries, killed } = world.stats();
      assertEquals(retries, place === "attempt" ? 1 : 0);
      assertEquals(killed, world.tokens.filter((it) => it.state === "killed").length);
      world.recount();
    });

    virtual(`limit(), and a token that is ${place} (${kind})`, hasBoard, async (make) => {
      const scene = await arrange(make, place);
      const { world, token, operation } = scene;
      world.controls.limit(operation.handle, 1);
      const more = Array.from({ length: 5 }, () => world.callTo(operation));
      assertEquals(token.isSettled, SETTLED.includes(place));
      if (place === "resume") world.controls.resume(operation.handle);
      const inLanes = (): number =>
        world.tokens.filter((it) =>
          it.operation === operation.definition &&
          (it.state === "admitted" || it.state === "executing")
        ).length;
      let most = 0;
      await world.until(() => {
        most = Math.max(most, inLanes());
        return token.isSettled && more.every((it) => it.isSettled);
      });
      assertEquals([most, token.state], [1, ending(place)]);
      for (const it of more) assertEquals(it.state, "completed");
      // The limit is gone again.
      world.controls.limit(operation.handle, Infinity);
      if (place === "rate") return;
      const all = Array.from({ length: 3 }, () => world.callTo(operation));
      most = 0;
      await world.until(() => {
        most = Math.max(most, inLanes());
        return all.every((it) => it.isSettled);
      });
      assert(most > 1, "still limited");
    });

    virtual(
      `isolate() and reset(), and a token that is ${place} (${kind})`,
      hasBoard,
      async (make) => {
        const scene = await arrange(make, place);
        const { world, operation, other, token } = scene;
        const before = placeOf(token);
        world.controls.isolate(operation.handle);
        assertEquals(placeOf(token), before);
        assertEquals((world.controls.breakerState(operation.handle) as Kept).state, "isolated");
        const error = assertThrows(() => world.callTo(operation), CircuitOpenError);
        assertEquals([error.retryAfterMs, error.operation], [Infinity, "operation"]);
        const beside = world.callTo(other);
        if (place === "resume") world.controls.resume(operation.handle);
        await assertEnds(scene, place);
        assertEquals(beside.state, "completed");
        assertThrows(() => world.callTo(operation), CircuitOpenError);
        world.controls.reset(operation.handle);
        assertEquals((world.controls.breakerState(operation.handle) as Kept).state, "closed");
        const late = world.callTo(operation);
        await world.settle();
        assertEquals(late.state, "completed");
        assertEquals(world.breakerChanges, ["closed -> isolated", "isolated -> closed"]);
      },
    );

    virtual(`restoreBreaker(), and a token that is ${place} (${kind})`, hasBoard, async (make) => {
      const scene = await arrange(make, place);
      const { world, operation, token } = scene;
      const before = placeOf(token);
      const openUntilMs = world.clock.now() + 500;
      const kept: Kept = { state: "open", openUntilMs, coolDownMs: 30_000 };
      world.controls.restoreBreaker(operation.handle, JSON.parse(JSON.stringify(kept)));
      assertEquals(world.controls.breakerState(operation.handle), kept);
      assertEquals(placeOf(token), before);
      const error = assertThrows(() => world.callTo(operation), CircuitOpenError);
      assertEquals(error.retryAfterMs, 500);
      if (place === "resume") world.controls.resume(operation.handle);
      await assertEnds(scene, place);
      // What was let through before the state was restored neither closes it nor opens it again.
      await world.pass(500);
      const probe = world.callTo(operation);
      await world.settle();
      assertEquals(probe.state, "completed");
      assertEquals(world.breakerChanges, [
        "closed -> open",
        "open -> half-open",
        "half-open -> closed",
      ]);
    });
  }

  virtual(
    `a limit below what is in lanes lets those go on, and no other join them (${kind})`,
    hasBoard,
    async (make) => {
      const world = make({ lanes: 4, capacity: 2 });
      const operation = simulatedOperation("operation");
      const first = Array.from({ length: 4 }, () => world.callTo(operation, { runMs: 100 }));
      await world.until(() => first.every((token) => token.state === "executing"));
      world.controls.limit(operation.handle, 2);
      const later = Array.from({ length: 6 }, () => world.callTo(operation, { runMs: 10 }));
      await world.pass(SOON_MS);
      assertEquals(first.map((token) => token.state), first.map(() => "executing"));
      assertEquals(later.map((token) => token.state), later.map(() => "waiting"));
      let most = 0;
      await world.until(() => {
        const running = later.filter((token) => token.state === "executing").length;
        most = Math.max(most, running);
        return later.every((token) => token.isSettled);
      });
      assertEquals([most, world.stats().completed], [2, 10]);
    },
  );

  virtual(
    `a limit holds for calls on their way to a mailbox too (${kind})`,
    hasBoard,
    async (make) => {
      const world = make({ lanes: 2, capacity: 2 });
      // It has permits, if none that are scarce.
      const operation = simulatedOperation("operation", { rateLimit: { count: 100, perMs: 1 } });
      const other = simulatedOperation("other");
      world.callTo(other, { runMs: 100 });
      world.callTo(other, { runMs: 100 });
      await world.pass(SOON_MS);
      // No plain value: it goes by message.
      const tokens = Array.from({ length: 20 }, () => world.callTo(operation, {}, {}, [/x/]));
      await world.pass(SOON_MS);
      const inLanes = (): CallToken[] =>
        tokens.filter((token) => token.state === "admitted" || token.state === "executing");
      const before = inLanes();
      world.controls.limit(operation.handle, 1);
      await world.until(() => {
        const now = inLanes();
        assert(now.length <= 1 || now.every((token) => before.includes(token)));
        return tokens.every((token) => token.isSettled);
      });
      assertEquals(world.stats().completed, 22);
    },
  );

  virtual(
    `an operation that is paused by itself stays so while the gate is paused and resumed (${kind})`,
    hasBoard,
    async (make) => {
      const world = make({ lanes: 2 });
      const [paused, free] = [simulatedOperation("paused"), simulatedOperation("free")];
      world.controls.pause(paused.handle);
      world.controls.pause();
      const [held, other] = [world.callTo(paused), world.callTo(free)];
      world.controls.resume(paused.handle);
      await world.settle();
      assertEquals([placeOf(held), placeOf(other)], ["resume", "resume"]);
      world.controls.pause(paused.handle);
      world.controls.resume();
      await world.settle();
      assertEquals([placeOf(held), placeOf(other)], ["resume", "completed"]);
      world.controls.resume(paused.handle);
      await world.settle();
      assertEquals(held.state, "completed");
    },
  );

  virtual(
    `drains of an operation and of the gate end each by itself (${kind})`,
    hasBoard,
    async (make) => {
      const world = make({ lanes: 2 });
      const [own, other] = [simulatedOperation("own"), simulatedOperation("other")];
      const token = world.callTo(other, { runMs: 100 });
      const ended: string[] = [];
      void world.controls.drain(own.handle).then(() => ended.push("own"));
      void world.controls.drain().then(() => ended.push("gate"));
      void world.controls.drain().then(() => ended.push("gate again"));
      await world.pass(50);
      assertEquals(ended, ["own"]);
      world.controls.resume();
      const error = assertThrows(() => world.callTo(own), GateDrainingError);
      assert(error.message.includes("it is draining"), error.message);
      assertEquals(world.callTo(other).state, "waiting");
      await world.settle();
      assertEquals([ended, token.state], [["own", "gate", "gate again"], "completed"]);
    },
  );

  virtual(`time limits run on while everything is paused (${kind})`, hasBoard, async (make) => {
    const world = make({ lanes: 1 });
    const operation = simulatedOperation("operation");
    world.controls.pause();
    const limited = [
      world.callTo(operation, {}, { queueTimeoutMs: 50 }),
      world.callTo(operation, {}, { deadlineMs: 60 }),
    ];
    const controller = new AbortController();
    limited.push(world.callTo(operation, {}, { signal: controller.signal }));
    await world.pass(100);
    controller.abort("enough");
    assertEquals(limited.map((token) => token.state), ["timeout", "timeout", "killed"]);
    assertEquals(limited.map(({ id }) => world.starts.get(id)), limited.map(() => undefined));
  });
}

/** What `breakerState()` gives. */
interface Kept {
  readonly state: string;
  readonly openUntilMs: number;
  readonly coolDownMs: number;
}

// Wrong arguments.

const NO_OPERATIONS: readonly unknown[] = [null, 0, NaN, "add", {}, [], () => 1, Symbol("s"), true];
const plain: Operation<[], number> = operation(import.meta, "plain", () => 1);
const guarded: Operation<[], number> = operation(import.meta, "guarded", () => 1, {
  breaker: true,
});

for (const isClosed of [false, true]) {
  const when = isClosed ? "after its gate was closed" : "while its gate is open";
  const withGate = (body: (gate: TokenGate) => void | Promise<void>): Promise<void> =>
    using(new TokenGate({ lanes: 1 }), async (gate) => {
      if (isClosed) await gate.close();
      await body(gate);
    });

  test(`what is no operation is refused by each control by name, ${when}`, async () => {
    await withGate(({ controls }) => {
      const calls: Readonly<Record<string, (wrong: never) => unknown>> = {
        pause: (wrong) => controls.pause(wrong),
        resume: (wrong) => controls.resume(wrong),
        drain: (wrong) => controls.drain(wrong),
        purge: (wrong) => controls.purge(wrong),
        kill: (wrong) => controls.killWhere(wrong),
        "look at": (wrong) => controls.live({ operation: wrong }),
        limit: (wrong) => controls.limit(wrong, 1),
        isolate: (wrong) => controls.isolate(wrong),
        reset: (wrong) => controls.reset(wrong),
        read: (wrong) => controls.breakerState(wrong),
        restore: (wrong) => controls.restoreBreaker(wrong, { state: "closed" }),
      };
      for (const [action, call] of Object.entries(calls)) {
        for (const wrong of NO_OPERATIONS) {
          const error = assertThrows(() => call(wrong as never), TypeError, "it is no operation");
          assert(error.message.startsWith(`Cannot ${action} `), error.message);
        }
      }
      for (const action of ["limit", "isolate", "reset", "read", "restore"]) {
        assertThrows(() => calls[action]!(undefined as never), TypeError, `Cannot ${action}`);
      }
    });
  });

  test(`kill() finds nothing behind numbers that are no ids, and refuses what is no number, ${when}`, async () => {
    await withGate(({ controls }) => {
      for (const id of [NaN, -1, -0.5, 0.5, 1.5, Infinity, -Infinity, 2 ** 60, 12_345]) {
        assertEquals(controls.kill(id), false);
      }
      for (const id of [undefined, null, "1", 1n, {}, [], true, Symbol("s")]) {
        assertThrows(() => controls.kill(id as never), TypeError, "not the id of a token");
      }
    });
  });

  test(`limit() refuses what is no whole number above zero, ${when}`, async () => {
    await withGate(({ controls }) => {
      for (const wrong of [NaN, 0, -1, 1.5, -Infinity]) {
        assertThrows(() => controls.limit(plain, wrong), RangeError, `received ${wrong}`);
      }
      for (const wrong of [undefined, null, "2", 2n, {}, true]) {
        assertThrows(() => controls.limit(plain, wrong as never), TypeError, "not a number");
      }
      controls.limit(plain, 1);
      controls.limit(plain, 2 ** 53);
      controls.limit(plain, Infinity);
    });
  });

  test(`the controls of a breaker refuse an operation without one, and a state that is none, ${when}`, async () => {
    await withGate(({ controls }) => {
      for (
        const call of [
          () => controls.isolate(plain),
          () => controls.reset(plain),
          () => controls.breakerState(plain),
          () => controls.restoreBreaker(plain, { state: "closed", openUntilMs: 0, coolDownMs: 1 }),
        ]
      ) assertThrows(call, TypeError, "it has none; declare it with the option breaker");
      const closed = controls.breakerState(guarded);
      const wrongs: unknown[] = [
        undefined,
        null,
        1,
        "open",
        {},
        { state: "half-open", openUntilMs: 0, coolDownMs: 1 },
        { state: "open" },
        { state: "open", openUntilMs: NaN, coolDownMs: 1 },
        { state: "open", openUntilMs: "1", coolDownMs: 1 },
        { state: "open", openUntilMs: 1, coolDownMs: -1 },
        { state: "open", openUntilMs: Infinity, coolDownMs: 1 },
      ];
      for (const wrong of wrongs) {
        assertThrows(() => controls.restoreBreaker(guarded, wrong), TypeError, "Cannot restore");
      }
      assertEquals(controls.breakerState(guarded), closed);
    });
  });

  test(`live() refuses a filter that is none, ${when}`, async () => {
    await withGate(({ controls }) => {
      for (const wrong of [null, 1, "waiting", { operations: plain }]) {
        assertThrows(() => controls.live(wrong as never), TypeError);
      }
      assertThrows(() => controls.live({ state: "running" as never }), TypeError, `"running"`);
      assertEquals(controls.live(), []);
      assertEquals(controls.live({ operation: plain, state: "waiting" }), []);
    });
  });

  test(`an operation that was never called has nothing to be done to, ${when}`, async () => {
    await withGate(async ({ controls }) => {
      controls.pause(guarded);
      controls.resume(guarded);
      await controls.drain(guarded);
      controls.resume(guarded);
      assertEquals([controls.purge(guarded), controls.killWhere(guarded)], [0, 0]);
      controls.limit(guarded, 3);
      controls.isolate(guarded);
      controls.reset(guarded);
      assertEquals((controls.breakerState(guarded) as Kept).state, "closed");
    });
  });
}

test("a control that was refused has changed nothing", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const { controls } = gate;
    for (
      const call of [
        () => controls.pause(null as never),
        () => controls.drain("add" as never),
        () => controls.killWhere({} as never),
        () => controls.limit(add, NaN),
        () => controls.restoreBreaker(guarded, { state: "isolated" }),
      ]
    ) assertThrows(call);
    assertEquals(await gate.call(add, 1, 2), 3);
    assertEquals(gate.stats().refused, 0);
  });
});

test("what was done to an operation before its first call holds for it", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    gate.controls.pause(add);
    const token = gate.call(add, 1, 2);
    assertEquals(await gate.call(countStart, new Int32Array(1), 0), 1);
    assertEquals([token.state, token.waitingFor], ["waiting", "resume"]);
    gate.controls.resume(add);
    assertEquals(await token, 3);
    gate.controls.isolate(guarded);
    assertThrows(() => gate.call(guarded), CircuitOpenError, "isolated");
  });
});

// On real lanes.

for (const bridge of ["ring", "frames"] as const) {
  test(`a lane that is paused finishes what it runs, and goes on in order (${bridge})`, async () => {
    await using(new TokenGate({ lanes: 1, bridge }), async (gate) => {
      const flag = new Int32Array(new SharedArrayBuffer(8));
      const counts = new Int32Array(new SharedArrayBuffer(4));
      const running = gate.call(gated, flag);
      const behind = Array.from({ length: 20 }, () => gate.call(countStart, counts, 0));
      await changed(flag, 0, 0);
      gate.controls.pause();
      assertEquals(new Set(behind.map(placeOf)), new Set(["resume"]));
      assertEquals(gate.controls.live({ state: "executing" }), [running]);
      Atomics.store(flag, 1, 1);
      Atomics.notify(flag, 1);
      assertEquals([await running, Atomics.load(counts, 0)], [1, 0]);
      gate.controls.resume();
      assertEquals(await Promise.all(behind), behind.map((_, n) => n + 1));
    });
  });

  test(`kill() stops a function that looks, and purge() leaves one that runs (${bridge})`, async () => {
    await using(new TokenGate({ lanes: 1, bridge, graceMs: 10_000 }), async (gate) => {
      const flag = new Int32Array(new SharedArrayBuffer(4));
      const running = gate.call(spinUntilAborted, flag);
      await changed(flag, 0, 0);
      const behind = Array.from({ length: 20 }, () => gate.call(add, 1, 2));
      assertEquals(gate.controls.purge(undefined, "no room"), 20);
      for (const token of behind) {
        assertEquals((await assertRejects(() => token, TokenCancelledError)).cause, "no room");
      }
      assertEquals(running.state, "executing");
      assert(gate.controls.kill(running.id, "enough"));
      await assertRejects(() => running, TokenCancelledError, "enough");
      assertEquals(await gate.call(add, 3, 4), 7);
      assertEquals([Atomics.load(flag, 0), gate.stats().late, gate.stats().crashes], [2, 1, 0]);
    });
  });

  test(`drain() finishes what there is, and refuses the rest (${bridge})`, async () => {
    await using(new TokenGate({ lanes: 2, bridge }), async (gate) => {
      const tokens = Array.from({ length: 200 }, (_, n) => gate.call(add, n, 1));
      const drained = gate.controls.drain();
      const error = assertThrows(() => gate.call(add, 1, 2), GateDrainingError);
      assertInstanceOf(error, GateDrainingError);
      await drained;
      assertEquals(tokens.map((token) => token.state), tokens.map(() => "completed"));
      gate.controls.resume();
      assertEquals(await gate.call(add, 1, 2), 3);
    });
  });
}
