/**
 * Ours: a gate with default settings, and for single calls also one that spins.
 *
 * @module
 */

import type { Classes, Contender, StartContender } from "./contender.ts";

/** How long its threads look for work in the measure of single calls, in µs. */
const SPIN_US = 100;

/** Imports the package. */
export async function load(): Promise<StartContender> {
  const { TokenGate, transfer } = await import("../../mod.ts");
  const { workOperations } = await import("./tokengate_operations.ts");
  const start = async (lanes: number, spinUs: number): Promise<Contender> => {
    const gate = new TokenGate({ lanes, spinUs });
    // Bound once, as a program with more than one gate would.
    const calls = Object.fromEntries(
      Object.entries(workOperations).map(([name, each]) => [name, each.with({ gate })]),
    );
    await gate.started();
    return {
      call: (name, args) => calls[name]!(...args),
      callEach: (name, inputs) => gate.all(workOperations[name]!, inputs),
      callWithTransfer: (name, bytes) => calls[name]!(transfer(bytes, [bytes])),
      startSpinning: () => start(lanes, SPIN_US),
      startClasses: () => startClasses(lanes),
      close: () => gate.close({ drain: false }),
    };
  };
  const startClasses = async (lanes: number): Promise<Classes> => {
    const gate = new TokenGate({ lanes });
    const { noop, spin } = workOperations;
    gate.controls.limit(spin!, Math.max(1, lanes - 1));
    await gate.started();
    return {
      quick: (i) => gate.call(noop!, i),
      long: (thousands) => gate.call(spin!, thousands),
      endLong: () => gate.controls.killWhere(spin!),
      close: () => gate.close({ drain: false }),
    };
  };
  return (lanes) => start(lanes, 0);
}
