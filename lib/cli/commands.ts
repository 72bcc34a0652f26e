/**
 * The commands there are. Each is loaded when it is asked for.
 *
 * @module
 */

import type { Command } from "./command.ts";

/** A command, before it is loaded. */
export interface CommandEntry {
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** Loads it. */
  load(): Promise<Command>;
}

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "run",
    summary: "call an operation, or any exported function, on workers",
    load: async () => (await import("./run/run_command.ts")).runCommand,
  },
  {
    name: "doctor",
    summary: "what works here: lanes, shared memory, stopping loops, processes",
    load: async () => (await import("./doctor/doctor_command.ts")).doctorCommand,
  },
  {
    name: "waves",
    summary: "run the waves (4 to 65,536 tokens) on this runtime, against a plain loop",
    load: async () => (await import("./waves/waves_command.ts")).wavesCommand,
  },
  {
    name: "compare",
    summary: "run the waves on every runtime that is found here, side by side",
    load: async () => (await import("./waves/compare_command.ts")).compareCommand,
  },
];
