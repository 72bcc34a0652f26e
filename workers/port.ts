/**
 * The worker's end of the adapters in `lib/runtime`: how a lane receives, posts, and dies, on each runtime.
 *
 * @module
 */

import process from "node:process";
import { parentPort } from "node:worker_threads";

/** The lane's way to its gate. */
export interface LanePort {
  /** Posts a message; throws what the runtime throws for a value that cannot be cloned. */
  post(message: unknown): void;
}

interface WebWorkerScope {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  addEventListener(type: string, listener: (event: WorkerErrorEvent) => void): void;
}

interface WorkerErrorEvent {
  readonly error?: unknown;
  readonly reason?: unknown;
  preventDefault(): void;
}

const scope = globalThis as unknown as WebWorkerScope;

/**
 * Puts the handler in place, synchronously: a message that comes before a handler is lost on Deno and Bun.
 *
 * @param receive called with each message
 * @param greeting posted when the handler is in place
 * @returns the way to post
 */
export function openPort(receive: (message: unknown) => void, greeting: unknown): LanePort {
  if ("Deno" in globalThis) return openDenoPort(receive, greeting);
  if ("Bun" in globalThis) {
    scope.onmessage = (event) => receive(event.data);
    scope.postMessage(greeting);
    return { post: (message) => scope.postMessage(message) };
  }
  const port = parentPort!;
  port.on("message", receive);
  port.postMessage(greeting);
  return { post: (message) => port.postMessage(message) };
}

/** On Deno the first message is the channel that all others take; why is told in `lib/runtime/deno.ts`. */
function openDenoPort(receive: (message: unknown) => void, greeting: unknown): LanePort {
  let channel: MessagePort | undefined;
  parentPort!.once("message", (port: MessagePort) => {
    channel = port;
    // A property and not an event listener: Node's flavour of the listener walks every value.
    port.onmessage = (event) => receive(event.data);
  });
  parentPort!.postMessage(greeting);
  return { post: (message) => channel!.postMessage(message) };
}

/**
 * Ends this worker at an error outside of any call, or a rejection nobody handles, after `report` has told the gate.
 *
 * @param report tells the gate; false means that the error is no reason to end
 */
export function onCrash(report: (error: unknown) => boolean): void {
  const crash = (error: unknown): void => {
    let isFatal = true;
    try {
      isFatal = report(error);
    } finally {
      if (isFatal) process.exit(1);
    }
  };
  if ("Deno" in globalThis) {
    // Node's events do not fire for these there.
    scope.addEventListener("error", (event) => {
      event.preventDefault();
      crash(event.error);
    });
    scope.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      crash(event.reason);
    });
    return;
  }
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
}

/**
 * Calls `task` when the worker ends by its own doing (`process.exit`), while it can still post.
 *
 * @param task sends what is held back
 */
export function beforeExit(task: () => void): void {
  process.on("exit", task);
  if ("Deno" in globalThis) {
    const deno = Reflect.get(globalThis, "Deno") as { exit(code?: number): never };
    const exit = deno.exit;
    // Deno.exit fires no event in a worker.
    deno.exit = (code?: number): never => {
      task();
      return exit(code);
    };
  }
}
