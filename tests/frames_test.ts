// Frames, the form of the bridge for lanes without shared memory.
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FrameReader, FrameWriter } from "../lib/bridge/frames.ts";

// More by TOKENGATE_RING_CASES=100000.
const given = process.env.TOKENGATE_RING_CASES;
const cases = given === undefined ? undefined : Number(given);

interface Entry {
  readonly first: number;
  readonly second: number;
  readonly id: number;
  readonly values: readonly unknown[];
}

const entries: fc.Arbitrary<Entry[]> = fc.array(
  fc.record({
    first: fc.integer({ min: -300, max: 300 }),
    second: fc.integer({ min: -9, max: 9 }),
    id: fc.integer({ min: 0, max: 2 ** 50 }),
    values: fc.array(
      fc.oneof(fc.double(), fc.string({ unit: "binary", maxLength: 900 }), fc.jsonValue()),
      { maxLength: 5 },
    ),
  }),
  { maxLength: 40 },
);

test("what is put into frames comes out of them, in order, one frame after the other", () => {
  fc.assert(
    fc.property(fc.array(entries, { maxLength: 4 }), (frames) => {
      const writer = new FrameWriter();
      for (const [kind, frame] of frames.entries()) {
        for (const { first, second, id, values } of frame) {
          assert(writer.addList(first, second, id, values));
        }
        assertEquals(writer.count, frame.length);
        const reader = new FrameReader(writer.take(kind));
        assertEquals(reader.kind, kind);
        for (const entry of frame) {
          assert(reader.next());
          assertEquals([reader.first, reader.second, reader.id], [
            entry.first,
            entry.second,
            entry.id,
          ]);
          assertEquals(reader.list(), structuredClone(entry.values) as unknown[]);
        }
        assertEquals(reader.next(), false);
      }
    }),
    { numRuns: cases ?? 300 },
  );
});

test("a value that the codec does not take leaves the frame as it was", () => {
  const writer = new FrameWriter();
  assert(writer.addValue(1, 0, "before"));
  assertEquals(writer.addValue(2, 0, new SharedArrayBuffer(8)), false);
  assertEquals(writer.addValue(3, 0, new Uint8Array(2 ** 20)), false);
  assert(writer.addValue(4, 0, "after"));
  const reader = new FrameReader(writer.take(6));
  const read: unknown[] = [];
  while (reader.next()) read.push([reader.first, reader.value()]);
  assertEquals(read, [[1, "before"], [4, "after"]]);
});

test("an accessor that throws is told, and the frame goes on", () => {
  const writer = new FrameWriter();
  const failing = Object.defineProperty({}, "x", {
    enumerable: true,
    get: () => {
      throw new RangeError("no");
    },
  });
  assertThrows(() => writer.addValue(1, 0, failing), RangeError, "no");
  assert(writer.addValue(2, 0, 7));
  const reader = new FrameReader(writer.take(0));
  assert(reader.next());
  assertEquals([reader.first, reader.value()], [2, 7]);
});

test("bytes that no writer made are an error or a value, and nothing else", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.array(fc.tuple(fc.nat(399), fc.nat(255)), { maxLength: 4 }),
      entries,
      (noise, changes, list) => {
        readAll(noise.slice().buffer as ArrayBuffer);
        const writer = new FrameWriter();
        for (const { first, second, id, values } of list) writer.addList(first, second, id, values);
        const frame = new Uint8Array(writer.take(4));
        for (const [at, byte] of changes) frame[at % frame.length] = byte;
        readAll(frame.buffer);
      },
    ),
    { numRuns: cases ?? 500 },
  );
});

function readAll(frame: ArrayBuffer): void {
  try {
    const reader = new FrameReader(frame);
    while (reader.next()) reader.list();
  } catch (error) {
    assert(error instanceof RangeError || error instanceof TypeError, String(error));
  }
}
