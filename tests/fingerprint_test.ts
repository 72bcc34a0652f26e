// Keys of calls: what is the same, what is not, and what it costs.
import { test } from "node:test";
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { CallAffinity } from "../lib/call_token.ts";
import { fingerprint } from "../lib/gate/fingerprint.ts";
import { hashOf } from "../lib/gate/key_hash.ts";
import { allArguments, keyOf, tryKey } from "../lib/gate/key_of.ts";
import { type AffinityOptions, TokenGate } from "../mod.ts";
import { add } from "./fixtures/operations.ts";

test("values of one structure have one fingerprint, in whatever order they were built", () => {
  fc.assert(
    fc.property(fc.anything({ withTypedArray: true, withMap: true, withSet: true }), (value) => {
      assertEquals(fingerprint(value), fingerprint(structuredClone(value)));
    }),
  );
  assertEquals(fingerprint({ a: 1, b: { c: 2, d: 3 } }), fingerprint({ b: { d: 3, c: 2 }, a: 1 }));
});

test("simple values that differ have different fingerprints", () => {
  const values = [
    undefined,
    null,
    true,
    false,
    0,
    -0,
    1,
    NaN,
    Infinity,
    1n,
    "",
    "1",
    "null",
    "n1",
    [],
    [1],
    ["1"],
    [1, 2],
    {},
    { a: 1 },
    { a: "1" },
    { a: { b: 1 } },
    { "a:n1": 1 },
    new Date(0),
    new Date(1),
    /a/,
    /a/g,
    new Map(),
    new Map([[1, 2]]),
    new Set(),
    new ArrayBuffer(8),
    new Uint8Array(8),
    new Int8Array(8),
    new Uint8Array(9),
    new DataView(new ArrayBuffer(8)),
  ];
  assertEquals(new Set(values.map(fingerprint)).size, values.length);
});

test("of what holds many values, the kind, the length and the type count, and not the values", () => {
  assertEquals(fingerprint([1, 2, 3]), fingerprint([4, 5, 6]));
  assertNotEquals(fingerprint([1, 2, 3]), fingerprint(["1", 2, 3]));
  assertEquals(fingerprint(new Float64Array(3)), fingerprint(new Float64Array([1, 2, 3])));
  assertNotEquals(fingerprint(new Float64Array(3)), fingerprint(new Float32Array(3)));
  assertEquals(fingerprint(new Map([[1, 2]])), fingerprint(new Map([[3, 4]])));
});

test("it costs no more, and gets no longer, for what is large, deep or without end", () => {
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`key ${n}`, n]));
  let reads = 0;
  const counted = new Proxy(wide, {
    get: (target, name) => {
      reads++;
      return Reflect.get(target, name);
    },
  });
  assert(fingerprint(counted).length < 1_500);
  assert(reads < 100, `${reads} fields were read`);
  const endless: Record<string, unknown> = {};
  endless.self = endless;
  assert(fingerprint(endless).length < 200);
  assert(fingerprint("x".repeat(1_000_000)).length < 200);
  assertNotEquals(fingerprint("x".repeat(1_000)), fingerprint("x".repeat(1_001)));
  assert(fingerprint({ a: "x".repeat(10_000), ["y".repeat(10_000)]: 10n ** 5_000n }).length < 600);
  fc.assert(fc.property(fc.anything(), (value) => assert(fingerprint(value).length < 1_500)));
});

const affinity = (key: CallAffinity["keyOf"]): CallAffinity => ({
  keyOf: key,
  isRequired: true,
  isOrdered: false,
});

test("a key is compared as it is, a list of parts part by part, anything else by its structure", () => {
  const key = (value: unknown): unknown => keyOf(affinity(() => value), []);
  const values = ["a", "b", 1, "1", 1n, true, ["a", 1], ["a", 2], ["a,n1"], [["a"], 1], { a: 1 }];
  assertEquals(new Set(values.map(key)).size, values.length);
  // A text is never cut: two that differ anywhere are two keys.
  const long = "x".repeat(10_000);
  assertNotEquals(key(`${long}a${long}`), key(`${long}b${long}`));
  assertEquals(key(undefined), undefined);
  assertEquals(keyOf(affinity(allArguments), ["a", 1]), key(["a", 1]));
  const error = new Error("no key");
  const fails = affinity(() => {
    throw error;
  });
  assertThrows(() => keyOf(fails, []), Error, "no key");
  assertEquals(tryKey(fails, []), { error });
});

test("the hash of a key spreads keys that are alike", () => {
  for (const lanes of [2, 3, 4, 7, 8, 16]) {
    const counts = new Array<number>(lanes).fill(0);
    for (let n = 0; n < 1_000 * lanes; n++) counts[hashOf(`"user ${n}`) % lanes]!++;
    for (const count of counts) assert(count > 800 && count < 1_200, `${counts}`);
  }
});

test("an affinity that is none is refused by name", () => {
  const give = (affinity: unknown): unknown =>
    add.with({ affinity: affinity as AffinityOptions<[number, number]> });
  assertThrows(() => give("key"), TypeError, "affinity");
  assertThrows(() => give(null), TypeError, "affinity");
  assertThrows(() => give({ keys: 1 }), TypeError, "key, mode, ordered");
  assertThrows(() => give({ key: {} }), TypeError, "neither a function of the arguments");
  assertThrows(() => give({ mode: "must" }), TypeError, '"prefer" or "require"');
  assertThrows(() => give({ ordered: 1 }), TypeError, "ordered");
  give({ key: (a: number, b: number) => a + b, mode: "require", ordered: true });
  const cost = (costMs: unknown): unknown => add.with({ costMs: costMs as number });
  assertThrows(() => cost("1"), TypeError, "number of ms");
  assertThrows(() => cost(0), RangeError, "above 0 ms");
});

test("a call for which no key can be found rejects with the reason", async () => {
  const gate = new TokenGate({ lanes: 0 });
  const error = new RangeError("no key");
  const call = add.with({
    gate,
    affinity: {
      key: () => {
        throw error;
      },
    },
  });
  assertEquals(await call(1, 2).catch((it) => it), error);
  await gate.close();
});
