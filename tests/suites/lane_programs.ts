// Random programs on real lanes: what gate_programs_test.ts does a thousand times faster on simulated ones.
import { test } from "node:test";
import process from "node:process";
import fc from "fast-check";
import { liveLanes } from "../../lib/lane/live_lanes.ts";
import { type Token, TokenGate, type TokenGateOptions } from "../../mod.ts";
import { act, type Deed } from "../fixtures/operations.ts";
import { makeWords, readWord } from "../fixtures/words.ts";

const MOST_CALLS = 200;

const limit = fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined, freq: 2 });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("call" as const),
      count: fc.integer({ min: 1, max: 12 }),
      deed: fc.constantFrom<Deed>(
        "return",
        "return",
        "return",
        "throw",
        "wait",
        "look",
        "exit",
        "spin",
      ),
      ms: fc.nat(15),
      timeoutMs: limit,
      queueTimeoutMs: limit,
      deadlineMs: limit,
      hasSignal: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("abort" as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pass" as const), turns: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("await" as const), which: fc.nat(100) }) },
);
const program = fc.record({
  lanes: fc.integer({ min: 1, max: 2 }),
  // Long enough for a loop that looks to be seen returning on a busy machine; one that never looks outlasts it.
  graceMs: fc.constantFrom(100, 250),
  steps: fc.array(step, { maxLength: 12 }),
  drain: fc.boolean(),
});

/**
 * @param kind what is tested, in the names of the tests
 * @param defaults options of the gates
 * @param runs how many programs; more by TOKENGATE_LANE_PROGRAMS=1000; replay a failure by the seed and path that fast-check prints
 */
export function laneProgramsSuite(kind: string, defaults: TokenGateOptions, runs: number): void {
  const isShared = defaults.isolation !== "process";
  // Deno cannot stop a thread in a loop: there it looks from time to time.
  const canStop = !("Deno" in globalThis) || !isShared;
  const programs = Number(process.env.TOKENGATE_LANE_PROGRAMS ?? runs);
  test(`random programs on real lanes settle every token once, start no function twice, and leave no lane alive (${kind})`, async () => {
    await fc.assert(
      fc.asyncProperty(program, async ({ lanes, graceMs, steps, drain }) => {
        const gate = new TokenGate({ ...defaults, lanes, graceMs });
        const starts = makeWords(MOST_CALLS, isShared);
        const controller = new AbortController();
        const tokens: Token<number>[] = [];
        const settlements: number[] = [];
        for (const step of steps) {
          if (step.kind === "call") {
            const { timeoutMs, queueTimeoutMs, deadlineMs } = step;
            const deed = step.deed === "spin" && !canStop ? "look" : step.deed;
            const options = {
              gate,
              ...(timeoutMs === undefined ? {} : { timeoutMs }),
              ...(queueTimeoutMs === undefined ? {} : { queueTimeoutMs }),
              ...(deadlineMs === undefined ? {} : { deadlineMs }),
              ...(step.hasSignal ? { signal: controller.signal } : {}),
            };
            const call = act.with(options);
            for (let n = 0; n < step.count && tokens.length < MOST_CALLS; n++) {
              const index = tokens.length;
              const token = call(starts, index, deed, step.ms);
              tokens.push(token);
              settlements.push(0);
              const count = (): void => void settlements[index]!++;
              token.then(count, count);
            }
          } else if (step.kind === "cancel") tokens[step.which]?.cancel("program");
          else if (step.kind === "abort") controller.abort("program");
          else if (step.kind === "pass") {
            for (let n = 0; n < step.turns; n++) await new Promise((done) => setTimeout(done, 0));
          } else {
            const token = tokens[step.which];
            // A loop without end and without a limit is never awaited here: the close at the end ends it.
            if (token !== undefined) await Promise.race([token.catch(() => {}), pause(50)]);
          }
        }
        // What never ends by itself is given some time, and then ended.
        await gate.close(drain ? { timeoutMs: 100 } : { drain: false });
        recount(gate, tokens);
        settlements.forEach((count, index) => {
          if (count !== 1) throw new Error(`token ${index} settled ${count} times`);
          const started = readWord(starts, index);
          if (started > 1) throw new Error(`function ${index} started ${started} times`);
        });
        if (liveLanes() !== 0) throw new Error(`${liveLanes()} lanes are left alive`);
        // One that has ended itself may have been given up for one that never ends, before it could tell.
        for (let n = 0; n < 400 && gate.stats().stranded > 0; n++) await pause(5);
        const { stranded } = gate.stats();
        if (stranded !== 0) throw new Error(`${stranded} threads are stranded`);
      }),
      // Shrinking would run many more programs; the seed and path are printed all the same.
      { numRuns: programs, endOnFailure: true },
    );
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function recount(gate: TokenGate, tokens: readonly Token<number>[]): void {
  const stats: Record<string, unknown> = { ...gate.stats() };
  const counted: Record<string, number> = {
    submitted: tokens.length,
    waiting: 0,
    admitted: 0,
    executing: 0,
  };
  for (const state of ["completed", "failed", "killed", "timeout"]) {
    counted[state] = tokens.filter((token) => token.state === state).length;
  }
  for (const [name, count] of Object.entries(counted)) {
    if (stats[name] !== count) {
      throw new Error(`the gate counts ${stats[name]} ${name}, the tokens say ${count}`);
    }
  }
}
