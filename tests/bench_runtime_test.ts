import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openSteps } from "../bench/bars.ts";
import { type BenchOptions, readOptions } from "../bench/bench_options.ts";
import { failureOf, isNotOffered, type RuntimeResult, valuesOf } from "../bench/bench_result.ts";
import { compareOn, type CompareRequest } from "../bench/bench_runtime.ts";
import { ContenderProcess } from "../bench/contender_process.ts";
import type { ContenderName } from "../bench/contenders.ts";
import type { RunnerCommand } from "../lib/cli/waves/process.ts";
import type { RuntimeName } from "../scripts/pins.ts";

const SCRIPTED = fileURLToPath(new URL("./fixtures/scripted_contender.ts", import.meta.url));
const RUNNER = fileURLToPath(new URL("../bench/contender_runner.ts", import.meta.url));

function commandFor(script: string, contender: string): RunnerCommand {
  const before = "deno" in process.versions ? ["run", "--allow-all"] : [];
  return { command: process.execPath, args: [...before, script, contender, "2"], env: {} };
}

async function compare(script: string, args: string[]): Promise<RuntimeResult> {
  const options: BenchOptions = readOptions(args);
  const [result] = await compareOn([requestFor("node", script, options)]);
  return result!;
}

function requestFor(
  runtime: RuntimeName,
  script: string,
  options: BenchOptions,
  milestone: (text: string) => void = () => {},
): CompareRequest {
  const commandOf = (contender: ContenderName): RunnerCommand => commandFor(script, contender);
  return { runtime, version: "1", options, commandOf, step: () => {}, milestone };
}

test("a contender that fails is reported with its error, and the others go on", async () => {
  const args = ["--only", "ping,waves,payloads", "--waves", "2", "--rounds", "2"];
  const result = await compare(SCRIPTED, args);

  assertEquals(valuesOf(result, "piscina", "wave.1.ms"), [4, 4]);
  assertEquals(valuesOf(result, "piscina", "ping.p50Us"), [5, 5]);
  assertStrictEquals(failureOf(result, "piscina", "wave.1.ms"), undefined);

  const start = failureOf(result, "comlink", "ping.p50Us");
  assertStrictEquals(start?.error, "ended with code 7: TypeError: nothing to start");
  assertEquals(valuesOf(result, "comlink", "wave.1.ms"), []);

  const ping = failureOf(result, "workerpool", "ping.p50Us");
  assertStrictEquals(ping?.error, "ended with code 3: Error: a worker was lost");
  assertEquals(valuesOf(result, "workerpool", "wave.1.ms"), [4, 4]);

  const refused = failureOf(result, "poolifier", "wave.1.ms");
  assertStrictEquals(refused?.error, "Error: too many");
  const larger = failureOf(result, "poolifier", "wave.2.ms");
  assertStrictEquals(larger?.error, "not run: wave.1 failed");

  assert(isNotOffered(result, "multithreading", "payload.clone1K.us"));
  assert(!isNotOffered(result, "multithreading", "wave.1.ms"));
  assertStrictEquals(result.othersPart, 0.25);
});

test("the runtimes have their rounds by turns, and each its own results", async () => {
  const options = readOptions(["--only", "ping", "--peers", "none", "--rounds", "2"]);
  const done: string[] = [];
  const note = (text: string): void => {
    const round = /^(\w+) .*round (\d) of 2 done/.exec(text);
    if (round !== null) done.push(`${round[1]} ${round[2]}`);
  };
  const results = await compareOn(
    (["bun", "node"] as const).map((runtime) => requestFor(runtime, SCRIPTED, options, note)),
  );
  assertEquals(done, ["bun 1", "node 1", "bun 2", "node 2"]);
  assertEquals(results.map(({ runtime }) => runtime), ["bun", "node"]);
  for (const result of results) {
    assertEquals(valuesOf(result, "tokengate", "ping.p50Us"), [5, 5]);
    assert(result.elapsedMs > 0);
  }
});

test("what a bar is about is measured further until its verdict is certain, of those it is about", async () => {
  const args = ["--only", "waves", "--waves", "8,9,10", "--rounds", "5", "--peers", "piscina"];
  // Twice as fast as the loop, and as fast as it in two rounds: of twelve, two may be left out.
  const times = ["2", "4", "2", "4"];
  let starts = 0;
  const [result] = await compareOn([{
    ...requestFor("node", SCRIPTED, readOptions(args)),
    commandOf: (contender) => {
      const env = contender === "tokengate" ? { WAVE_MS: times[starts++] ?? "2" } : {};
      return { ...commandFor(SCRIPTED, contender), env };
    },
  }]);
  const rounds = (contender: ContenderName, metric: string): number =>
    valuesOf(result!, contender, metric).length;
  for (const contender of ["loop", "ceiling", "tokengate"] as const) {
    assertEquals(
      [8, 9, 10].map((wave) => rounds(contender, `wave.${wave}.ms`)),
      [12, 12, 5],
      "the smaller wave goes before it, the larger one is done",
    );
  }
  assertStrictEquals(rounds("piscina", "wave.9.ms"), 5);
  assertStrictEquals(openSteps(result!).size, 0);
});

test("a contender whose results are not the loop's has failed", async () => {
  const result = await compare(SCRIPTED, ["--only", "waves", "--waves", "1", "--rounds", "1"]);
  const failure = failureOf(result, "tinypool", "wave.1.ms");
  assertStrictEquals(failure?.error, "other results than the loop: check-sum bad, not good");
  assertStrictEquals(failureOf(result, "loop", "wave.1.ms"), undefined);
});

test("a wave that a peer can be expected to take long for is left out, for that peer alone", async () => {
  const result = await compare(SCRIPTED, [
    "--only",
    "waves",
    "--waves",
    "1,10,11",
    "--rounds",
    "1",
  ]);
  // Each wave is said to have taken 4 ms: the tenth is expected to take 2 s, the eleventh as long as it took again.
  assertEquals(valuesOf(result, "piscina", "wave.10.ms"), [4]);
  assertEquals(valuesOf(result, "piscina", "wave.11.ms"), [4]);
  const far = await compare(SCRIPTED, ["--only", "waves", "--waves", "1,12", "--rounds", "1"]);
  assertEquals(valuesOf(far, "piscina", "wave.12.ms"), []);
  assertEquals(valuesOf(far, "tokengate", "wave.12.ms"), [4]);
  assertStrictEquals(failureOf(far, "piscina", "wave.12.ms"), undefined);
});

test("a peer that takes long is measured once, or in all rounds where it may be the best", async () => {
  const peers = "piscina,tinypool,multithreading";
  const result = await compare(SCRIPTED, ["--only", "noop", "--rounds", "3", "--peers", peers]);
  assertEquals(valuesOf(result, "piscina", "noop.perSecond"), [100, 100, 100]);
  assertEquals(valuesOf(result, "tinypool", "noop.perSecond"), [90, 90, 90]);
  assertEquals(valuesOf(result, "multithreading", "noop.perSecond"), [50, null, null]);
  assertEquals(valuesOf(result, "tokengate", "noop.perSecond"), [50, 50, 50]);
});

test("a contender that hangs is ended", async () => {
  const hanging = new ContenderProcess(commandFor(SCRIPTED, "hangs"));
  const reply = await hanging.started(50);
  assertEquals(reply, { type: "failed", error: "did not answer within 0.05 s" });
  await hanging.close();
  assert(!hanging.alive);
});

test("a contender that cannot be started has failed", async () => {
  const command = fileURLToPath(new URL("./no_such_program", import.meta.url));
  const reply = await new ContenderProcess({ command, args: [], env: {} }).started(60_000);
  assert(reply.type === "failed");
  assert(reply.error.startsWith("could not be started: "), reply.error);
});

test("the loop, the ceiling and the gate give the same results", async () => {
  const args = ["--only", "startup,ping,waves", "--waves", "3", "--peers", "none"];
  const result = await compare(RUNNER, [...args, "--quick", "--rounds", "1"]);
  assertEquals(result.failures, []);
  for (const contender of ["loop", "ceiling", "tokengate"] as const) {
    for (const wave of [1, 2, 3]) {
      const [ms] = valuesOf(result, contender, `wave.${wave}.ms`);
      assert(ms! > 0, `${contender}, wave ${wave}: ${ms}`);
    }
  }
  assert(valuesOf(result, "tokengate", "startup.firstMs")[0]! > 0);
  assertEquals(valuesOf(result, "ceiling", "ping.p50Us"), []);
});
