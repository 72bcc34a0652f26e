/**
 * Workers on Bun: the web `Worker`, which there starts in 4 ms (8 ms for `node:worker_threads`) and has `ref`, `unref` and a
 * `close` event with the exit code. `terminate()` stops a loop.
 *
 * @module
 */

import { THREAD_LANE } from "../bridge/protocol.ts";
import { availableLanes } from "./cpu_limits.ts";
import { isBundledEntry } from "./entry_url.ts";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { inheritedFlags, type ProcessCommand, type ProcessSettings } from "./process.ts";
import type { RuntimeAdapter, WorkerEvents, WorkerHandle, WorkerSettings } from "./adapter.ts";

/** The parts of Bun's `Worker` that the web's has not. */
interface BunWorker {
  postMessage(message: unknown, transfer?: readonly object[]): void;
  terminate(): void;
  ref(): void;
  unref(): void;
  addEventListener(type: string, listener: (event: BunWorkerEvent) => void): void;
}

interface BunWorkerEvent {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly message?: string;
  readonly code?: number;
  preventDefault(): void;
}

/** The adapter for Bun. */
export const bunAdapter: RuntimeAdapter = {
  name: "Bun",
  stopsThreads: true,
  settings: ["name", "env"],
  availableLanes,

  processCommand(url: string, settings: ProcessSettings): ProcessCommand {
    const { executable = process.execPath, flags = inheritedFlags(process.execArgv) } = settings;
    if (settings.executable === undefined && isCompiled()) {
      if (isBundledEntry(url) && settings.flags === undefined) {
        return { executable, arguments: [], orders: 5 };
      }
      throw new Error(
        "Cannot start a process lane: this program was compiled together with its runtime; " +
          'let it import "@tokengate/tokengate/bundled" and set no "flags", or give the path of Bun as "executable" of the gate\'s "process"',
      );
    }
    return { executable, arguments: [...flags, fileURLToPath(url)], orders: 5 };
  },

  startWorker(url: string, settings: WorkerSettings, events: WorkerEvents): WorkerHandle {
    const BunWorker = Reflect.get(globalThis, "Worker") as unknown as new (
      url: string,
      options: object,
    ) => BunWorker;
    const worker = new BunWorker(url, { type: "module", argv: [THREAD_LANE], ...settings });
    worker.addEventListener("message", (event) => events.message(event.data));
    worker.addEventListener("messageerror", () => {
      events.error(new Error("Cannot read a message of the worker"));
      worker.terminate();
    });
    // Without this listener a worker that cannot load would fail without a word.
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      events.error(event.error ?? new Error(event.message));
    });
    worker.addEventListener("close", (event) => events.exit(event.code));
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      terminate: () => worker.terminate(),
      ref: () => worker.ref(),
      unref: () => worker.unref(),
    };
  },
};

/** Whether the modules are inside of the executable, which then runs the program, whatever it is told to run. */
function isCompiled(): boolean {
  const { main } = Reflect.get(globalThis, "Bun") as { readonly main: string };
  return main.startsWith("/$bunfs/") || main.includes("~BUN");
}
