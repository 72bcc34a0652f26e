// Random call trees on real lanes: what domain_programs_test.ts does a thousand times faster on simulated ones.
import { test } from "node:test";
import process from "node:process";
import fc from "fast-check";
import { liveLanes } from "../../lib/lane/live_lanes.ts";
import { type Token, TokenGate, type TokenGateOptions } from "../../mod.ts";
import { type Deed, grow } from "../fixtures/domain_operations.ts";
import { makeWords, readWord } from "../fixtures/words.ts";
import { checkNothingLeft } from "./domains.ts";

/** Of one program; further ones are left out. */
const MOST_CALLS = 200;

type Branch = Omit<Deed, "index" | "children"> & { readonly children: readonly Branch[] };

const branch = fc.letrec<{ tree: Branch }>((tie) => ({
  tree: fc.record({
    kind: fc.oneof(
      { weight: 10, arbitrary: fc.constantFrom<Deed["kind"]>("return", "wait", "look") },
      { weight: 2, arbitrary: fc.constant<Deed["kind"]>("throw") },
      { weight: 1, arbitrary: fc.constant<Deed["kind"]>("exit") },
    ),
    ms: fc.nat(10),
    spread: fc.constantFrom<Deed["spread"]>("never", "auto", "always", "always"),
    isAwaited: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, {
      weight: 1,
      arbitrary: fc.constant(false),
    }),
    timeoutMs: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined, freq: 5 }),
    children: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constant([]),
      fc.array(tie("tree"), { maxLength: 4 }),
    ),
  }),
})).tree;

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("call" as const), tree: branch }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(8) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass" as const), turns: fc.nat(8) }) },
);

function leaf(kind: Deed["kind"], ms: number, rest: Partial<Branch> = {}): Branch {
  return {
    kind,
    ms,
    spread: "never",
    isAwaited: true,
    timeoutMs: undefined,
    children: [],
    ...rest,
  };
}

/** Found by chance, and then every time: a lane ended itself while its lead failed, ended itself once more for that, and on Deno was there for ever. */
const ENDED_TWICE: readonly Branch[] = [
  leaf("exit", 0),
  leaf("throw", 0, { isAwaited: false, children: [leaf("exit", 4)] }),
  leaf("throw", 7, {
    timeoutMs: 24,
    children: [
      leaf("look", 3, {
        timeoutMs: 21,
        children: [
          leaf("return", 7, { spread: "always", timeoutMs: 6 }),
          leaf("return", 9, {
            spread: "auto",
            timeoutMs: 5,
            children: [leaf("wait", 9, { spread: "auto", timeoutMs: 8 })],
          }),
          leaf("wait", 1),
        ],
      }),
      leaf("wait", 3, { timeoutMs: 19 }),
    ],
  }),
];

/**
 * @param kind what is tested, in the names of the tests
 * @param defaults options of the gates
 * @param runs how many programs; more by TOKENGATE_LANE_PROGRAMS=1000; replay a failure by the seed and path that fast-check prints
 */
export function domainProgramsSuite(kind: string, defaults: TokenGateOptions, runs: number): void {
  const isShared = defaults.isolation !== "process";
  const programs = Number(process.env.TOKENGATE_LANE_PROGRAMS ?? runs);
  test(`random trees on real lanes settle whole, start no function twice, and leave nothing behind (${kind})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2 }),
        fc.array(step, { maxLength: 8 }),
        async (lanes, steps) => {
          const gate = new TokenGate({ ...defaults, lanes, graceMs: 250 });
          const starts = makeWords(MOST_CALLS, isShared);
          const tokens: Token<number>[] = [];
          const settlements: number[] = [];
          let calls = 0;
          const number = (branch: Branch): Deed => {
            const index = calls++;
            const children = branch.children.map(number);
            return { ...branch, index, children };
          };
          for (const step of steps) {
            if (step.kind === "call") {
              const deed = number(step.tree);
              if (calls > MOST_CALLS) break;
              const index = tokens.push(gate.call(grow, starts, deed)) - 1;
              settlements.push(0);
              const count = (): void => void settlements[index]!++;
              tokens[index]!.then(count, count);
            } else if (step.kind === "cancel") tokens[step.which]?.cancel("program");
            else {
              for (let n = 0; n < step.turns; n++) {
                await new Promise((resolve) => setTimeout(resolve, 0));
              }
            }
          }
          // A deadlock would keep it for ever: everything comes to its end by itself.
          await gate.close();
          settlements.forEach((count, index) => {
            if (count !== 1) throw new Error(`token ${index} settled ${count} times`);
          });
          for (let index = 0; index < Math.min(calls, MOST_CALLS); index++) {
            const started = readWord(starts, index);
            if (started > 1) throw new Error(`function ${index} started ${started} times`);
          }
          checkNothingLeft(gate);
          const { submitted, children } = gate.stats();
          if (submitted !== tokens.length + children.spread) {
            throw new Error("tokens are miscounted");
          }
          if (liveLanes() !== 0) throw new Error(`${liveLanes()} lanes are left alive`);
        },
      ),
      // Shrinking would run many more programs; the seed and path are printed all the same.
      {
        numRuns: programs,
        endOnFailure: true,
        examples: [[1, ENDED_TWICE.map((tree) => ({ kind: "call" as const, tree }))]],
      },
    );
  });
}
