import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { line } from "./fixtures/console_line.ts";

const suffix = import.meta.url.endsWith(".ts") ? "ts" : "js";
const host = fileURLToPath(new URL(`./fixtures/console_host.${suffix}`, import.meta.url));

/** Starts the host in a process of its own, on this very runtime; on Deno with the least permissions a lane needs. */
function start(scenario: string, prefix: string): ChildProcess {
  const flags = Reflect.has(globalThis, "Deno")
    ? ["run", "--allow-read", "--no-prompt"]
    : Reflect.has(globalThis, "Bun")
    ? []
    : ["--no-warnings"];
  return spawn(process.execPath, [...flags, host, scenario, prefix], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

interface Output {
  stdout: string;
  stderr: string;
}

async function outputOf(child: ChildProcess): Promise<Output> {
  const output: Output = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text) => output.stdout += text);
  child.stderr?.setEncoding("utf8").on("data", (text) => output.stderr += text);
  const [code] = await once(child, "close");
  assertEquals(code, 0, output.stderr);
  return output;
}

function linesOf(text: string): string[] {
  assert(text === "" || text.endsWith("\n"), "the last line is cut");
  return text.split("\n").slice(0, -1);
}

/** The start of each line must be as counted; the first wrong one is named, rather than a megabyte printed. */
function assertNumbered(lines: string[], prefix: string): void {
  for (let i = 0; i < lines.length; i++) assertEquals(lines[i], prefix + line(i));
}

for (const prefix of ["", "[lane 7] "]) {
  const kind = prefix === "" ? "without a prefix" : "with a prefix";

  test(`a lane that prints and exits at once loses no line, ${kind}`, async () => {
    const { stdout, stderr } = await outputOf(start("lane exits", prefix));
    const lines = linesOf(stdout);
    assertNumbered(lines, prefix);
    assertEquals(lines.length, 10_000);
    assertEquals(stderr, "lane ended with 0\n");
  });

  test(`no line is lost when the host exits on the lane's next message, ${kind}`, async () => {
    const { stdout, stderr } = await outputOf(start("host exits", prefix));
    const lines = linesOf(stdout);
    assertNumbered(lines, prefix);
    assertEquals(lines.length, 10_000);
    assertEquals(stderr, "");
  });

  test(`a line does not wait for the host, whose thread is blocked, ${kind}`, async () => {
    const { stdout } = await outputOf(start("before the host", prefix));
    assertEquals(stdout, `${prefix}from the lane\nfrom the host\n`);
  });

  test(`what a lane printed before it was terminated in a loop is there, in order, ${kind}`, async () => {
    const { stdout } = await outputOf(start("terminated", prefix));
    const lines = stdout.split("\n");
    // The last one may have been under way.
    lines.pop();
    assertNumbered(lines, prefix);
    assert(lines.length >= 1_000, `${lines.length} lines`);
  });
}

test("every line of every method carries the prefix, on the stream where it belongs", async () => {
  const prefix = "lane 3 | ";
  const { stdout, stderr } = await outputOf(start("every method", prefix));
  const out = linesOf(stdout);
  const err = linesOf(stderr);
  assertEquals(err.pop(), "lane ended with 0");
  for (const text of [...out, ...err]) assert(text.startsWith(prefix), text);
  // Nothing here is a terminal: no colours.
  assert(!stdout.includes("\x1b") && !stderr.includes("\x1b"));

  const plain = out.map((text) => text.slice(prefix.length));
  assertEquals(plain.slice(0, 9), [
    "log text 5 { a: { b: 1 } }",
    "info",
    "debug",
    "",
    "group",
    "  inner",
    "  lines",
    "    innermost",
    "after the group",
  ]);
  assertEquals(plain[10]?.includes("column"), true);
  assertEquals(plain[12]?.includes("cell"), true);
  assertEquals(plain.slice(14, 19), [
    "default: 1",
    "named: 1",
    "named: 1",
    "{ deep: [Object] }",
    "dirxml",
  ]);
  assertMatch(plain[19] ?? "", /^timer: .* lap$/);
  assertMatch(plain[20] ?? "", /^timer: /);
  assertEquals(plain.length, 21);

  const errors = err.map((text) => text.slice(prefix.length));
  assertEquals(errors.slice(0, 5), [
    "warn",
    "error",
    "of two lines",
    "Assertion failed: assertion text",
    "Trace: trace text",
  ]);
  assertStringIncludes(errors[5] ?? "", "everyMethod");
});

test("a lane goes on when nobody reads what it prints", async () => {
  const child = start("nobody reads", "[lane] ");
  child.stdout?.destroy();
  const { stderr } = await outputOf(child);
  assertEquals(stderr, "[lane] the lane goes on\nlane ended with 0\n");
});

test("a reader who starts late gets every line", async () => {
  const child = start("full pipe", "[lane] ");
  // Nothing is read before the pipe is full: the lane is in its loop then, and has to wait.
  await once(child, "spawn");
  await once(child.stdout!, "readable");
  const { stdout } = await outputOf(child);
  assertNumbered(linesOf(stdout), "[lane] ");
  assertEquals(linesOf(stdout).length, 10_000);
});
