import { deserialize, serialize } from "node:v8";
import { runInNewContext } from "node:vm";
import { test } from "node:test";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import * as errors from "../lib/errors.ts";
import {
  decodeError,
  encodeError,
  errorLimits,
  isErrorLike,
  omittedProperties,
  remoteClassName,
} from "../lib/bridge/error_codec.ts";

/** Through a clone, as between threads. */
function cross(value: unknown): unknown {
  return decodeError(structuredClone(encodeError(value)));
}

/** Through a clone, when an error is expected. */
function crossError(value: unknown): Error & Record<PropertyKey, unknown> {
  const revived = cross(value);
  assertInstanceOf(revived, Error);
  return revived as Error & Record<PropertyKey, unknown>;
}

function omitted(error: object): string[] {
  return (Reflect.get(error, omittedProperties) ?? []) as string[];
}

function assertHidden(error: object, key: string): void {
  assertEquals(
    Object.getOwnPropertyDescriptor(error, key)?.enumerable,
    false,
    `${key} is enumerable`,
  );
}

test("the built-in classes arrive as themselves, with message, stack and cause", () => {
  const classes = [
    Error,
    TypeError,
    RangeError,
    SyntaxError,
    ReferenceError,
    EvalError,
    URIError,
  ];
  for (const Class of classes) {
    const thrown = new Class("no luck", { cause: "the cause" });
    const revived = crossError(thrown);
    assertStrictEquals(Object.getPrototypeOf(revived), Class.prototype);
    assertEquals(revived.name, Class.name);
    assertEquals(revived.message, "no luck");
    assertEquals(revived.cause, "the cause");
    assertEquals(revived.stack, thrown.stack);
    assertEquals(Object.keys(revived), []);
    assertEquals(Object.getOwnPropertySymbols(revived), []);
    for (const key of ["message", "stack", "cause"]) assertHidden(revived, key);
  }
});

test("an error without message or cause has none at the host either", () => {
  const revived = crossError(new Error());
  assert(!Object.hasOwn(revived, "message"));
  assert(!("cause" in revived));
  assert("cause" in crossError(new Error("x", { cause: undefined })));
});

test("own properties cross and stay enumerable; those under symbols do not", () => {
  const thrown = Object.assign(new RangeError("bad"), {
    code: "E_BAD",
    errno: -2,
    details: { when: new Date(5), tags: new Set(["a"]), list: [1, , 3] },
    [Symbol("private")]: 1,
  });
  const revived = crossError(thrown);
  assertEquals(Object.keys(revived), ["code", "errno", "details"]);
  assertEquals(revived.code, "E_BAD");
  assertEquals(revived.details, thrown.details);
  assertEquals(Object.getOwnPropertySymbols(revived), []);
});

test("a property named __proto__ stays a property", () => {
  const thrown = Object.assign(new Error("x"), {
    body: JSON.parse('{"__proto__": {"admin": true}}'),
  });
  const body = crossError(thrown).body as object;
  assertStrictEquals(Object.getPrototypeOf(body), Object.prototype);
  assertEquals(Object.keys(body), ["__proto__"]);
  assertEquals(Reflect.get({}, "admin"), undefined);
});

test("a subclass that set its name arrives with that name, as an instance of the built-in class", () => {
  class ParseError extends SyntaxError {
    override name = "ParseError";
    line = 7;
  }
  const revived = crossError(new ParseError("unexpected end"));
  assertInstanceOf(revived, SyntaxError);
  assertEquals(revived.name, "ParseError");
  assertHidden(revived, "name");
  assertEquals(revived.line, 7);
  assertEquals(String(revived), "ParseError: unexpected end");
  assertEquals(remoteClassName in revived, false);
});

test("a name set on the prototype counts as set", () => {
  class OnPrototype extends Error {}
  OnPrototype.prototype.name = "E";
  const revived = crossError(new OnPrototype("x"));
  assertEquals(revived.name, "E");
  assertEquals(revived[remoteClassName], "OnPrototype");
});

test("a subclass without a name of its own is known by the name of its class", () => {
  class HttpError extends Error {
    status = 404;
  }
  const revived = crossError(new HttpError("not found"));
  assertEquals(revived.name, "HttpError");
  assertEquals(revived.status, 404);
  assertHidden(revived, "name");
  assertMatch(revived.stack ?? "", /^HttpError: not found\n/);
});

test("the class name is kept beside a name that differs, over two crossings", () => {
  class Refused extends TypeError {
    override name = "ERR";
  }
  const revived = crossError(crossError(new Refused("x")));
  assertInstanceOf(revived, TypeError);
  assertEquals(revived.name, "ERR");
  assertEquals(revived[remoteClassName], "Refused");
  assert(!Object.keys(Object.getOwnPropertyDescriptors(revived)).includes("constructor"));
});

test("an AggregateError keeps its errors, as errors, in order", () => {
  const thrown = new AggregateError([new TypeError("a"), "b", new RangeError("c")], "all failed");
  const revived = crossError(thrown);
  assertInstanceOf(revived, AggregateError);
  assertHidden(revived, "errors");
  assertEquals(revived.errors.length, 3);
  assertInstanceOf(revived.errors[0], TypeError);
  assertEquals(revived.errors[1], "b");
  assertInstanceOf(revived.errors[2], RangeError);
  assertEquals(revived.errors[2].message, "c");
});

test("an `errors` property of any other error is an ordinary property", () => {
  const revived = crossError(Object.assign(new Error("invalid"), { errors: [{ path: "/a" }] }));
  assertEquals(Object.keys(revived), ["errors"]);
  assertEquals(revived.errors, [{ path: "/a" }]);
});

test("a SuppressedError keeps both errors; a host without the class gets an Error of that name", () => {
  const Suppressed = Reflect.get(globalThis, "SuppressedError");
  const wire = typeof Suppressed === "function"
    ? encodeError(new Suppressed(new TypeError("second"), new RangeError("first"), "both"))
    : encodeError(
      Object.defineProperties(new Error("both"), {
        name: { value: "SuppressedError" },
        error: { value: new TypeError("second"), enumerable: true },
        suppressed: { value: new RangeError("first"), enumerable: true },
      }),
    );
  const revived = decodeError(structuredClone(wire)) as Error & Record<string, unknown>;
  assertInstanceOf(revived, typeof Suppressed === "function" ? Suppressed : Error);
  assertEquals(revived.name, "SuppressedError");
  assertInstanceOf(revived.error, TypeError);
  assertInstanceOf(revived.suppressed, RangeError);
});

test("a DOMException keeps its class, name, legacy code and cause", () => {
  const thrown = new DOMException("stopped", "AbortError");
  Object.defineProperty(thrown, "cause", { value: new Error("why"), configurable: true });
  Object.assign(thrown, { extra: 1 });
  const revived = crossError(thrown);
  assertInstanceOf(revived, DOMException);
  assertEquals(revived.name, "AbortError");
  assertEquals(revived.message, "stopped");
  assertEquals(revived.code, 20);
  assertEquals((revived.cause as Error).message, "why");
  assertEquals(revived.extra, 1);
  assertEquals(Object.keys(revived), ["extra"]);
});

test("an aborted signal's reason arrives as it is", () => {
  const controller = new AbortController();
  controller.abort();
  const revived = crossError(controller.signal.reason);
  assertInstanceOf(revived, DOMException);
  assertEquals(revived.name, "AbortError");
});

test("a subclass of DOMException keeps the name that hides the platform's", () => {
  class Busy extends DOMException {
    constructor() {
      super("busy", "AbortError");
      Object.defineProperty(this, "name", { value: "BusyError" });
    }
  }
  const revived = crossError(new Busy());
  assertInstanceOf(revived, DOMException);
  assertEquals(revived.name, "BusyError");
  assertEquals(revived.code, 20);
  assertEquals(revived[remoteClassName], "Busy");
});

test("every class of lib/errors.ts arrives as itself, with its fields and its cause", () => {
  const fields = {
    cause: new TypeError("root"),
    limit: "timeoutMs",
    limitMs: 50,
    lane: 3,
    exitCode: 9,
    operation: "resize",
    max: 10,
    waiting: 10,
    retryAfterMs: Infinity,
    stranded: 3,
    maxStranded: 2,
  };
  let classes = 0;
  for (const Class of Object.values(errors) as (new (m: string, f: object) => Error)[]) {
    if (Class as unknown === errors.TokenGateError) continue;
    classes++;
    const thrown = new Class("went wrong", fields);
    const revived = crossError(thrown);
    assertStrictEquals(Object.getPrototypeOf(revived), Class.prototype);
    assertEquals(revived.name, thrown.name);
    assertEquals(Object.keys(revived).sort(), Object.keys(thrown).sort());
    for (const key of Object.keys(thrown)) {
      assertEquals(revived[key], Reflect.get(thrown, key));
    }
    assertEquals(revived.stack, thrown.stack);
    assertInstanceOf(revived.cause, TypeError);
    assertHidden(revived, "cause");
    assertEquals(remoteClassName in revived, false);
  }
  assert(classes >= 13);
});

test("a user's subclass of a TokenGate class keeps its own name and fields", () => {
  class Late extends errors.TokenTimeoutError {
    override readonly name = "Late";
    hint = "sleep less";
  }
  const revived = crossError(new Late("late", { limit: "deadlineMs", limitMs: 7 }));
  assertInstanceOf(revived, errors.TokenTimeoutError);
  assertEquals(revived.name, "Late");
  assertEquals(revived.limitMs, 7);
  assertEquals((revived as unknown as Late).hint, "sleep less");
});

test("primitives and plain values arrive equal", () => {
  const shared = { n: 1 };
  const values = [
    "text",
    "",
    0,
    -0,
    NaN,
    Infinity,
    10n ** 30n,
    true,
    null,
    undefined,
    {},
    { code: 1, message: "I am no error", nested: [{ deep: undefined }] },
    [1, , "three"],
    new Map<unknown, unknown>([["k", new Set([1, 2])], [{ a: 1 }, null]]),
    new Date(1234),
    /a+/gi,
    new Uint8Array([1, 2, 3]).subarray(1),
    new Float64Array([0.5]),
    new ArrayBuffer(4),
    new DataView(new Uint8Array([7, 8]).buffer, 1),
    Object("boxed"),
    Object(5),
    Object.create(null),
    [shared, shared],
  ];
  for (const value of values) assertEquals(cross(value), value);
});

test("a view carries its bytes only, not the buffer behind it", () => {
  const view = new Uint8Array(100_000).subarray(10, 14);
  view.set([1, 2, 3, 4]);
  const revived = cross(view) as Uint8Array;
  assertEquals([...revived], [1, 2, 3, 4]);
  assertEquals(revived.buffer.byteLength, 4);
});

test("shared references stay shared and cycles stay cycles", () => {
  const shared = { n: 1 };
  const thrown = Object.assign(new Error("a"), {
    left: shared,
    right: [shared],
    self: null as unknown,
  });
  thrown.self = thrown;
  thrown.cause = new Error("b", { cause: thrown });
  const revived = crossError(thrown);
  assertStrictEquals(revived.self, revived);
  assertStrictEquals((revived.cause as Error).cause, revived);
  assertStrictEquals(revived.left, (revived.right as unknown[])[0]);

  const map = new Map<unknown, unknown>();
  map.set("me", map);
  const revivedMap = cross(map) as Map<unknown, unknown>;
  assertStrictEquals(revivedMap.get("me"), revivedMap);
});

test("errors inside properties, arrays and maps are revived as errors", () => {
  const thrown = Object.assign(new Error("outer"), {
    inner: new TypeError("inner"),
    log: [{ error: new RangeError("logged") }],
    byName: new Map([["x", new URIError("mapped")]]),
  });
  const revived = crossError(thrown);
  assertInstanceOf(revived.inner, TypeError);
  assertInstanceOf((revived.log as { error: unknown }[])[0]?.error, RangeError);
  assertInstanceOf((revived.byName as Map<string, unknown>).get("x"), URIError);
  assertInstanceOf(
    (cross({ failure: new TypeError("in a plain object") }) as { failure: unknown }).failure,
    TypeError,
  );
});

test("a property that cannot cross is left out and listed; its neighbours cross", () => {
  const thrown = Object.assign(new Error("request failed"), {
    status: 500,
    config: { url: "/a", retry(): void {}, "odd key": Symbol("s"), list: [() => {}, 2] },
    pending: Promise.resolve(),
    headers: new Map<unknown, unknown>([["a", 1], ["b", () => {}]]),
    memory: new SharedArrayBuffer(8),
    proxy: new Proxy({}, {}),
  });
  Object.defineProperty(thrown, "broken", {
    enumerable: true,
    get(): never {
      throw new Error("no");
    },
  });
  const revived = crossError(thrown);
  assertEquals(revived.status, 500);
  const list = (revived.config as { list: unknown[] }).list;
  assertEquals(Object.keys(revived.config as object), ["url", "list"]);
  assertInstanceOf(list[0], errors.NotCloneableError);
  assertEquals(list[1], 2);
  assertEquals(revived.headers, new Map([["a", 1]]));
  const expected = [
    "broken: reading it threw",
    "config.list[0]: a function",
    'config.retry: a function named "retry"',
    'config["odd key"]: Symbol(s)',
    "headers(value 1): a function",
    "memory: an instance of SharedArrayBuffer",
    "pending: an instance of Promise",
    "proxy: a Proxy",
  ];
  assertEquals(omitted(revived).sort(), expected);
  // Thrown on through another lane, it still says so.
  assertEquals(omitted(crossError(revived)).sort(), expected);
});

test("an inner error lists its own losses", () => {
  const inner = Object.assign(new Error("inner"), { callback(): void {} });
  const revived = crossError(new Error("outer", { cause: inner }));
  assertEquals(omitted(revived), []);
  assertEquals(omitted(revived.cause as Error), ['callback: a function named "callback"']);
});

test("a thrown value that cannot cross arrives as a NotCloneableError that says what it was", () => {
  class Secret {
    #hidden = 1;
    read(): number {
      return this.#hidden;
    }
  }
  const revocable = Proxy.revocable({}, {});
  revocable.revoke();
  const cases: [unknown, string][] = [
    [function lookup(): void {}, 'a function named "lookup"'],
    [class Widget {}, 'a function named "Widget"'],
    [Symbol("tag"), "Symbol(tag)"],
    [new Secret(), "an instance of Secret"],
    [Promise.resolve(1), "an instance of Promise"],
    [new Proxy({}, {}), "a Proxy"],
    [new Proxy(() => {}, {}), "a Proxy"],
    [revocable.proxy, "a Proxy"],
    [new SharedArrayBuffer(1), "an instance of SharedArrayBuffer"],
  ];
  for (const [value, words] of cases) {
    const revived = crossError(value);
    assertInstanceOf(revived, errors.NotCloneableError);
    assertStringIncludes(revived.message, words);
    assertEquals(revived.code, "ERR_NOT_CLONEABLE");
    assertEquals(revived.stack, `NotCloneableError: ${revived.message}`);
  }
});

test("a detached buffer is described", () => {
  const buffer = new ArrayBuffer(8);
  const view = new Uint8Array(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  assertStringIncludes(crossError(buffer).message, "an instance of ArrayBuffer");
  assertStringIncludes(crossError(view).message, "an instance of Uint8Array");
});

test("a thrown object that cannot cross whole arrives as the cause of a NotCloneableError", () => {
  const revived = crossError({ status: 404, retry: () => {}, again: () => {} });
  assertInstanceOf(revived, errors.NotCloneableError);
  assertEquals(revived.cause, { status: 404 });
  assertStringIncludes(revived.message, "retry: a function");
  assertStringIncludes(revived.message, "(and 1 more)");
  assertEquals(omitted(revived), [
    'retry: a function named "retry"',
    'again: a function named "again"',
  ]);
});

test("an instance of a class arrives as a plain object of its properties", () => {
  class Failure {
    #secret = 1;
    status = 404 + this.#secret - 1;
  }
  const revived = cross(new Failure());
  assertEquals(revived, { status: 404 });
});

test("getters of name, message, stack and cause that throw cost no more than themselves", () => {
  for (const key of ["name", "message", "stack", "cause"]) {
    const thrown = Object.defineProperty(Object.assign(new TypeError("fine"), { code: 7 }), key, {
      get(): never {
        throw new Error("no");
      },
    });
    const revived = crossError(thrown);
    assertInstanceOf(revived, TypeError);
    assertEquals(revived.code, 7);
    // V8 writes the stack on its first reading, and reads the name for it.
    assert(omitted(revived).includes(`${key}: reading it threw`));
    assertEquals(revived.name, "TypeError");
    if (key === "message") assertMatch(revived.message, /cannot be read/);
    else assertEquals(revived.message, "fine");
  }
});

test("a Proxy of an error is read as an error; one that throws in every trap is described", () => {
  const revived = crossError(new Proxy(new RangeError("behind a proxy"), {}));
  assertInstanceOf(revived, RangeError);
  assertEquals(revived.message, "behind a proxy");

  const hostile = new Proxy({}, {
    get(): never {
      throw new Error("trap");
    },
  });
  const everyTrap = new Proxy(new Error("x"), hostile);
  assertStringIncludes(crossError(everyTrap).message, "a Proxy");
});

test("name, message and stack of other types than string cross as values", () => {
  const thrown = Object.assign(new Error("x"), { message: { a: 1 }, name: 5, stack: 6 });
  const revived = crossError(thrown) as unknown as Record<string, unknown>;
  assertEquals(revived.message, { a: 1 });
  assertEquals(revived.name, 5);
  assertEquals(revived.stack, 6);
});

test("an error without a stack gets its first line as one, never the decoder's", () => {
  const thrown = new TypeError("quiet");
  Reflect.deleteProperty(thrown, "stack");
  Object.defineProperty(thrown, "stack", { value: undefined });
  const revived = crossError(thrown);
  assert(revived.stack === undefined || revived.stack === "TypeError: quiet");
  const made = crossError(Object.create(RangeError.prototype, { message: { value: "made" } }));
  assertInstanceOf(made, RangeError);
  assert(!String(made.stack).includes("error_decoder"));
});

test("errors of another realm arrive as errors of this one", () => {
  const foreign = runInNewContext(
    "class Far extends TypeError {}; Object.assign(new Far('far'), { code: 1, cause: new RangeError('why') })",
  );
  assert(!(foreign instanceof Error));
  assert(isErrorLike(foreign));
  const revived = crossError(foreign);
  assertInstanceOf(revived, TypeError);
  assertEquals(revived.name, "Far");
  assertEquals(revived.message, "far");
  assertEquals(revived.code, 1);
  assertInstanceOf(revived.cause, RangeError);
  assertEquals(cross(runInNewContext("({ a: [1, new Map([[1, 2]])] })")), {
    a: [1, new Map([[1, 2]])],
  });
});

test("isErrorLike tells errors from objects with a message", () => {
  assert(isErrorLike(new DOMException("x")));
  assert(isErrorLike(Object.create(Error.prototype)));
  for (const other of [{ name: "Error", message: "x", stack: "" }, null, "Error", () => {}, []]) {
    assert(!isErrorLike(other));
  }
});

test("a chain of causes is cut at the depth limit, by an error that says so", () => {
  let thrown = new Error("innermost");
  for (let i = 0; i < 200; i++) thrown = new Error(`level ${i}`, { cause: thrown });
  let level: unknown = cross(thrown);
  let levels = 0;
  while (level instanceof Error && !(level instanceof errors.NotCloneableError)) {
    levels++;
    level = level.cause;
  }
  assertEquals(levels, errorLimits.depth);
  assertInstanceOf(level, errors.NotCloneableError);
  assertStringIncludes(level.message, `more than ${errorLimits.depth} levels deep`);
});

test("a huge graph is cut at the bounds, causes before anything else", () => {
  const wide: unknown[] = [];
  for (let i = 0; i < 50_000; i++) wide.push({ i, next: { i } });
  const thrown = new Error("outer", { cause: new Error("middle", { cause: new Error("inner") }) });
  Object.assign(thrown, { wide, last: { seen: { deep: true } } });
  const encoded = encodeError(thrown);
  assert(encoded.nodes.length <= errorLimits.nodes);
  const revived = decodeError(structuredClone(encoded)) as Error & { last: unknown };
  assertEquals(((revived.cause as Error).cause as Error).message, "inner");
  assertEquals(revived.last, { seen: { deep: true } });
  assert(omitted(revived).length <= errorLimits.losses + 1);
  assertMatch(omitted(revived).at(-1) ?? "", /^and \d+ more$/);
});

test("long strings are cut, and listed", () => {
  const long = "x".repeat(errorLimits.stringLength + 10);
  const revived = crossError(Object.assign(new Error(long), { body: long, stack: long }));
  for (const text of [revived.message, revived.stack, revived.body] as string[]) {
    assert(text.startsWith("x".repeat(errorLimits.stringLength)));
    assertStringIncludes(text, "10 more characters");
    assert(text.length < errorLimits.stringLength + 100);
  }
  assertEquals(omitted(revived).length, 3);
  assertStringIncludes(crossError(long).cause as string, "10 more characters");
});

test("all strings and bytes together are bounded", () => {
  const parts: unknown[] = [];
  for (let i = 0; i < 64; i++) parts.push("y".repeat(60_000), new Uint8Array(60_000));
  const encoded = encodeError(Object.assign(new Error("big"), { parts }));
  assert(serialize(encoded).byteLength < 3 * errorLimits.payload);
});

test("sparse and long arrays are cut without being counted out", () => {
  const sparse: unknown[] = [1];
  sparse.length = 2 ** 32 - 1;
  const revived = crossError(Object.assign(new Error("x"), { sparse }));
  assert((revived.sparse as unknown[]).length <= errorLimits.values);
  assertStringIncludes(omitted(revived)[0] ?? "", "sparse: cut after");
});

test("the encoded form also passes the serializer that child processes use", () => {
  const thrown = Object.assign(new TypeError("x", { cause: new DOMException("y", "DataError") }), {
    bytes: new Uint8Array([1, 2]),
    map: new Map([[1n, new Date(3)]]),
    callback: () => {},
  });
  const revived = decodeError(deserialize(serialize(encodeError(thrown)))) as
    & TypeError
    & Record<string, unknown>;
  assertInstanceOf(revived, TypeError);
  assertInstanceOf(revived.cause, DOMException);
  assertEquals(revived.bytes, new Uint8Array([1, 2]));
  assertEquals(revived.map, new Map([[1n, new Date(3)]]));
});

test("malformed input decodes to an error that says so", () => {
  const good = encodeError(new Error("x"));
  const cases: unknown[] = [
    undefined,
    null,
    1,
    "text",
    {},
    [],
    () => {},
    { ...good, format: 99 },
    { ...good, nodes: [{ kind: "error" }] },
    { ...good, nodes: [{ kind: "unheard of" }] },
    { ...good, nodes: [{ kind: "bytes", type: "Function", buffer: 1 }], root: { node: 7 } },
    { ...good, root: { node: 1.5 } },
    { ...good, root: () => {} },
    { ...good, nodes: new Array(4_000_000_000) },
    { ...good, nodes: [{ kind: "array", length: -1, entries: [] }] },
    {
      get format(): never {
        throw new Error("getter");
      },
    },
  ];
  for (const input of cases) {
    const decoded = decodeError(input as never);
    assertInstanceOf(decoded, TypeError);
    assertStringIncludes(decoded.message, "Cannot decode an error");
  }
});
