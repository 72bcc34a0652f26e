import { test } from "node:test";
import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { CircuitOpenError, QueueFullError, StrandedError, TokenGateError } from "../mod.ts";
import { circuitOpenError, queueFullError, strandedError } from "../lib/gate/refusals.ts";

const resize = { url: "file:///ops.ts", name: "resize" };

test("a full queue says which bound was reached, and by what", () => {
  const error = queueFullError(resize, "maxQueue", 10, 10, "reject");
  assertInstanceOf(error, QueueFullError);
  assertInstanceOf(error, TokenGateError);
  assertEquals([error.name, error.code], ["QueueFullError", "ERR_QUEUE_FULL"]);
  assertEquals([error.operation, error.limit, error.max, error.waiting], [
    "resize",
    "maxQueue",
    10,
    10,
  ]);
  assertStringIncludes(error.message, `"resize": 10 calls wait already, and maxQueue is 10`);
  const { message } = queueFullError(resize, "maxQueueBytes", 99, 98, "reject");
  assertStringIncludes(message, `98 bytes of arguments wait already, and maxQueueBytes is 99`);
});

test("an open circuit says for how long, or that it was isolated", () => {
  const error = circuitOpenError(resize, 12.5);
  assertInstanceOf(error, CircuitOpenError);
  assertEquals([error.name, error.code], ["CircuitOpenError", "ERR_CIRCUIT_OPEN"]);
  assertEquals([error.operation, error.retryAfterMs], ["resize", 12.5]);
  assertStringIncludes(error.message, "call it again in 13 ms");
  const isolated = circuitOpenError(resize, Infinity);
  assertEquals(isolated.retryAfterMs, Infinity);
  assertStringIncludes(isolated.message, "isolated");
});

test("too many stranded threads are counted in the error", () => {
  const error = strandedError(3, 2);
  assertInstanceOf(error, StrandedError);
  assertEquals([error.name, error.code], ["StrandedError", "ERR_TOO_MANY_STRANDED"]);
  assertEquals([error.stranded, error.maxStranded], [3, 2]);
  assertStringIncludes(error.message, "3 threads");
});
