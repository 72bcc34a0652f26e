/**
 * One run of the runner in a process of its own: start it, read its lines, see it end.
 *
 * @module
 */

import type { RunnerMessage, StartMessage, WaveRow } from "./wave_report.ts";

/** A runner that writes nothing for so long is stopped: its longest step takes seconds. */
const SILENCE_MS = 120_000;
/** Time to end after the last line. A gate that is closed must let its process end. */
const ENDING_MS = 15_000;

/** What a run gave. */
export interface RunnerOutcome {
  /** The command line. */
  command: readonly string[];
  /** First line; undefined when it did not get that far. */
  start: StartMessage | undefined;
  rows: WaveRow[];
  /** Why the run as a whole has failed, one line for each reason; waves that failed are not among them. */
  problems: string[];
  /** Length of the run, start and end of the process included, in milliseconds. */
  elapsedMs: number;
}

/** Called while the runner runs. */
export interface RunnerListener {
  /** A line of the protocol. */
  message(message: RunnerMessage): void;
  /** Anything else that was written. */
  text(line: string): void;
}

/**
 * Runs the runner to its end.
 *
 * @param command Command line.
 * @param listener Called for every line.
 * @returns What it gave. It never rejects: a runtime that cannot be started is a problem like others.
 */
export async function runRunner(
  command: readonly string[],
  listener: RunnerListener,
): Promise<RunnerOutcome> {
  const startMs = performance.now();
  const outcome: RunnerOutcome = {
    command,
    start: undefined,
    rows: [],
    problems: [],
    elapsedMs: 0,
  };
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command[0]!, {
      args: command.slice(1),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    outcome.problems.push(`could not be started: ${String(error)}`);
    return outcome;
  }

  let ended = false;
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  function expectSomethingWithin(limitMs: number, otherwise: string): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stopped = true;
      outcome.problems.push(otherwise);
      child.kill("SIGKILL");
    }, limitMs);
  }
  const silence = `was stopped: it wrote nothing for ${SILENCE_MS / 1_000} s`;
  expectSomethingWithin(SILENCE_MS, silence);

  function receive(line: string): void {
    const message = parseMessage(line);
    if (message === undefined) {
      listener.text(line);
      return;
    }
    expectSomethingWithin(SILENCE_MS, silence);
    if (message.type === "start") outcome.start = message;
    if (message.type === "wave") outcome.rows.push(message);
    if (message.type === "error") {
      const { name, message: text, stack } = message.error;
      outcome.problems.push(`could not go on: ${stack ?? `${name}: ${text}`}`);
    }
    if (message.type === "end" || message.type === "error") {
      ended = true;
      expectSomethingWithin(
        ENDING_MS,
        `was stopped: it did not end within ${ENDING_MS / 1_000} s of its last line`,
      );
    }
    listener.message(message);
  }

  await Promise.all([
    eachLine(child.stdout, receive),
    eachLine(child.stderr, (line) => listener.text(line)),
  ]);
  const status = await child.status;
  clearTimeout(timer);
  outcome.elapsedMs = performance.now() - startMs;
  if (!stopped && (!ended || status.code > 1)) {
    const how = status.signal === null ? `code ${status.code}` : `signal ${status.signal}`;
    outcome.problems.push(`ended early with ${how}`);
  }
  return outcome;
}

async function eachLine(
  bytes: ReadableStream<Uint8Array>,
  receive: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) receive(line.replace(/\r$/, ""));
  }
  rest += decoder.decode();
  if (rest !== "") receive(rest);
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
