/**
 * The thread lane, host side: a worker that can be lost and started again.
 *
 * @module
 */

import type { Lane, LaneCall } from "../bridge/contract.ts";
import { type ThreadLaneParts, ThreadRun } from "./thread_run.ts";

/** One worker thread and its mailbox. It may be started again after it was lost. */
export class ThreadLane implements Lane {
  readonly index: number;
  readonly capacity: number;
  readonly #parts: ThreadLaneParts;
  #run: ThreadRun | undefined;
  #held = false;

  /** @param index number of the lane @param parts what it is made of */
  constructor(index: number, parts: ThreadLaneParts) {
    this.index = index;
    this.capacity = parts.capacity;
    this.#parts = parts;
  }

  get occupied(): number {
    return this.#run?.mailbox.occupied ?? 0;
  }

  get executing(): number {
    return this.#run?.executing ?? 0;
  }

  get stuck(): boolean {
    return (this.#run?.released ?? 0) > 0;
  }

  start(): void {
    if (this.#run !== undefined) {
      throw new Error(`Cannot start lane ${this.index}: it is running`);
    }
    this.#run = new ThreadRun(this, this.#parts, () => this.#run = undefined);
    this.#run.hold(this.#held);
  }

  send(call: LaneCall): void {
    this.#run!.send(call);
  }

  flush(): void {
    this.#run?.flush();
  }

  isStarted(call: LaneCall): boolean {
    const run = this.#run;
    return run !== undefined && run.mailbox.holds(call) && run.control.isStarted(call.slot);
  }

  startedMs(call: LaneCall): number {
    return this.#run!.control.startedMs(call.slot);
  }

  recall(call: LaneCall): boolean {
    return this.#run!.recall(call);
  }

  recallUnstarted(limit: number): LaneCall[] {
    const run = this.#run;
    if (run === undefined) return [];
    const recalled: LaneCall[] = [];
    const held = run.mailbox.inOrder();
    for (let i = held.length - 1; i >= 0 && recalled.length < limit; i--) {
      if (run.recall(held[i]!)) recalled.push(held[i]!);
    }
    return recalled.reverse();
  }

  release(call: LaneCall, reason: unknown): void {
    this.#run!.release(call, reason);
  }

  stop(): void {
    this.#run?.stop();
  }

  hold(on: boolean): void {
    this.#held = on;
    this.#run?.hold(on);
  }
}
