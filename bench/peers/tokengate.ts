/**
 * Ours: a gate with default settings, and for single calls also others by how long they look for work before they sleep.
 *
 * @module
 */

import type { TokenGateOptions } from "../../mod.ts";
import type { Classes, Contender, StartContender } from "./contender.ts";

/** Imports the package. */
export async function load(): Promise<StartContender> {
  const { TokenGate, transfer } = await import("../../mod.ts");
  const { workOperations } = await import("./tokengate_operations.ts");
  const start = async (options: TokenGateOptions): Promise<Contender> => {
    const gate = new TokenGate(options);
    // Bound once, as a program with more than one gate would.
    const calls = Object.fromEntries(
      Object.entries(workOperations).map(([name, each]) => [name, each.with({ gate })]),
    );
    await gate.started();
    return {
      call: (name, args) => calls[name]!(...args),
      callEach: (name, inputs) => gate.all(workOperations[name]!, inputs),
      callWithTransfer: (name, bytes) => calls[name]!(transfer(bytes, [bytes])),
      startSpinning: (spinUs) => start({ ...options, spinUs }),
      startClasses: () => startClasses(gate.lanes),
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
  return (lanes) => start({ lanes });
}
