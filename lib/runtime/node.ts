/**
 * Workers on Node: `node:worker_threads`, which has every event and setting the lanes need. `terminate()` stops a loop.
 *
 * @module
 */

import { THREAD_LANE } from "../bridge/protocol.ts";
import { availableLanes } from "./cpu_limits.ts";
import { type Transferable, Worker, type WorkerOptions } from "node:worker_threads";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { inheritedFlags, type ProcessCommand, type ProcessSettings } from "./process.ts";
import type { RuntimeAdapter, WorkerEvents, WorkerHandle, WorkerSettings } from "./adapter.ts";

/** The adapter for Node. */
export const nodeAdapter: RuntimeAdapter = {
  name: "Node",
  stopsThreads: true,
  settings: ["name", "env", "execArgv", "resourceLimits"],
  availableLanes,

  processCommand(url: string, settings: ProcessSettings): ProcessCommand {
    const flags = settings.flags ?? inheritedFlags(process.execArgv);
    return {
      executable: settings.executable ?? process.execPath,
      arguments: [...flags, ...mainModule(url)],
      orders: 5,
    };
  },

  startWorker(url: string, settings: WorkerSettings, events: WorkerEvents): WorkerHandle {
    const options: WorkerOptions = { argv: [THREAD_LANE] };
    if (settings.name !== undefined) options.name = settings.name;
    if (settings.env !== undefined) options.env = settings.env;
    if (settings.execArgv !== undefined) options.execArgv = [...settings.execArgv];
    if (settings.resourceLimits !== undefined) options.resourceLimits = settings.resourceLimits;
    const worker = new Worker(new URL(url), options);
    worker.on("message", (data: unknown) => events.message(data));
    worker.on("messageerror", (error: unknown) => {
      events.error(error);
      void worker.terminate();
    });
    worker.on("error", (error: unknown) => events.error(error));
    worker.on("exit", (code: number) => events.exit(code));
    return {
      post: (message, transfer) =>
        worker.postMessage(message, transfer as Transferable[] | undefined),
      // The promise tells no more than the exit event does, and may stay pending while a thread is in native code.
      terminate: () => void worker.terminate(),
      ref: () => worker.ref(),
      unref: () => worker.unref(),
    };
  },
};

/** A main module must be a file; one that is not is imported by a text that is. */
function mainModule(url: string): string[] {
  if (url.startsWith("file:")) return [fileURLToPath(url)];
  return ["--input-type=module", "--eval", `import ${JSON.stringify(url)};`, "--"];
}
