// Functions that do not stop, and lanes that die.
// deno-lint-ignore-file no-console -- the tests collect what is printed
import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  LaneCrashError,
  LaneStartError,
  TokenCancelledError,
  TokenGate,
  type TokenGateOptions,
  TokenTimeoutError,
} from "../../mod.ts";
import { unloaded } from "../fixtures/never_loads.ts";
import * as operations from "../fixtures/operations.ts";
import { using } from "../fixtures/no_lanes_left.ts";
import { made } from "../fixtures/stream_operations.ts";
import { makeWords, readWord } from "../fixtures/words.ts";

const { add, countStart, crash, spin } = operations;
const isDeno = "Deno" in globalThis;

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** Runs a body with the warnings it prints collected, in place of printed. */
async function withWarnings(body: () => Promise<void>): Promise<string[]> {
  const warnings: string[] = [];
  const { warn } = console;
  console.warn = (...parts: unknown[]): void => void warnings.push(parts.join(" "));
  try {
    await body();
  } finally {
    console.warn = warn;
  }
  return warnings;
}

/**
 * Loops without an end. A Deno thread in one runs on and keeps a processor: these come after all other tests of a file.
 *
 * @param kind what is tested, in the names of the tests
 * @param defaults options that make it
 */
export function endlessSuite(kind: string, defaults: TokenGateOptions): void {
  const isShared = defaults.isolation !== "process";
  /** Whether a thread in a loop runs on. */
  const isStuck = isDeno && isShared;
  const makeGate = (options: TokenGateOptions = {}): TokenGate =>
    new TokenGate({ ...defaults, ...options });

  test(`a loop without end is timed out, its lane replaced, and a thousand tokens behind it complete once each (${kind})`, async () => {
    const warnings = await withWarnings(() =>
      using(makeGate({ lanes: 1, graceMs: 20 }), async (gate) => {
        const counts = makeWords(1_000, isShared);
        const replaced: unknown[] = [];
        gate.addEventListener("lanereplaced", (event) => {
          replaced.push((event as CustomEvent).detail);
        });
        const endless = spin.with({ gate, timeoutMs: 100 })();
        const tokens = Array.from({ length: 1_000 }, (_, n) => gate.call(countStart, counts, n));
        const error = await assertRejects(() => endless, TokenTimeoutError);
        assertEquals([error.limit, error.code], ["timeoutMs", "ERR_TOKEN_TIMEOUT"]);
        assertEquals(await Promise.all(tokens), tokens.map(() => 1));
        assert(tokens.every((_, n) => readWord(counts, n) === 1));
        const stats = gate.stats();
        assertEquals([stats.completed, stats.timeout, stats.crashes], [1_000, 1, 0]);
        assertEquals(stats.stranded, isStuck ? 1 : 0);
        assertEquals(replaced, [{ lane: 0 }]);
      })
    );
    // Said once, with the remedy, where the thread cannot be stopped.
    assertEquals(warnings.length, isStuck ? 1 : 0);
    if (isStuck) assert(warnings[0]!.includes("current().aborted"), warnings[0]);
  });

  test(`a cancelled loop gives its lane up, and the next call works (${kind})`, async () => {
    await withWarnings(() =>
      using(makeGate({ lanes: 1, graceMs: 20 }), async (gate) => {
        const endless = gate.call(spin);
        while (endless.state !== "executing") {
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        assert(endless.cancel("enough"));
        await assertRejects(() => endless, TokenCancelledError, "enough");
        assertEquals(await gate.call(add, 1, 2), 3);
      })
    );
  });
}

/**
 * Lanes that die, that do not start, and that are late, and living on.
 *
 * @param kind what is tested, in the names of the tests
 * @param defaults options that make it
 */
export function stoppingSuite(kind: string, defaults: TokenGateOptions): void {
  const isShared = defaults.isolation !== "process";
  const makeGate = (options: TokenGateOptions = {}): TokenGate =>
    new TokenGate({ ...defaults, ...options });

  for (const way of ["by message", "by the shortest way"]) {
    test(`a call in a lane that is stopped for the sake of another one is told so, and what it gives then is no result (${way}, ${kind})`, async () => {
      await using(makeGate({ lanes: 1, graceMs: 20 }), async (gate) => {
        // Waits for its reader, and lets other calls into its lane meanwhile.
        const items = makeWords(2, isShared);
        const unread = gate.call(made, items, 1_000);
        while (readWord(items, 0) === 0) await pause();
        // Memory that is shared goes by message.
        const words = makeWords(2, isShared);
        const token = way === "by message"
          ? gate.call(operations.busyUntilTold, words)
          : gate.call(operations.busyUntilTold);
        const outcome = assertRejects(() => token, LaneCrashError);
        while (token.state !== "executing") await pause();
        unread.cancel("enough");
        await assertRejects(() => unread, TokenCancelledError);
        await outcome;
        assertEquals([token.state, gate.stats().completed], ["failed", 0]);
        // A thread that cannot be stopped ends by itself, since it looks.
        while (gate.stats().stranded > 0) await pause();
        assertEquals(await gate.call(add, 1, 2), 3);
        if (way === "by message") {
          assertEquals(readWord(words, 0), 1);
          if (isDeno && isShared) assertEquals(readWord(words, 1), 1);
        }
      });
    });
  }

  for (const how of ["wait", "waitAndEnd"] as const) {
    test(`a worker that has ended itself begins nothing more, and is gone, whatever runs there still (${how}, ${kind})`, async () => {
      await using(makeGate({ lanes: 1 }), async (gate) => {
        const { aroundEnd } = operations;
        assertEquals(await gate.call(aroundEnd, "tell"), false);
        const waits = gate.call(aroundEnd, how);
        while (waits.state !== "executing") await pause();
        const tokens = [waits, gate.call(aroundEnd, "end")];
        const behind = Array.from({ length: 20 }, () => gate.call(aroundEnd, "tell"));
        const errors = tokens.map((token) => assertRejects(() => token, LaneCrashError));
        for (const error of errors) assertEquals((await error).exitCode, 3);
        assertEquals(await Promise.all(behind), behind.map(() => false));
        const { crashes, stranded, late } = gate.stats();
        assertEquals([crashes, stranded, late], [1, 0, 0]);
      });
    });
  }

  const endings = ["process.exit", ...(isDeno ? ["Deno.exit"] : []), "timer", "rejection"];
  for (const how of endings) {
    test(`a worker that ends by ${how} rejects its token, runs nothing twice, and the next call works (${kind})`, async () => {
      await using(makeGate({ lanes: 1 }), async (gate) => {
        const crashes: { lane: number; exitCode: number }[] = [];
        gate.addEventListener("lanecrash", (event) => crashes.push((event as CustomEvent).detail));
        const starts = makeWords(1, isShared);
        const counts = makeWords(200, isShared);
        assertEquals(await gate.call(add, 1, 2), 3);
        const token = gate.call(crash, how, starts);
        const behind = Array.from({ length: 200 }, (_, n) => gate.call(countStart, counts, n));
        const error = await assertRejects(() => token, LaneCrashError);
        assertEquals([error.code, error.lane, token.state], ["ERR_LANE_CRASH", 0, "failed"]);
        if (how.endsWith("exit")) assertEquals(error.exitCode, 3);
        else {
          const cause = error.cause as Error;
          assertInstanceOf(cause, RangeError);
          assert(cause.stack!.includes("operations.ts"), cause.stack);
        }
        assertEquals(await Promise.all(behind), behind.map(() => 1));
        assertEquals(await gate.call(add, 1, 2), 3);
        assertEquals(readWord(starts, 0), 1);
        assertEquals(gate.stats().crashes, 1);
        assertEquals(crashes.map((crash) => crash.lane), [0]);
      });
    });
  }

  test(`a worker that dies while no call runs is replaced, and not in silence (${kind})`, async () => {
    const warnings = await withWarnings(() =>
      using(makeGate({ lanes: 1 }), async (gate) => {
        const crashed = new Promise((resolve) => gate.addEventListener("lanecrash", resolve));
        assertEquals(await gate.call(operations.crashLater), "returned");
        const keepAlive = setInterval(() => {}, 1_000);
        const event = await crashed as CustomEvent<{ cause: Error }>;
        clearInterval(keepAlive);
        assertEquals(event.detail.cause.message, "left behind");
        assertEquals(await gate.call(add, 1, 2), 3);
      })
    );
    assertEquals(warnings.length, 1);
    assert(warnings[0]!.includes("was lost"), warnings[0]);
  });

  test(`an entry that cannot be loaded is told by started(), and settles the tokens that need it (${kind})`, async () => {
    const workerUrl = new URL("../fixtures/no_such_entry.ts", import.meta.url);
    await using(makeGate({ lanes: 2, workerUrl }), async (gate) => {
      const error = await assertRejects(() => gate.started(), LaneStartError);
      assertEquals(error.code, "ERR_LANE_START");
      assertInstanceOf(error.cause, Error);
      // Each call tries again, and ends.
      const tokens = [gate.call(add, 1, 2), gate.call(add, 3, 4)];
      for (const token of tokens) await assertRejects(() => token, LaneStartError);
      assertEquals(gate.stats().failed, 2);
    });
  });

  test(`a reason whose getter cancels the same token again changes nothing (${kind})`, async () => {
    await using(makeGate({ lanes: 1, graceMs: 20 }), async (gate) => {
      const token = gate.call(operations.sleep, 60_000);
      while (token.state !== "executing") await new Promise((resolve) => setTimeout(resolve, 1));
      const inner: boolean[] = [];
      const reason = {
        get again(): number {
          inner.push(token.cancel());
          return 1;
        },
      };
      assert(token.cancel(reason));
      assert(inner.length > 0 && inner.every((ended) => !ended));
      await assertRejects(() => token, TokenCancelledError);
      const after = [gate.call(add, 1, 1), gate.call(add, 2, 2), gate.call(add, 3, 3)];
      assertEquals(new Set(after.map((it) => it.id)).size, 3);
      assertEquals(await Promise.all(after), [2, 4, 6]);
      const { submitted, killed, completed } = gate.stats();
      assertEquals([submitted, killed, completed], [4, 1, 3]);
    });
  });

  test(`a call that ended in time is not timed out while its answer waits behind a long one (${kind})`, async () => {
    await using(makeGate({ lanes: 1, graceMs: 20 }), async (gate) => {
      // The lane learns that the operation is quick, so it holds the answers together.
      await Promise.all(Array.from({ length: 200 }, () => gate.call(operations.busy, 0)));
      const limited = operations.busy.with({ gate, timeoutMs: 1_000 });
      const quick = limited(0);
      const long = gate.call(operations.busy, 1_300);
      assertEquals([await quick, await long], [0, 1_300]);
      const { timeout, crashes, late } = gate.stats();
      assertEquals([timeout, crashes, late], [0, 0, 0]);
    });
  });

  test(`run time is judged by the lane's stamps, however busy the caller's own thread is (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      await gate.started();
      await gate.call(add, 1, 2);
      const tokens = Array.from(
        { length: 3 },
        () => operations.busy.with({ gate, timeoutMs: 1_000 })(1),
      );
      await Promise.resolve();
      const untilMs = performance.now() + 1_300;
      while (performance.now() < untilMs);
      assertEquals(await Promise.all(tokens), [1, 1, 1]);
    });
  });

  test(`a promise that calls back twice settles its own token and no other (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const tokens = [gate.call(operations.twiceSettled), gate.call(operations.sleep, 40)];
      assertEquals(await Promise.all(tokens), ["first", "slept"]);
    });
  });

  test(`a gate made in a lane after a call left it there is a crash as any other (${kind})`, async () => {
    await using(makeGate({ lanes: 1 }), async (gate) => {
      const error = await assertRejects(() => gate.call(operations.misuseLater), LaneCrashError);
      assertEquals((error.cause as { code?: string }).code, "ERR_GATE_IN_LANE");
    });
  });
}

/**
 * What never answers is given up after its time, three times over. These tests do nothing but wait, so the first of them
 * starts the work of all.
 *
 * @param kinds options of the gates, by what is tested
 */
export function givenUpSuite(kinds: Readonly<Record<string, TokenGateOptions>>): void {
  const bodies: (() => Promise<void>)[] = [];
  let outcomes: Promise<PromiseSettledResult<void>>[] | undefined;
  const waiting = (name: string, body: () => Promise<void>): void => {
    const index = bodies.push(body) - 1;
    test(name, async () => {
      outcomes ??= bodies.map(async (each) => (await Promise.allSettled([each()]))[0]);
      const outcome = await outcomes[index]!;
      if (outcome.status === "rejected") throw outcome.reason;
    });
  };
  for (const [kind, options] of Object.entries(kinds)) {
    const makeGate = (more: TokenGateOptions): TokenGate =>
      new TokenGate({ ...options, ...more, lanes: 1 });

    waiting(`an entry that says nothing is given up after its time (${kind})`, async () => {
      const workerUrl = new URL("../fixtures/silent_entry.ts", import.meta.url);
      await using(makeGate({ workerUrl, startTimeoutMs: 1_000 }), async (gate) => {
        const error = await assertRejects(() => gate.call(add, 1, 2), LaneStartError);
        assert(
          (error.cause as Error).message.includes("said nothing for 1000 ms"),
          String(error.cause),
        );
      });
    });

    waiting(
      `a module that never comes to the end of its loading is given up, and its lane is free again (${kind})`,
      async () => {
        await using(makeGate({ startTimeoutMs: 2_000 }), async (gate) => {
          const error = await assertRejects(() => gate.call(unloaded), LaneStartError);
          assert(
            (error.cause as Error).message.includes("while loading a module"),
            String(error.cause),
          );
          assertEquals(await gate.call(add, 1, 2), 3);
        });
      },
    );
  }
}
