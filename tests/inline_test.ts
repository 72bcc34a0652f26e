// The option `inline: "auto"`, on real lanes. What runs where depends on measured times, so these tests call until they have seen what they are about,
// and assert what must hold wherever a call ran.
import { AsyncLocalStorage } from "node:async_hooks";
import { test } from "node:test";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotStrictEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { type Operation, operation, TokenCancelledError, TokenGate } from "../mod.ts";
import { BUDGET_MS, LEAST_MS, LEAST_RUNS } from "../lib/gate/inline_policy.ts";
import {
  addTo,
  busyAt,
  comesTo,
  here,
  later,
  state,
  untilStopped,
  where,
} from "./fixtures/inline_operations.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { runProgram } from "./fixtures/run_program.ts";
import { strictDifference } from "./fixtures/strict_difference.ts";

checkNoLanesLeft();

/** More than a busy machine needs to see that a function is cheap. */
const MOST_TRIES = 20_000;
/** In place of the number of a lane. */
const HERE = -1;

/** Most calls that one turn of the event loop runs on the caller's thread. */
const MOST_PER_TURN = BUDGET_MS / LEAST_MS + 1;

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Calls an operation again and again until a call ran here. */
async function learn(gate: TokenGate, call: () => PromiseLike<unknown>): Promise<void> {
  const before = gate.stats().inline;
  for (let n = 0; n < MOST_TRIES; n++) {
    await call();
    if (gate.stats().inline > before) return nextTurn();
  }
  throw new Error("no call ran on the caller's thread");
}

/** Repeats an attempt until it says that it has seen what it is about. */
async function until(attempt: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 500; n++) if (await attempt()) return;
  throw new Error("no attempt ran on the caller's thread");
}

test("a cheap operation runs in lanes until its cost is known, and then also on the caller's thread", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const call = where.with({ gate });
    const runsBefore = here.runs;
    const lanes: number[] = [];
    while (!lanes.includes(HERE) && lanes.length < MOST_TRIES) lanes.push(await call());
    assert(lanes.includes(HERE), "no call ran on the caller's thread");
    assert(lanes.length > LEAST_RUNS);
    const stats = gate.stats();
    assertEquals(stats.inline, 1);
    assertEquals(here.runs - runsBefore, 1);
    assertEquals([stats.submitted, stats.completed], [lanes.length, lanes.length]);
  });
});

test("without the option nothing runs on the caller's thread", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const call = where.with({ gate, inline: "never" });
    for (let n = 0; n < 100; n++) assertEquals(await call(), 0);
    assertEquals(gate.stats().inline, 0);
  });
});

test("calls with a limit or a signal run in lanes, however cheap the operation is", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    await learn(gate, where.with({ gate }));
    const { signal } = new AbortController();
    const limits = [{ timeoutMs: 60_000 }, { queueTimeoutMs: 60_000 }, { deadlineMs: 60_000 }, {
      signal,
    }];
    for (const limit of limits) {
      const call = where.with({ gate, ...limit });
      for (let n = 0; n < 50; n++) assertEquals(await call(), 0);
    }
  });
});

test("the function does not run inside the call, and a call that is cancelled before its turn never runs", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const call = where.with({ gate });
    await learn(gate, call);
    await until(async () => {
      const runsBefore = here.runs;
      const tokens = [call(), call(), call()];
      assertEquals(tokens.map((token) => token.state), ["waiting", "waiting", "waiting"]);
      assertEquals(here.runs, runsBefore);
      assert(tokens[1]!.cancel("not now"));
      await assertRejects(() => tokens[1]!, TokenCancelledError);
      const lanes = [await tokens[0], await tokens[2]];
      assertEquals(tokens.map((token) => token.state), ["completed", "killed", "completed"]);
      assertEquals(here.runs - runsBefore, lanes.filter((lane) => lane === HERE).length);
      await nextTurn();
      return lanes[0] === HERE && lanes[1] === HERE;
    });
  });
});

test("the four stamps of a run here are in order, and while it runs the token is executing", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const call = where.with({ gate });
    await learn(gate, call);
    await until(async () => {
      const token = call();
      const lane = await token;
      const { submittedMs, admittedMs, startedMs, endedMs } = token.timings;
      if (lane !== HERE) return false;
      assert(submittedMs <= admittedMs!, `${submittedMs} ${admittedMs}`);
      assert(admittedMs! <= startedMs! && startedMs! <= endedMs!);
      return true;
    });
    const wait = untilStopped.with({ gate });
    await learn(gate, () => wait(false));
    await until(async () => {
      const token = wait(true);
      await nextTurn();
      const { inline } = gate.stats();
      while (token.state !== "executing") await nextTurn();
      const { executing } = gate.stats();
      assertEquals(executing, 1);
      assertEquals(token.timings.endedMs, undefined);
      assert(token.cancel("enough"));
      await token.catch(() => {});
      assertEquals(gate.stats().executing, 0);
      return inline > 0;
    });
  });
});

test("arguments and results are copies, as if they had crossed", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const add = addTo.with({ gate });
    await learn(gate, () => add({ list: [0] }));
    await until(async () => {
      const box = { list: [0] };
      const { lane, list } = await add(box);
      assertEquals([box.list, list], [[0], [0, 3]]);
      if (lane !== HERE) return false;
      const kept = here.kept as typeof box;
      assertNotStrictEquals(kept, box);
      assertEquals(kept.list, [0, 3]);
      assertNotStrictEquals(list, kept.list);
      return true;
    });
    const read = state.with({ gate });
    await learn(gate, read);
    await until(async () => {
      const { lane, of } = await read();
      of.list.push(9);
      assertEquals(here.state.list, [1, 2]);
      return lane === HERE;
    });
  });
});

test("errors arrive as they do from a lane, with class, stack, cause and properties", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const call = comesTo.with({ gate });
    await until(async () => {
      await learn(gate, () => call(""));
      const error = await assertRejects(() => call("error"), RangeError, "out of range");
      assertInstanceOf(error.cause, TypeError);
      assertEquals((error.cause as TypeError).message, "the cause");
      assertEquals(Reflect.get(error, "status"), 404);
      assert(error.stack!.includes("inline_operations"), error.stack);
      return Reflect.get(error, "lane") === HERE;
    });
    await until(async () => {
      await learn(gate, () => call(""));
      const thrown = await call("value").then(() => undefined, (value) => value) as {
        lane: number;
        list: number[];
      };
      assertEquals(thrown.list, [1, 2]);
      assertNotStrictEquals(thrown.list, here.state.list);
      return thrown.lane === HERE;
    });
    const { submitted, completed, failed } = gate.stats();
    assertEquals(submitted, completed + failed);
  });
});

test("what cannot be cloned is refused with the error of a lane, and the function did not run", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const auto = comesTo.with({ gate });
    const inLanes = comesTo.with({ gate, inline: "never" });
    const failure = (call: typeof auto, outcome: string, value: unknown): Promise<unknown> =>
      call(outcome, value).then(() => undefined, (error) => [error.code, error.message]);
    const values = [() => 1, Symbol("s"), { deep: [() => 1] }, {
      get broken() {
        throw new Error("accessor");
      },
    }];
    for (const value of values) {
      await learn(gate, () => auto(""));
      const runsBefore = here.runs;
      const expected = await failure(inLanes, "identity", value);
      assertEquals(await failure(auto, "identity", value), expected);
      assert(expected !== undefined);
      assertEquals(here.runs, runsBefore);
    }
    const expected = await failure(inLanes, "function", undefined);
    await until(async () => {
      await learn(gate, () => auto(""));
      const runsBefore = here.runs;
      assertEquals(await failure(auto, "function", undefined), expected);
      return here.runs > runsBefore;
    });
  });
});

test("random values come back from the caller's thread as they do from a lane", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const auto = comesTo.with({ gate });
    const inLanes = comesTo.with({ gate, inline: "never" });
    await learn(gate, () => auto(""));
    const before = gate.stats().inline;
    const value = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withSparseArray: true,
      withTypedArray: true,
      withBoxedValues: true,
      withUnicodeString: true,
    } as fc.ObjectConstraints);
    await fc.assert(
      fc.asyncProperty(value, async (value) => {
        const [here, there] = await Promise.all([
          auto("identity", value),
          inLanes("identity", value),
        ]);
        assertEquals(strictDifference(here, there), undefined);
      }),
      { numRuns: 300 },
    );
    assert(gate.stats().inline > before);
  });
});

test("objects that are passed twice are one object in the function too, and shared memory stays shared", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const call = comesTo.with({ gate });
    const words = new Int32Array(new SharedArrayBuffer(8));
    const twin = { words };
    await until(async () => {
      await learn(gate, () => call(""));
      const runsBefore = here.runs;
      const [a, b] = await call("identity", [twin, twin]) as [typeof twin, typeof twin];
      assert(a === b && a !== twin);
      words[0]!++;
      assertEquals(a.words[0], words[0]);
      return here.runs > runsBefore;
    });
  });
});

test("of a burst some calls run here and the rest in lanes, and the event loop has its turn in between", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    await gate.started();
    const call = where.with({ gate });
    await until(async () => {
      await learn(gate, call);
      const before = gate.stats();
      let settledBeforeTurn = -1;
      let settled = 0;
      const count = (lane: number): number => {
        settled++;
        return lane;
      };
      setTimeout(() => settledBeforeTurn = settled, 0);
      const lanes = await Promise.all(Array.from({ length: 10_000 }, () => call().then(count)));
      const after = gate.stats();
      const inline = lanes.filter((lane) => lane === HERE).length;
      assertEquals(after.inline - before.inline, inline);
      assertEquals(after.completed - before.completed, 10_000);
      assert(inline <= MOST_PER_TURN, `${inline} ran here`);
      assert(settledBeforeTurn >= 0 && settledBeforeTurn < 10_000, `${settledBeforeTurn}`);
      return inline > 0;
    });
  });
});

test("a program that does nothing but await cheap calls lets timers have their turn", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const call = where.with({ gate });
    for (let round = 0; round < 5; round++) {
      await learn(gate, call);
      const before = gate.stats().inline;
      let hadTurn = false;
      setTimeout(() => hadTurn = true, 0);
      let calls = 0;
      // Bounded, so that a failure is one and no hang: a timer may be late, but not by this many turns.
      while (!hadTurn && calls < 1_000_000) {
        await call();
        calls++;
      }
      assert(hadTurn, `no turn during ${gate.stats().inline - before} runs here`);
    }
  });
});

test("a function that has become slow is met once, and is learned anew in lanes", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    const call = busyAt.with({ gate });
    await until(async () => {
      await learn(gate, () => call(0));
      const slow = await Promise.all(Array.from({ length: 20 }, () => call(3)));
      const here = slow.filter((lane) => lane === HERE).length;
      assert(here <= 1, `${here} slow runs on the caller's thread`);
      await nextTurn();
      if (here === 0) return false;
      for (let n = 0; n < LEAST_RUNS; n++) assert(await call(0) !== HERE);
      return true;
    });
  });
});

test("a function that turns out to be asynchronous runs here once, in its context, and never again", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const call = later.with({ gate });
    await learn(gate, async () => {
      const { before, after, isSame } = await call();
      assertEquals(before, after);
      assert(isSame);
    });
    assertEquals(gate.stats().inline, 1);
    for (let n = 0; n < 300; n++) assertEquals((await call()).before, 0);
    assertEquals(gate.stats().inline, 1);
  });
});

test("a run here sees nothing of the asynchronous context of the code that called", async () => {
  const requests = new AsyncLocalStorage<string>();
  here.look = () => requests.getStore();
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const call = where.with({ gate });
    await learn(gate, call);
    await until(async () => {
      here.kept = "nothing";
      const lane = await requests.run("a request", call);
      if (lane !== HERE) return false;
      assertEquals(here.kept, undefined);
      return true;
    });
  });
  here.look = undefined;
});

test("an asynchronous run here that is cancelled sees its signal, and what it comes to is late", async () => {
  let hasSeen = false;
  for (let n = 0; n < 20 && !hasSeen; n++) {
    await using(new TokenGate({ lanes: 1 }), async (gate) => {
      const call = untilStopped.with({ gate });
      await learn(gate, () => call(false));
      const runsBefore = here.runs;
      here.kept = undefined;
      const token = call(true);
      while (token.state !== "executing") await nextTurn();
      token.cancel("enough");
      const error = await assertRejects(() => token, TokenCancelledError);
      if (here.runs === runsBefore) return;
      hasSeen = true;
      const [lane, aborted, reason] = here.kept as [number, boolean, TokenCancelledError];
      assertEquals([lane, aborted], [HERE, true]);
      assertInstanceOf(reason, TokenCancelledError);
      assertEquals(reason.message, error.message);
      assertNotStrictEquals(reason, error);
      await nextTurn();
      assertEquals(gate.stats().late, 1);
      assert(token.timings.startedMs !== undefined && token.timings.endedMs === undefined);
    });
  }
  assert(hasSeen, "it never ran on the caller's thread");
});

test("a gate that is closed finishes what waits for its turn here, or ends it", async () => {
  for (const drain of [true, false]) {
    let inline = 0;
    for (let n = 0; n < 20 && inline === 0; n++) {
      const gate = new TokenGate({ lanes: 1 });
      await using(gate, async () => {
        const call = where.with({ gate });
        await learn(gate, call);
        const before = gate.stats().inline;
        const tokens = Array.from({ length: 30 }, () => call());
        const settled = Promise.allSettled(tokens);
        await gate.close({ drain });
        await settled;
        const states = new Set(tokens.map((token) => token.state));
        if (drain) assertEquals([...states], ["completed"]);
        else for (const state of states) assert(state === "completed" || state === "killed");
        const { submitted, completed, killed } = gate.stats();
        assertEquals(submitted, completed + killed);
        inline = drain ? gate.stats().inline - before : 1;
      });
    }
    assert(inline > 0);
  }
});

test("the option is read with care, and with() keeps what it is not given", async () => {
  const wrong = { inline: "always" } as unknown as { inline: "auto" };
  const said = `received "always", not "never" or "auto"`;
  assertThrows(() => operation(import.meta, "wrong", () => 1, wrong), TypeError, said);
  assertThrows(() => where.with(wrong), TypeError, said);
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const never: Operation<[], number> = where.with({ gate, inline: "never" });
    for (let n = 0; n < 50; n++) assertEquals(await never.with({ gate })(), 0);
    await learn(gate, never.with({ inline: "auto" }));
  });
});

test("an operation that runs here calls others as the program does, and the program ends by itself", async () => {
  const run = await runProgram("inline_calls");
  assertEquals([run.code, run.stderr], [0, ""]);
  assertEquals(run.stdout.trim(), "the sum is 3, called from lane -1");
});
