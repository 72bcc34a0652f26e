/**
 * The stand-ins for `@std/assert` and `@std/cli` are judged by `node:assert`, not by themselves.
 *
 * @module
 */
import nodeAssert from "node:assert/strict";
import { describe, it } from "node:test";
import * as std from "../scripts/offline/std_assert.ts";
import { parseArgs } from "../scripts/offline/std_cli_parse_args.ts";

const { AssertionError } = std;

function refuses(assertion: () => unknown, message?: RegExp): void {
  nodeAssert.throws(assertion, (error) => {
    nodeAssert.ok(error instanceof AssertionError, `threw ${String(error)}`);
    nodeAssert.equal(error.name, "AssertionError");
    if (message !== undefined) nodeAssert.match(error.message, message);
    return true;
  });
}

describe("equal", () => {
  const circular = (): object => {
    const self: Record<string, unknown> = { name: "loop" };
    self["self"] = self;
    return self;
  };
  const bare = Object.assign(Object.create(null), { a: 1 });
  const same: [string, unknown, unknown][] = [
    ["zero and minus zero", 0, -0],
    ["two NaN", Number.NaN, Number.NaN],
    ["nested values", { a: [1, { b: "x" }] }, { a: [1, { b: "x" }] }],
    ["keys in another order", { a: 1, b: 2 }, { b: 2, a: 1 }],
    ["an object without a prototype and a plain one", bare, { a: 1 }],
    ["sets in another order", new Set([1, { a: 1 }]), new Set([{ a: 1 }, 1])],
    ["maps with equal keys", new Map([[{ k: 1 }, [1]]]), new Map([[{ k: 1 }, [1]]])],
    ["typed arrays", new Float64Array([0, Number.NaN]), new Float64Array([-0, Number.NaN])],
    ["buffers", new Uint8Array([1, 2]).buffer, new Uint8Array([1, 2]).buffer],
    ["dates", new Date(5), new Date(5)],
    ["patterns", /a/g, /a/g],
    ["addresses", new URL("file:///a"), new URL("file:///a")],
    ["errors", new TypeError("no"), new TypeError("no")],
    ["cycles", circular(), circular()],
    ["symbol keys", { [Symbol.iterator]: 1 }, { [Symbol.iterator]: 1 }],
  ];
  for (const [what, a, b] of same) {
    it(`finds ${what} equal`, () => {
      nodeAssert.equal(std.equal(a, b), true);
      std.assertEquals(a, b);
      refuses(() => std.assertNotEquals(a, b));
    });
  }

  class Point {
    x = 1;
  }
  const different: [string, unknown, unknown][] = [
    ["a number and its text", 1, "1"],
    ["null and undefined", null, undefined],
    ["a missing and an undefined property", { a: undefined }, {}],
    ["two undefined properties of other names", { a: undefined }, { b: undefined }],
    ["an array and a longer one", [1], [1, 2]],
    ["an instance and a plain object", new Point(), { x: 1 }],
    ["sets with another member", new Set([1, 2]), new Set([1, 3])],
    ["sets whose one member matches two", new Set([{}, {}]), new Set([{}, { a: 1 }])],
    ["maps with another value", new Map([["a", 1]]), new Map([["a", 2]])],
    ["bytes of another kind", new Uint8Array([1]), new Int8Array([1])],
    ["buffers with other bytes", new Uint8Array([1]).buffer, new Uint8Array([2]).buffer],
    ["errors with another message", new Error("a"), new Error("b")],
    ["errors of another class", new TypeError("a"), new RangeError("a")],
    ["dates", new Date(5), new Date(6)],
    ["patterns", /a/, /a/i],
    ["unlike symbols", { [Symbol("a")]: 1 }, { [Symbol("a")]: 1 }],
  ];
  for (const [what, a, b] of different) {
    it(`tells ${what} apart`, () => {
      nodeAssert.equal(std.equal(a, b), false);
      nodeAssert.equal(std.equal(b, a), false);
      std.assertNotEquals(a, b);
      refuses(() => std.assertEquals(a, b), /Values are not equal/);
    });
  }

  it("refuses to compare weak collections", () => {
    nodeAssert.throws(() => std.equal(new WeakMap(), new WeakMap()), TypeError);
    nodeAssert.equal(std.equal(new WeakMap(), new WeakSet()), false);
  });
});

describe("the assertions about values", () => {
  it("pass where they hold", () => {
    std.assert(1);
    std.assertFalse("");
    std.assertStrictEquals(Number.NaN, Number.NaN);
    std.assertNotStrictEquals({}, {});
    std.assertNotStrictEquals(0, -0);
    std.assertExists(0);
    std.assertGreater(2, 1);
    std.assertGreaterOrEqual(2n, 2n);
    std.assertLess("a", "b");
    std.assertLessOrEqual(1, 1);
    std.assertAlmostEquals(0.1 + 0.2, 0.3);
    std.assertAlmostEquals(1, 2, 1);
    std.assertMatch("deno", /^d/);
    std.assertNotMatch("deno", /^n/);
    std.assertStringIncludes("deno", "en");
    std.assertArrayIncludes([1, { a: [2] }, 3], [{ a: [2] }]);
    std.assertArrayIncludes(new Uint8Array([1, 2]), new Uint8Array([2]));
    std.assertInstanceOf(new RangeError(), Error);
    std.assertNotInstanceOf(new Date(), RegExp);
  });

  it("fail where they do not hold, with the caller's words at the end", () => {
    refuses(() => std.assert(0, "zero"), /^zero$/);
    refuses(() => std.assertFalse([], "list"), /^list$/);
    refuses(() => std.assertStrictEquals({}, {}, "why"), /not strictly equal: why/);
    refuses(() => std.assertStrictEquals(0, -0));
    refuses(() => std.assertNotStrictEquals(1, 1, "why"), /why$/);
    refuses(() => std.assertExists(null, "why"), /"null" to not be null or undefined: why$/);
    refuses(() => std.assertGreater(1, 1), /^Expect 1 > 1$/);
    refuses(() => std.assertGreater(1, Number.NaN, "why"), /^why$/);
    refuses(() => std.assertGreaterOrEqual(1, 2), />=/);
    refuses(() => std.assertLess(1, 1), /</);
    refuses(() => std.assertLessOrEqual(2, 1), /<=/);
    refuses(() => std.assertAlmostEquals(1, 1.1), /close to/);
    refuses(() => std.assertMatch("deno", /x/, "why"), /to match: "\/x\/": why$/);
    refuses(() => std.assertNotMatch("deno", /d/));
    refuses(() => std.assertStringIncludes("deno", "x"), /to contain: "x"\.$/);
    refuses(() => std.assertArrayIncludes([1, 2], [3, 1]), /missing: \[ 3 \]/);
    refuses(() => std.assertInstanceOf(new Date(), RegExp), /"RegExp" but was "Date"/);
    refuses(() => std.assertInstanceOf(null, RegExp), /but was "null"/);
    refuses(() => std.assertNotInstanceOf(new Date(), Date));
    refuses(() => std.fail("why"), /^Failed assertion: why$/);
    refuses(() => std.unreachable(), /^Unreachable\.$/);
  });

  it("narrow the types they assert", () => {
    const value: string | undefined = ["text"][0];
    std.assertExists(value);
    nodeAssert.equal(value.length, 4);
    const thing: unknown = new RangeError("far");
    std.assertInstanceOf(thing, RangeError);
    nodeAssert.equal(thing.message, "far");
    std.assertIsError(thing, RangeError);
    nodeAssert.equal(thing.message, "far");
  });
});

describe("assertObjectMatch", () => {
  it("ignores what the expected value does not name", () => {
    std.assertObjectMatch({ a: 1, b: { c: 2, d: [1, 2, 3] } }, { b: { d: [1, 2] } });
    std.assertObjectMatch({ m: new Map([["a", { x: 1, y: 2 }], ["b", { x: 3, y: 4 }]]) }, {
      m: new Map([["a", { x: 1 }]]),
    });
    std.assertObjectMatch({ s: new Set([1, 2]) }, { s: new Set([2]) });
    std.assertObjectMatch(new RangeError("far"), { message: "far" });
  });

  it("fails on a missing or another value", () => {
    refuses(() => std.assertObjectMatch({ a: 1 }, { a: 2 }));
    refuses(() => std.assertObjectMatch({ a: 1 }, { b: undefined }));
    refuses(() => std.assertObjectMatch({ a: { b: 1 } }, { a: { b: 1, c: 2 } }));
    refuses(() => std.assertObjectMatch({ a: [1] }, { a: [1, 2] }));
    refuses(() => std.assertObjectMatch({ a: /x/ }, { a: /y/ }));
  });
});

describe("the assertions about errors", () => {
  const boom = (): never => {
    throw new RangeError("far away");
  };

  it("return what was thrown", () => {
    nodeAssert.equal(std.assertThrows(boom, RangeError, "far").message, "far away");
    nodeAssert.ok(std.assertThrows(boom) instanceof RangeError);
    nodeAssert.equal(
      std.assertThrows(() => {
        throw 7;
      }),
      7,
    );
  });

  it("fail on silence, another class, another message, or what is no error", () => {
    refuses(() => std.assertThrows(() => {}, "why"), /^Expected function to throw: why$/);
    refuses(
      () => std.assertThrows(boom, TypeError),
      /instance of "TypeError", but was "RangeError"/,
    );
    refuses(() => std.assertThrows(boom, RangeError, "near"), /to include "near"/);
    refuses(() =>
      std.assertThrows(() => {
        throw 7;
      }, Error), /non-Error object was thrown/);
    refuses(() => std.assertIsError("text"), /to be an Error object/);
    refuses(() => std.assertIsError(new Error("far"), Error, /^near/));
    std.assertIsError(new Error("far"), Error, /^far/);
  });

  it("resolve to what a promise rejected with", async () => {
    const error = await std.assertRejects(
      () => Promise.reject(new TypeError("no")),
      TypeError,
      "no",
    );
    nodeAssert.equal(error.message, "no");
    nodeAssert.equal(await std.assertRejects(() => Promise.reject(7)), 7);
  });

  it("refuse a promise that resolves and a function that throws or returns no promise", async () => {
    const failing: (() => Promise<unknown>)[] = [
      () => std.assertRejects(() => Promise.resolve(1)),
      () => std.assertRejects(() => Promise.reject(new Error("a")), TypeError),
      () => std.assertRejects(() => Promise.reject(new Error("a")), Error, "b"),
      () => std.assertRejects(() => Promise.reject(7), Error),
      () => std.assertRejects(() => boom()),
      () => std.assertRejects(() => 7 as unknown as Promise<number>),
    ];
    for (const run of failing) await nodeAssert.rejects(run(), AssertionError);
  });
});

describe("parseArgs", () => {
  const cases: [string, readonly string[], Parameters<typeof parseArgs>[1], unknown][] = [
    ["takes a value after a space", ["--lanes", "2"], {}, { lanes: 2, _: [] }],
    ["takes a value after a sign", ["--lanes=2"], {}, { lanes: 2, _: [] }],
    ["keeps text text", ["--lanes", "02"], { string: ["lanes"] }, { lanes: "02", _: [] }],
    ["takes the last of several", ["--a=1", "--a=2"], {}, { a: 2, _: [] }],
    ["keeps signs in a value", ["--a=b=c"], {}, { a: "b=c", _: [] }],
    ["leaves text without a value empty", ["--json", "--x"], { string: "json" }, {
      json: "",
      x: true,
      _: [],
    }],
    ["knows numbers", ["1", "0x10", "1e3", ".5", "1px"], {}, { _: [1, 16, 1000, 0.5, "1px"] }],
    ["keeps positional text", ["1", "2"], { string: ["_"] }, { _: ["1", "2"] }],
    ["does not feed a boolean", ["--v", "file"], { boolean: ["v"] }, { v: true, _: ["file"] }],
    ["feeds a boolean its words", ["--v", "false", "-w", "true"], { boolean: ["v", "w"] }, {
      v: false,
      w: true,
      _: [],
    }],
    ["reads a boolean's value", ["--v=false"], { boolean: ["v"] }, { v: false, _: [] }],
    ["starts booleans as false", [], { boolean: ["v"] }, { v: false, _: [] }],
    ["makes every long name a boolean", ["--a", "b", "--c=d"], { boolean: true }, {
      a: true,
      c: "d",
      _: ["b"],
    }],
    ["collects", ["--a", "1", "--a=2"], { collect: ["a"] }, { a: [1, 2], _: [] }],
    ["starts collected text empty", [], { collect: ["a"], string: ["a"] }, { a: [], _: [] }],
    ["fills aliases", ["-l", "2"], { alias: { lanes: "l" } }, { l: 2, lanes: 2, _: [] }],
    ["makes an alias boolean, too", ["-h", "x"], { boolean: ["help"], alias: { h: "help" } }, {
      h: true,
      help: true,
      _: ["x"],
    }],
    ["fills defaults", ["--a=1"], { default: { a: 5, b: 6 } }, { a: 1, b: 6, _: [] }],
    ["negates", ["--no-color"], { negatable: ["color"] }, { color: false, _: [] }],
    ["negates only what may be negated", ["--no-color"], {}, { "no-color": true, _: [] }],
    ["lets the last of negated and set win", ["--no-c", "--c"], {
      boolean: ["c"],
      negatable: ["c"],
    }, { c: true, _: [] }],
    ["splits a group of letters", ["-abc", "x"], {}, { a: true, b: true, c: "x", _: [] }],
    ["reads a number behind a letter", ["-n5", "-m=6"], {}, { n: 5, m: 6, _: [] }],
    ["reads a path behind a letter", ["-xI/usr/a"], {}, { x: true, I: "/usr/a", _: [] }],
    ["takes a lone dash as a value or as it is", ["-n", "-", "-"], {}, { n: "-", _: ["-"] }],
    ["ends at two dashes", ["--a", "--", "--b"], {}, { a: true, _: ["--b"] }],
    ["puts the rest aside", ["x", "--", "--b"], { "--": true }, { _: ["x"], "--": ["--b"] }],
    ["stops early", ["--a=1", "run", "--b"], { stopEarly: true }, { a: 1, _: ["run", "--b"] }],
  ];
  for (const [what, args, options, expected] of cases) {
    it(what, () => nodeAssert.deepEqual(parseArgs(args, options), expected));
  }

  it("shows unknown arguments and leaves out what the callback refuses", () => {
    const seen: unknown[] = [];
    const unknown = (arg: string, key?: string, value?: unknown): boolean => {
      seen.push([arg, key, value]);
      return key === "keep";
    };
    const result = parseArgs(["--lanes", "2", "--wat", "1", "--keep", "file", "-v", "-z"], {
      string: ["lanes"],
      boolean: ["verbose"],
      alias: { verbose: "v" },
      unknown,
    });
    nodeAssert.deepEqual(result, { lanes: "2", verbose: true, v: true, keep: "file", _: [] });
    nodeAssert.deepEqual(seen, [
      ["--wat", "wat", "1"],
      ["--keep", "keep", "file"],
      ["-z", "z", true],
    ]);
  });

  it("types what the options name", () => {
    const args = parseArgs(["--lanes", "2", "--runtime", "bun"], {
      boolean: ["help"],
      string: ["lanes", "json", "runtime"],
      collect: ["runtime"],
      default: { json: "out.json" },
    });
    const lanes: string | undefined = args.lanes;
    const json: string = args.json;
    const help: boolean = args.help;
    const runtime: string[] = args.runtime;
    nodeAssert.deepEqual([lanes, json, help, runtime], ["2", "out.json", false, ["bun"]]);
  });

  it("refuses dotted names, which it would read wrongly", () => {
    nodeAssert.throws(() => parseArgs(["--a.b", "1"]), TypeError);
    nodeAssert.throws(() => parseArgs([], { string: ["a.b"] }), TypeError);
  });
});
