import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { OperationReference } from "../lib/bridge/contract.ts";
import {
  BUDGET_MS,
  FIRST_CROSSING_MS,
  InlinePolicy,
  LEAST_CROSSING_MS,
  LEAST_MS,
  LEAST_RUNS,
  LONGEST_MS,
  MOST_CROSSING_MS,
  MOST_RUNS,
} from "../lib/gate/inline_policy.ts";

const quick: OperationReference = { url: "u:", name: "quick" };
const other: OperationReference = { url: "u:", name: "other" };

function learned(runMs = 0.001, runs = LEAST_RUNS): InlinePolicy {
  const policy = new InlinePolicy();
  for (let n = 0; n < runs; n++) policy.ranInLane(quick, runMs);
  return policy;
}

/** Runs in lanes until the operation may run here. */
function runsUntilCheap(policy: InlinePolicy): number {
  let runs = 0;
  while (!policy.isCheap(quick) && runs < 10_000) {
    policy.ranInLane(quick, 0.001);
    runs++;
  }
  return runs;
}

test("an operation runs here after it was seen to be cheap in lanes, and no other with it", () => {
  assert(!learned(0.001, LEAST_RUNS - 1).take(quick));
  const policy = learned();
  assert(policy.take(quick));
  assert(!policy.take(other));
});

test("an operation that takes longer than crossing does not run here", () => {
  assert(learned(FIRST_CROSSING_MS * 0.99).take(quick));
  assert(!learned(FIRST_CROSSING_MS * 1.01).take(quick));
});

test("what crossing costs is measured, within bounds, and no single sample decides", () => {
  const policy = learned(0.03);
  assert(!policy.isCheap(quick));
  policy.crossed(1_000);
  assert(!policy.isCheap(quick));
  for (let n = 0; n < 100; n++) policy.crossed(1_000);
  assertEquals(policy.crossingMs, MOST_CROSSING_MS);
  assert(policy.isCheap(quick));
  for (let n = 0; n < 100; n++) policy.crossed(0);
  assertEquals(policy.crossingMs, LEAST_CROSSING_MS);
  for (let n = 0; n < 100; n++) policy.crossed(0.04);
  assert(Math.abs(policy.crossingMs - 0.04) < 1e-6);
});

test("one slow run in a lane keeps an operation there for some time", () => {
  const policy = learned();
  policy.ranInLane(quick, 10);
  assert(!policy.isCheap(quick));
  const runs = runsUntilCheap(policy);
  assert(runs > 20 && runs < 200, `${runs}`);
});

test("the time is shared out among the calls of a turn by what they are expected to take", () => {
  const policy = learned(0.01);
  let taken = 0;
  while (policy.take(quick)) taken++;
  assert(taken === 100 || taken === 101, `${taken}`);
  policy.renew();
  assert(policy.take(quick));
});

test("functions too short for the clock have a bounded number of runs", () => {
  const policy = learned(0);
  let taken = 0;
  while (policy.take(quick)) {
    taken++;
    policy.ranHere(quick, 0, 0);
  }
  assert(taken <= Math.ceil(BUDGET_MS / LEAST_MS) + 1, `${taken}`);
  assert(taken >= BUDGET_MS / LEAST_MS - 1, `${taken}`);
});

test("time spent beyond the expected is no longer given out", () => {
  const policy = learned();
  assert(policy.take(quick));
  assert(!policy.isSpent);
  policy.ranHere(quick, 0.001, BUDGET_MS);
  assert(policy.isSpent);
  for (let n = 0; n < MOST_RUNS; n++) policy.ranInLane(quick, 0.001);
  assert(policy.isCheap(quick) && !policy.take(quick));
  policy.renew();
  assert(!policy.isSpent && policy.take(quick));
});

test("after a slow run here an operation is learned anew, over twice as many runs each time", () => {
  const policy = learned();
  const asked: number[] = [];
  for (let n = 0; n < 9; n++) {
    policy.ranHere(quick, LONGEST_MS * 2, LONGEST_MS * 2);
    assert(!policy.isCheap(quick));
    asked.push(runsUntilCheap(policy));
  }
  assertEquals(asked, [16, 32, 64, 128, 256, 512, 1_024, 1_024, 1_024]);
  assertEquals(asked.at(-1), MOST_RUNS);
});

test("long stretches without a slow run lower the number of runs that are asked for", () => {
  const policy = learned();
  const slow = (): void => policy.ranHere(quick, LONGEST_MS * 2, LONGEST_MS * 2);
  const quickRuns = (count: number): void => {
    for (let n = 0; n < count; n++) policy.ranHere(quick, 0.001, 0.001);
  };
  slow();
  runsUntilCheap(policy);
  slow();
  assertEquals(runsUntilCheap(policy), 32);
  quickRuns(MOST_RUNS);
  slow();
  assertEquals(runsUntilCheap(policy), 32);
  quickRuns(10 * MOST_RUNS);
  slow();
  assertEquals(runsUntilCheap(policy), 2 * LEAST_RUNS);
});

test("copies count: an operation whose values are large goes back, and is tried again after a while", () => {
  const policy = learned();
  for (let n = 0; n < 40; n++) policy.ranHere(quick, 0.001, 0.1);
  assert(!policy.isCheap(quick));
  const runs = runsUntilCheap(policy);
  assert(runs > LEAST_RUNS && runs < 200, `${runs}`);
});

test("an operation that was seen to be asynchronous never runs here again", () => {
  const policy = learned();
  policy.exclude(quick);
  for (let n = 0; n < 2 * MOST_RUNS; n++) policy.ranInLane(quick, 0.001);
  assert(!policy.isCheap(quick));
});

const event = fc.oneof(
  fc.record({ kind: fc.constant("lane" as const), ms: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ kind: fc.constant("call" as const), ms: fc.double({ min: 0, max: 2, noNaN: true }) }),
  fc.record({
    kind: fc.constant("quick" as const),
    ms: fc.double({ min: 0, max: 0.01, noNaN: true }),
  }),
  fc.record({ kind: fc.constant("crossed" as const), ms: fc.double({ min: 0, noNaN: true }) }),
  fc.record({ kind: fc.constant("turn" as const), ms: fc.constant(0) }),
);

test("whatever happens, a turn holds no more than its time and one run, and a run that is too long is followed by runs in lanes", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 300 }), (events) => {
      const policy = new InlinePolicy();
      let spentMs = 0;
      let lastMs = 0;
      let runsInLanes = 0;
      for (const { kind, ms } of events) {
        if (kind === "lane" || kind === "quick") {
          for (let n = 0; n < 10; n++) policy.ranInLane(quick, ms);
          runsInLanes += 10;
        } else if (kind === "crossed") policy.crossed(ms);
        else if (kind === "turn") {
          policy.renew();
          spentMs = 0;
          lastMs = 0;
        } else if (policy.take(quick)) {
          assert(runsInLanes >= LEAST_RUNS);
          policy.ranHere(quick, ms, ms);
          lastMs = ms;
          spentMs += ms;
          if (ms > LONGEST_MS) runsInLanes = 0;
        }
        assert(spentMs - lastMs <= BUDGET_MS, `${spentMs} ms, the last ${lastMs}`);
        assert(policy.crossingMs >= LEAST_CROSSING_MS && policy.crossingMs <= MOST_CROSSING_MS);
      }
    }),
    { numRuns: 2_000 },
  );
});
