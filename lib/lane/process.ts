/**
 * Lanes that are child processes: the same entry, messages and codec as those that are threads, over pipes. A loop in one can be stopped on every runtime, and
 * whatever becomes of it never reaches the program.
 *
 * @module
 */

import type { Lane, LaneEvents } from "../bridge/contract.ts";
import type { RuntimeAdapter } from "../runtime/adapter.ts";
import type { Clock } from "../runtime/clock.ts";
import { type ProcessSettings, startProcess } from "../runtime/process.ts";
import type { OperationNumbers } from "./operation_numbers.ts";
import { ProcessWorker } from "./process_worker.ts";
import type { StrandedThreads } from "./stranded.ts";
import { threadLane } from "./thread.ts";

/** What a process lane is made of. */
export interface ProcessLaneParts {
  readonly adapter: RuntimeAdapter;
  readonly clock: Clock;
  readonly events: LaneEvents;
  readonly stranded: StrandedThreads;
  readonly numbers: OperationNumbers;
  /** Numbers the starts of the gate's lanes, of every kind. */
  readonly nextBirth: () => number;
  /** Whether the gate has other lanes. */
  readonly hasOthers: boolean;
  /** How large a result may be, in bytes. */
  readonly maxPayloadBytes: number;
  readonly entryUrl: string;
  readonly settings: ProcessSettings;
  readonly consolePrefix: string | undefined;
  /** How long a process may say nothing, while it starts or while it loads a module, in ms. */
  readonly startTimeoutMs: number;
  /** Slots of the mailbox. */
  readonly capacity: number;
}

/** @param index number of the lane @param parts what it is made of @returns a lane that is a child process */
export function processLane(index: number, parts: ProcessLaneParts): Lane {
  const { adapter, clock, settings, capacity } = parts;
  return threadLane(index, {
    ...parts,
    adapter: {
      stopsThreads: true,
      startWorker: (url, _settings, events) => {
        const command = adapter.processCommand(url, settings);
        return new ProcessWorker({
          clock,
          events,
          start: (events) => startProcess(command, capacity, settings, events),
        });
      },
    },
    settings: {},
    board: undefined,
    hasFrames: false,
    spinUs: 0,
  });
}
