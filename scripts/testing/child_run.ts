/**
 * Runs one command to its end or to its time limit, and leaves no process of it behind.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import type { RuntimeCommand } from "../runtime_command.ts";

/** How a command ended. */
export interface ChildRun {
  /** Its exit code; `null` when a signal ended it. */
  exitCode: number | null;
  /** The signal that ended it, if one did. */
  signal: string | null;
  /** Whether it was killed because its time was up. */
  timedOut: boolean;
  /** What it wrote to its two outputs, as it came; the beginning is cut when it is very long. */
  output: string;
  /** How long it ran, in milliseconds. */
  durationMs: number;
}

const MOST_OUTPUT_CHARS = 400_000;
/** After the command has ended, how long to wait for the rest of its output. */
const LINGER_MS = 1_000;

const running = new Set<ChildProcess>();

/**
 * Runs a command.
 *
 * @param command what to run; its `env` is added to the current environment
 * @param cwd the folder to run it in
 * @param timeLimitMs after so many milliseconds it is killed, with everything it started
 * @returns how it ended
 */
export function runChild(
  command: RuntimeCommand,
  cwd: string,
  timeLimitMs: number,
): Promise<ChildRun> {
  const { promise, resolve } = Promise.withResolvers<ChildRun>();
  const started = performance.now();
  // A group of its own can be killed as a whole: `node --test` runs the file in a child of its own, and a test that
  // hangs may have children, too.
  const child = spawn(command.command, command.args, {
    cwd,
    detached: process.platform !== "win32",
    env: { ...process.env, ...command.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);

  let output = "";
  const decoders = [new TextDecoder(), new TextDecoder()];
  [child.stdout, child.stderr].forEach((stream, i) =>
    stream?.on("data", (chunk: Uint8Array) => {
      output += decoders[i]!.decode(chunk, { stream: true });
      if (output.length > 2 * MOST_OUTPUT_CHARS) output = output.slice(-MOST_OUTPUT_CHARS);
    })
  );

  let timedOut = false;
  const limit = setTimeout(() => {
    timedOut = true;
    killGroup(child);
  }, timeLimitMs);
  let settled = false;
  const settle = (exitCode: number | null, signal: string | null): void => {
    if (settled) return;
    settled = true;
    clearTimeout(limit);
    running.delete(child);
    const cut = output.length > MOST_OUTPUT_CHARS;
    resolve({
      exitCode,
      signal,
      timedOut,
      output: cut ? `[the beginning is cut]\n${output.slice(-MOST_OUTPUT_CHARS)}` : output,
      durationMs: performance.now() - started,
    });
  };
  child.on("error", (error) => {
    output += `Cannot start ${command.command}: ${error.message}\n`;
    settle(null, null);
  });
  child.on("close", settle);
  child.on("exit", (exitCode, signal) => {
    killGroup(child); // What the tests left behind would hold the outputs open, and the processor busy.
    setTimeout(settle, LINGER_MS, exitCode, signal).unref();
  });
  return promise;
}

/** Kills whatever is running; for the moment in which the script itself is told to end. */
export function killRunning(): void {
  for (const child of running) killGroup(child);
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") {
      spawn("taskkill", ["/pid", String(child.pid), "/t", "/f"], { stdio: "ignore" });
    } else {
      process.kill(-child.pid, "SIGKILL");
    }
  } catch {
    // The group has ended by itself.
  }
}
