/**
 * `console` inside a lane.
 *
 * On Node what a worker prints travels as messages to the main thread, which writes it when its event loop comes
 * round: lines are lost when the lane is terminated or the process exits, and arrive late while the main thread is
 * busy. So there the lane's console is given streams that write to the process's own descriptors, at once and
 * synchronously. Deno and Bun do so by themselves; their console is replaced only when every line is to carry a
 * prefix.
 *
 * Apart from the port, this is the only file of the lane that names a runtime.
 *
 * @module
 */

type FileSystem = typeof import("node:fs");

/** Options of {@linkcode installLaneConsole}. */
export interface LaneConsoleOptions {
  /** Text put before every line, such as `[lane 2] `. None by default. */
  prefix?: string;
}

/** As much of a stream as a Console asks for. */
interface LineStream {
  /** Whether the Console may colour what it formats. */
  readonly isTTY: boolean;
  getColorDepth(): number;
  write(text: string | Uint8Array): boolean;
}

/** As much of `Deno` as is used: `process.env` would ask the user for a permission there. */
interface DenoTerminal {
  readonly noColor: boolean;
  readonly stdout: { isTerminal(): boolean };
  readonly stderr: { isTerminal(): boolean };
}

/**
 * Makes the console of this lane write directly to the standard output and the standard error of the process.
 *
 * A line has reached the operating system when the call that prints it returns, so that it survives `process.exit`
 * and the termination of the lane; a message of several lines goes out in one write. The price is that a reader
 * who stops reading stops the lane, as it stops any program that prints. What cannot be written, because the
 * reader has gone, is dropped.
 *
 * It changes the console object in place, and leaves alone what does not print (`profile`, `timeStamp`). `clear`
 * does nothing: the screen belongs to the process. `process.stdout.write` is not changed: on Node it still goes by
 * way of the main thread.
 *
 * @param options the prefix
 * @returns when the console is in place; to be awaited before any of the user's modules is imported
 */
export async function installLaneConsole(options: LaneConsoleOptions = {}): Promise<void> {
  const prefix = options.prefix ?? "";
  const native = Reflect.has(globalThis, "Deno") || Reflect.has(globalThis, "Bun");
  if (native && prefix === "") return;
  const [fileSystem, { Console }] = await Promise.all([import("node:fs"), import("node:console")]);
  const stdout = new DirectStream(fileSystem, 1, prefix, await hasColours(1));
  const stderr = new DirectStream(fileSystem, 2, prefix, await hasColours(2));
  // The streams never fail, so the Console need not listen for errors: they are no event emitters.
  const direct = new Console({
    stdout: stdout as never,
    stderr: stderr as never,
    ignoreErrors: false,
  });
  const error = (message: string): void => direct.error("%s", message);
  const console: object = Reflect.get(globalThis, "console");
  for (const key of Object.keys(direct)) {
    const method: unknown = Reflect.get(direct, key);
    if (typeof method === "function" && !key.startsWith("_")) Reflect.set(console, key, method);
  }
  Reflect.set(console, "clear", (): void => {});
  Reflect.set(console, "trace", makeTrace(error, (await import("node:util")).format));
  // Some loggers write to these instead of calling a method.
  Object.defineProperty(console, "_stdout", { value: stdout, configurable: true, writable: true });
  Object.defineProperty(console, "_stderr", { value: stderr, configurable: true, writable: true });
}

/** Writes to a descriptor, with the prefix before every line. */
class DirectStream implements LineStream {
  readonly isTTY: boolean;
  readonly #fileSystem: FileSystem;
  readonly #descriptor: number;
  readonly #prefix: string;
  readonly #encoder = new TextEncoder();
  #open = true;

  constructor(fileSystem: FileSystem, descriptor: number, prefix: string, colours: boolean) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#prefix = prefix;
    this.isTTY = colours;
  }

  getColorDepth(): number {
    return this.isTTY ? 8 : 1;
  }

  write(text: string | Uint8Array): boolean {
    if (!this.#open) return true;
    if (typeof text !== "string") this.#writeAll(text);
    else this.#writeAll(this.#encoder.encode(this.#prefix === "" ? text : this.#mark(text)));
    return true;
  }

  /** A message goes out in one write, lest its lines be mixed with those of another lane. */
  #mark(text: string): string {
    const end = text.endsWith("\n") ? "\n" : "";
    const lines = text.slice(0, text.length - end.length);
    return `${this.#prefix}${lines.replaceAll("\n", `\n${this.#prefix}`)}${end}`;
  }

  #writeAll(bytes: Uint8Array): void {
    let offset = 0;
    while (offset < bytes.byteLength) {
      try {
        offset += this.#fileSystem.writeSync(this.#descriptor, bytes, offset);
      } catch (thrown) {
        const code: unknown = thrown instanceof Error ? Reflect.get(thrown, "code") : undefined;
        if (code === "EINTR") continue;
        if (code !== "EAGAIN") {
          // The reader has gone, or the disk is full. Printing is no reason for a function to fail.
          if (code === "EPIPE") this.#open = false;
          return;
        }
        // Whoever shares the descriptor has made it non-blocking, and it is full. This thread may wait for the reader.
        Atomics.wait(sleeper, 0, 0, 1);
      }
    }
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Whether colours are wanted on a descriptor, by the habits of the runtime: a terminal, NO_COLOR, FORCE_COLOR. */
async function hasColours(descriptor: 1 | 2): Promise<boolean> {
  const deno = Reflect.get(globalThis, "Deno") as DenoTerminal | undefined;
  if (deno !== undefined) {
    const stream = descriptor === 1 ? deno.stdout : deno.stderr;
    return !deno.noColor && stream.isTerminal();
  }
  const [tty, process] = await Promise.all([import("node:tty"), import("node:process")]);
  if (!tty.isatty(descriptor) && process.env.FORCE_COLOR === undefined) return false;
  return tty.WriteStream.prototype.getColorDepth.call(undefined as never, process.env) > 2;
}

/** Bun's Console takes the heading of a trace from the wrong object, so the trace is made here. */
function makeTrace(
  error: (message: string) => void,
  format: (...data: unknown[]) => string,
): (...data: unknown[]) => void {
  return function trace(...data: unknown[]): void {
    const holder: { stack?: string } = {};
    Error.captureStackTrace(holder, trace);
    const stack = holder.stack ?? "";
    const frames = stack.includes("\n") ? stack.slice(stack.indexOf("\n")) : "";
    error(`${data.length === 0 ? "Trace" : `Trace: ${format(...data)}`}${frames}`);
  };
}
