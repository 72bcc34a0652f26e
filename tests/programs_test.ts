// Whole programs, each in a process of its own: how they end, and what they print.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type ProgramRun, runFromServer, runProgram, runText } from "./fixtures/run_program.ts";

const runtime = "Deno" in globalThis ? "Deno" : "Bun" in globalThis ? "Bun" : "Node";

function assertPrints(run: ProgramRun, ...lines: string[]): void {
  assertEquals(
    { code: run.code, signal: run.signal, lines: run.stdout.trimEnd().split(/\r?\n/) },
    { code: 0, signal: null, lines },
    run.stderr,
  );
}

test("a program of three lines prints its result and ends by itself", async () => {
  const run = await runProgram("three_lines");
  assertPrints(run, "42");
  assertEquals(run.stderr, "");
});

test("an idle gate that was never closed lets the program end", async () => {
  assertPrints(await runProgram("idle_gate"), "0", "2", "4");
});

test("a pending token keeps the program alive until it settles", async () => {
  assertPrints(await runProgram("pending_keeps_alive"), "slept");
});

test("a failed token that nobody awaits ends the program as an unhandled promise does", async () => {
  const run = await runProgram("unawaited_failure");
  assertEquals(run.code, 1);
  assertStringIncludes(run.stderr, "out of range");
});

test("a cancelled token that nobody awaits is quiet", async () => {
  const run = await runProgram("unawaited_cancel");
  assertEquals([run.code, run.stdout, run.stderr], [0, "", ""]);
});

test("a program with a loop that does not stop goes on and ends", async () => {
  const run = await runProgram("spins_and_ends");
  assertPrints(run, "TimeoutError", "3");
  // Where the thread runs on, that is said.
  assertEquals(run.stderr.includes("this runtime cannot stop a loop"), runtime === "Deno");
});

test("a program in one file runs its operations when it is guarded by inLane", async () => {
  assertPrints(await runProgram("single_file_guarded"), "42");
});

test("operations that are declared with the entry for them are called as others are, and their lanes load no gates", async () => {
  assertPrints(await runProgram("operations_entry"), "42", "42", "true");
});

test("an unguarded call at the top level is refused in the lane, naming the fix", async () => {
  // The program prints it, and so does its second run in the lane, which has caught the same error.
  const line = "GateInLaneError ERR_GATE_IN_LANE true";
  assertPrints(await runProgram("single_file_unguarded"), line, line);
});

test("an unguarded gate at the top level is refused in the lane", async () => {
  assertPrints(await runProgram("single_file_gate_unguarded"), "GateInLaneError ERR_GATE_IN_LANE");
});

test("an unguarded main() whose rejection nobody handles in the lane is refused too", async () => {
  const run = await runProgram("single_file_unhandled");
  assertEquals([run.code, run.stdout], [1, ""]);
  assertStringIncludes(run.stderr, "if (!inLane)");
});

test("an operation in code that is no file is refused when it is declared", async () => {
  const module = new URL("../mod.ts", import.meta.url).href;
  const code = `import { operation } from ${JSON.stringify(module)};
    try { operation(import.meta, "lost", () => 1); console.log("declared"); }
    catch (error) { console.log(error.name, error.message.includes("put it in a module")); }`;
  for (const from of ["argument", "stdin"] as const) {
    assertPrints(await runText(code, from), "TypeError true");
  }
});

test("the console of a lane prints in order, each line with its prefix", async () => {
  const run = await runProgram("prefixed_console");
  const lines = Array.from({ length: 100 }, (_, n) => [`[lane 0] line ${n}`, "[lane 0] and more"]);
  assertPrints(run, ...lines.flat());
  assertEquals(run.stderr.trimEnd(), "[lane 0] to the error stream");
});

test("settings of workers pass through where the runtime has them, and are refused by name elsewhere", async () => {
  const run = await runProgram("environment");
  const both = runtime === "Node" ? "taken, taken" : "TypeError true, TypeError true";
  assertPrints(run, "given", both);
});

test(
  "without permission to read, Deno says why no lane starts",
  { skip: runtime !== "Deno" },
  async () => {
    const module = new URL("./fixtures/operations.ts", import.meta.url).href;
    const code = `import { add } from ${JSON.stringify(module)};
    try { await add(1, 2); } catch (error) { console.log(error.code, String(error.cause)); }`;
    const run = await runText(code, "stdin");
    assertEquals(run.code, 0, run.stderr);
    assert(/ERR_LANE_START.*read access/s.test(run.stdout), run.stdout);
  },
);

// The way Deno loads a package from JSR: worker entry and operations come from the server too.
test("on Deno, programs run from an http server without any permission", {
  skip: runtime !== "Deno",
}, async () => {
  const server = createServer((request, response) => {
    readFile(new URL(`..${request.url}`, import.meta.url)).then((source) => {
      response.setHeader("content-type", "application/typescript").end(source);
    }, () => response.writeHead(404).end());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  try {
    for (const [program, printed] of [["three_lines", "42"], ["single_file_guarded", "42"]]) {
      const url = new URL(`http://127.0.0.1:${port}/tests/fixtures/programs/${program}.ts`);
      const run = await runFromServer(url);
      assertEquals([run.code, run.stdout.trim(), run.stderr], [0, printed, ""]);
    }
  } finally {
    await new Promise((closed) => server.close(closed));
  }
});
