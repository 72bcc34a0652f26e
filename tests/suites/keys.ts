// Keys on real lanes of one kind: what keys_test.ts and key_programs_test.ts look at more closely on simulated ones.
import { test } from "node:test";
import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Token, TokenGate, type TokenGateOptions } from "../../mod.ts";
import {
  addTo,
  keyed,
  type KeyedDeed,
  lookUp,
  readKey,
  WORDS_OF_KEY,
} from "../fixtures/key_operations.ts";
import { using } from "../fixtures/no_lanes_left.ts";
import { add } from "../fixtures/operations.ts";
import { addWord, changed, makeWords } from "../fixtures/words.ts";

const KEYS = 3;

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("call" as const),
      count: fc.integer({ min: 1, max: 8 }),
      key: fc.nat(KEYS - 1),
      ordered: fc.boolean(),
      deed: fc.constantFrom<KeyedDeed>("return", "return", "wait", "throw", "look", "exit"),
      ms: fc.nat(8),
      weight: fc.constantFrom("light" as const, "light" as const, "heavy" as const),
      priority: fc.constantFrom(0, 0, 1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(60) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(10) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("plain" as const) }) },
);
const program = fc.record({
  lanes: fc.integer({ min: 1, max: 3 }),
  steps: fc.array(step, { maxLength: 10 }),
});

/**
 * @param kind what is tested, in the names of the tests
 * @param defaults options of the gates
 * @param runs how many programs; more by TOKENGATE_LANE_PROGRAMS=1000; replay a failure by the seed and path that fast-check prints
 */
export function keysSuite(kind: string, defaults: TokenGateOptions, runs: number): void {
  const isShared = defaults.isolation !== "process";
  const programs = Number(process.env.TOKENGATE_LANE_PROGRAMS ?? runs);
  const makeGate = (options: TokenGateOptions): TokenGate =>
    new TokenGate({ ...defaults, ...options });

  test(`cache storm: bursts of pinned keys find what the first of them has left, and the keys are spread over the lanes (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      await gate.started();
      const gates = makeWords(2, isShared);
      const keys = ["a", "b", "c", "d"].map((key) => `${kind} ${key}`);
      // The first lookup of each key blocks its lane, so that nothing has settled while the bursts come.
      const first = keys.map((key) => lookUp.with({ gate })(key, 1, gates));
      await changed(gates, 0, 1);
      const bursts: Token<{ isHit: boolean; lane: number }>[][] = keys.map(() => []);
      for (let wave = 0; wave < 6; wave++) {
        keys.forEach((key, n) => {
          for (let call = 0; call < 25; call++) {
            bursts[n]!.push(lookUp.with({ gate })(key, 1, null));
          }
        });
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      assertEquals(gate.stats().liveKeys, keys.length);
      addWord(gates, 1);
      const misses = await Promise.all(first);
      const lanes: number[] = [];
      for (const [n, burst] of bursts.entries()) {
        const found = await Promise.all(burst);
        assertEquals(found.filter(({ isHit }) => !isHit), [], `misses of ${keys[n]}`);
        assertEquals(new Set(found.map(({ lane }) => lane)), new Set([misses[n]!.lane]));
        lanes.push(misses[n]!.lane);
      }
      // Two keys in each: they were given out while both lanes were alike.
      assertEquals(lanes.toSorted(), [0, 0, 1, 1]);
      assertEquals([gate.stats().liveKeys, gate.stats().keys], [0, []]);
    });
  });

  test(`ordered calls of a key are one after the other, though their lane overlaps calls, and keys overlap (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      const accounts = ["x", "y", "z"].map((name) => `${kind} ${name}`);
      const tokens = accounts.map(() => [] as Token<number>[]);
      for (let n = 0; n < 30; n++) {
        accounts.forEach((account, a) => tokens[a]!.push(addTo.with({ gate })(account, n)));
      }
      let expected = 0;
      const sums = Array.from({ length: 30 }, (_, n) => expected = expected * 2 + n);
      for (const some of tokens) assertEquals(await Promise.all(some), sums);
    });
  });

  test(`when the lane of a key dies, the key goes on in another (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      const words = makeWords(WORDS_OF_KEY, isShared);
      const call = keyed.with({ gate, affinity: { key: "k", mode: "require" } });
      const dying = call(words, 0, "exit", 0);
      const rest = Array.from({ length: 20 }, () => call(words, 0, "return", 0));
      assertEquals(await dying.catch((error) => error.code), "ERR_LANE_CRASH");
      await Promise.all(rest);
      assertEquals(readKey(words, 0), { started: 21, met: 0 });
    });
  });

  test(`random programs of keys: no two functions of a required key at once, order kept, nothing left (${kind})`, async () => {
    await fc.assert(
      fc.asyncProperty(program, async ({ lanes, steps }) => {
        const gate = makeGate({ lanes, graceMs: 500 });
        const words = makeWords(KEYS * 2 * WORDS_OF_KEY, isShared);
        const tokens: Token<number>[] = [];
        const ordered: Token<number>[][] = Array.from({ length: KEYS }, () => []);
        try {
          for (const step of steps) {
            if (step.kind === "call") {
              const { key, weight, priority, deed, ms } = step;
              // Calls that are ordered and those that are not have keys of their own: the latter may overlap where their lane has given way.
              const number = step.ordered ? key : KEYS + key;
              const affinity = { key: number, mode: "require" as const, ordered: step.ordered };
              const call = keyed.with({ gate, affinity, weight, priority });
              for (let n = 0; n < step.count && tokens.length < 60; n++) {
                const token = call(words, number, deed, ms);
                tokens.push(token);
                token.catch(() => {});
                if (step.ordered) ordered[key]!.push(token);
              }
            } else if (step.kind === "cancel") tokens[step.which]?.cancel("program");
            else if (step.kind === "plain") tokens.push(gate.call(add, 1, 2));
            else await new Promise((resolve) => setTimeout(resolve, step.ms));
          }
          await Promise.allSettled(tokens);
          for (let key = 0; key < 2 * KEYS; key++) {
            const { met } = readKey(words, key);
            assertEquals(met, 0, `functions of key ${key} met`);
          }
          for (const some of ordered) {
            const completed = some.filter(({ state }) => state === "completed");
            const starts = await Promise.all(completed);
            assertEquals(starts, starts.toSorted((a, b) => a - b), "out of order");
          }
          const { liveKeys, weights } = gate.stats();
          assertEquals([liveKeys, ...weights.map(({ slots }) => slots)], [0, 0, 0, 0]);
        } finally {
          await gate.close({ drain: false });
        }
        assert(tokens.every(({ state }) => state !== "waiting"));
      }),
      { numRuns: programs, endOnFailure: true },
    );
  });
}
