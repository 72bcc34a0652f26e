// Tokens as arguments: what becomes of a call whose argument gives no result.
import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { DependencyError, TokenCancelledError } from "../mod.ts";
import { SimulatedGate } from "./fixtures/simulated_gate.ts";

test("an error goes down a chain of calls, each with the one before behind it", async () => {
  const world = new SimulatedGate();
  const first = world.call({ outcome: "throw" });
  const second = world.call({}, {}, ["plain", first]);
  const third = world.call({}, {}, [second]);
  await world.settle();
  const error = await assertRejects(() => third, DependencyError);
  assertEquals([error.code, error.argument], ["ERR_DEPENDENCY", 0]);
  assertInstanceOf(error.cause, DependencyError);
  assertEquals(error.cause.argument, 1);
  assertEquals(error.cause.cause, first.outcome);
  assertEquals(
    error.message,
    `"simulated" did not run: its argument 1, a call of "simulated", failed: ${error.cause.message}`,
  );
  assertEquals([first.state, second.state, third.state], ["failed", "failed", "failed"]);
  assert(!world.starts.has(second.id) && !world.starts.has(third.id));
});

test("killing a token kills the calls that wait for it, and nobody needs to be told", async () => {
  const world = new SimulatedGate({ lanes: 1 });
  const first = world.call({ runMs: 50 });
  const second = world.call({}, {}, [first]);
  const third = world.call({}, {}, [second]);
  first.cancel("not wanted");
  await world.settle();
  assertEquals([second.state, third.state], ["killed", "killed"]);
  const error = await assertRejects(() => third, TokenCancelledError);
  assertInstanceOf(error.cause, TokenCancelledError);
  assertEquals((error.cause.cause as Error).cause, "not wanted");
  world.recount();
});

test("a token that ran out of time fails those that wait for it", async () => {
  const world = new SimulatedGate({ lanes: 1 });
  const first = world.call({ runMs: 50, stopMs: 0 }, { timeoutMs: 5 });
  const second = world.call({}, {}, [first]);
  await world.settle();
  assertEquals([first.state, second.state], ["timeout", "failed"]);
  assertEquals((second.outcome as Error).cause, first.outcome);
});

test("killing the last call that waits for a token leaves that alone", async () => {
  const world = new SimulatedGate({ lanes: 1 });
  const first = world.call({ runMs: 50 });
  const second = world.call({}, {}, [first]);
  second.cancel();
  await world.settle();
  assertEquals([first.state, second.state], ["completed", "killed"]);
});
