/**
 * Workers on Deno. Two roads were tried on Deno 2.9.6 (2 cores), and a third one is taken:
 *
 * |                              | web `Worker`              | `node:worker_threads` | this adapter |
 * | ---------------------------- | ------------------------- | --------------------- | ------------ |
 * | start to first answer        | 20 to 27 ms               | 34 to 41 ms           | 34 to 41 ms  |
 * | its end is told              | never                     | `exit` with code      | `exit` with code |
 * | its error                    | text, and ends the host unless prevented | the error | the error |
 * | lets the process end         | by a private symbol       | `unref`               | `unref`      |
 * | terminated in a loop, held by nothing | the process hangs | the process ends      | the process ends |
 * | 64 KB `Uint8Array`, there and back | 0.09 to 0.15 ms     | 10 ms                 | 0.13 to 0.16 ms |
 * | 64 calls as one array, there and back | 0.06 to 0.11 ms  | 0.21 ms               | 0.09 to 0.10 ms |
 * | from an `http:` module, no permission | yes              | by a `data:` bootstrap | by a `data:` bootstrap |
 *
 * The life of a worker is better told by `node:worker_threads`; its messages are slow only because its listener walks every value,
 * element by element, in search of ports. So the worker is a `node:worker_threads` one, started by a `data:` module that imports
 * the entry (it takes no `http:` URL itself), and the messages go over a web `MessageChannel` handed over at the start.
 * That costs some 13 ms more at the start of a lane than the web `Worker`, once.
 *
 * What no road gives: `terminate()` does not stop a synchronous loop. The `exit` event comes at once all the same, and the thread
 * goes on. The worker must be unreferenced and its channel closed before, or the loop holds the process open.
 *
 * @module
 */

import { THREAD_LANE } from "../bridge/protocol.ts";
import { availableLanes } from "./cpu_limits.ts";
import { Worker } from "node:worker_threads";
import process from "node:process";
import { configFlags } from "./deno_config.ts";
import { permissionFlags } from "./deno_permissions.ts";
import type { ProcessCommand, ProcessSettings } from "./process.ts";
import type { RuntimeAdapter, WorkerEvents, WorkerHandle, WorkerSettings } from "./adapter.ts";

/** A web port; Deno gives it Node's `ref` and `unref` too. */
interface ReferencedPort extends MessagePort {
  ref?(): void;
  unref?(): void;
}

/** The adapter for Deno. */
export const denoAdapter: RuntimeAdapter = {
  name: "Deno",
  stopsThreads: false,
  settings: ["name", "env"],
  availableLanes,

  processCommand(url: string, settings: ProcessSettings): ProcessCommand {
    const { executable = process.execPath, flags = [], permissions } = settings;
    if (settings.executable === undefined && isCompiled()) {
      throw new Error(
        "Cannot start a process lane: this program was compiled together with its runtime; " +
          'give the path of Deno as "executable" of the gate\'s "process"',
      );
    }
    const given = [...permissionFlags(permissions), ...configFlags(flags), ...flags];
    return { executable, arguments: ["run", "--quiet", "--no-prompt", ...given, url], orders: 0 };
  },

  startWorker(url: string, settings: WorkerSettings, events: WorkerEvents): WorkerHandle {
    const bootstrap = `data:text/javascript,import${encodeURIComponent(JSON.stringify(url))}`;
    const worker = new Worker(new URL(bootstrap), {
      argv: [THREAD_LANE],
      ...(settings.name === undefined ? {} : { name: settings.name }),
      ...(settings.env === undefined ? {} : { env: settings.env }),
    });
    const channel = new MessageChannel();
    const port: ReferencedPort = channel.port1;
    // The worker's first word comes on its own port: it says that the handler is there to receive the channel. Another one says that it failed before it had that.
    let isGreeted = false;
    worker.on("message", (data: unknown) => {
      if (!isGreeted) worker.postMessage(channel.port2, [channel.port2 as never]);
      isGreeted = true;
      events.message(data);
    });
    // Not addEventListener through node: its wrapper is the slow walk that the table above speaks of.
    port.onmessage = (event) => events.message(event.data);
    port.onmessageerror = () => {
      events.error(new Error("Cannot read a message of the worker"));
      void worker.terminate();
    };
    worker.on("error", (error: unknown) => events.error(error));
    worker.on("exit", (code: number) => {
      // What the worker posted before it ended may still be queued on the channel.
      setTimeout(() => {
        port.close();
        events.exit(code);
      }, 0);
    });
    return {
      post: (message, transfer) => port.postMessage(message, (transfer ?? []) as Transferable[]),
      terminate: () => {
        worker.unref();
        port.unref?.();
        void worker.terminate();
      },
      ref: () => {
        worker.ref();
        port.ref?.();
      },
      unref: () => {
        worker.unref();
        port.unref?.();
      },
    };
  },
};

/** Whether the modules are inside of the executable, which then runs the program, whatever it is told to run. */
function isCompiled(): boolean {
  const deno: unknown = Reflect.get(globalThis, "Deno");
  return (deno as { readonly build: { readonly standalone?: boolean } }).build.standalone === true;
}
