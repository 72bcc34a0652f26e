/**
 * The machine that something was measured on.
 *
 * @module
 */

import { availableParallelism, cpus, totalmem } from "node:os";

/** What is told of a machine. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  system: string;
}

/** @returns this machine */
export function machineFacts(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown processor",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: Deno.build.target,
  };
}
