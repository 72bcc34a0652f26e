// What a module declares that is evaluated anew, as hot reloading does, in the place of what it declared before.
import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { findRevivable, revivable } from "../lib/bridge/revivables.ts";
import { declaredLifecycles, lookUp } from "../lib/registry.ts";
import { lifecycle, operation, TokenGate } from "../mod.ts";

/** Two evaluations of one module: what the runtime would pass as `import.meta`. */
const url = new URL("./fixtures/evaluated_anew.ts", import.meta.url).href;
const first = { url };
const second = { url };

test("an operation of an earlier evaluation is replaced, one of the same is refused", async () => {
  const before = operation(first, "answer", () => 1);
  const after = operation(second, "answer", () => 2);
  assertThrows(() => operation(second, "answer", () => 3), TypeError, "twice");
  assertEquals(lookUp(url, "answer")?.fn(), 2);
  // Those who hold the old one go on with it.
  const gate = new TokenGate({ lanes: 0 });
  assertEquals(await Promise.all([gate.call(before), gate.call(after)]), [1, 2]);
  await gate.close();
});

test("so are the hooks of a module", () => {
  const hook = (): void => {};
  lifecycle(first, {});
  lifecycle(second, { prepare: hook });
  // A module may have several; in a bundle many modules have one URL.
  lifecycle(second, {});
  assertEquals(declaredLifecycles().get(url)?.map(({ prepare }) => prepare), [hook, undefined]);
});

test("and so are classes", () => {
  const declare = (module: { url: string }): unknown => {
    class Point extends Error {}
    revivable(module, "Point", Point);
    return Point;
  };
  declare(first);
  const type = declare(second);
  assertThrows(() => declare(second), TypeError, "twice");
  assertEquals(findRevivable(url, "Point")?.type as unknown, type);
});
