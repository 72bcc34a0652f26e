// Random programs on real lanes and on a small model of their gate: what gate_model_test.ts does a thousand times faster on simulated ones.
// deno-lint-ignore-file no-console -- warnings of lanes that crash are no part of this
import { test } from "node:test";
import process from "node:process";
import fc from "fast-check";
import { liveLanes } from "../../lib/lane/live_lanes.ts";
import type { TokenGateOptions } from "../../mod.ts";
import { GateModel } from "../fixtures/gate_model.ts";
import { LaneSubject } from "../fixtures/lane_subject.ts";
import { pools } from "../fixtures/model_operations.ts";
import { ModelProgram } from "../fixtures/model_program.ts";
import { modelSteps, queueOf, type StepSettings } from "../fixtures/model_steps.ts";
import { OperationModel } from "../fixtures/operation_model.ts";
import { makeWords } from "../fixtures/words.ts";

const MOST_CALLS = 400;

/**
 * @param kind what is tested, in the names of the tests
 * @param defaults options of the gates
 * @param runs how many programs; more by TOKENGATE_MODEL_LANE_PROGRAMS=200; replay a failure by the seed and path that fast-check prints
 */
export function laneModelSuite(kind: string, defaults: TokenGateOptions, runs: number): void {
  const isShared = defaults.isolation !== "process";
  // Deno cannot stop a thread in a loop: there all look from time to time.
  const canStop = !("Deno" in globalThis) || !isShared;
  const steps: StepSettings = {
    mostRunMs: 12,
    outcomes: ["throw", "throw", "throw", "crash", "unsendable"],
    hasLoops: true,
    stopsMs: canStop ? [0, 0, 0, Infinity] : [0],
    limitsMs: [1, 10, 40, 500],
    passesMs: [1, 5, 20],
  };
  const setup = fc.record({
    lanes: fc.integer({ min: 1, max: 2 }),
    set: fc.nat(1),
    queue: queueOf(Infinity),
    // What counts in shared memory does not go by the board.
    countsInFiles: isShared ? fc.boolean() : fc.constant(true),
  });
  const programs = Number(process.env.TOKENGATE_MODEL_LANE_PROGRAMS ?? runs);

  test(`a gate does what a small model of it does, after every step of random programs (${kind})`, async () => {
    const { warn } = console;
    console.warn = (): void => {};
    try {
      await fc.assert(
        fc.asyncProperty(setup, modelSteps(steps, 14), async (setup, steps) => {
          const { lanes, set, queue, countsInFiles } = setup;
          for (const [pool, limit] of pools) pool.resize(limit);
          const options = {
            ...defaults,
            lanes,
            graceMs: 250,
            ageMs: Infinity,
            maxStranded: Infinity,
            ...(queue === undefined ? {} : { maxQueue: queue.maxQueue, whenFull: queue.whenFull }),
          };
          const subject = new LaneSubject(options, set, makeWords(MOST_CALLS, !countsInFiles));
          const model = new GateModel(
            {
              queue,
              pools: [...pools.keys()],
              lanes,
              isExact: false,
              hasBoard: isShared && defaults.bridge !== "frames",
              isMailed: !countsInFiles,
              latenessMs: 0,
              mayFailToStart: false,
              hasStrictPriority: true,
            },
            subject.policies.map((policy, n) =>
              new OperationModel(n, subject.handles[n]!.name, policy)
            ),
          );
          const program = new ModelProgram(subject, model);
          try {
            for (const step of steps) await program.do(step);
            await program.end();
          } finally {
            await subject.gate.close({ drain: false });
          }
          if (liveLanes() !== 0) throw new Error(`${liveLanes()} lanes are left alive`);
        }),
        // Shrinking would run many more programs; the seed and path are printed all the same.
        { numRuns: programs, endOnFailure: true },
      );
    } finally {
      console.warn = warn;
    }
  });
}
