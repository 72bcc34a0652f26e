/**
 * The worker's end of the adapters in `lib/runtime`: how a lane receives, posts, and dies, on each runtime.
 *
 * @module
 */

import process from "node:process";
import type { ControlBlock } from "../lib/bridge/control_block.ts";
import { parentPort, type Transferable } from "node:worker_threads";

/** The lane's way to its gate. */
export interface LanePort {
  /** Posts a message, and gives away what is to be transferred; throws what the runtime throws for a value that cannot be cloned. */
  post(message: unknown, transfer?: readonly object[]): void;
  /** Whether a lane without work is woken sooner when it is parked than when it waits in its event loop. */
  readonly parks: boolean;
  /** A copy of a value as it would arrive; throws as posting does. Without it, what structured clone gives. */
  copy?(value: unknown): unknown;
  /** The control block of a lane that shares no memory with its gate. */
  readonly control?: ControlBlock;
}

/**
 * Puts the handler in place.
 *
 * @param receive called with each message
 * @param greeting posted when the handler is in place
 * @returns the way to post
 */
export type OpenPort = (receive: (message: unknown) => void, greeting: unknown) => LanePort;

interface WebWorkerScope {
  onmessage: ((event: { data: unknown }) => void) | null;
  onmessageerror: (() => void) | null;
  postMessage(message: unknown, transfer?: readonly object[]): void;
  addEventListener(type: string, listener: (event: WorkerErrorEvent) => void): void;
}

interface WorkerErrorEvent {
  readonly error?: unknown;
  readonly reason?: unknown;
  preventDefault(): void;
}

const scope = globalThis as unknown as WebWorkerScope;

/** Of a thread. The handler is in place when this returns: a message that comes before a handler is lost on Deno and Bun. */
export const openPort: OpenPort = openThreadPort;

function openThreadPort(receive: (message: unknown) => void, greeting: unknown): LanePort {
  if ("Deno" in globalThis) return openDenoPort(receive, greeting);
  if ("Bun" in globalThis) {
    scope.onmessage = (event) => receive(event.data);
    scope.onmessageerror = unreadable;
    scope.postMessage(greeting);
    return {
      post: (message, transfer) => scope.postMessage(message, transfer),
      // A message wakes it in 5 µs, `Atomics.notify` in 14.
      parks: false,
    };
  }
  const port = parentPort!;
  port.on("message", receive);
  port.on("messageerror", unreadable);
  port.postMessage(greeting);
  return {
    post: (message, transfer) => port.postMessage(message, transfer as Transferable[] | undefined),
    parks: true,
  };
}

/** A message that cannot be read is lost, and on Deno every later one with it: the lane ends, and its calls go elsewhere. */
function unreadable(): never {
  throw new Error(
    "Cannot read a message of the gate: it holds a value that this runtime cannot clone",
  );
}

/** On Deno the first message is the channel that all others take; why is told in `lib/runtime/deno.ts`. */
function openDenoPort(receive: (message: unknown) => void, greeting: unknown): LanePort {
  let channel: MessagePort | undefined;
  parentPort!.once("message", (port: MessagePort) => {
    channel = port;
    // A property and not an event listener: Node's flavour of the listener walks every value.
    port.onmessage = (event) => receive(event.data);
    port.onmessageerror = unreadable;
  });
  parentPort!.postMessage(greeting);
  return {
    post(message, transfer): void {
      // A lane may fail before it has the channel: in a bundle the modules of the user are evaluated with the entry.
      if (channel === undefined) parentPort!.postMessage(message);
      else channel.postMessage(message, (transfer ?? []) as globalThis.Transferable[]);
    },
    parks: true,
  };
}

/**
 * Whether this worker has ended itself. On Deno code may run after that: a worker that ends itself while it handles a message runs its immediates all the same. What
 * that code rejects is not to end the worker a second time: that tells the runtime nothing, and `process.exit` waits in a loop to be stopped, so the worker would never go.
 */
let isEnding = false;

/** Whether this worker has ended itself, and code runs in it all the same, as it may on Deno. */
export function hasEndedItself(): boolean {
  return isEnding;
}

/**
 * Ends this worker at an error outside of any call, or a rejection nobody handles, after `report` has told the gate.
 *
 * @param report tells the gate; false means that the error is no reason to end
 */
export function onCrash(report: (error: unknown) => boolean): void {
  const crash = (error: unknown): void => {
    if (isEnding) return;
    let isFatal = true;
    try {
      isFatal = report(error);
    } finally {
      if (isFatal) process.exit(1);
    }
  };
  if (!("Deno" in globalThis)) {
    process.on("uncaughtException", crash);
    process.on("unhandledRejection", crash);
  }
  // Deno has only these, and so has Bun where its test runner has taken the events of the process.
  if ("Deno" in globalThis || "Bun" in globalThis) {
    scope.addEventListener("error", (event) => {
      event.preventDefault();
      crash(event.error);
    });
    scope.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      crash(event.reason);
    });
  }
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
    // Deno.exit fires no event in a worker. `process.exit` comes here too.
    deno.exit = (code?: number): never => {
      if (!isEnding) {
        isEnding = true;
        task();
        exit(code);
      }
      // Only a worker that was ending comes here: back to its event loop, which lets it go.
      throw new Error("Cannot go on: this worker has ended itself");
    };
  }
}
