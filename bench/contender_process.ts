/**
 * A contender in a process of its own, seen from outside: asked one thing at a time, and ended when it does not answer.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import type { ContenderReply, MeasureRequest } from "./contender_protocol.ts";
import { eachLine, type RunnerCommand } from "../lib/cli/waves/process.ts";

/** Before each line of the protocol; all other lines are what a contender or its runtime has printed. */
const MARK = "contender: ";
/** Lines of its output that are kept to tell why it ended. */
const KEPT_LINES = 40;

/** A running contender. */
export class ContenderProcess {
  readonly #child: ChildProcess;
  readonly #printed: string[] = [];
  readonly #ended: Promise<string>;
  #receive: ((reply: ContenderReply) => void) | undefined;
  #alive = true;

  /** @param command How to start it. */
  constructor(command: RunnerCommand) {
    this.#child = spawn(command.command, command.args, {
      env: { ...process.env, ...command.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    // A process that has ended takes no more requests; its end is told by `#ended`.
    this.#child.stdin!.on("error", () => {});
    const written = Promise.all([
      eachLine(this.#child.stdout!, (line) => this.#take(line)),
      eachLine(this.#child.stderr!, (line) => this.#keep(line)),
    ]);
    this.#ended = this.#watch(written);
  }

  /** Whether it can be asked for anything more. */
  get alive(): boolean {
    return this.#alive;
  }

  /**
   * Waits for the reply to the start, which comes without a request.
   *
   * @param limitMs Time after which the process is ended, in milliseconds.
   * @returns The reply; a process that hangs or dies has failed.
   */
  started(limitMs: number): Promise<ContenderReply> {
    return this.#reply(limitMs);
  }

  /**
   * Has the contender measured.
   *
   * @param request What to measure.
   * @param limitMs Time after which the process is ended, in milliseconds.
   * @returns The reply; a process that hangs or dies has failed.
   */
  ask(request: MeasureRequest, limitMs: number): Promise<ContenderReply> {
    const reply = this.#reply(limitMs);
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    return reply;
  }

  /**
   * Ends the process. It is not asked to: closing is not what is compared, and some do not come to its end.
   *
   * @returns When it has ended.
   */
  async close(): Promise<void> {
    this.#alive = false;
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async #reply(limitMs: number): Promise<ContenderReply> {
    const { promise: received, resolve } = Promise.withResolvers<ContenderReply>();
    this.#receive = resolve;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<ContenderReply>((expire) => {
      timer = setTimeout(() => {
        expire({
          type: "failed",
          error: `did not answer within ${limitMs / 1_000} s${this.#said()}`,
        });
        void this.close();
      }, limitMs);
    });
    const gone = this.#ended.then((error): ContenderReply => ({ type: "failed", error }));
    const reply = await Promise.race([received, gone, late]);
    clearTimeout(timer);
    return reply;
  }

  async #watch(written: Promise<unknown>): Promise<string> {
    const reason = await new Promise<string>((resolve) => {
      this.#child.once("error", (error) => resolve(`could not be started: ${error.message}`));
      this.#child.once("exit", (code, signal) => {
        resolve(`ended with ${signal === null ? `code ${code}` : `signal ${signal}`}`);
      });
    });
    this.#alive = false;
    // The last lines may come after the exit. A program that could not be started never closes its pipes.
    if (!reason.startsWith("could not")) await written;
    return reason + this.#said();
  }

  #take(line: string): void {
    const reply = line.startsWith(MARK) ? parseReply(line.slice(MARK.length)) : undefined;
    if (reply === undefined) this.#keep(line);
    else this.#receive?.(reply);
  }

  #keep(line: string): void {
    this.#printed.push(line);
    if (this.#printed.length > KEPT_LINES) this.#printed.shift();
  }

  /** The line of its output that names an error best. */
  #said(): string {
    const line = this.#printed.findLast((each) => /\w*Error\b|error:/.test(each));
    // deno-lint-ignore no-control-regex -- The runtimes write their errors in colour.
    return line === undefined ? "" : `: ${line.replace(/\x1b\[[\d;]*m/g, "").trim().slice(0, 200)}`;
  }
}

/** What a thread of a contender prints may end up in the middle of a reply, which is then none. */
function parseReply(text: string): ContenderReply | undefined {
  try {
    return JSON.parse(text) as ContenderReply;
  } catch {
    return undefined;
  }
}
