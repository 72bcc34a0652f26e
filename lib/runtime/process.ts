/**
 * Child processes as lanes, by `node:child_process`, which starts them with pipes of their own on Deno, Bun and Node alike. What differs is how the runtime is told to
 * run a module, and which of the pipes a thread can wait for in a blocked read:
 *
 * |                                      | Deno 2.9.6        | Bun 1.4.5 | Node 24.21 |
 * | ------------------------------------ | ----------------- | --------- | ---------- |
 * | blocked read of an extra pipe, by a thread | no: it has descriptors of its own, but for 0, 1 and 2 | yes | yes |
 * | blocked read of standard input, by a thread | yes, without a permission | yes | no: EAGAIN |
 * | write to an extra pipe until it is done | yes, without a permission | yes | yes |
 * | from the start to the first word      | 80 to 105 ms      | 22 to 28 ms | 30 to 35 ms |
 *
 * So orders go to standard input on Deno, and to a pipe of their own elsewhere.
 *
 * @module
 */

import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { PROCESS_LANE } from "../bridge/protocol.ts";

/** What a Deno process may do: all of a kind, or what is listed. Kinds that are left out it may not. */
export interface ProcessPermissions {
  /** Reading files: all, or these files and folders. */
  readonly read?: boolean | readonly string[];
  /** Writing files: all, or these files and folders. */
  readonly write?: boolean | readonly string[];
  /** The network: all, or these hosts, with or without a port. */
  readonly net?: boolean | readonly string[];
  /** Environment variables: all, or these. */
  readonly env?: boolean | readonly string[];
  /** Starting programs: all, or these. */
  readonly run?: boolean | readonly string[];
  /** Native libraries: all, or these files. */
  readonly ffi?: boolean | readonly string[];
  /** What the system tells: all, or these, named as Deno names them. */
  readonly sys?: boolean | readonly string[];
  /** Importing modules from the network: all, or from these hosts. */
  readonly import?: boolean | readonly string[];
}

/** How a lane's process is started. */
export interface ProcessSettings {
  /** Path of the runtime. Default: that of this process. */
  readonly executable?: string | undefined;
  /** Command-line flags of the runtime. Default: those of this process, where it knows them (Bun, Node). */
  readonly flags?: readonly string[] | undefined;
  /** What it may do, on Deno. Default: each kind of permission that this process has without exception. */
  readonly permissions?: ProcessPermissions | undefined;
  /** Environment variables. Default: those of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** How one runtime is told to run a lane. */
export interface ProcessCommand {
  /** Path of the runtime. */
  readonly executable: string;
  /** What comes before the arguments of the lane. */
  readonly arguments: readonly string[];
  /** Which descriptor the orders go to. */
  readonly orders: 0 | 5;
}

/** What a process tells its host. */
export interface ProcessEvents {
  /** Bytes of its output pipe. */
  data(chunk: Uint8Array): void;
  /** It could not be started, or stopped; `exit` follows. */
  error(error: unknown): void;
  /** It has ended, and all that it had written is delivered. Arrives once, and never inside `kill`. */
  exit(code: number | undefined): void;
}

/** A running process. */
export interface ProcessHandle {
  /** Writes to its input pipe. */
  write(bytes: Uint8Array): void;
  /** Writes to the pipe that its watching thread reads. */
  order(bytes: Uint8Array): void;
  /** Ends it by signal 9. */
  kill(): void;
  /** Lets it keep this process alive. A new one does. */
  ref(): void;
  /** Lets this process end while it lives. */
  unref(): void;
}

interface Referenced {
  ref?(): void;
  unref?(): void;
}

const INPUT = 3;
const OUTPUT = 4;
const ORDERS = 5;
/** How long the rest of what it wrote may take after its end, in ms: what it has started itself may hold the pipe open. */
const REST_MS = 500;

/**
 * @param command how to run it @param slots how many calls it may have at once @param settings how it is started @param events told of it
 * @returns the process
 * @throws {Error} when the runtime refuses to start it
 */
export function startProcess(
  command: ProcessCommand,
  slots: number,
  settings: ProcessSettings,
  events: ProcessEvents,
): ProcessHandle {
  const onInput = command.orders === 0;
  const args = [PROCESS_LANE, slots, INPUT, OUTPUT, command.orders].map(String);
  const child = spawn(command.executable, [...command.arguments, ...args], {
    stdio: [
      onInput ? "pipe" : "ignore",
      "inherit",
      "inherit",
      "pipe",
      "pipe",
      onInput ? "ignore" : "pipe",
    ],
    ...(settings.env === undefined ? {} : { env: settings.env }),
    windowsHide: true,
  });
  const pipes = child.stdio as unknown as (unknown | null)[];
  const input = pipes[INPUT] as (Writable & Referenced) | undefined;
  const output = pipes[OUTPUT] as (Readable & Referenced) | undefined;
  const orders = pipes[onInput ? 0 : ORDERS] as (Writable & Referenced) | undefined;
  const ignore = (): void => {};
  // A pipe whose reader is gone: the end of the process tells it.
  for (const pipe of [input, output, orders]) pipe?.on("error", ignore);
  output?.on("data", (chunk: Uint8Array) => events.data(chunk));
  watchEnd(child, output, events);
  // One that was not started cannot be let go on Deno.
  const started = child.pid === undefined ? undefined : child;
  const parts: readonly (Referenced | undefined)[] = [started, input, output, orders];
  return {
    write: (bytes) => void input?.write(bytes),
    order: (bytes) => void orders?.write(bytes),
    kill: () => void child.kill("SIGKILL"),
    ref: () => parts.forEach((part) => hold(part, true)),
    unref: () => parts.forEach((part) => hold(part, false)),
  };
}

function hold(part: Referenced | undefined, isHeld: boolean): void {
  try {
    if (isHeld) part?.ref?.();
    else part?.unref?.();
  } catch {
    // Deno throws for a process that has ended, before it tells so: its end is on its way.
  }
}

/** Tells the end when the process is gone and its output pipe has been read. */
function watchEnd(
  child: ReturnType<typeof spawn>,
  output: Readable | undefined,
  events: ProcessEvents,
): void {
  let isGone = false;
  let isRead = output === undefined;
  let hasTold = false;
  let code: number | undefined;
  const tell = (): void => {
    if (hasTold || !isGone) return;
    hasTold = true;
    output?.destroy();
    events.exit(code);
  };
  const gone = (exitCode: number | null): void => {
    isGone = true;
    code = exitCode ?? undefined;
    // Never inside of what the host does.
    if (isRead) setTimeout(tell, 0);
    else setTimeout(tell, REST_MS);
  };
  child.on("error", (error: unknown) => {
    events.error(error);
    // One that was never started has no other end.
    if (child.pid !== undefined) return;
    isRead = true;
    gone(null);
  });
  child.on("exit", gone);
  output?.on("close", () => {
    isRead = true;
    tell();
  });
}

/** Flags that make a runtime do something else than run a module, or that two processes cannot both have; with their value as the next argument. */
const WITH_VALUE = /^(-e|--eval|-p|--print|-pe|--input-type)$/;
const LEFT_OUT =
  /^(--eval|--print|--input-type|--inspect|--inspect-[a-z-]+|--test|--test-[a-z-]+|--watch|--watch-[a-z-]+|--hot|--check|-c|--interactive|-i)(=|$)/;

/** @param flags those that this process was started with @returns those of them that hold for a lane too */
export function inheritedFlags(flags: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < flags.length; i++) {
    const flag = flags[i]!;
    if (WITH_VALUE.test(flag)) i++;
    else if (!LEFT_OUT.test(flag)) kept.push(flag);
  }
  return kept;
}
