// Parts of the command that need no process.
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { readArguments } from "../lib/cli/arguments.ts";
import { closest } from "../lib/cli/closest.ts";
import { progressLine } from "../lib/cli/run/summary.ts";
import { plainValue } from "../lib/cli/run/plain_value.ts";
import { commandOn } from "../lib/cli/runtimes.ts";
import { UsageError } from "../lib/cli/usage_error.ts";
import { TokenGate } from "../mod.ts";

test("the closest name is the one with the fewest edits, if they are few", () => {
  const names = ["lanes", "count", "timeout-ms"];
  assertEquals(closest("lane", names), "lanes");
  assertEquals(closest("timeoutms", names), "timeout-ms");
  assertEquals(closest("anything", names), undefined);
  assertEquals(closest("", names), undefined);
});

test("arguments are read in any order, numbers below zero among them", () => {
  const flags = {
    count: { type: "string", value: "N", help: "" },
    process: { type: "boolean", help: "" },
  } as const;
  const input = readArguments("run", flags, [
    "module",
    "--count=3",
    "-5",
    "--process",
    "x",
    "--",
    "--count",
  ], "main");
  assertEquals(input.positionals, ["module", "-5", "x", "--count"]);
  assertEquals({ ...input.values }, { count: "3" });
  assertEquals([...input.switches], ["process"]);
  assertEquals(input.json, false);
  // A value is told as it was typed.
  assertEquals({ ...readArguments("run", flags, ["--count", "-5"], "main").values }, {
    count: "-5",
  });
  assertThrows(() => readArguments("run", flags, ["--constructor"], "main"), UsageError);
});

test("a value that contains itself is written all the same", () => {
  const value: Record<string, unknown> = { error: new TypeError("no") };
  value["self"] = [value];
  assertEquals(plainValue(value), {
    error: { name: "TypeError", message: "no" },
    self: ["(circular)"],
  });
});

test("the bar is as full as the calls are done", () => {
  const gate = new TokenGate({ lanes: 1 });
  const stats = { ...gate.stats(), completed: 40, failed: 10, executing: 1 };
  const line = progressLine(stats, 100, 2_500, 80);
  assertEquals(line, `[${"#".repeat(15)}${"-".repeat(15)}] 50/100  1 running  2.50 s  10 failed`);
  const alone = progressLine(gate.stats(), 1, 100, 80, { done: 3 });
  assert(alone.endsWith("{ done: 3 }"), alone);
});

test("a runtime that cannot run this package is told why, with what can be done", () => {
  const node = (version: string) => ({ name: "node", version, executable: "node" }) as const;
  const source = "file:///somewhere/main.ts";
  const built = "file:///somewhere/main.js";
  assertThrows(() => commandOn(node("20.19.0"), source, []), Error, "use 22.18");
  assertThrows(() => commandOn(node("18.20.0"), built, []), Error, "use 20.0");
  assertEquals(commandOn(node("20.19.0"), built, ["waves"]).args.at(-1), "waves");
  const remote = "https://example.com/main.ts";
  const bun = { name: "bun", version: "1.4.5", executable: "bun" } as const;
  assertThrows(() => commandOn(bun, remote, []), Error, "npx @tokengate/tokengate compare");
  const deno = { name: "deno", version: "2.9.6", executable: "deno" } as const;
  assertEquals(commandOn(deno, remote, ["waves"]).args.slice(-2), [remote, "waves"]);
});
