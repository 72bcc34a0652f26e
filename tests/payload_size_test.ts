// The limit of payloads: what counts, and what happens above it.
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { payloadBytes } from "../lib/bridge/payload_size.ts";
import { PayloadTooLargeError, TokenGate, transfer } from "../mod.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { add, identity } from "./fixtures/operations.ts";
import { join, length, repeat } from "./fixtures/payload_operations.ts";

checkNoLanesLeft();

function sizeOf(value: unknown): number {
  return payloadBytes(value, undefined, Infinity);
}

test("numbers, texts, memory and keys are counted", () => {
  assertEquals(sizeOf(1), 8);
  assertEquals(sizeOf("abcé"), 5);
  assertEquals(sizeOf([1, 2]), 24);
  assertEquals(sizeOf({ ab: "c" }), 8 + 2 + 1);
  assertEquals(sizeOf(new Map([["k", new Set(["v"])]])), 8 + 1 + 8 + 1);
  // A view brings the whole of its buffer.
  assertEquals(sizeOf(new Uint8Array(new ArrayBuffer(100), 10, 5)), 8 + 8 + 100);
  assert(sizeOf(new RangeError("no", { cause: "x".repeat(500) })) > 500);
});

test("what is shared, moved, or there before counts nothing, and cycles end", () => {
  const bytes = new Uint8Array(1_000);
  assertEquals(sizeOf([bytes, bytes, bytes.buffer]), 8 + 8 + 8 + 1_000);
  assertEquals(sizeOf(new SharedArrayBuffer(1_000)), 8);
  assert(payloadBytes([bytes], [bytes], Infinity) < 100);
  assert(sizeOf([transfer({ bytes }, [bytes])]) < 100);
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  assertEquals(sizeOf(cyclic), 8);
});

test("counting stops above the limit, and at no depth", () => {
  let deep: unknown = "end";
  for (let n = 0; n < 100_000; n++) deep = [deep];
  assertEquals(sizeOf(deep), 800_003);
  const many = Array.from({ length: 1_000 }, () => "x".repeat(1_000));
  const counted = payloadBytes(many, undefined, 5_000);
  assert(counted > 5_000 && counted < 8_000, `${counted}`);
});

for (const bridge of ["ring", "frames"] as const) {
  test(`arguments and results above the limit reject, and others go on (${bridge})`, async () => {
    await using(new TokenGate({ lanes: 1, bridge, maxPayloadBytes: 2_000 }), async (gate) => {
      const large = new Uint8Array(3_000);
      const tokens = [
        gate.call(identity, large),
        gate.call(add, 1, 2),
        gate.call(identity, "x".repeat(1_500)),
      ];
      const error = await assertRejects(() => tokens[0]!, PayloadTooLargeError, `"identity"`);
      assertEquals([error.code, error.maxBytes], ["ERR_PAYLOAD_TOO_LARGE", 2_000]);
      assert(error.bytes > 2_000);
      assertEquals(await tokens[1], 3);
      assertEquals(await tokens[2], "x".repeat(1_500));
      const doubled = await assertRejects(
        () => gate.call(repeat, "x", 2_500),
        PayloadTooLargeError,
        `result of "repeat"`,
      );
      assertEquals([doubled.code, doubled.maxBytes], ["ERR_PAYLOAD_TOO_LARGE", 2_000]);
      // Moved memory is not counted.
      assertEquals(
        await gate.call(length, transfer(large, [large.buffer])),
        3_000,
      );
      const { failed, executing, waiting, admitted } = gate.stats();
      assertEquals([failed, executing, waiting, admitted], [2, 0, 0, 0]);
    });
  });
}

test("an argument that another token brings is counted too", async () => {
  await using(new TokenGate({ lanes: 1, maxPayloadBytes: 2_000 }), async (gate) => {
    const half = gate.call(repeat, "x", 1_200);
    await assertRejects(() => gate.call(join, half, half), PayloadTooLargeError, `"join"`);
  });
});

test("a limit that is none is refused by name", () => {
  const make = (maxPayloadBytes: unknown): TokenGate =>
    new TokenGate({ maxPayloadBytes: maxPayloadBytes as number });
  assertThrows(() => make("1 MB"), TypeError, `"maxPayloadBytes"`);
  assertThrows(() => make(0), RangeError, "received 0");
});
