// What is particular about lanes that are processes. What all lanes have in common is in conformance_test.ts and stopping_test.ts.
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import {
  LaneCrashError,
  LaneStartError,
  NotCloneableError,
  TokenGate,
  type TokenGateOptions,
  TokenTimeoutError,
} from "../mod.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import * as there from "./fixtures/process_operations.ts";
import { add, identity, spin } from "./fixtures/operations.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { runFreely } from "./fixtures/run_program.ts";

const isDeno = "Deno" in globalThis;

checkNoLanesLeft();

function makeGate(options: TokenGateOptions = {}): TokenGate {
  return new TokenGate({ lanes: 1, ...PROCESS_LANES, ...options });
}

/** Whether a process runs. One that has ended and that nobody has asked about yet does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("a loop without end is stopped within its time of grace, and its process is gone", async () => {
  await using(makeGate({ graceMs: 50 }), async (gate) => {
    const pid = await gate.call(there.whereDefault);
    assertNotEquals(pid, process.pid);
    assert(isAlive(pid));
    await assertRejects(() => spin.with({ gate, timeoutMs: 50 })(), TokenTimeoutError);
    await gone(pid);
    const next = await gate.call(there.whereDefault);
    assertNotEquals(next, pid);
    assertEquals(gate.stats().stranded, 0);
  });
});

test("no lane outlives a program that is killed by signal 9, looping or not", async () => {
  const run = await runFreely("killed_with_loops");
  assertEquals(run.signal, "SIGKILL", run.stderr);
  const pids = run.stdout.trim().split("\n").map(Number);
  assertEquals(pids.length, 2, run.stdout);
  for (const pid of pids) await gone(pid);
});

test("running out of memory, or a signal, is the end of a process and of one token only", async () => {
  const limit = isDeno ? "--v8-flags=--max-old-space-size=32" : "--max-old-space-size=32";
  const flags = [...PROCESS_LANES.process?.flags ?? [], limit];
  // Bun has no such limit.
  const deaths = "Bun" in globalThis ? [there.killItself] : [there.killItself, there.exhaust];
  const inherited = isDeno ? [] : process.execArgv;
  await using(makeGate({ process: { flags: [...inherited, ...flags] } }), async (gate) => {
    for (const die of deaths) {
      const token = gate.call(die as typeof there.killItself);
      const behind = gate.call(add, 1, 2);
      await assertRejects(() => token, LaneCrashError);
      assertEquals(await behind, 3);
    }
    assertEquals(gate.stats().crashes, deaths.length);
  });
});

test("an operation may ask for the other kind of lane, which is numbered after the gate's own", async () => {
  const { process: settings = {} } = PROCESS_LANES;
  await using(new TokenGate({ lanes: 1, process: settings }), async (gate) => {
    assertEquals(gate.stats().perLane.length, 1);
    const [own, thread, other] = await Promise.all([
      gate.call(there.whereDefault),
      gate.call(there.whereThread),
      gate.call(there.whereProcess),
    ]);
    assertEquals([own, thread], [process.pid, process.pid]);
    assertNotEquals(other, process.pid);
    assertEquals(gate.stats().perLane.map(({ lane }) => lane), [0, 1]);
    // Each is stopped, timed and counted where it runs.
    gate.controls.pause();
    const paused = [gate.call(there.whereDefault), gate.call(there.whereProcess)];
    assertEquals(paused.map((token) => token.waitingFor), ["resume", "resume"]);
    gate.controls.resume();
    assertEquals(await Promise.all(paused), [own, other]);
  });
  await using(makeGate(), async (gate) => {
    assertEquals(await gate.call(there.whereThread), process.pid);
    assertNotEquals(await gate.call(there.whereDefault), process.pid);
    assertNotEquals(await gate.call(there.whereProcess), process.pid);
    assertEquals(gate.stats().submitted, 3);
  });
});

test("views of one buffer stay views of one buffer, and ten megabytes arrive whole", async () => {
  await using(makeGate(), async (gate) => {
    const buffer = new ArrayBuffer(64);
    const views = [new Uint8Array(buffer, 8, 4), new Uint8Array(buffer, 16)];
    assertEquals(await gate.call(there.sameBuffer, views), [true, 64]);
    const large = new Uint8Array(10_000_000).map((_, n) => n % 251);
    const back = await gate.call(identity, large) as Uint8Array;
    assertEquals(back.length, large.length);
    assert(back.every((byte, n) => byte === n % 251));
  });
});

test("what belongs to this process is refused by name, and fails its own call only", async () => {
  await using(makeGate(), async (gate) => {
    const { port1, port2 } = new MessageChannel();
    const values = [
      new SharedArrayBuffer(8),
      { deep: [new Map([["key", new SharedArrayBuffer(8)]])] },
      new Blob(["text"]),
      port1,
      () => 1,
    ];
    const tokens = values.map((value) => gate.call(identity, value));
    const fine = gate.call(identity, { fine: true });
    for (const token of tokens) await assertRejects(() => token, NotCloneableError);
    assertEquals(await fine, { fine: true });
    const moved = identity.with({ gate, transfer: [port2] })(port2);
    await assertRejects(() => moved, NotCloneableError);
    port1.close();
  });
});

test("what is transferred is gone here, as with a thread", async () => {
  await using(makeGate(), async (gate) => {
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    const token = identity.with({ gate, transfer: [buffer] })(buffer);
    assertEquals(new Uint8Array(await token as ArrayBuffer), new Uint8Array([1, 2, 3]));
    assertEquals(buffer.byteLength, 0);
  });
});

test("a process has the environment it is given, and knows nothing of the arguments that started it", async () => {
  const env = { ...process.env as Record<string, string>, TOKENGATE_TEST_VARIABLE: "given" };
  await using(makeGate({ env }), async (gate) => {
    assertEquals(await gate.call(there.variable, "TOKENGATE_TEST_VARIABLE"), "given");
    assertEquals(await gate.call(there.arguments_), []);
  });
});

test("a runtime that is not there is told by the error of the call", async () => {
  const executable = "/no/such/runtime";
  await using(makeGate({ process: { executable } }), async (gate) => {
    const error = await assertRejects(() => gate.call(add, 1, 2), LaneStartError);
    assert(String(error.cause).includes("ENOENT"), String(error.cause));
  });
});

test("options of processes are checked", () => {
  const make = (options: unknown): TokenGate => new TokenGate(options as TokenGateOptions);
  assertThrows(() => make({ isolation: "fibre" }), TypeError, 'received "fibre"');
  assertThrows(() => make({ process: 1 }), TypeError, "process");
  assertThrows(() => make({ process: { flags: "-x" } }), TypeError, "not an array of strings");
  assertThrows(() => make({ process: { flag: [] } }), TypeError, "flag");
  const permissions = { read: 1 };
  const why = isDeno ? "neither a boolean nor an array" : "has no such setting";
  assertThrows(() => make({ process: { permissions } }), TypeError, why);
});

test(
  "on Deno a process has the permissions asked for and no others",
  { skip: !isDeno },
  async () => {
    const root = new URL("..", import.meta.url).pathname;
    const settings = PROCESS_LANES.process ?? {};
    const ask = { ...settings, permissions: { read: [root], env: ["HOME"], net: false } };
    await using(makeGate({ process: ask }), async (gate) => {
      assertEquals(await gate.call(there.permissions, root), {
        write: "denied",
        net: "denied",
        env: "prompt",
        run: "denied",
        ffi: "denied",
        sys: "denied",
        import: "denied",
        read: "prompt",
        folder: "granted",
      });
    });
  },
);
