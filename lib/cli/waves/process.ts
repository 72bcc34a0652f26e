/**
 * One run of the runner in a process of its own: start it, read its lines, see it end.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { RunnerMessage, WaveRow } from "./report.ts";

/** How the runner is started. */
export interface RunnerCommand {
  /** The program. */
  command: string;
  args: readonly string[];
  /** Variables to add to the environment. */
  env: Readonly<Record<string, string>>;
}

/** What a run gave. */
export interface RunnerOutcome {
  rows: WaveRow[];
  /** Why the run as a whole has failed, one entry for each reason; waves that failed are not among them. */
  problems: string[];
  /** Start to end of the process, in milliseconds. */
  elapsedMs: number;
}

/** Called while the runner runs. */
export interface RunnerListener {
  /** A line of the protocol. */
  message(message: RunnerMessage): void;
  /** Anything else that was written. */
  text(line: string): void;
}

/** Options of {@linkcode runRunner}. */
export interface RunRunnerOptions {
  /**
   * Time without a line after which the process is stopped, in milliseconds. Its longest step takes seconds.
   *
   * @default {120000}
   */
  silenceMs?: number;
  /**
   * Time after the last line in which the process has to end, in milliseconds: a closed gate must let it.
   *
   * @default {15000}
   */
  endingMs?: number;
  /**
   * Kills the process when it aborts.
   *
   * @default {undefined}
   */
  signal?: AbortSignal;
}

/**
 * Runs the runner to its end.
 *
 * @param command How to start it.
 * @param listener Called for every line.
 * @param options When to stop it.
 * @returns What it gave. It never rejects: a program that cannot be started is a problem like others.
 */
export async function runRunner(
  command: RunnerCommand,
  listener: RunnerListener,
  options: RunRunnerOptions = {},
): Promise<RunnerOutcome> {
  const { silenceMs = 120_000, endingMs = 15_000 } = options;
  const rows: WaveRow[] = [];
  const problems: string[] = [];
  const startMs = performance.now();
  const child = spawn(command.command, command.args, {
    env: { ...process.env, ...command.env },
    stdio: ["ignore", "pipe", "pipe"],
  });

  const kill = (): void => void child.kill("SIGKILL");
  options.signal?.addEventListener("abort", kill);

  let ended = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  function expectSomethingWithin(limitMs: number, otherwise: string): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      problems.push(otherwise);
      kill();
    }, limitMs);
  }
  const silence = `was stopped: it wrote nothing for ${silenceMs / 1_000} s`;
  expectSomethingWithin(silenceMs, silence);

  function receive(line: string): void {
    const message = parseMessage(line);
    if (message === undefined) {
      listener.text(line);
      return;
    }
    expectSomethingWithin(silenceMs, silence);
    if (message.type === "wave") rows.push(message);
    if (message.type === "error") {
      const { name, message: text, stack } = message.error;
      problems.push(`could not go on: ${stack ?? `${name}: ${text}`}`);
    }
    if (message.type === "end" || message.type === "error") {
      ended = true;
      const late = `was stopped: it did not end within ${endingMs / 1_000} s of its last line`;
      expectSomethingWithin(endingMs, late);
    }
    listener.message(message);
  }

  const written = Promise.all([
    eachLine(child.stdout, receive),
    eachLine(child.stderr, (line) => listener.text(line)),
  ]);
  const end = await endOf(child);
  // The last lines may come after the exit. A program that could not be started never closes its pipes.
  if (end.error === undefined) await written;
  clearTimeout(timer);
  options.signal?.removeEventListener("abort", kill);
  // A process that was stopped has its reason already.
  const problem = problemOf(end, ended);
  if (problem !== undefined && problems.length === 0) problems.push(problem);
  return { rows, problems, elapsedMs: performance.now() - startMs };
}

interface ProcessEnd {
  /** Why the process was never there. */
  error?: Error;
  code: number | null;
  signal: string | null;
}

function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ error, code: null, signal: null }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

/** The runner ends with 0, or with 1 when a wave has not passed, which its rows say; anything else went wrong. */
function problemOf(end: ProcessEnd, lastLineSeen: boolean): string | undefined {
  if (end.error !== undefined) return `could not be started: ${end.error.message}`;
  if (lastLineSeen && (end.code === 0 || end.code === 1)) return undefined;
  return `ended early with ${end.signal === null ? `code ${end.code}` : `signal ${end.signal}`}`;
}

/**
 * Reads a stream to its end.
 *
 * @param stream What a process writes.
 * @param receive Called with each line.
 */
export async function eachLine(stream: Readable, receive: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) receive(line);
}

/** A line that is no message is shown as it is: a runtime may print a warning of its own. */
function parseMessage(line: string): RunnerMessage | undefined {
  if (!line.startsWith('{"type":')) return undefined;
  try {
    return JSON.parse(line) as RunnerMessage;
  } catch {
    return undefined;
  }
}
