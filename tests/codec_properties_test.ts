import { test } from "node:test";
import { Buffer } from "node:buffer";
import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Decoder } from "../lib/bridge/decoder.ts";
import { NO_ROOM, NOT_TAKEN } from "../lib/bridge/encoder.ts";
import { bytes, decoder, encode, encoder, END, START } from "./fixtures/codec_pair.ts";
import { strictDifference } from "./fixtures/strict_difference.ts";

// More by TOKENGATE_CODEC_CASES=100000; replay a failure by the seed and path that fast-check prints.
const cases = { numRuns: Number(process.env.TOKENGATE_CODEC_CASES ?? 2_000) };

const typedArrays = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];

interface ViewClass {
  new (buffer: ArrayBuffer): ArrayBufferView;
  readonly BYTES_PER_ELEMENT?: number;
}
const viewClasses: readonly ViewClass[] = [...typedArrays, DataView];

const unit = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }),
  fc.integer({ min: 0, max: 0x17f }),
  fc.integer({ min: 0xd7f0, max: 0xe010 }),
);
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.array(unit).map((codes) => String.fromCharCode(...codes)),
  fc.tuple(fc.string({ unit: "binary" }), fc.nat({ max: 60 }), fc.nat({ max: 60 })).map((
    [part, before, after],
  ) => "a".repeat(before) + part + "b".repeat(after)),
  fc.tuple(fc.string({ unit: "grapheme-ascii" }), fc.nat({ max: 60 })).map(([part, count]) =>
    part.repeat(count)
  ),
);
const content = fc.uint8Array().map((array) => new Uint8Array(array));
const view = fc.tuple(fc.constantFrom(...viewClasses), content).map(
  ([constructor, source]) => {
    const each = constructor === DataView
      ? 1
      : (constructor as typeof Uint8Array).BYTES_PER_ELEMENT;
    const length = source.length - source.length % each;
    return new constructor(source.buffer.slice(0, length));
  },
);
const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.integer({ min: 2 ** 26 - 3, max: 2 ** 26 + 3 }).chain((n) => fc.constantFrom(n, -n)),
  fc.constantFrom(0, -0, NaN, 2 ** 31),
);
const primitive = fc.oneof(
  number,
  text,
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }),
  fc.boolean(),
  fc.constantFrom(undefined, null),
);
const key = fc.oneof(
  fc.string({ maxLength: 8 }),
  text,
  fc.nat({ max: 20 }).map(String),
  fc.constantFrom("__proto__", "constructor", "length", "toString", "a", "b", "c", "then"),
);

function objectOf(entries: readonly (readonly [string, unknown])[], hasPrototype: boolean): object {
  const object = hasPrototype ? {} : Object.create(null);
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}

/** Values of the kinds that travel, in which no object comes twice: every one must be taken. */
const { taken } = fc.letrec<{ taken: unknown }>((tie) => {
  const inner = tie("taken");
  const several = { maxLength: 6, depthIdentifier: "taken" };
  return {
    taken: fc.oneof(
      { maxDepth: 7, depthIdentifier: "taken" },
      primitive,
      fc.date({ noInvalidDate: false }).map((date) => new Date(date)),
      view,
      content.map((array) => array.buffer),
      fc.array(fc.integer()),
      fc.array(fc.integer(), { minLength: 20, maxLength: 200 }),
      fc.array(number, { maxLength: 60 }),
      fc.array(text),
      fc.tuple(primitive, fc.nat({ max: 60 })).map(([value, count]) =>
        new Array(count).fill(value)
      ),
      fc.array(inner, several),
      fc.tuple(fc.array(fc.tuple(key, inner), several), fc.boolean()).map(
        ([entries, hasPrototype]) => objectOf(entries, hasPrototype),
      ),
      fc.array(fc.tuple(inner, inner), several).map((entries) => new Map(entries)),
      fc.array(inner, several).map((values) => new Set(values)),
    ),
  };
});

const plain = fc.anything(
  {
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  } as Parameters<typeof fc.anything>[0],
);

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(8);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

/** A long array of one value: how it is asked for depends on the length. */
function long(value: unknown): unknown[] {
  return new Array(1 + (typeof value === "number" ? Math.abs(value | 0) % 50 : 30)).fill(value);
}

/** Something done to a value that makes another value of it, mostly one that must not be taken as it is. */
const twists: readonly ((value: unknown) => unknown)[] = [
  (value) => [value, value],
  (value) => ({ a: value, b: [1, value] }),
  (value) => new Map([[value, value]]),
  (value) => Object.assign([value], { extra: value }),
  (value) => Object.assign(long(value), { extra: value }),
  (value) => Object.defineProperty([value, 1], 0, { enumerable: false }),
  (value) => {
    const array = Object.defineProperty(long(value), 0, { enumerable: false });
    return Object.assign(array, { extra: value });
  },
  (value) => {
    const array = long(value);
    delete array[array.length - 1];
    return Object.assign(array, { extra: value });
  },
  (value) => Object.defineProperty([1, value], 0, { get: () => value, enumerable: true }),
  (value) => Object.defineProperty({ b: 1 }, "a", { get: () => value, enumerable: true }),
  (value) => Object.defineProperty({ b: value }, "a", { value, enumerable: false }),
  (value) => Object.assign(new Map([[1, value]]), { extra: 1 }),
  (value) => {
    const array: unknown[] = [value];
    array[3] = value;
    return array;
  },
  (value) => class extends Array {}.of(value),
  (value) =>
    new class {
      value = value;
    }(),
  (value) => {
    const cycle = [value];
    cycle.push(cycle);
    return cycle;
  },
  (value) => {
    const cycle: Record<string, unknown> = { value };
    cycle.cycle = cycle;
    return cycle;
  },
  (value) => [() => value],
  (value) => ({ key: Symbol("s"), value }),
  (value) => ({ [Symbol("s")]: value, a: 1 }),
  (value) => ArrayBuffer.isView(value) ? [value, value.buffer] : [[value]],
  (value) => new Uint8Array(new ArrayBuffer(9), typeof value === "string" ? 1 : 0, 8),
  (value) => [new SharedArrayBuffer(4), value],
  (value) => [new ArrayBuffer(4, { maxByteLength: 8 }), value],
  (value) => [detached(), value],
  (value) => [Buffer.from("x"), value],
  (value) => new Error("e", { cause: value }),
  (value) => /(?<a>.)/.exec(String(typeof value)),
];

const { arbitrary } = fc.letrec<{ arbitrary: unknown }>((tie) => ({
  arbitrary: fc.oneof(
    { maxDepth: 4, depthIdentifier: "arbitrary" },
    plain,
    taken,
    fc.array(tie("arbitrary"), { maxLength: 4, depthIdentifier: "arbitrary" }),
    fc.dictionary(fc.string(), tie("arbitrary"), { maxKeys: 4, depthIdentifier: "arbitrary" }),
    fc.tuple(fc.constantFrom(...twists), tie("arbitrary")).map(([twist, value]) => twist(value)),
    fc.sparseArray(number),
  ),
}));

test("every value of the kinds that travel is taken and comes back as its clone", () => {
  fc.assert(
    fc.property(taken, (value) => {
      const length = encode(value);
      assert(length > 0, `the value was not taken: ${length}`);
      const back = decoder.decode(START, START + length);
      bytes.fill(0xff, START, START + length);
      assertEquals(strictDifference(back, structuredClone(value)), undefined);
    }),
    cases,
  );
});

test("lists beside each other come back as their clones", () => {
  const lists = fc.array(fc.array(taken, { maxLength: 4 }), { maxLength: 4 });
  fc.assert(
    fc.property(lists, (lists) => {
      const ends: number[] = [];
      let at = START;
      for (const list of lists) {
        const length = encoder.encodeList(list, at, END);
        assert(length > 0, `the list was not taken: ${length}`);
        ends.push(at, at + length);
        at += (length + 7) & ~7;
      }
      lists.forEach((list, i) => {
        const back = decoder.decodeList(ends[2 * i]!, ends[2 * i + 1]!);
        assertEquals(strictDifference(back, structuredClone(list)), undefined);
      });
    }),
    cases,
  );
});

test("whatever is taken comes back as its clone, and what a clone refuses is not taken", () => {
  fc.assert(
    fc.property(arbitrary, (value) => {
      const length = encode(value);
      assert(length > 0 || length === NOT_TAKEN, `${length}`);
      if (length > 0) {
        const back = decoder.decode(START, START + length);
        assertEquals(strictDifference(back, structuredClone(value)), undefined);
      }
      assert(encode(["behind"]) > 0);
      assertEquals(decoder.decode(START, END), ["behind"]);
    }),
    cases,
  );
});

test("a value fits into the room it needs and into no less", () => {
  fc.assert(
    fc.property(taken, fc.double({ min: 0, max: 1, noNaN: true }), (value, part) => {
      const needed = encode(value);
      assertEquals(encode(value, START + needed), needed);
      const back = decoder.decode(START, START + needed);
      assertEquals(strictDifference(back, structuredClone(value)), undefined);
      const less = Math.floor(needed / 4 * part) * 4;
      if (less < needed) assertEquals(encode(value, START + less), NO_ROOM);
    }),
    cases,
  );
});

/** How many units, elements and bytes a value has in all. */
function weight(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value === "bigint") return value.toString(16).length;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== "object" || value === null || value instanceof Date) return 1;
  let sum = 1;
  if (value instanceof Map || value instanceof Set) {
    for (const element of value as Iterable<unknown>) sum += weight(element);
  }
  for (const [key, element] of Object.entries(value)) {
    sum += weight(element) + (Array.isArray(value) ? 1 : key.length + 1);
  }
  return sum;
}

/** Reads whatever bytes there are: a value, or an error of the decoder's, and never more than the bytes can hold. */
function readHostile(source: Uint8Array): void {
  const memory = new SharedArrayBuffer(source.length + 64);
  const all = new Uint8Array(memory).fill(0x17);
  all.set(source, 32);
  const start = 32;
  const end = start + source.length;
  const decoder = new Decoder(memory);
  for (const isList of [true, false]) {
    let read = 0;
    try {
      read = weight(isList ? decoder.decodeList(start, end) : decoder.decode(start, end));
    } catch (error) {
      assert(error instanceof RangeError || error instanceof TypeError, String(error));
    }
    assert(read <= source.length * 2 + 1, `${read} of ${source.length} bytes`);
  }
}

test("random words are a value or an error", () => {
  const head = fc.tuple(
    fc.integer({ min: 0, max: 22 }),
    fc.oneof(fc.integer({ min: -2, max: 5 }), fc.integer()),
  )
    .map(([tag, payload]) => payload << 5 | tag);
  const word = fc.oneof(head, head, fc.integer({ min: -1, max: 12 }), fc.integer());
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), (words) => {
      readHostile(new Uint8Array(Int32Array.from(words).buffer));
    }),
    cases,
  );
});

test("random bytes are a value or an error", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (source) => readHostile(source)), cases);
});

test("truncated and bit-flipped values are a value or an error", () => {
  const places = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 7 })), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(taken, { minLength: 1, maxLength: 4 }), places, (list, places) => {
      const length = encoder.encodeList(list, START, END);
      const encoded = bytes.slice(START, START + length);
      readHostile(encoded.slice(0, places[0]![0] % length));
      for (const [place, bit] of places) {
        const at = place % length;
        encoded[at] = encoded[at]! ^ (1 << bit);
        readHostile(encoded);
      }
    }),
    cases,
  );
});
