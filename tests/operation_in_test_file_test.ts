// Operations declared in a test file: the lane imports this file, so the tests are registered outside of lanes only.
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { inLane, type Operation, operation, TokenGate } from "../mod.ts";

export const half: Operation<[n: number], number> = operation(import.meta, "half", (n) => n / 2);

if (!inLane) {
  test("an operation declared in a guarded test file runs in a lane", async () => {
    const gate = new TokenGate({ lanes: 1 });
    assertEquals(await gate.call(half, 84), 42);
    await gate.close();
  });
}
