// Operations that call operations: on threads with a ring, threads with frames, and processes.
import { test } from "node:test";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import process from "node:process";
import { TokenGate } from "../mod.ts";
import * as family from "./fixtures/domain_operations.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { makeWords } from "./fixtures/words.ts";
import { checkNothingLeft, domainsSuite } from "./suites/domains.ts";

checkNoLanesLeft();

domainsSuite("ring", { bridge: "ring" });
domainsSuite("frames", { bridge: "frames" });
domainsSuite("processes", PROCESS_LANES);

test("a child of an operation that is for processes leaves the thread of its lead", async () => {
  await using(new TokenGate({ ...PROCESS_LANES, isolation: "thread", lanes: 1 }), async (gate) => {
    const pid = await gate.call(family.inThread);
    assertNotEquals(pid, process.pid);
    checkNothingLeft(gate);
  });
});

test("trees that go to and fro between threads and processes complete, on one lane of each", async () => {
  await using(new TokenGate({ ...PROCESS_LANES, isolation: "thread", lanes: 1 }), async (gate) => {
    const tokens = [
      gate.call(family.crossLead, 6),
      gate.call(family.crossChild, 6),
      gate.call(family.crossLead, 5),
      gate.call(family.crossChild, 5),
    ];
    assertEquals(await Promise.all(tokens), [7, 7, 6, 6]);
    checkNothingLeft(gate);
  });
});

test("a spread child runs beside the work of its lead where another lane is free", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    await gate.started();
    // The other lane knows the module before.
    await Promise.all([gate.call(family.leaf, 30), gate.call(family.leaf, 30)]);
    assert(await gate.call(family.busyLead, makeWords(1, true), 3_000));
  });
});

test("children that were seen to take long go to lanes that have nothing to do", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    await gate.started();
    // The first one shows in each lane what they take.
    for (let n = 0; gate.stats().children.spread === 0; n++) {
      assert(n < 20);
      await gate.call(family.lead, 4, "auto", 15);
    }
    await gate.call(family.lead, 4, "never", 15);
    checkNothingLeft(gate);
  });
});
