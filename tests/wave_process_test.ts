import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type RunnerOutcome, runRunner, type RunRunnerOptions } from "../lib/cli/waves/process.ts";
import type { RunnerMessage } from "../lib/cli/waves/report.ts";

const SCRIPT = fileURLToPath(new URL("./fixtures/scripted_process.ts", import.meta.url));
const START = '{"type":"start","runtime":"node","version":"1","lanes":2,"waves":[1]}\n';
const END = '{"type":"end","passed":true}\n';

async function follow(
  script: readonly string[],
  options?: RunRunnerOptions,
): Promise<RunnerOutcome & { messages: RunnerMessage[]; text: string[] }> {
  const messages: RunnerMessage[] = [];
  const text: string[] = [];
  const before = "deno" in process.versions ? ["run", "--allow-all"] : [];
  const outcome = await runRunner(
    { command: process.execPath, args: [...before, SCRIPT, ...script], env: {} },
    { message: (message) => messages.push(message), text: (line) => text.push(line) },
    options,
  );
  return { ...outcome, messages, text };
}

test("a run that ends after its last line has no problems", async () => {
  const row = '{"type":"wave","wave":1}\n';
  const run = await follow([START + row + "a warning\n" + END, "complaint\n", "0"]);
  assertEquals(run.problems, []);
  assertEquals(run.messages.map(({ type }) => type), ["start", "wave", "end"]);
  assertStrictEquals(run.rows.length, 1);
  assert(run.text.includes("a warning") && run.text.includes("complaint"), run.text.join());
});

test("a run whose waves did not pass ends with 1, which is no problem of the run", async () => {
  assertEquals((await follow([START + END, "", "1"])).problems, []);
});

test("a run that ends before its last line has ended early, whatever its code", async () => {
  assertEquals((await follow([START, "", "0"])).problems, ["ended early with code 0"]);
  assertEquals((await follow([START, "", "3"])).problems, ["ended early with code 3"]);
  assertEquals((await follow([START, "", "kill"])).problems, ["ended early with signal SIGKILL"]);
});

test("a run that crashes while it ends has not passed", async () => {
  assertEquals((await follow([START + END, "", "134"])).problems, ["ended early with code 134"]);
});

test("a run that could not go on says why", async () => {
  const error = '{"type":"error","error":{"name":"Error","message":"no lanes","count":1}}\n';
  assertEquals((await follow([START + error, "", "1"])).problems, [
    "could not go on: Error: no lanes",
  ]);
});

test("a run that falls silent is stopped", async () => {
  const { problems } = await follow(["", "", "stay"], { silenceMs: 50 });
  assertEquals(problems, ["was stopped: it wrote nothing for 0.05 s"]);
});

test("a run that does not end after its last line is stopped", async () => {
  const { problems } = await follow([START + END, "", "stay"], { endingMs: 50 });
  assertEquals(problems, ["was stopped: it did not end within 0.05 s of its last line"]);
});

test("a program that does not exist is a problem and no exception", async () => {
  const listener = { message: (): void => {}, text: (): void => {} };
  const { problems } = await runRunner(
    { command: fileURLToPath(new URL("./no_such_program", import.meta.url)), args: [], env: {} },
    listener,
  );
  assertStrictEquals(problems.length, 1);
  assert(problems[0]!.startsWith("could not be started: "), problems[0]);
});
