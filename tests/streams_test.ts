// Streams and progress, on lanes of each kind. Random programs are in stream_programs_test.ts.
import { test } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { TokenGate } from "../mod.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { count } from "./fixtures/stream_operations.ts";
import { streamsSuite } from "./suites/streams.ts";

checkNoLanesLeft();

streamsSuite("ring", { bridge: "ring" });
streamsSuite("frames", { bridge: "frames" });
streamsSuite("processes", PROCESS_LANES);
streamsSuite("the caller's thread", { lanes: 0 });

test("a generator function stands in for a stream, here", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const restore = gate.mock(count, function* (to): Generator<number, string, undefined> {
      for (let n = 0; n < to; n++) yield -n;
      return "mocked";
    });
    const token = gate.call(count, 200);
    let sum = 0;
    for await (const n of token) sum += n;
    assertEquals([sum, await token], [-19_900, "mocked"]);
    restore();
    const other = gate.call(count, 3);
    for await (const n of other) sum += n;
    assertEquals([sum, await other], [-19_897, "3 in all"]);
  });
});

test("a stream that is an argument is what its generator returns", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const { lengthOf } = await import("./fixtures/operations.ts");
    assertEquals(await gate.call(lengthOf, gate.call(count, 10)), "10 in all".length);
  });
});

test("a window is a whole number above zero", async () => {
  const { operation } = await import("../mod.ts");
  const declare = (window: number): unknown =>
    operation(import.meta, `window of ${window}`, () => 1, { window });
  for (const window of [0, -1, 1.5, Infinity, NaN]) {
    await assertRejects(
      () => Promise.resolve().then(() => declare(window)),
      RangeError,
      `"window"`,
    );
  }
  declare(1);
});
