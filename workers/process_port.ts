/**
 * The port of a lane that is a process: pipes in the place of messages.
 *
 * Three pipes: from the gate (records, read by the event loop); to the gate (records, written at once and to the end, however long that takes); and one that a thread of
 * its own reads, with a blocked call: what should stop (slot and serial number of the call), though the main thread may be in a loop. When that pipe ends, the gate is gone, however
 * it ended, and the thread ends the process, loop or not.
 *
 * @module
 */

import { createReadStream, writeSync } from "node:fs";
import { Socket } from "node:net";
import process from "node:process";
import type { Readable } from "node:stream";
import { Worker } from "node:worker_threads";
import {
  CHILDREN,
  END,
  FRAME,
  HEAP,
  makeRecord,
  MESSAGE,
  RecordReader,
  START,
} from "../lib/bridge/byte_stream.ts";
import { FrameReader } from "../lib/bridge/frames.ts";
import { ABORT, CALL_FIELDS, CALLS, CHILD_CALL, PROCESS_LANE } from "../lib/bridge/protocol.ts";
import { bytesToValue, valueToBytes } from "../lib/bridge/value_bytes.ts";
import type { LanePort } from "./port.ts";
import { ProcessControl } from "./process_control.ts";

/**
 * What the thread runs: plain JavaScript, since it is started from text, where no module need be read. Told: the pipe's number, the words.
 *
 * On Node a thread that is blocked in a read would keep `process.exit` from coming to its end, so there its event loop reads. Deno can read nothing but standard input
 * there, and only so.
 */
const WATCHDOG = `
import { readSync } from "node:fs";
import process from "node:process";
import { workerData } from "node:worker_threads";
const [descriptor, memory] = workerData;
const aborted = new Float64Array(memory);
const order = new Float64Array(2);
const bytes = new Uint8Array(order.buffer);
let length = 0;
function take(chunk) {
  for (const byte of chunk) {
    bytes[length++] = byte;
    if (length < bytes.length) continue;
    length = 0;
    if (order[1] > aborted[order[0]]) aborted[order[0]] = order[1];
  }
}
function end() {
  process.kill(process.pid, "SIGKILL");
}
if ("Deno" in globalThis || "Bun" in globalThis) {
  const chunk = new Uint8Array(1024);
  for (;;) {
    let count = 0;
    try {
      count = readSync(descriptor, chunk, 0, chunk.length, null);
    } catch (error) {
      // Whatever else it is, nothing can be read any more.
      if (error.code === "EINTR") continue;
    }
    if (count === 0) end();
    take(chunk.subarray(0, count));
  }
} else {
  const { Socket } = await import("node:net");
  const pipe = new Socket({ fd: descriptor, readable: true, writable: false });
  pipe.on("data", take);
  pipe.on("error", end);
  pipe.on("close", end);
}
`;

/** No call has this serial number: nothing in a slot is asked to stop. */
const NO_CALL = -2;

/** Opens the pipes whose numbers were given as arguments, after the mark and the number of slots. */
export function openProcessPort(
  receive: (message: unknown) => void,
  greeting: unknown,
): LanePort {
  const at = process.argv.indexOf(PROCESS_LANE);
  // Nothing that runs here is to see them.
  const given = process.argv.splice(at, 5).slice(1).map(Number);
  const [slots, input, output, orders] = given as [number, number, number, number];
  const aborted = new SharedArrayBuffer(slots * 8);
  new Float64Array(aborted).fill(NO_CALL);
  watch(orders, aborted);
  // The terminal's interrupt goes to the whole group of processes; what it means is for the program to say.
  process.on("SIGINT", () => {});
  const writer = new RecordWriter(output);
  const control = new ProcessControl(slots, aborted, writer);
  const reader = new RecordReader((kind, bytes) => {
    if (kind === FRAME) {
      for (const frame = new FrameReader(bytes.buffer); frame.next();) {
        control.receive(frame.first);
      }
      return receive(bytes.buffer);
    }
    const message = bytesToValue(bytes) as unknown[];
    if (message[0] === CALLS) {
      for (let i = 1; i < message.length; i += CALL_FIELDS) {
        control.receive(message[i] as number);
      }
    } else if (message[0] === CHILD_CALL) control.receive(message[1] as number);
    else if (message[0] === ABORT) {
      control.receiveAbort(message[4] as number, message[5] as number);
    }
    receive(message);
  });
  openInput(input).on("data", (chunk: Uint8Array | string) => reader.add(chunk as Uint8Array));
  writer.write(MESSAGE, valueToBytes(greeting));
  return {
    parks: false,
    control,
    copy: (value) => bytesToValue(valueToBytes(value)),
    post(message): void {
      if (message instanceof ArrayBuffer) writer.write(FRAME, new Uint8Array(message));
      else writer.write(MESSAGE, valueToBytes(message));
    },
  };
}

/** On Node a file stream has a thread of the pool blocked in a read, and `process.exit` waits for it; the others take a file stream only. */
function openInput(descriptor: number): Readable {
  if ("Deno" in globalThis || "Bun" in globalThis) {
    return createReadStream("", { fd: descriptor, autoClose: false });
  }
  return new Socket({ fd: descriptor, readable: true, writable: false });
}

/** Starts the thread that reads the orders. */
function watch(descriptor: number, aborted: SharedArrayBuffer): void {
  const url = new URL(`data:text/javascript,${encodeURIComponent(WATCHDOG)}`);
  const thread = new Worker(url, { workerData: [descriptor, aborted], argv: [], execArgv: [] });
  thread.unref();
  // Without the thread nobody ends a loop here when the gate is gone.
  thread.on("error", (error: unknown) => {
    throw error;
  });
}

/** Writes records to a pipe. */
class RecordWriter {
  readonly #descriptor: number;
  /** Ends that were not written yet: they go with what follows, at the latest when the lane comes to rest. */
  #held: Uint8Array[] = [];

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  started(slot: number, nowMs: number): void {
    this.#stamp(START, slot, nowMs);
    this.#flush();
  }

  ended(slot: number, nowMs: number): void {
    this.#stamp(END, slot, nowMs);
  }

  heap(bytes: number): void {
    this.#stamp(HEAP, 0, bytes);
  }

  children(table: Float64Array): void {
    this.#held.push(makeRecord(CHILDREN, new Uint8Array(table.buffer)));
    this.#flush();
  }

  write(kind: number, bytes: Uint8Array): void {
    this.#held.push(makeRecord(kind, bytes));
    this.#flush();
  }

  #stamp(kind: number, slot: number, value: number): void {
    this.#held.push(makeRecord(kind, new Uint8Array(new Float64Array([slot, value]).buffer)));
  }

  #flush(): void {
    const held = this.#held;
    this.#held = [];
    if (held.length === 1) return writeAll(this.#descriptor, held[0]!);
    const bytes = new Uint8Array(held.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const record of held) {
      bytes.set(record, at);
      at += record.length;
    }
    writeAll(this.#descriptor, bytes);
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Writes all of it before it returns: what was written stays when the process dies. */
function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at, bytes.length - at);
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code !== "EAGAIN" && code !== "EINTR") throw error;
      // The gate reads slowly: this process may wait for it.
      Atomics.wait(sleeper, 0, 0, 1);
    }
  }
}
