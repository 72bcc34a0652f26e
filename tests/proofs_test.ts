// The original's own proofs, on tokens that are arguments of others: chains, and pi by a pyramid. A million tokens by `deno task leibniz`, or here by TOKENGATE_PYRAMID_TERMS=1000000.
import { test } from "node:test";
import process from "node:process";
import { assert, assertEquals, assertInstanceOf, assertLessOrEqual } from "@std/assert";
import { sum } from "../bench/leibniz/operations.ts";
import {
  buildPyramid,
  loopPyramid,
  MILLION,
  mostLive,
  problemOf,
  tokensOf,
} from "../bench/leibniz/pyramid.ts";
import { TokenCancelledError, TokenGate, type TokenGateOptions } from "../mod.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { add, fail } from "./fixtures/operations.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";

checkNoLanesLeft();

const terms = Number(process.env.TOKENGATE_PYRAMID_TERMS ?? 20_000);
const CHAINS = 20;
const STEPS = 5;

const KINDS: Readonly<Record<string, TokenGateOptions>> = {
  ring: { lanes: 2 },
  frames: { lanes: 2, bridge: "frames" },
  processes: { ...PROCESS_LANES, lanes: 1 },
  "the caller's thread": { lanes: 0 },
};

for (const [kind, options] of Object.entries(KINDS)) {
  test(`pi by a pyramid of tokens is right to the last digit, and no more are alive than the window allows (${kind})`, async () => {
    await using(new TokenGate(options), async (gate) => {
      const isSlow = kind === "processes";
      const size = { ...MILLION, terms: isSlow ? Math.min(terms, 2_000) : terms };
      const small = { ...size, chunkTerms: isSlow ? 100 : 1_000, window: 4 };
      let live = 0;
      const total = await buildPyramid(gate, small, () => {
        const { waiting, admitted, executing } = gate.stats();
        live = Math.max(live, waiting + admitted + executing);
      });
      assertEquals(problemOf(total, small), undefined);
      assertEquals(gate.stats().completed, tokensOf(small));
      assertLessOrEqual(live, mostLive(small));
    });
  });

  test(`20 chains of 5 steps, each step waiting for the one before by its token, all end right (${kind})`, async () => {
    await using(new TokenGate(options), async (gate) => {
      const chains = Array.from({ length: CHAINS }, (_, chain) => {
        let token = gate.call(add, chain, 1);
        for (let step = 2; step <= STEPS; step++) token = gate.call(add, token, step);
        return token;
      });
      // All of them are there at once, and none holds a lane while it waits.
      assertEquals(gate.stats().submitted, CHAINS * STEPS);
      assertEquals(chains.map((token) => token.waitingFor), chains.map(() => "arguments" as const));
      assertEquals(await Promise.all(chains), chains.map((_, chain) => chain + 15));
      const { completed, failed } = gate.stats();
      assertEquals([completed, failed], [CHAINS * STEPS, 0]);
    });
  });
}

test("what breaks a chain breaks all that is behind it, and nothing else", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    const chains = Array.from({ length: 6 }, (_, chain) => {
      const first = chain === 2 ? gate.call(fail, "range") : gate.call(add, chain, 1);
      let token = gate.call(add, first, 1);
      const second = token;
      for (let step = 3; step <= STEPS; step++) token = gate.call(add, token, step);
      if (chain === 4) second.cancel("cut");
      return token;
    });
    const ends = await Promise.allSettled(chains);
    assertEquals(ends.map(({ status }) => status), [
      "fulfilled",
      "fulfilled",
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    const causes = ends.map((end) => end.status === "rejected" ? rootOf(end.reason) : undefined);
    assertInstanceOf(causes[2], RangeError);
    assertEquals(causes[4], "cut");
    assert(hasInChain((ends[4] as PromiseRejectedResult).reason, TokenCancelledError));
    const { waiting, admitted, executing } = gate.stats();
    assertEquals([waiting, admitted, executing], [0, 0, 0]);
  });
});

test("one sum of many tokens settles once, also when some had settled before", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    const tokens = Array.from({ length: 200 }, (_, n) => gate.call(add, n, 0));
    await Promise.all(tokens.slice(0, 100));
    // One token may be an argument of several calls, and more than once.
    const totals = [
      gate.call(sum, ...tokens),
      gate.call(sum, ...tokens, ...tokens),
      gate.call(sum, 1, ...tokens, 2),
    ];
    assertEquals(await Promise.all(totals), [19_900, 39_800, 19_903]);
  });
});

test("the plain loop adds up in the order of the pyramid", () => {
  const size = { ...MILLION, terms: 20_000 };
  assertEquals(problemOf(loopPyramid(size), size), undefined);
  assert(problemOf(loopPyramid(size) + 1e-15, size)?.includes("by plain loops"));
});

function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof Error && root.cause !== undefined) {
    if (root instanceof RangeError) break;
    root = root.cause;
  }
  return root;
}

function hasInChain(error: unknown, type: new (...args: never[]) => Error): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof type || hasInChain((error as Error).cause, type);
}
