/**
 * Ours: a gate with default settings.
 *
 * @module
 */

import type { Contender, StartContender } from "./contender.ts";

/** Imports the package. */
export async function load(): Promise<StartContender> {
  const { TokenGate } = await import("../../mod.ts");
  const { workOperations } = await import("./tokengate_operations.ts");
  return async (lanes: number): Promise<Contender> => {
    const gate = new TokenGate({ lanes });
    // Bound once, as a program with more than one gate would.
    const calls = Object.fromEntries(
      Object.entries(workOperations).map(([name, each]) => [name, each.with({ gate })]),
    );
    await gate.started();
    return {
      call: (name, args) => calls[name]!(...args),
      close: () => gate.close({ drain: false }),
    };
  };
}
