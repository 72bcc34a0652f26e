import { assert, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { Progress } from "../bench/progress.ts";

/** A terminal or a pipe that takes only a few bytes at a time, as a full pipe does. */
function output(terminal: boolean): {
  written(): string;
  isTerminal(): boolean;
  writeSync(bytes: Uint8Array): number;
} {
  const taken: number[] = [];
  return {
    written: () => new TextDecoder().decode(Uint8Array.from(taken)),
    isTerminal: () => terminal,
    writeSync: (bytes) => {
      const part = bytes.subarray(0, 5);
      taken.push(...part);
      return part.length;
    },
  };
}

function exercise(progress: Progress): void {
  progress.step("step one");
  progress.step("step two, longer than the terminal is wide");
  progress.milestone("done");
  progress.line("to keep");
  progress.clear();
}

test("on a terminal each step takes the place of the one before", () => {
  const terminal = output(true);
  exercise(new Progress(terminal, () => 20));
  const clear = "\r\x1b[2K";
  assertStrictEquals(
    terminal.written(),
    `${clear}step one${clear}step two, longer th${clear}to keep\n`,
  );
});

test("elsewhere only plain lines are written", () => {
  const pipe = output(false);
  exercise(
    new Progress(pipe, () => {
      throw new Error("a pipe has no width");
    }),
  );
  assertStrictEquals(pipe.written(), "done\nto keep\n");
  assert(!pipe.written().includes("\x1b"));
});
