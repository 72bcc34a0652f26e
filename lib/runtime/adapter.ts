/**
 * What a runtime adapter is: the way to start a worker and to hear of its end. Everything above it is the same on Deno, Bun and Node.
 *
 * @module
 */

import type { ProcessCommand, ProcessSettings } from "./process.ts";

/** Settings of a worker that only some runtimes have. */
export interface WorkerSettings {
  /** Name of the worker, shown by debuggers and profilers. Default: none. */
  readonly name?: string | undefined;
  /** Environment variables of the worker. Default: those of the process. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Command-line flags of the runtime for the worker. Default: those of the process. */
  readonly execArgv?: readonly string[] | undefined;
  /** Limits of the worker's heap and stack, in MB. Default: those of the runtime. */
  readonly resourceLimits?: WorkerResourceLimits | undefined;
}

/** Limits of a worker's heap and stack, in MB, named as `node:worker_threads` names them. */
export interface WorkerResourceLimits {
  /** Largest size of the old generation. Default: the runtime's. */
  readonly maxOldGenerationSizeMb?: number;
  /** Largest size of the young generation. Default: the runtime's. */
  readonly maxYoungGenerationSizeMb?: number;
  /** Size of the memory range for generated code. Default: the runtime's. */
  readonly codeRangeSizeMb?: number;
  /** Size of the stack. Default: the runtime's, 4. */
  readonly stackSizeMb?: number;
}

/** What a worker tells its host. */
export interface WorkerEvents {
  /** A message from the worker. */
  message(data: unknown): void;
  /** The worker failed in a way it could not report itself, or posted what cannot be read; `exit` follows. */
  error(error: unknown): void;
  /** The worker has ended and every message it had posted is delivered. Arrives at most once, and never inside `terminate`. */
  exit(code: number | undefined): void;
}

/** A running worker. */
export interface WorkerHandle {
  /** Posts a message, and gives away what is to be transferred; throws what the runtime throws for a value that cannot be cloned. */
  post(message: unknown, transfer?: readonly object[]): void;
  /** Asks the runtime to end the worker. */
  terminate(): void;
  /** Lets the worker keep the process alive. A new worker does. */
  ref(): void;
  /** Lets the process end while the worker lives. */
  unref(): void;
}

/** A way to start workers. */
export interface WorkerStarter {
  /** Whether terminating a worker stops a synchronous loop in it. */
  readonly stopsThreads: boolean;
  /** Starts a worker. A failure to load it arrives as `error` and `exit`. */
  startWorker(url: string, settings: WorkerSettings, events: WorkerEvents): WorkerHandle;
}

/** One runtime's way with workers. */
export interface RuntimeAdapter extends WorkerStarter {
  /** Name of the runtime. */
  readonly name: "Deno" | "Bun" | "Node";
  /** The settings this runtime honours for threads; the others are refused by name. */
  readonly settings: readonly (keyof WorkerSettings)[];
  /** How many lanes can run at once here. */
  availableLanes(): number;
  /** How a process that runs the lane in a module is started. @throws {Error} when this program, or what it may do, does not allow it */
  processCommand(url: string, settings: ProcessSettings): ProcessCommand;
}
