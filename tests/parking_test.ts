// Going to sleep and being woken: each state in one thread, and then two threads that hit each other in every phase.
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { CallBoard } from "../lib/bridge/call_board.ts";
import { AT_WORK, LOOKING, NEEDS_MESSAGE, NOTIFIED, Parking } from "../lib/bridge/parking.ts";
import type { WorkerHandle } from "../lib/runtime/adapter.ts";
import { runtimeAdapter } from "../lib/runtime/detect.ts";
import { RandomSource } from "../lib/runtime/random.ts";
import {
  busyWait,
  DONE,
  LAST,
  PARKING,
  type ParkingLaneInit,
  STOPPED,
  WORDS,
} from "./fixtures/parking_words.ts";

// More by TOKENGATE_PARKING_CALLS=1000000.
const calls = Number(process.env.TOKENGATE_PARKING_CALLS ?? 20_000);
const SLOTS = 4;
/** A lane that has not taken a call for so long sleeps for ever. */
const HANGS_AFTER_MS = 20_000;

function pair(): { gate: Parking; lane: Parking } {
  const words = new Int32Array(new SharedArrayBuffer(8));
  return { gate: new Parking(words, 1), lane: new Parking(words, 1) };
}

test("a lane that runs is not woken, one that runs for long not even counted on", () => {
  const { gate, lane } = pair();
  assertEquals([gate.wake(), gate.isWaking], [LOOKING, false]);
  lane.work();
  assertEquals([gate.wake(), gate.isWaking], [AT_WORK, false]);
  assertEquals(lane.run(), false);
  assertEquals(gate.wake(), LOOKING);
});

test("a lane that parks is woken once, and knows that it was", () => {
  const { gate, lane } = pair();
  lane.prepareToPark();
  assertEquals([gate.wake(), gate.isWaking], [NOTIFIED, true]);
  assertEquals(gate.wake(), LOOKING);
  // Woken between its look and its wait: it does not sleep.
  assertEquals(lane.wait(Infinity), true);
  assertEquals([gate.isWaking, gate.wake()], [false, LOOKING]);
});

test("a lane that finds a call before it sleeps runs, and was not woken", () => {
  const { gate, lane } = pair();
  lane.prepareToPark();
  assertEquals(lane.run(), false);
  lane.prepareToLoop();
  assertEquals(lane.run(), false);
  assertEquals(gate.wake(), LOOKING);
});

test("a slice that ends without a wake-up leaves the lane running", () => {
  const { gate, lane } = pair();
  lane.prepareToPark();
  assertEquals(lane.wait(1), false);
  assertEquals(gate.wake(), LOOKING);
});

test("a lane that waits in its event loop is woken by one message", () => {
  const { gate, lane } = pair();
  lane.prepareToLoop();
  assertEquals([gate.wake(), gate.isWaking], [NEEDS_MESSAGE, true]);
  assertEquals(gate.wake(), LOOKING);
  assertEquals([lane.run(), gate.isWaking], [true, false]);
});

test("for a message a parked lane is woken, and one in its event loop is left as it is", () => {
  const { gate, lane } = pair();
  lane.prepareToPark();
  gate.unpark();
  assertEquals([gate.isWaking, lane.wait(Infinity)], [true, true]);
  lane.prepareToLoop();
  gate.unpark();
  assertEquals([gate.isWaking, gate.wake()], [false, NEEDS_MESSAGE]);
  lane.run();
  gate.unpark();
  lane.work();
  gate.unpark();
  assertEquals([gate.isWaking, gate.wake()], [false, AT_WORK]);
});

interface Played {
  readonly board: CallBoard;
  readonly parking: Parking;
  readonly words: Int32Array;
  readonly worker: WorkerHandle;
  readonly random: RandomSource;
  /** Posts one call after a random time, and wakes the lane. */
  call(n: number): void;
}

/** Two threads, of which the lane sleeps without end whenever it may. */
async function play(
  loops: number,
  seed: number,
  body: (it: Played) => Promise<void>,
): Promise<void> {
  const board = CallBoard.allocate(SLOTS);
  const words = new Int32Array(new SharedArrayBuffer(WORDS * 4));
  const parking = new Parking(words, PARKING);
  const random = new RandomSource(seed);
  let failure: unknown;
  let isUp: () => void;
  let hasEnded: () => void;
  const up = new Promise<void>((resolve) => isUp = resolve);
  const ended = new Promise<void>((resolve) => hasEnded = resolve);
  const url = new URL("./fixtures/parking_lane.ts", import.meta.url).href;
  const worker = runtimeAdapter().startWorker(url, {}, {
    message: () => isUp(),
    error: (error) => failure = error,
    exit: () => hasEnded(),
  });
  await up;
  const init: ParkingLaneInit = { memory: board.memory, slots: SLOTS, words, loops, seed: ~seed };
  worker.post(init);
  const call = (n: number): void => {
    // From directly after the last answer, when the lane still runs, to long after it has gone to sleep.
    busyWait(random.below(50));
    board.open(n % SLOTS, n, 0, n, 8, Infinity);
    board.list(n % SLOTS);
    if (parking.wake() === NEEDS_MESSAGE) worker.post("wake");
  };
  try {
    await body({ board, parking, words, worker, random, call });
  } finally {
    Atomics.store(words, STOPPED, 1);
    parking.unpark();
    worker.terminate();
    await ended;
  }
  assertEquals(failure, undefined);
}

const phases = [["parked", 0, calls], ["parked or in its event loop", 0.3, calls / 20]] as const;
for (const [how, loops, count] of phases) {
  test(`no call is slept through by a lane that is ${how}, whenever it comes`, async () => {
    const seed = Date.now() | 0;
    await play(loops, seed, ({ board, words, call }) => {
      for (let n = 0; n < count; n++) {
        call(n);
        // The lane may still be telling of the call before, which wakes this wait too.
        while (Atomics.load(words, DONE) === n) {
          const result = Atomics.wait(words, DONE, n, HANGS_AFTER_MS);
          assert(result !== "timed-out", `call ${n} of seed ${seed} was slept through`);
        }
        assertEquals(Atomics.load(words, DONE), n + 1);
        board.close(n % SLOTS);
      }
      return Promise.resolve();
    });
  });
}

test("no answer is slept through by a gate that waits for its bell, whenever the lane rings", async () => {
  const seed = Date.now() | 0;
  await play(0.1, seed, async ({ board, words, call, random }) => {
    let fail: (error: Error) => void;
    const hung = new Promise<never>((_, reject) => fail = reject);
    // A pending waitAsync holds no event loop open; this timer does.
    const timer = setInterval(check, HANGS_AFTER_MS);
    let seen = 0;
    let n = 0;
    function check(): void {
      if (n === seen) fail(new Error(`the answer of call ${n} of seed ${seed} was slept through`));
      seen = n;
    }
    try {
      for (; n < calls; n++) {
        call(n);
        for (;;) {
          board.silenceBell();
          busyWait(random.below(10));
          if (Atomics.load(words, DONE) > n) break;
          busyWait(random.below(20));
          const bell = board.armBell() ? board.bell() : undefined;
          if (bell !== undefined) await Promise.race([bell, hung]);
        }
        assertEquals([board.hasEnded(n % SLOTS), Atomics.load(words, LAST)], [true, n]);
        board.close(n % SLOTS);
      }
    } finally {
      clearInterval(timer);
    }
  });
});
