import { assert, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { Progress } from "../lib/cli/progress.ts";

/** A terminal or a pipe. */
function output(isTTY: boolean): { written(): string; isTTY: boolean; write(text: string): void } {
  let written = "";
  return { written: () => written, isTTY, write: (text) => void (written += text) };
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
