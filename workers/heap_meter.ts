/**
 * How large this lane's heap is, told to the gate through shared memory.
 *
 * `process.memoryUsage().heapUsed` is that of the isolate, and not of the process, on Deno, Bun and Node alike, and takes some 3 µs. Garbage that was not
 * collected yet is part of it. (`v8.getHeapStatistics` is quicker on Node, and takes 4 to 20 ms on Bun.)
 *
 * @module
 */

import process from "node:process";
import type { ControlBlock } from "../lib/bridge/control_block.ts";

/** How often it is looked at, in ms; each time the lane comes to rest or gives way, and this has passed. */
const LOOK_MS = 100;

/** Looks from time to time. */
export class HeapMeter {
  readonly #control: ControlBlock;
  #nextMs = 0;

  /** @param control where to say it */
  constructor(control: ControlBlock) {
    this.#control = control;
  }

  /** Looks, when it is time to. */
  look(): void {
    const nowMs = performance.now();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + LOOK_MS;
    this.#control.noteHeap(process.memoryUsage().heapUsed);
  }
}
