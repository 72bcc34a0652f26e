// Operations that call operations, on lanes of each kind. The same file runs on Deno, Bun and Node.
import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  LaneCrashError,
  TokenCancelledError,
  TokenGate,
  type TokenGateOptions,
  TokenTimeoutError,
} from "../../mod.ts";
import * as family from "../fixtures/domain_operations.ts";
import { using } from "../fixtures/no_lanes_left.ts";
import { changed, makeWords, readWord, type Words } from "../fixtures/words.ts";

const { lead, tree, longLead } = family;
const SPREADS = ["never", "auto", "always"] as const;

/** Nothing is left of any tree. */
export function checkNothingLeft(gate: TokenGate): void {
  assertEquals(gate.domains(), []);
  const { children, waiting, admitted, executing } = gate.stats();
  assertEquals([waiting, admitted, executing], [0, 0, 0]);
  assertEquals([children.waiting, children.executing], [0, 0]);
  assertEquals(
    children.submitted,
    children.completed + children.failed + children.killed + children.timeout,
  );
}

/** Waits for a word. An idle gate keeps nothing alive, and a wait for memory neither. */
async function raised(words: Words, index: number, value: number): Promise<void> {
  const keepAlive = setTimeout(() => {}, 60_000);
  await changed(words, index, value);
  clearTimeout(keepAlive);
}

/**
 * @param kind what is tested, in the names of the tests
 * @param defaults options of the gates
 */
export function domainsSuite(kind: string, defaults: TokenGateOptions): void {
  const isShared = defaults.isolation !== "process";
  const makeGate = (options: TokenGateOptions = {}): TokenGate =>
    new TokenGate({ ...defaults, ...options });

  test(`children of one tree stay in the lane of their lead when asked, with ids of their own (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      const tokens = Array.from({ length: 6 }, () => gate.call(lead, 8, "never", 0));
      const families = await Promise.all(tokens);
      const ids: Set<number> = new Set();
      families.forEach(({ own, children, ids: names }, n) => {
        assertEquals([own.id, own.parent, own.domain], [tokens[n]!.id, undefined, own.id]);
        assertEquals(new Set(children.map(({ lane }) => lane)), new Set([own.lane]));
        assertEquals(children.map(({ id }) => id), names);
        for (const { id, parent, domain } of children) {
          assertEquals([parent, domain], [own.id, own.id]);
          ids.add(id);
        }
      });
      assertEquals(ids.size, 48);
      // What the rows of a lane's table are for comes by message.
      while (gate.stats().children.operations.some(({ name }) => name !== "leaf")) {
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      const { children, submitted } = gate.stats();
      assertEquals([submitted, children.submitted, children.completed], [6, 48, 48]);
      assertEquals(children.operations.map(({ name, completed }) => [name, completed]), [
        ["leaf", 48],
      ]);
      checkNothingLeft(gate);
    });
  });

  test(`a child that is spread is a token of the gate, and knows whose child it is (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      const { own, children, ids } = await gate.call(lead, 20, "always", 1);
      assertEquals(children.map(({ id }) => id), ids);
      for (const { parent, domain } of children) assertEquals([parent, domain], [own.id, own.id]);
      const stats = gate.stats();
      assertEquals([stats.submitted, stats.completed, stats.children.spread], [21, 21, 20]);
      assertEquals(stats.children.submitted, 0);
      checkNothingLeft(gate);
    });
  });

  test(`a thousand children that a lead on the only lane waits for complete, spread or not (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      for (const spread of SPREADS) {
        const { children } = await gate.call(lead, 1_000, spread, 0);
        assertEquals(children.length, 1_000);
      }
      checkNothingLeft(gate);
    });
  });

  test(`trees of leads that wait for leads complete on one lane and on two (${kind})`, async () => {
    for (const lanes of [1, 2]) {
      await using(makeGate({ lanes }), async (gate) => {
        for (const spread of SPREADS) {
          const tokens = [gate.call(tree, 4, 3, spread), gate.call(tree, 3, 2, spread)];
          assertEquals(await Promise.all(tokens), [121, 15]);
        }
        checkNothingLeft(gate);
      });
    }
  });

  test(`leads whose calls may overlap wait for spread children on the only lane (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const tokens = Array.from({ length: 12 }, () => gate.call(family.overlappingLead, 5));
      assertEquals(await Promise.all(tokens), Array(12).fill(5));
      checkNothingLeft(gate);
    });
  });

  test(`killing a lead kills its tree, in its lane and elsewhere (${kind})`, async () => {
    for (const spread of ["never", "always"] as const) {
      await using(makeGate({ lanes: 2, graceMs: 30_000 }), async (gate) => {
        const flag = makeWords(2, isShared);
        const token = gate.call(longLead, flag, spread, 3);
        // A lane runs a second child beside the first only when that waits for a child of its own.
        const running = spread === "never" ? 3 : 2;
        await raised(flag, 0, running - 1);
        while (gate.domains().length === 0) await new Promise((resolve) => setTimeout(resolve, 0));
        const [domain] = gate.domains();
        assertEquals([domain!.id, domain!.operation, domain!.parent], [
          token.id,
          "longLead",
          undefined,
        ]);
        while (gate.domains()[0]!.children < 3) {
          await new Promise((resolve) => setTimeout(resolve, 0));
        }
        assert(domain!.lanes.length >= 1 && domain!.lanes.length <= 2);
        token.cancel("all of it");
        await assertRejects(() => token, TokenCancelledError);
        // All that ran were told; the lanes are whole, since all have stopped.
        await raised(flag, 1, running - 1);
        assertEquals(await gate.call(family.plus, 1, 2), 3);
        checkNothingLeft(gate);
        const { killed, children, crashes } = gate.stats();
        assertEquals(crashes, 0);
        if (spread === "always") assertEquals([killed, children.killed], [4, 0]);
        else assertEquals([killed, children.killed], [1, 3]);
      });
    }
  });

  test(`a limit of the lead ends its tree as well (${kind})`, async () => {
    await using(makeGate({ lanes: 2, graceMs: 30_000 }), async (gate) => {
      const flag = makeWords(2, isShared);
      const token = longLead.with({ gate, timeoutMs: 300 })(flag, "always", 2);
      await assertRejects(() => token, TokenTimeoutError);
      await raised(flag, 1, readWord(flag, 0) - 1);
      assertEquals(await gate.call(family.plus, 1, 2), 3);
      checkNothingLeft(gate);
    });
  });

  test(`what a lead leaves running is killed when it settles (${kind})`, async () => {
    for (const spread of ["never", "always"] as const) {
      await using(makeGate({ lanes: 2, graceMs: 30_000 }), async (gate) => {
        const flag = makeWords(2, isShared);
        await gate.call(family.carelessLead, flag, spread);
        await raised(flag, 1, readWord(flag, 0) - 1);
        assertEquals(await gate.call(family.plus, 1, 2), 3);
        checkNothingLeft(gate);
      });
    }
  });

  test(`errors, limits, signals and kills of children arrive at their lead alike (${kind})`, async () => {
    await using(makeGate({ lanes: 2, graceMs: 30_000 }), async (gate) => {
      for (const spread of ["never", "always"] as const) {
        const { states, errors, causes } = await gate.call(family.badChildren, spread);
        assertEquals(states, ["failed", "timeout", "timeout", "killed", "killed"]);
        assertEquals(errors, [
          "RangeError",
          "TimeoutError",
          "TimeoutError",
          "AbortError",
          "AbortError",
        ]);
        assertEquals([causes[0], causes[3], causes[4]], [
          "the cause",
          "by its signal",
          "by its lead",
        ]);
      }
      checkNothingLeft(gate);
      const { children } = gate.stats();
      assertEquals([children.failed, children.timeout, children.killed], [1, 2, 2]);
    });
  });

  test(`a child is tried again as its options say (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      assertEquals(await gate.call(family.retryingLead, "never"), [3, 2]);
      assertEquals(await gate.call(family.retryingLead, "always"), [6, 2]);
      checkNothingLeft(gate);
    });
  });

  test(`a child that takes its lane with it fails alone when it is spread (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      // Where it runs in the lane of its lead, both are lost.
      await assertRejects(() => gate.call(family.leadOfTheDead, "never"), LaneCrashError);
      let outcome: unknown;
      // A lane that has nothing else to do may be given its own child after all.
      do {
        await gate.started();
        outcome = await gate.call(family.leadOfTheDead, "always").catch((error) => error);
      } while (outcome instanceof LaneCrashError);
      assertEquals(outcome, "LaneCrashError");
      checkNothingLeft(gate);
    });
  });

  test(`limits hold for children too, and no child waits for a permit of its ancestor (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      assertEquals(await gate.call(family.lonely, 5), 5);
      assertEquals(await gate.call(family.pooled, 5), 5);
      const all = Array.from({ length: 4 }, () => gate.call(family.limitedLead, 6));
      assertEquals(await Promise.all(all), Array(4).fill([0, 1, 2, 0, 1, 2]));
      checkNothingLeft(gate);
    });
  });

  test(`memory that is moved to a child arrives (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      assertEquals(await gate.call(family.movingLead, "never"), [1, 2, 3, 3]);
      const moved = await gate.call(family.movingLead, "always");
      assertEquals(moved.slice(0, 3), [1, 2, 3]);
      if (isShared) assertEquals(moved[3], 0);
      checkNothingLeft(gate);
    });
  });

  test(`tokens of children are arguments of children (${kind})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      for (const spread of SPREADS) {
        assertEquals(await gate.call(family.chainLead, 5, spread), 5);
      }
      checkNothingLeft(gate);
    });
  });

  test(`closing finishes the leads there are, with the children that they make meanwhile (${kind})`, async () => {
    const gate = makeGate({ lanes: 2 });
    const token = gate.call(tree, 3, 3, "always");
    const drained = gate.controls.drain();
    await gate.close();
    await drained;
    assertEquals(await token, 40);
    checkNothingLeft(gate);
  });

  test(`closing without draining ends whole trees (${kind})`, async () => {
    const gate = makeGate({ lanes: 2, graceMs: 30_000 });
    const flag = makeWords(2, isShared);
    const token = gate.call(longLead, flag, "always", 4);
    await raised(flag, 0, 1);
    await gate.close({ drain: false });
    await assertRejects(() => token, Error);
    checkNothingLeft(gate);
  });

  test(`a full queue sends children back to the lane of their lead (${kind})`, async () => {
    await using(makeGate({ lanes: 2, maxQueue: 2 }), async (gate) => {
      const { children } = await gate.call(lead, 200, "always", 0);
      assertEquals(children.length, 200);
      const stats = gate.stats();
      assertEquals(stats.children.spread + stats.children.completed, 200);
      assertEquals(stats.refused, 0);
      checkNothingLeft(gate);
    });
  });

  test(`"spread" is refused by name when it is none (${kind})`, async () => {
    const error = await assertRejects(
      // deno-lint-ignore require-await
      async () => family.plus.with({ spread: "everywhere" as "never" }),
      TypeError,
      `Cannot set "spread" of a call of "plus": received "everywhere"`,
    );
    assertInstanceOf(error, TypeError);
  });
}
