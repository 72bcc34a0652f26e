// `tokengate run`: results, failures, and Ctrl-C.
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FIXTURES, runTokengate } from "./fixtures/run_tokengate.ts";

const MODULE = "./command_module.ts";
/** Windows ends a process for any signal that it is sent. */
const hasSignals = process.platform !== "win32";

test("the result of an operation is all that the standard output gets", async () => {
  const run = await runTokengate(["run", MODULE, "triple", "14"]);
  assertEquals([run.code, run.stdout], [0, "42\n"], run.stderr);
  assertStringIncludes(run.stderr, "1 call of triple on 1 lane");
  assertStringIncludes(run.stderr, "1 ok, 0 failed");
});

test("a function that is no operation is called too, with arguments of every kind", async () => {
  const args = ["1", '"a b"', "[2,null]", '{"k":true}', "-1.5", "-5e0"];
  const run = await runTokengate(["run", MODULE, "join", ...args]);
  assertEquals(run.stdout, `1 "a b" [2,null] {"k":true} -1.5 -5\n`, run.stderr);
  assertEquals((await runTokengate(["run", MODULE, "default", '"you"'])).stdout, "hello you\n");
});

test("the items of a generator are results too, as they come", async () => {
  const run = await runTokengate(["run", MODULE, "countDown", "200"]);
  assertEquals(run.code, 0, run.stderr);
  const lines = Array.from({ length: 200 }, (_, n) => String(200 - n));
  assertEquals(run.stdout.trimEnd().split("\n"), [...lines, "done"]);

  const { ok, items, result } = JSON.parse(
    (await runTokengate(["run", MODULE, "countDown", "3", "--count", "20", "--json"])).stdout,
  );
  assertEquals({ ok, items, result }, { ok: 20, items: [3, 2, 1], result: "done" });
});

test("a module may be given by its URL", async () => {
  const { href } = pathToFileURL(join(FIXTURES, "command_module.ts"));
  assertEquals((await runTokengate(["run", href, "triple", "2"])).stdout, "6\n");
});

test("nothing but text is written where nobody looks", async () => {
  const run = await runTokengate(["run", MODULE, "triple", "1", "--count", "300", "--lanes", "2"]);
  assertEquals(run.code, 0, run.stderr);
  // deno-lint-ignore no-control-regex -- that is what is looked for
  assert(!/[\x1b\r]/.test(run.stdout + run.stderr), run.stderr);
  assertStringIncludes(run.stderr, "300 calls of triple on 2 lanes");
});

test("--json is one object, with results that JSON has no words for in others", async () => {
  const run = await runTokengate(["run", MODULE, "manyKinds", "--count", "3", "--json"]);
  assertEquals([run.code, run.stderr], [0, ""]);
  const report = JSON.parse(run.stdout);
  assertEquals(report.result, {
    map: [["a", "1"]],
    set: [1],
    bytes: [1, 2],
    none: null,
    date: "1970-01-01T00:00:00.000Z",
  });
  const { export: name, kind, count, ok, failed, killed, errors } = report;
  assertEquals({ name, kind, count, ok, failed, killed, errors }, {
    name: "manyKinds",
    kind: "function",
    count: 3,
    ok: 3,
    failed: 0,
    killed: 0,
    errors: [],
  });
  assert(report.runtime.name in process.versions);
  assertEquals(report.run.count, 3);
});

test("a call that fails is shown with its stack, and makes the command fail", async () => {
  const run = await runTokengate(["run", MODULE, "fails"]);
  assertEquals([run.code, run.stdout], [1, ""]);
  assertStringIncludes(run.stderr, "RangeError: out of range");
  assertStringIncludes(run.stderr, "command_module.ts");
});

test("many failures of one kind are one line", async () => {
  const run = await runTokengate(["run", MODULE, "fails", "--count", "20"]);
  assertEquals(run.code, 1);
  assertStringIncludes(run.stderr, "20 x RangeError: out of range (cause: Error: the cause)");
  assertStringIncludes(run.stderr, "0 ok, 20 failed");
});

test("a call that runs out of time says which limit it was", async () => {
  const run = await runTokengate(["run", MODULE, "deaf", "--timeout-ms", "50", "--process"]);
  assertEquals(run.code, 1);
  assertStringIncludes(run.stderr, "TimeoutError (ERR_TOKEN_TIMEOUT)");
  assertStringIncludes(run.stderr, "timeoutMs of 50 ms");
});

test("calls run in processes when that is asked for", async () => {
  const run = await runTokengate(["run", MODULE, "triple", "5", "--process"]);
  assertEquals([run.code, run.stdout], [0, "15\n"], run.stderr);
});

test("the first interrupt tells the calls to stop, and waits for them", {
  skip: !hasSignals,
}, async () => {
  let isSent = false;
  const run = await runTokengate(
    ["run", MODULE, "untilStopped", "--count", "3", "--lanes", "1", "--json"],
    {
      onOutput: (send, stdout) => {
        if (isSent || !stdout.includes("running")) return;
        isSent = true;
        send("SIGINT");
      },
    },
  );
  assertEquals(run.code, 130, run.stderr);
  assertStringIncludes(run.stdout, "tidied up");
  assertStringIncludes(run.stderr, "stopping 3 calls");
  const report = JSON.parse(run.stdout.trimEnd().split("\n").at(-1)!);
  assertEquals([report.ok, report.failed, report.killed], [0, 0, 3]);
});

test("the second interrupt ends everything at once", { skip: !hasSignals }, async () => {
  let sent = 0;
  const run = await runTokengate(["run", MODULE, "deaf"], {
    onOutput: (send, stdout, stderr) => {
      if (sent === 0 && stdout.includes("running")) {
        sent = 1;
        send("SIGINT");
      } else if (sent === 1 && stderr.includes("stopping 1 call;")) {
        sent = 2;
        send("SIGTERM");
      }
    },
  });
  // It ended before its calls did, so that there is nothing to sum up.
  assertEquals(run.code, 143, run.stderr);
  assert(!run.stderr.includes("0 ok"), run.stderr);
});
