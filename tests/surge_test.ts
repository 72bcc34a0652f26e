// Endurance: idle, normal and surge phases, open loop: calls come when they come, whether those before are done or not; what misses its deadline is counted, and nothing is lost.
import { test } from "node:test";
import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import { RandomSource } from "../lib/runtime/random.ts";
import { QueueFullError, type Token, TokenGate, type TokenGateOptions } from "../mod.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { busy } from "./fixtures/operations.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";

checkNoLanesLeft();

/** How often the phases are gone through. More by TOKENGATE_ENDURANCE_ROUNDS=100. */
const rounds = Number(process.env.TOKENGATE_ENDURANCE_ROUNDS ?? 2);
const DEADLINE_MS = 100;
const MAX_QUEUE = 150;

interface Phase {
  readonly name: string;
  /** Calls in a batch, how many batches, and what is between two of them at most, in ms. */
  readonly calls: number;
  readonly batches: number;
  readonly gapMs: number;
  /** How long a function is at work, in ms. */
  readonly ms: number;
}

// A surge asks for some ten seconds of work within a deadline of a tenth of one: it cannot all be done, however fast the machine is.
const PHASES: readonly Phase[] = [
  { name: "idle", calls: 2, batches: 5, gapMs: 20, ms: 0 },
  { name: "normal", calls: 20, batches: 10, gapMs: 5, ms: 0 },
  { name: "surge", calls: 300, batches: 2, gapMs: 0, ms: 40 },
];

interface Tally {
  called: number;
  refused: number;
  completed: number;
  missed: number;
  other: number;
}

async function run(gate: TokenGate, phase: Phase, random: RandomSource): Promise<Tally> {
  const tally: Tally = { called: 0, refused: 0, completed: 0, missed: 0, other: 0 };
  const tokens: Token<number>[] = [];
  const call = busy.with({ gate, deadlineMs: DEADLINE_MS });
  for (let batch = 0; batch < phase.batches; batch++) {
    for (let n = 0; n < phase.calls; n++) {
      tally.called++;
      try {
        const token = call(phase.ms);
        token.catch(() => {});
        tokens.push(token);
      } catch (error) {
        if (!(error instanceof QueueFullError)) throw error;
        tally.refused++;
      }
    }
    // Not for those that were called: for the time at which the next ones come.
    await new Promise((resolve) => setTimeout(resolve, random.below(phase.gapMs + 1)));
  }
  await Promise.allSettled(tokens);
  for (const { state } of tokens) {
    if (state === "completed") tally.completed++;
    else if (state === "timeout") tally.missed++;
    else tally.other++;
  }
  return tally;
}

const KINDS: readonly [name: string, options: TokenGateOptions][] = [
  ["ring", { lanes: 2 }],
  ["frames", { lanes: 2, bridge: "frames" }],
  ["processes", { ...PROCESS_LANES, lanes: 2 }],
  ["as many lanes as are needed", { minLanes: 1, maxLanes: 4, idleMs: 30 }],
];

for (const [name, options] of KINDS) {
  test(`endurance: through idle, normal and surge phases each call is completed, late or refused, and counted (${name})`, async () => {
    const random = new RandomSource(7);
    const gate = new TokenGate({ ...options, maxQueue: MAX_QUEUE, graceMs: 1_000 });
    await using(gate, async (gate) => {
      const sum: Tally = { called: 0, refused: 0, completed: 0, missed: 0, other: 0 };
      for (let round = 0; round < rounds; round++) {
        for (const phase of PHASES) {
          const tally = await run(gate, phase, random);
          assertEquals(tally.other, 0, phase.name);
          assertEquals(tally.called, tally.refused + tally.completed + tally.missed, phase.name);
          if (phase.name === "surge") {
            assert(tally.missed > 0, "more was asked for than can be done, and nothing was late");
            assert(tally.refused > 0, "more came than may wait, and all of it was taken");
          }
          for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += tally[key];
        }
        // Nothing of a surge is left behind it, but for functions that are coming to their ends.
        const { waiting, admitted, executing } = gate.stats();
        assertEquals([waiting, admitted, executing], [0, 0, 0]);
        assertEquals(await busy.with({ gate })(0), 0);
        sum.called++;
        sum.completed++;
      }
      const { submitted, completed, timeout, refused, crashes } = gate.stats();
      assertEquals(
        { submitted, completed, timeout, refused, crashes },
        {
          submitted: sum.called - sum.refused,
          completed: sum.completed,
          timeout: sum.missed,
          refused: sum.refused,
          crashes: 0,
        },
      );
    });
  });
}
