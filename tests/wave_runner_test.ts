import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { execFile } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { rowPassed, type RunnerMessage, type WaveRow } from "../lib/cli/waves/report.ts";

const RUNNER = fileURLToPath(new URL("../lib/cli/main.ts", import.meta.url));

interface Run {
  code: number;
  lines: string[];
  stderr: string;
}

/** Runs the runner on the runtime that runs this test. */
function run(...args: string[]): Promise<Run> {
  const before = "deno" in process.versions ? ["run", "--allow-all"] : [];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...before, RUNNER, "waves", "--json-lines", ...args],
      (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code);
        resolve({ code, lines: stdout.split("\n").filter((line) => line !== ""), stderr });
      },
    );
  });
}

test("the runner measures its waves through a gate and ends by itself", async () => {
  const { code, lines, stderr } = await run("--waves", "1,3", "--lanes", "2", "--rounds", "2");
  assertStrictEquals(code, 0, stderr);
  const messages = lines.map((line) => JSON.parse(line) as RunnerMessage);
  const [start] = messages;
  assert(start?.type === "start");
  assert(start.runtime in process.versions);
  assertStrictEquals(start.version, process.versions[start.runtime]);
  assertStrictEquals(start.lanes, 2);
  const end = messages.at(-1);
  assert(end?.type === "end" && end.passed);

  const rows = messages.filter((message): message is WaveRow => message.type === "wave");
  assertEquals(rows.map(({ wave, tokens, ok }) => ({ wave, tokens, ok })), [
    { wave: 1, tokens: 4, ok: 4 },
    { wave: 3, tokens: 16, ok: 16 },
  ]);
  // The sums of an independent implementation: see wave_operations_test.ts.
  assertEquals(rows.map(({ checksumGate }) => checksumGate), ["70543cdb", "a42421b8"]);
  for (const row of rows) {
    assert(rowPassed(row));
    assertStrictEquals(row.rounds, 2);
    assert(row.gatherMs <= row.wallMs, "the original's clock starts later");
    assert(row.p50Ms <= row.p95Ms && row.p95Ms <= row.p99Ms);
    assert(row.insideMs > 0 && row.serialMs > 0);
  }
  assertStrictEquals(rows[0]!.concurrency, 1);
  assertStrictEquals(rows[1]!.concurrency, rows[0]!.latencyMs / rows[1]!.latencyMs);
});

test("the runner refuses arguments it does not know", async () => {
  const unknown = await run("--wave", "3");
  assertStrictEquals(unknown.code, 2);
  assertMatch(unknown.stderr, /--wave/);
  const outside = await run("--waves", "16");
  assertStrictEquals(outside.code, 2);
  assertMatch(outside.stderr, /received "16"/);
  assertEquals([...unknown.lines, ...outside.lines], []);
});
