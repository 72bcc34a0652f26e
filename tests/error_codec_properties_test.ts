import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import {
  decodeError,
  encodeError,
  errorLimits,
  omittedProperties,
} from "../lib/bridge/error_codec.ts";

const cloneable = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});

const builtIns = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
] as const;

class NamedError extends Error {
  override name = "NamedError";
}
class UnnamedError extends TypeError {}

/** A description of an error; the error is built from it, so that a shrunk failure can be read. */
interface Recipe {
  kind: number;
  message: string;
  name: string | undefined;
  properties: [string, unknown][];
  cause: unknown;
  hasCause: boolean;
}

const reserved = new Set(["name", "message", "stack", "cause", "errors", "code", "toString"]);
const propertyName = fc.string().filter((key) => !reserved.has(key));

const { recipe } = fc.letrec<{ recipe: Recipe }>((tie) => ({
  recipe: fc.record({
    kind: fc.integer({ min: 0, max: builtIns.length + 3 }),
    message: fc.string({ unit: "binary" }),
    name: fc.option(fc.string(), { nil: undefined }),
    properties: fc.uniqueArray(fc.tuple(propertyName, cloneable), {
      selector: (p) => p[0],
      maxLength: 4,
    }),
    cause: fc.oneof({ depthSize: "small" }, cloneable, tie("recipe")),
    hasCause: fc.boolean(),
  }),
}));

function isRecipe(value: unknown): value is Recipe {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "hasCause");
}

function cook(from: Recipe): Error {
  const options = from.hasCause
    ? { cause: isRecipe(from.cause) ? cook(from.cause) : from.cause }
    : {};
  const error = bake(from, options);
  if (from.name !== undefined) {
    Object.defineProperty(error, "name", { value: from.name, configurable: true, writable: true });
  }
  for (const [key, value] of from.properties) {
    Object.defineProperty(error, key, { value, enumerable: true, configurable: true });
  }
  return error;
}

function bake(from: Recipe, options: ErrorOptions): Error {
  switch (from.kind - builtIns.length) {
    case 0:
      return new AggregateError([new TypeError(from.message)], from.message, options);
    case 1:
      return new NamedError(from.message, options);
    case 2:
      return new UnnamedError(from.message, options);
    case 3: {
      const exception = new DOMException(from.message, "DataError");
      return "cause" in options
        ? Object.defineProperty(exception, "cause", { value: options.cause, configurable: true })
        : exception;
    }
    default:
      return new builtIns[from.kind]!(from.message, options);
  }
}

/** What the revived error is to look like, said independently of the codec. */
function assertSameError(revived: unknown, thrown: Error): void {
  assertInstanceOf(revived, Error);
  const base = thrown instanceof UnnamedError
    ? TypeError.prototype
    : thrown instanceof NamedError
    ? Error.prototype
    : Object.getPrototypeOf(thrown);
  assert(Object.getPrototypeOf(revived) === base);
  const unnamed = thrown instanceof UnnamedError && !Object.hasOwn(thrown, "name");
  assertEquals(revived.name, unnamed ? "UnnamedError" : thrown.name);
  assertEquals(revived.message, thrown.message);
  // A DOMException has no stack on Bun: then the first line stands for it.
  const stack = thrown.stack ?? String(thrown);
  assertEquals(revived.stack, unnamed ? stack.replace(/^TypeError\b/, "UnnamedError") : stack);
  assertEquals(Object.hasOwn(revived, "cause"), Object.hasOwn(thrown, "cause"));
  if (thrown.cause instanceof Error) assertSameError(revived.cause, thrown.cause);
  else assertSame(revived.cause, thrown.cause);
  if (thrown instanceof AggregateError) {
    const list = (revived as AggregateError).errors;
    assertEquals(list.length, thrown.errors.length);
    for (let i = 0; i < list.length; i++) assertSameError(list[i], thrown.errors[i]);
  }
  // A class field makes `name` enumerable; revived, it is as the platform has it.
  const keys = Object.keys(thrown).filter((key) => key !== "name");
  assertEquals(Object.keys(revived), keys);
  for (const key of keys) assertSame(Reflect.get(revived, key), Reflect.get(thrown, key));
  assert(!(omittedProperties in revived));
}

/** Compares as text, which tells prototypes, holes and -0 apart, and the order of entries. */
function assertSame(actual: unknown, expected: unknown): void {
  assertEquals(fc.stringify(actual), fc.stringify(expected));
}

test("any error built from plain parts arrives equal in class, name, message, stack, cause and properties", () => {
  fc.assert(
    fc.property(recipe, (from) => {
      const thrown = cook(from);
      assertSameError(decodeError(structuredClone(encodeError(thrown))), thrown);
    }),
    { numRuns: 500 },
  );
});

test("any plain value arrives equal", () => {
  fc.assert(
    fc.property(cloneable, (value) => {
      assertSame(decodeError(structuredClone(encodeError(value))), value);
    }),
    { numRuns: 1_000 },
  );
});

test("a second crossing changes nothing", () => {
  fc.assert(
    fc.property(recipe, (from) => {
      const once = decodeError(structuredClone(encodeError(cook(from))));
      assertSameError(decodeError(structuredClone(encodeError(once))), once as Error);
    }),
  );
});

function throwing(): never {
  throw new Error("trap");
}

const revoked = Proxy.revocable({}, {});
revoked.revoke();
const detached = new ArrayBuffer(8);
structuredClone(detached, { transfer: [detached] });
const everyTrapThrows = new Proxy({}, new Proxy({}, { get: () => throwing }));

class Hostile extends Error {
  override get message(): string {
    return throwing();
  }
  override get stack(): string {
    return throwing();
  }
  override get name(): string {
    return throwing();
  }
  override get cause(): unknown {
    return throwing();
  }
  get code(): string {
    return throwing();
  }
}

class WithPrivateState {
  #secret = 1;
  get secret(): number {
    return this.#secret;
  }
}

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

const weirdValues: readonly unknown[] = [
  Symbol("s"),
  Symbol.iterator,
  revoked.proxy,
  everyTrapThrows,
  new Proxy([], {}),
  new Proxy(new Error("x"), new Proxy({}, { get: () => throwing })),
  new Proxy(class {}, {}),
  new Hostile(),
  new WithPrivateState(),
  cyclic,
  detached,
  new SharedArrayBuffer(8),
  new Uint8Array(new SharedArrayBuffer(8)),
  Object(Symbol("boxed")),
  Promise.resolve(),
  new WeakMap(),
  new URL("http://localhost/"),
  new Headers(),
  new AbortController().signal,
  new MessageChannel().port1,
  Object.create(everyTrapThrows as object),
  Object.create(Error.prototype),
  Object.assign(Object.create(Error.prototype), { message: Object.create(null) }),
  Error.prototype,
  Map.prototype,
  Object.setPrototypeOf(new Map(), null),
  Object.setPrototypeOf(new Error("no class"), null),
  Object.setPrototypeOf([1], null),
  Object.defineProperty({}, "bad", { enumerable: true, get: throwing }),
  Object.defineProperty(new Error("x"), "stack", { get: throwing }),
  Object.defineProperty(new Error("x"), "constructor", { get: throwing }),
  Object.assign(Object.create({ constructor: { name: 1 } }), { a: 1 }),
  Object.defineProperty(new Date(), "getTime", { value: throwing }),
  Object.defineProperty(new Uint8Array(2), "buffer", { get: throwing }),
  Object.defineProperty(new Map(), "size", { get: throwing }),
  Object.defineProperty(new Map(), Symbol.iterator, { value: throwing }),
  globalThis,
];

/**
 * fast-check looks at what it generates, and some of these values do not bear looking at: so it generates makers of them.
 */
type Maker = () => unknown;

const weird = fc.oneof(
  cloneable.map((value): Maker => () => value),
  fc.nat(weirdValues.length - 1).map((index): Maker => () => weirdValues[index]),
);

/** Weird values inside errors, arrays, maps, sets and objects. */
const { nested } = fc.letrec<{ nested: Maker }>((tie) => ({
  nested: fc.oneof(
    { depthSize: "small" },
    weird,
    fc.tuple(fc.nat(4), fc.array(tie("nested"), { maxLength: 4 })).map(
      ([shape, makers]): Maker => () => assemble(shape, makers),
    ),
  ),
}));

function assemble(shape: number, makers: Maker[]): unknown {
  const parts = makers.map((make) => make());
  switch (shape) {
    case 0:
      return parts;
    case 1:
      return new Map(parts.map((part) => [part, part]));
    case 2:
      return new Set(parts);
    case 3:
      return Object.fromEntries(parts.map((part, index) => [`key ${index}`, part]));
    default: {
      const error = new RangeError("weird inside", { cause: parts[0] });
      return Object.assign(error, { parts });
    }
  }
}

test("encoding never throws, its outcome can always be cloned, and decoding gives a value or says what was lost", () => {
  fc.assert(
    fc.property(nested, (make) => {
      const value = make();
      const encoded = encodeError(value);
      assert(encoded.nodes.length <= errorLimits.nodes);
      const revived = decodeError(structuredClone(encoded));
      assert(!(revived instanceof TypeError && revived.message.startsWith("Cannot decode")));
      if (typeof value === "function" || typeof value === "symbol") {
        assertInstanceOf(revived, Error);
      }
    }),
    { numRuns: 1_000 },
  );
});

/** Close to the real shape, so that the checks deep inside are reached. */
const kinds = [
  "error",
  "object",
  "array",
  "map",
  "set",
  "date",
  "regexp",
  "boxed",
  "bytes",
  "other",
];
const almostValue = fc.oneof(
  cloneable,
  fc.record({ node: fc.integer({ min: -1, max: 4 }) }),
  fc.record({ lost: fc.oneof(fc.string(), cloneable) }),
);
const almostEntries = fc.oneof(
  { weight: 1, arbitrary: cloneable },
  {
    weight: 3,
    arbitrary: fc.array(
      fc.tuple(
        fc.oneof(
          fc.constantFrom<unknown>("name", "message", "stack", "cause", "length"),
          cloneable,
        ),
        almostValue,
      ),
    ),
  },
);
const almostNode = fc.record({
  kind: fc.constantFrom(...kinds),
  base: fc.oneof(
    fc.constantFrom<unknown>("Error", "AggregateError", "DOMException", "Function", "__proto__"),
    cloneable,
  ),
  className: fc.oneof(fc.string(), cloneable),
  ownCode: fc.oneof(fc.constantFrom<unknown>("ERR_LANE_CRASH", undefined), cloneable),
  domName: fc.oneof(fc.string(), cloneable),
  hidden: almostEntries,
  entries: almostEntries,
  pairs: almostEntries,
  members: fc.oneof(fc.array(almostValue), cloneable),
  losses: fc.oneof(fc.array(fc.string()), cloneable),
  length: fc.oneof(fc.integer(), cloneable),
  time: cloneable,
  source: cloneable,
  flags: cloneable,
  value: almostValue,
  type: fc.oneof(fc.constantFrom<unknown>("Uint8Array", "Function", "DataView"), cloneable),
  buffer: fc.oneof(fc.constant(new ArrayBuffer(3)), cloneable),
}, { requiredKeys: ["kind"] });
const almostEncoded = fc.record({
  format: fc.constantFrom<unknown>(1, 1, 1, 2),
  root: almostValue,
  nodes: fc.array(almostNode, { maxLength: 4 }),
  losses: fc.oneof(fc.array(fc.string()), cloneable),
});

test("decoding never throws, whatever it is given", () => {
  fc.assert(
    fc.property(fc.oneof(almostEncoded.map((value): Maker => () => value), nested), (make) => {
      decodeError(make() as never);
    }),
    { numRuns: 2_000 },
  );
});

test("a truncated or altered encoding decodes to some value, or to an error that says it is malformed", () => {
  fc.assert(
    fc.property(recipe, fc.nat(), cloneable, (from, position, replacement) => {
      const wire = structuredClone(encodeError(cook(from))) as unknown as Record<string, unknown>;
      const node = (wire.nodes as Record<string, unknown>[])[0]!;
      const keys = Object.keys(node);
      node[keys[position % keys.length]!] = replacement;
      const decoded = decodeError(wire as never);
      assert(decoded !== undefined);
    }),
  );
});
