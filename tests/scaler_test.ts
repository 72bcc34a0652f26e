// How many lanes are worth having: against models of loads whose throughput is known.
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type ScaleBounds, type ScaleDecision, Scaler } from "../lib/gate/scaler.ts";
import { RandomSource } from "../lib/runtime/random.ts";

const TICK_MS = 50;

interface Load {
  /** Calls done in a second by so many lanes. */
  readonly rate: (lanes: number) => number;
  /** Calls that wait at a time. */
  readonly waiting: (nowMs: number) => number;
}

interface Outcome {
  readonly decisions: readonly (ScaleDecision & { readonly atMs: number })[];
  readonly lanes: number;
  /** Time that was spent with each number of lanes, in ms. */
  readonly spentMs: ReadonlyMap<number, number>;
}

/** Runs a load for some time; lanes come and go at once. */
function run(bounds: ScaleBounds, load: Load, forMs: number, seed = 1): Outcome {
  const scaler = new Scaler(bounds);
  const random = new RandomSource(seed);
  const decisions: (ScaleDecision & { atMs: number })[] = [];
  const spentMs: Map<number, number> = new Map();
  let answered = 0;
  for (let nowMs = 0; nowMs < forMs; nowMs += TICK_MS) {
    const lanes = scaler.target;
    spentMs.set(lanes, (spentMs.get(lanes) ?? 0) + TICK_MS);
    // Some noise, as in life: a tenth of a tick's work more or less.
    answered += load.rate(lanes) * TICK_MS / 1_000 * (0.9 + 0.2 * random.next());
    const decision = scaler.note({
      nowMs,
      lanes,
      waiting: load.waiting(nowMs),
      answered: Math.floor(answered),
    });
    if (decision !== undefined) decisions.push({ ...decision, atMs: nowMs });
  }
  return { decisions, lanes: scaler.target, spentMs };
}

const BOUNDS: ScaleBounds = { minLanes: 1, maxLanes: 32, usualLanes: 4 };

test("calls that wait for something get all the lanes there may be, in ever larger steps", () => {
  const { decisions, lanes } = run(
    BOUNDS,
    { rate: (lanes) => lanes * 100, waiting: () => 10_000 },
    20_000,
  );
  assertEquals(lanes, 32);
  assertEquals(decisions.map(({ reason }) => reason), decisions.map(() => "waiting"));
  assertEquals(decisions.map(({ target }) => target), [5, 8, 12, 18, 27, 32]);
  const [first] = decisions;
  assert(first!.waiting === 10_000 && first!.waitMs > 10_000 && first!.perSecond > 300);
});

test("calls that compute keep the usual lanes: what is tried goes again, ever more rarely", () => {
  const { decisions, lanes, spentMs } = run(
    BOUNDS,
    { rate: (lanes) => Math.min(4, lanes) * 100, waiting: () => 10_000 },
    200_000,
  );
  assertEquals(lanes, 4);
  const tried = decisions.filter(({ reason }) => reason === "waiting");
  const given = decisions.filter(({ reason }) => reason === "no-gain");
  assertEquals(tried.length, given.length);
  assert(tried.length >= 3 && tried.length <= 8, `${tried.length} trials`);
  const gaps = tried.slice(1).map(({ atMs }, n) => atMs - tried[n]!.atMs);
  for (let n = 1; n < gaps.length; n++) assert(gaps[n]! > gaps[n - 1]! * 1.5 || gaps[n]! > 60_000);
  assert(spentMs.get(4)! > 0.95 * 200_000);
  for (const { perSecond, perSecondBefore } of given) {
    assert(perSecondBefore !== undefined && perSecond < perSecondBefore * 1.1);
  }
});

test("between the two it stops near the number beyond which nothing is gained", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 4, max: 32 }),
      fc.integer({ min: 40, max: 1_000 }),
      fc.integer(),
      (knee, perLane, seed) => {
        const rate = (lanes: number): number => Math.min(lanes, knee) * perLane;
        const load = { rate, waiting: () => 100_000 };
        const { lanes, decisions } = run(BOUNDS, load, 600_000, seed);
        assert(lanes >= Math.min(knee, 32) * 0.6, `${lanes} lanes, where ${knee} are of use`);
        assert(lanes <= Math.max(4, knee * 1.7), `${lanes} lanes, where ${knee} are of use`);
        assert(decisions.length < 60, `${decisions.length} changes in ten minutes`);
      },
    ),
    { numRuns: 50 },
  );
});

test("nothing is tried while nothing waits, or waits too short to be worth a lane, or too little is known", () => {
  const rate = (lanes: number): number => lanes * 1_000;
  assertEquals(run(BOUNDS, { rate, waiting: () => 0 }, 60_000).decisions, []);
  assertEquals(run(BOUNDS, { rate, waiting: () => 50 }, 60_000).decisions, []);
  const now = (nowMs: number): number => nowMs % 400 < 300 ? 10_000 : 0;
  assert(run(BOUNDS, { rate, waiting: now }, 10_000).decisions.length <= 30);
  const slow = { rate: () => 0.1, waiting: () => 10 };
  assertEquals(run(BOUNDS, slow, 60_000).decisions, []);
});

test("it stays between its bounds, whatever happens", () => {
  const bounds = fc.record({
    minLanes: fc.nat(8),
    maxLanes: fc.integer({ min: 8, max: 40 }),
    usualLanes: fc.integer({ min: 1, max: 64 }),
  });
  const tick = fc.record({
    lanes: fc.nat(40),
    waiting: fc.constantFrom(0, 1, 1_000),
    calls: fc.nat(500),
    rests: fc.constantFrom(false, false, false, true),
    isThere: fc.constantFrom(true, true, false),
  });
  fc.assert(
    fc.property(bounds, fc.array(tick, { maxLength: 200 }), (bounds, ticks) => {
      const scaler = new Scaler(bounds);
      let answered = 0;
      for (const [n, { lanes, waiting, calls, rests, isThere }] of ticks.entries()) {
        answered += calls;
        const there = isThere ? scaler.target : lanes;
        const before = scaler.target;
        const decision = scaler.note({ nowMs: n * 100, lanes: there, waiting, answered });
        assertEquals(decision === undefined, scaler.target === before, "what is said is done");
        if (rests) scaler.rest();
        assert(scaler.target >= Math.max(1, bounds.minLanes) && scaler.target <= bounds.maxLanes);
      }
    }),
  );
});
