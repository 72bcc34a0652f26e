// What follows the end of a call of which only so many may run at once: the next one, by the lane itself. On simulated lanes, where states can be held still; at the end on real ones.
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { type CallToken, LAID_OUT, NOWHERE } from "../lib/call_token.ts";
import { PermitPool, TokenGate } from "../mod.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { gated } from "./fixtures/operations.ts";
import {
  SimulatedGate,
  type SimulatedGateOptions,
  simulatedOperation,
} from "./fixtures/simulated_gate.ts";
import { addWord, changed, makeWords, readWord } from "./fixtures/words.ts";

checkNoLanesLeft();

const HOLDS = { runMs: Infinity, stopMs: 0 };
/** Long enough for what waits to be where it belongs, in ms. */
const SOON_MS = 50;
const SEEDS = 400;

function makeWorld(options: SimulatedGateOptions = {}): SimulatedGate {
  return new SimulatedGate({ lanes: 2, latencyMs: 1, hasBoard: true, boardSlots: 16, ...options });
}

const limited = simulatedOperation("limited", { maxConcurrent: 1 });

/** One call that runs, and so many that wait for its permit, the first of them laid out. */
async function arrange(
  world: SimulatedGate,
  waiting: number,
): Promise<[runs: CallToken, next: CallToken, ...CallToken[]]> {
  const runs = world.callTo(limited, HOLDS);
  const others = Array.from({ length: waiting }, () => world.callTo(limited));
  await world.pass(SOON_MS);
  assertEquals(placesOf(others), [LAID_OUT, ...new Array(waiting - 1).fill(NOWHERE)]);
  return [runs, others[0]!, ...others.slice(1)];
}

function placesOf(tokens: readonly CallToken[]): number[] {
  return tokens.map(({ lane }) => lane);
}

function idsOf(tokens: readonly CallToken[]): number[] {
  return tokens.map(({ id }) => id);
}

test("what is laid out waits for a permit, as far as anybody can see", async () => {
  const world = makeWorld();
  const [, next, last] = await arrange(world, 2);
  assertEquals([next.state, next.waitingFor, next.timings.admittedMs], [
    "waiting",
    "permit",
    undefined,
  ]);
  const { waiting, admitted, executing } = world.stats();
  assertEquals([waiting, admitted, executing, last!.waitingFor], [2, 0, 1, "permit"]);
  world.recount();
  await world.close();
});

test("a lane goes on with the next call before the gate has heard of the end of the last, and no two run at once", async () => {
  let early = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const world = makeWorld({ seed, latencyMs: 5 });
    const tokens: CallToken[] = [];
    world.onStart = (id) => {
      const before = tokens.findIndex((token) => token.id === id) - 1;
      if (before < 0) return;
      assert(!world.running.has(tokens[before]!.id), "two run at once");
      if (!tokens[before]!.isSettled) early++;
    };
    for (let n = 0; n < 10; n++) tokens.push(world.callTo(limited, { runMs: 20 }));
    await world.settle();
    assertEquals(world.order, idsOf(tokens));
    for (const token of tokens) {
      const { admittedMs, startedMs } = token.timings;
      assert(token.state === "completed" && admittedMs! <= startedMs!);
    }
    world.recount();
    await world.close();
  }
  assert(early > 50, `only ${early} of 180 calls followed without the gate`);
});

test("a call that comes before it takes its place, and what is laid out waits again", async () => {
  const world = makeWorld();
  const [runs, next, last] = await arrange(world, 2);
  const urgent = world.callTo(limited, {}, { priority: 1 });
  assertEquals(next.lane, NOWHERE);
  await world.pass(SOON_MS);
  assertEquals(placesOf([urgent, next, last!]), [LAID_OUT, NOWHERE, NOWHERE]);
  runs.cancel();
  await world.settle();
  assertEquals(world.order, idsOf([runs, urgent, next, last!]));
  await world.close();
});

test("a permit that goes to another call, out of its turn, is not that of what is laid out", async () => {
  const world = makeWorld();
  const [, next, last] = await arrange(world, 2);
  const desk = world.engine.deskOf(limited.definition);
  assertEquals([desk.takeOut(last!), next.lane], [false, LAID_OUT]);
  // Before anybody could give it to the first one.
  desk.permits.resize(2);
  assertEquals([desk.takeOut(last!), next.lane, desk.permits.inUse], [true, NOWHERE, 2]);
  desk.putBack(last!, NaN);
  await world.close();
});

/** What may be done to what is laid out: what becomes of that, and how often it starts. */
const deeds: readonly [
  name: string,
  deed: (world: SimulatedGate, next: CallToken) => void,
  state: string,
  starts: number,
][] = [
  ["cancelled", (_, next) => next.cancel(), "killed", 0],
  ["purged", ({ controls }) => controls.purge(limited.handle), "killed", 0],
  ["killed with its operation", ({ controls }) => controls.killWhere(limited.handle), "killed", 0],
  [
    "paused and resumed",
    ({ controls }) => {
      controls.pause(limited.handle);
      controls.resume(limited.handle);
    },
    "completed",
    1,
  ],
  [
    "paused and resumed with its gate",
    ({ controls }) => {
      controls.pause();
      controls.resume();
    },
    "completed",
    1,
  ],
  [
    "let go by a higher limit",
    ({ controls }) => controls.limit(limited.handle, 2),
    "completed",
    1,
  ],
  [
    "stood in for",
    ({ engine }) => {
      engine.mock(engine.deskOf(limited.definition), () => 1);
    },
    "completed",
    1,
  ],
];

for (const [name, deed, state, starts] of deeds) {
  test(`what is laid out can be ${name}`, async () => {
    const world = makeWorld({ graceMs: 100 });
    const [runs, next] = await arrange(world, 1);
    next.catch(() => {});
    deed(world, next);
    if (name.startsWith("let go")) {
      await world.until(() => next.isSettled);
      assertEquals(runs.state, "executing");
    }
    runs.cancel();
    await world.settle();
    const onLanes = (world.starts.get(next.id) ?? 0) -
      world.here.filter((id) => id === next.id).length;
    assertEquals([next.state, world.starts.get(next.id) ?? 0], [state, starts]);
    assertEquals(onLanes, name === "stood in for" ? 0 : starts);
    world.recount();
    await world.close();
  });
}

test("nothing is laid out of an operation that something stands in for", async () => {
  const world = makeWorld();
  const runs = world.callTo(limited, { runMs: 40 * SOON_MS });
  const next = world.callTo(limited);
  await world.pass(SOON_MS);
  assertEquals(next.lane, LAID_OUT);
  // When the function is put in its place no lane takes calls. The next to be ready is started for another call.
  const reloaded = world.engine.reload();
  world.engine.mock(world.engine.deskOf(limited.definition), () => 1);
  const other = world.call();
  await world.until(() => other.isSettled);
  assertEquals([runs.state, next.lane], ["executing", NOWHERE]);
  await world.settle();
  assertEquals([next.state, world.here], ["completed", [next.id]]);
  await reloaded;
  world.recount();
  await world.close();
});

test("what is laid out times out in the queue, and when its gate is closed it is killed", async () => {
  const world = makeWorld();
  world.callTo(limited, HOLDS);
  const impatient = world.callTo(limited, {}, { queueTimeoutMs: 200 });
  const patient = world.callTo(limited);
  await world.pass(SOON_MS);
  assertEquals(placesOf([impatient, patient]), [LAID_OUT, NOWHERE]);
  impatient.catch(() => {});
  await world.until(() => impatient.isSettled);
  assertEquals([impatient.state, world.starts.has(impatient.id)], ["timeout", false]);
  await world.pass(SOON_MS);
  assertEquals(patient.lane, LAID_OUT);
  patient.catch(() => {});
  await world.close();
  assertEquals([patient.state, world.starts.has(patient.id)], ["killed", false]);
});

test("only what waits for nothing but a permit of its own operation is laid out", async () => {
  const pool = new PermitPool("pool", 1);
  const world = makeWorld();
  const others = [
    simulatedOperation("pool", { pools: [pool] }),
    simulatedOperation("rate", { maxConcurrent: 1, rateLimit: { count: 10, perMs: 1_000 } }),
  ];
  const tokens: CallToken[] = [];
  for (const operation of others) {
    world.callTo(operation, HOLDS);
    tokens.push(world.callTo(operation));
  }
  const weight = { isHeavy: true, slots: 1 };
  world.callTo(limited, { runMs: 500 });
  tokens.push(world.callTo(limited, {}, { weight }));
  await world.pass(SOON_MS);
  assertEquals(placesOf(tokens), [NOWHERE, NOWHERE, NOWHERE]);
  for (const token of world.tokens) token.catch(() => {});
  await world.close();
  assertEquals([pool.inUse, pool.waiting], [0, 0]);
});

test("a call whose arguments do not go on the board goes the way by the gate", async () => {
  const world = makeWorld();
  const tokens = [limited, limited].map((it) =>
    world.callTo(it, { runMs: 200 }, {}, [/no plain value/])
  );
  await world.pass(SOON_MS);
  assertEquals(tokens[1]!.lane, NOWHERE);
  await world.settle();
  assertEquals(world.order, idsOf(tokens));
  await world.close();
});

test("a queue that drops the oldest drops what is laid out, before it has started", async () => {
  const bounded = simulatedOperation("bounded", {
    maxConcurrent: 1,
    queue: { maxQueue: 1, maxQueueBytes: Infinity, whenFull: "drop-oldest" },
  });
  const world = makeWorld();
  const runs = world.callTo(bounded, HOLDS);
  await world.pass(SOON_MS);
  const old = world.callTo(bounded);
  old.catch(() => {});
  await world.pass(SOON_MS);
  assertEquals(old.lane, LAID_OUT);
  const young = world.callTo(bounded);
  assertEquals([old.state, world.stats().dropped], ["killed", 1]);
  runs.cancel();
  await world.settle();
  assertEquals(world.order, idsOf([runs, young]));
  await world.close();
});

test("accessors among the arguments may end what is being laid out, or overtake it", async () => {
  for (const isEnded of [true, false]) {
    const world = makeWorld();
    const runs = world.callTo(limited, HOLDS);
    let reads = 0;
    let urgent: CallToken | undefined;
    const argument = {
      get field(): number {
        reads++;
        if (isEnded) next.cancel();
        else urgent ??= world.callTo(limited, {}, { priority: 1 });
        return reads;
      },
    };
    await world.pass(SOON_MS);
    const next = world.callTo(limited, {}, {}, [argument]);
    next.catch(() => {});
    await world.pass(SOON_MS);
    assert(reads > 0);
    runs.cancel();
    await world.settle();
    const started = isEnded ? [runs] : [runs, urgent!, next];
    assertEquals(world.order, idsOf(started));
    await world.close();
  }
});

test("a call whose arguments cannot be read fails while it is laid out, also when its end makes another call", async () => {
  let last: CallToken | undefined;
  const world = makeWorld({
    onSettled: (token) => {
      if (token === next) last ??= world.callTo(limited);
    },
  });
  const runs = world.callTo(limited, HOLDS);
  await world.pass(SOON_MS);
  const argument = {
    get field(): number {
      throw new Error("unreadable");
    },
  };
  const next = world.callTo(limited, {}, {}, [argument]);
  next.catch(() => {});
  await world.pass(SOON_MS);
  assertEquals([next.state, last!.lane], ["failed", LAID_OUT]);
  runs.cancel();
  await world.settle();
  assertEquals(world.order, idsOf([runs, last!]));
  world.recount();
  await world.close();
});

// Between the start by the lane and the news of the end before it.

/** Runs until a lane has started what is laid out, and the gate does not know. @returns that call, in some of the worlds */
async function unheard(
  body: (world: SimulatedGate, runs: CallToken, next: CallToken) => void | Promise<void>,
  operation: typeof limited = limited,
): Promise<void> {
  let found = 0;
  for (let seed = 1; seed <= SEEDS && found < 5; seed++) {
    const world = makeWorld({ seed, latencyMs: 5, graceMs: 50 });
    const runs = world.callTo(operation, { runMs: 100 });
    await world.pass(SOON_MS);
    const next = world.callTo(operation, { runMs: 100, stopMs: 0 });
    next.catch(() => {});
    await world.until(() => world.running.has(next.id));
    if (next.lane === LAID_OUT) {
      found++;
      await body(world, runs, next);
      world.recount();
    }
    await world.settle();
    assert(runs.isSettled && next.isSettled);
    assertEquals([world.settlements.get(runs.id), world.settlements.get(next.id)], [1, 1]);
    world.recount();
    await world.close();
  }
  assertEquals(found, 5, "no lane was ahead of the gate");
}

test("until the gate has heard, the call that was started counts as one that waits", async () => {
  await unheard((world, runs, next) => {
    assertEquals([runs.state, next.state], ["executing", "waiting"]);
    const { waiting, executing } = world.stats();
    assertEquals([waiting, executing], [1, 1]);
  });
});

test("a call that was started unheard is not taken for one that waits: purged, dropped, or run again", async () => {
  await unheard((world, _, next) => {
    assertEquals([world.controls.purge(limited.handle), next.state], [0, "executing"]);
  });
  await unheard(async (world, _, next) => {
    world.controls.pause(limited.handle);
    assertEquals(next.state, "executing");
    await world.settle();
    assertEquals([next.state, world.starts.get(next.id)], ["completed", 1]);
  });
  await unheard(async (world, _, next) => {
    world.engine.mock(world.engine.deskOf(limited.definition), () => 1);
    await world.settle();
    assertEquals([next.state, world.starts.get(next.id), world.here], ["completed", 1, []]);
  });
  const bounded = simulatedOperation("bounded", {
    maxConcurrent: 1,
    queue: { maxQueue: 1, maxQueueBytes: Infinity, whenFull: "drop-oldest" },
  });
  await unheard((world, _, next) => {
    const last = world.callTo(bounded);
    assertEquals([next.state, last.state, world.stats().dropped], ["executing", "waiting", 0]);
  }, bounded);
});

test("a call that was started unheard can be stopped, and lets the next one go on", async () => {
  await unheard(async (world, _, next) => {
    next.cancel("not wanted");
    assertEquals(next.state, "killed");
    const last = world.callTo(limited);
    await world.until(() => last.isSettled);
    assertEquals(last.state, "completed");
  });
});

test("a call that comes before one that was started unheard waits for its end", async () => {
  await unheard(async (world, runs, next) => {
    const urgent = world.callTo(limited, {}, { priority: 1 });
    assertEquals(next.state, "executing");
    world.onStart = (id) => {
      assert(id !== urgent.id || !world.running.has(next.id), "two run at once");
    };
    await world.settle();
    assertEquals(world.order, idsOf([runs, next, urgent]));
  });
});

test("a call that was given up has no successor, however late it ends", async () => {
  for (let seed = 1; seed <= 50; seed++) {
    // Nobody can stop it: it outlives its lane, and even then it starts nothing.
    const world = makeWorld({ seed, graceMs: 500, stopsThreads: false });
    const late = world.callTo(limited, { runMs: 150 }, { timeoutMs: 100 });
    late.catch(() => {});
    const others = Array.from({ length: 3 }, () => world.callTo(limited, { runMs: 100 }));
    world.onStart = (id) => {
      const beside = others.filter((it) => it.id !== id && world.running.has(it.id));
      assertEquals(beside.length, 0, "two run at once");
    };
    await world.settle();
    assertEquals(world.order, idsOf([late, ...others]));
    assertEquals(late.state, "timeout");
    await world.close();
  }
});

// Real lanes.

test("a lane goes on with the next call of a limited operation while the program's thread is blocked", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    gate.controls.limit(gated, 1);
    const [first, second] = [makeWords(2, false), makeWords(2, false)];
    const runs = gate.call(gated, first);
    await changed(first, 0, 0);
    const next = gate.call(gated, second);
    while ((next as unknown as CallToken).lane !== LAID_OUT) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    addWord(first, 1);
    // No turn of the event loop from here on: whatever starts the second one, it is not this thread.
    const untilMs = performance.now() + 20_000;
    while (readWord(second, 0) === 0 && performance.now() < untilMs);
    assertEquals(readWord(second, 0), 1, "the call waits for the program's thread");
    assertEquals(next.state, "waiting");
    addWord(second, 1);
    assertEquals([await runs, await next], [1, 1]);
    assertEquals(next.timings.lane, runs.timings.lane);
  });
});
