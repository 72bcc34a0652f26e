// Results that stay in the lanes that made them: on threads with a ring, threads with frames, and processes.
import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { operation, TokenGate } from "../mod.ts";
import * as kept from "./fixtures/kept_operations.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { keptSuite } from "./suites/kept.ts";

checkNoLanesLeft();
keptSuite("ring", {});
keptSuite("frames", { bridge: "frames" });
keptSuite("processes", PROCESS_LANES);

test("without lanes nothing is kept, and everything works", async () => {
  await using(new TokenGate({ lanes: 0 }), async (gate) => {
    const thing = gate.call(kept.make, 3);
    assertEquals((await gate.call(kept.add, thing, gate.call(kept.make, 4))).n, 7);
    assertEquals((await thing).n, 3);
  });
});

test("a kept result goes from a thread to a process and back", async () => {
  await using(new TokenGate({ ...PROCESS_LANES, isolation: "thread", lanes: 1 }), async (gate) => {
    const thing = gate.call(kept.make, 3);
    const there = gate.call(kept.useInProcess, thing);
    assertEquals([(await there).n, (await there).isSame], [3, false]);
    const back = gate.call(kept.use, gate.call(kept.makeInProcess, 5));
    assertEquals([(await back).n, (await back).isSame], [5, false]);
  });
});

test("whether results are kept is yes or no", () => {
  assertThrows(
    () => operation(import.meta, "odd", () => {}, { keep: "yes" as never }),
    TypeError,
    'Cannot set "keep" of operation "odd": received "yes", not a boolean',
  );
});
