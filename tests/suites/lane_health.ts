// Lanes that are ended on purpose, and modules that are told. In virtual time: retirement_test.ts.
// deno-lint-ignore-file no-console -- the tests collect what is printed
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ModuleLoadError, type Operation, TokenGate, type TokenGateOptions } from "../../mod.ts";
import * as hooked from "../fixtures/hooked_operations.ts";
import { using } from "../fixtures/no_lanes_left.ts";
import { add, busy, crash } from "../fixtures/operations.ts";
import { makeWords, readWord, type Words } from "../fixtures/words.ts";

/**
 * @param kind what is tested, in the names of the tests
 * @param defaults options that make it
 */
export function laneHealthSuite(kind: string, defaults: TokenGateOptions): void {
  const makeGate = (words: Words, options: TokenGateOptions, env: object = {}): TokenGate =>
    new TokenGate({
      lanes: 1,
      ...defaults,
      env: {
        ...process.env as Record<string, string>,
        [hooked.WORDS]: words as string,
        ...env,
      },
      ...options,
    });
  const hooksRun = (words: Words): number[] => [
    readWord(words, hooked.PREPARED),
    readWord(words, hooked.DISPOSED),
  ];

  test(`a module is prepared once in a lane before its first call, and disposed of at the close (${kind})`, async () => {
    const words = makeWords(2, false);
    const gate = makeGate(words, { lanes: 2 });
    const tokens = Array.from({ length: 20 }, () => gate.call(hooked.wasPrepared));
    assert((await Promise.all(tokens)).every((prepared) => prepared));
    const { lanes } = gate.stats();
    assertEquals(await gate.call(add, 1, 2), 3);
    assertEquals(hooksRun(words), [readWord(words, hooked.PREPARED), 0]);
    assert(readWord(words, hooked.PREPARED) <= lanes);
    await gate.close();
    assertEquals(readWord(words, hooked.DISPOSED), readWord(words, hooked.PREPARED));
  });

  test(`a hook that fails fails its call, and the next one tries again in the same lane (${kind})`, async () => {
    const words = makeWords(2, false);
    await using(makeGate(words, {}, { [hooked.FAILURES]: "1" }), async (gate) => {
      const error = await assertRejects(() => gate.call(hooked.wasPrepared), ModuleLoadError);
      assertEquals((error.cause as Error).message, "not yet");
      assertEquals(await gate.call(hooked.wasPrepared), true);
      assertEquals([hooksRun(words)[0], gate.stats().crashes], [2, 0]);
    });
  });

  test(`a lane is recycled after its calls, its modules are told, and no call is lost (${kind})`, async () => {
    const words = makeWords(2, false);
    const recycled: unknown[] = [];
    await using(makeGate(words, { recycle: { afterTokens: 10 } }), async (gate) => {
      gate.addEventListener("lanerecycle", (event) => {
        recycled.push((event as CustomEvent).detail);
      });
      for (let n = 0; n < 25; n++) assertEquals(await gate.call(hooked.wasPrepared), true);
      const stats = gate.stats();
      assertEquals([stats.completed, stats.crashes], [25, 0]);
      assert(stats.recycled >= 1, `${stats.recycled}`);
      assertEquals(recycled[0], { lane: 0, reason: "tokens" });
    });
    assertEquals(readWord(words, hooked.PREPARED) > 1, true);
  });

  test(`a lane whose heap has grown beyond its bound is recycled (${kind})`, async () => {
    const words = makeWords(2, false);
    const reasons: string[] = [];
    const recycle = { heapBytes: 64 * 2 ** 20 };
    await using(makeGate(words, { recycle }), async (gate) => {
      gate.addEventListener("lanerecycle", (event) => {
        reasons.push((event as CustomEvent).detail.reason);
      });
      await gate.call(hooked.keep, 96);
      // It looks at its heap from time to time, and between calls.
      while (reasons.length === 0) await gate.call(busy, 5);
      assertEquals(reasons[0], "heap");
      assert((await gate.call(hooked.keep, 1)) === 8, "a new lane has kept nothing");
    });
  });

  test(`a reload imports what has changed, and loses no call (${kind})`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "reload-"));
    const file = join(folder, "changing.ts");
    const mod = new URL("../../mod.ts", import.meta.url).href;
    const write = (version: number): void =>
      writeFileSync(
        file,
        `import { operation } from ${JSON.stringify(mod)};
         export const version = operation(import.meta, "version", () => ${version});`,
      );
    try {
      write(1);
      const { version }: { version: Operation<[], number> } = await import(
        pathToFileURL(file).href
      );
      await using(makeGate("", { lanes: 2 }), async (gate) => {
        await gate.started();
        assertEquals(await gate.call(version), 1);
        const before = Array.from({ length: 50 }, () => gate.call(busy, 1));
        write(2);
        const reloaded = gate.reload();
        const after = Array.from({ length: 20 }, () => gate.call(version));
        assertEquals(new Set(await Promise.all(after)), new Set([2]));
        await reloaded;
        assertEquals(new Set(await Promise.all(before)), new Set([1]));
        const stats = gate.stats();
        assertEquals([stats.completed, stats.failed, stats.crashes], [71, 0, 0]);
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test(`a hook that fails at the end is told, and hinders nothing (${kind})`, async () => {
    const warnings: string[] = [];
    const { warn } = console;
    console.warn = (...parts: unknown[]): void => void warnings.push(parts.join(" "));
    try {
      const gate = makeGate(makeWords(2, false), {}, { [hooked.BAD_END]: "1" });
      await gate.call(hooked.wasPrepared);
      await gate.close();
    } finally {
      console.warn = warn;
    }
    assertEquals(warnings.length, 1);
    assert(warnings[0]!.includes("dispose"), warnings[0]);
  });

  test(`a lane that crashes for every call is started later each time, and that is told once (${kind})`, async () => {
    const words = makeWords(1, defaults.isolation !== "process");
    const loops: { crashes: number; lane: number }[] = [];
    const { warn } = console;
    console.warn = (): void => {};
    try {
      await using(makeGate("", {}), async (gate) => {
        gate.addEventListener("crashloop", (event) => loops.push((event as CustomEvent).detail));
        for (let n = 0; n < 5; n++) {
          await assertRejects(() => gate.call(crash, "process.exit", words));
        }
        assertEquals(await gate.call(add, 1, 2), 3);
        assertEquals(gate.stats().crashes, 5);
      });
    } finally {
      console.warn = warn;
    }
    assertEquals(loops.map(({ lane, crashes }) => [lane, crashes]), [[0, 3]]);
  });
}
