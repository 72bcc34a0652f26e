/**
 * The machine that something was measured on.
 *
 * @module
 */

import { availableParallelism, cpus, totalmem } from "node:os";
import process from "node:process";

/** What is told of a machine. */
export interface Machine {
  /** Model of the first processor. */
  readonly cpu: string;
  /** Processors that this process may use. */
  readonly cores: number;
  /** Memory, in GiB. */
  readonly memoryGiB: number;
  /** System and kind of processor, such as `linux x64`. */
  readonly system: string;
}

/** @returns this machine */
export function machineFacts(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown processor",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
  };
}
