// What bundles need, tried without a bundler: a module that is program, operations and worker entry at once.
// `deno task test:package` does the same with what bundlers make.
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  GateInLaneError,
  LaneStartError,
  operation,
  revivable,
  TokenGate,
  TokenTimeoutError,
} from "../mod.ts";
import { workerEntryUrl } from "../lib/runtime/entry_url.ts";
import * as bundle from "./fixtures/bundle.ts";
import { answer } from "./fixtures/bundle_unguarded.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";

checkNoLanesLeft();

const workerUrl = new URL("./fixtures/bundle.ts", import.meta.url);

for (const isolation of ["thread", "process"] as const) {
  const gate = (): TokenGate => new TokenGate({ lanes: 1, workerUrl, isolation, graceMs: 50 });

  test(`a lane starts in the file that holds the operations and the entry (${isolation})`, async () => {
    await using(gate(), async (gate) => {
      assertEquals(await gate.call(bundle.readings), [true, [true, "ERR_GATE_IN_LANE"], []]);
    });
  });

  test(`each module of a bundle has its hooks, which run once and in order (${isolation})`, async () => {
    await using(gate(), async (gate) => {
      assertEquals(await gate.call(bundle.prepared), ["first module", "second module"]);
      assertEquals(await gate.call(bundle.prepared), ["first module", "second module"]);
    });
  });
}

for (const isolation of ["thread", "process"] as const) {
  test(`the program of a bundle that is not guarded is refused in its lane, which says so (${isolation})`, async () => {
    const workerUrl = new URL("./fixtures/bundle_unguarded.ts", import.meta.url);
    await using(new TokenGate({ lanes: 1, workerUrl, isolation }), async (gate) => {
      const error = await assertRejects(() => gate.call(answer), LaneStartError);
      assertInstanceOf(error.cause, GateInLaneError);
    });
  });
}

test("a loop in a bundle's process is stopped, and the next call runs", async () => {
  const gate = new TokenGate({ lanes: 1, workerUrl, isolation: "process", graceMs: 50 });
  await using(gate, async (gate) => {
    const token = gate.call(bundle.spin.with({ timeoutMs: 50 }));
    await assertRejects(() => token, TokenTimeoutError);
    assertEquals((await gate.call(bundle.readings))[0], true);
  });
});

test("in the program the entry of a bundle starts nothing, and the package's own entry stays in use", () => {
  assertEquals(bundle.readings.local(), [false, [false, undefined], []]);
  assertEquals(workerEntryUrl(), new URL("../workers/entry.ts", import.meta.url).href);
});

test("a bundle without a worker entry is told what to do, and one with it has it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tokengate-bundle-"));
  try {
    const file = join(folder, "main.ts");
    await copyFile(fileURLToPath(new URL("../lib/runtime/entry_url.ts", import.meta.url)), file);
    const bundled: typeof import("../lib/runtime/entry_url.ts") = await import(
      pathToFileURL(file).href
    );
    assertThrows(() => bundled.workerEntryUrl(), Error, `import "@tokengate/tokengate/bundled"`);
    bundled.useBundledEntry("file:///dist/main.js");
    assertEquals(bundled.workerEntryUrl(), "file:///dist/main.js");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("two modules of a bundle that use one name are refused, and the message speaks of bundles", () => {
  const module = { url: "file:///dist/bundle.js" };
  const declare = (): unknown => operation(module, "resize", () => 1);
  declare();
  assertThrows(declare, TypeError, "and of a bundle, whose modules have one URL");
  class First extends Error {}
  class Second extends Error {}
  revivable(module, "Problem", First);
  assertThrows(
    () => revivable(module, "Problem", Second),
    TypeError,
    "and of a bundle, whose modules have one URL",
  );
});

test("a module of a bundle that is no ES module is refused where it declares", () => {
  const error = assertThrows(() => operation({} as ImportMeta, "lost", () => 1), TypeError);
  assertEquals((error as Error).message.includes("must be an ES module"), true);
});
