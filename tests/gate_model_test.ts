// Random programs on a simulated gate and on a small model of it, which are compared after every step.
import { test } from "node:test";
import process from "node:process";
import fc from "fast-check";
import { GateModel } from "./fixtures/gate_model.ts";
import { ModelProgram } from "./fixtures/model_program.ts";
import { modelSteps } from "./fixtures/model_steps.ts";
import { OperationModel } from "./fixtures/operation_model.ts";
import { SIMULATED_STEPS, simulatedSetup, SimulatedSubject } from "./fixtures/simulated_subject.ts";

// More by TOKENGATE_MODEL_PROGRAMS=100000; replay a failure by the seed and path that fast-check prints.
const programs = Number(process.env.TOKENGATE_MODEL_PROGRAMS ?? 2_000);

test("a gate does what a small model of it does, after every step of random programs", async () => {
  await fc.assert(
    fc.asyncProperty(simulatedSetup, modelSteps(SIMULATED_STEPS, 30), async (setup, steps) => {
      const subject = new SimulatedSubject(setup);
      const { gate } = setup;
      const model = new GateModel(
        {
          queue: gate.queue,
          pools: subject.pools,
          lanes: gate.lanes!,
          isExact: true,
          hasBoard: gate.hasBoard === true,
          isMailed: false,
          latenessMs: gate.hasBoard === true ? 2 * gate.latencyMs! : 0,
          mayFailToStart: gate.startFailures! + gate.stepCrashes! > 0,
          hasStrictPriority: gate.ageMs! > 1e6,
          runs: (id) => subject.world.running.has(id),
        },
        subject.policies.map((policy, n) => new OperationModel(n, `operation ${n}`, policy)),
      );
      const program = new ModelProgram(subject, model);
      for (const step of steps) await program.do(step);
      await program.end();
    }),
    // Making a failure small is to end some time; the programs themselves are not to be cut short.
    { numRuns: programs, interruptAfterTimeLimit: 300_000 + 60 * programs },
  );
});
