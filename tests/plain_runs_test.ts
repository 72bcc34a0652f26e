// Functions that have given plain values so often that a lane runs them beside their context: they find it all the same.
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { TokenGate } from "../mod.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { afterwards, type Deed, lead, plain, type Sight } from "./fixtures/plain_operations.ts";

/** More often than it takes. */
const OFTEN = 1_100;

checkNoLanesLeft();

/** A gate of one lane, in which `plain` has given a plain value so often. */
function withPlainLane(fn: (gate: TokenGate) => Promise<void>): Promise<void> {
  return using(new TokenGate({ lanes: 1 }), async (gate) => {
    await gate.all(plain, Array.from({ length: OFTEN }, () => ["nothing"] as [Deed]));
    await fn(gate);
  });
}

/** Checks that a call of `plain` sees its own context, or that its child does. */
async function checkSight(gate: TokenGate, deed: Deed): Promise<void> {
  const token = gate.call(plain, deed);
  const saw = await token as Sight;
  if (deed === "call later") assertEquals(saw.parent, token.id);
  else assertEquals(saw, { id: token.id, parent: undefined });
}

for (const deed of ["ask", "ask later", "call later"] as const) {
  test(`a function that was plain so far finds its context at once: ${deed}`, async () => {
    await withPlainLane(async (gate) => {
      await checkSight(gate, deed);
      await checkSight(gate, deed);
    });
  });
}

test("what a function leaves behind that has asked for its context sees the call that left it", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const first = gate.call(plain, "leave behind");
    await first;
    assertEquals((await gate.call(afterwards)).id, first.id);
    await gate.all(plain, Array.from({ length: OFTEN }, () => ["nothing"] as [Deed]));
    const last = gate.call(plain, "leave behind");
    await Promise.all([last, gate.call(plain, "ask later")]);
    assertEquals((await gate.call(afterwards)).id, last.id);
  });
});

test("a child that was plain so far finds its own context while it runs", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const { own, child, saw } = await gate.call(lead, OFTEN, "ask");
    assertEquals(saw, { id: child, parent: own });
  });
});

test("a child that goes on for the first time is seen as its caller, from then on as itself", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const first = await gate.call(lead, OFTEN, "ask later");
    assertEquals(first.saw, { id: first.own, parent: undefined });
    const next = await gate.call(lead, OFTEN, "ask later");
    assertEquals(next.saw, { id: next.child, parent: next.own });
  });
});

test("a child beside its context sees what its caller has stored in the asynchronous context", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const { saw } = await gate.call(lead, OFTEN, "see a store");
    assertEquals(saw, "the lead's");
  });
});
