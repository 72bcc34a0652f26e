import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  CHILDREN,
  FRAME,
  makeRecord,
  MESSAGE,
  MOST_RECORD_BYTES,
  RECORD_HEADER_BYTES,
  RecordReader,
} from "../lib/bridge/byte_stream.ts";
import { bytesToValue, valueToBytes } from "../lib/bridge/value_bytes.ts";
import { NotCloneableError } from "../mod.ts";

const records = fc.array(
  fc.record({ kind: fc.integer({ min: MESSAGE, max: CHILDREN }), bytes: fc.uint8Array() }),
  { maxLength: 20 },
);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

test("records arrive whole and in order, wherever the stream is cut", () => {
  fc.assert(
    fc.property(records, fc.array(fc.nat(40), { minLength: 1 }), (sent, cuts) => {
      const stream = joined(sent.map(({ kind, bytes }) => makeRecord(kind, bytes)));
      const received: { kind: number; bytes: Uint8Array }[] = [];
      const reader = new RecordReader((kind, bytes) => received.push({ kind, bytes }));
      for (let at = 0, n = 0; at < stream.length; n++) {
        const end = at + cuts[n % cuts.length]! + 1;
        reader.add(stream.subarray(at, end));
        at = end;
      }
      assertEquals(
        received.map(({ kind, bytes }) => ({ kind, bytes: new Uint8Array(bytes) })),
        sent,
      );
      assert(reader.isWhole);
    }),
    { numRuns: 300 },
  );
});

test("a record has a buffer of its own, which begins where it does", () => {
  let found: Uint8Array<ArrayBuffer> | undefined;
  const reader = new RecordReader((_kind, bytes) => found = bytes);
  const chunk = makeRecord(FRAME, new Uint8Array([1, 2, 3]));
  reader.add(chunk);
  chunk.fill(9);
  assertEquals([found!.byteOffset, found!.buffer.byteLength, [...found!]], [0, 3, [1, 2, 3]]);
});

test("what is no record is refused before memory is taken for it", () => {
  for (const [length, kind] of [[MOST_RECORD_BYTES + 1, MESSAGE], [1, 0], [1, CHILDREN + 1]]) {
    const header = new Uint8Array(RECORD_HEADER_BYTES);
    const view = new DataView(header.buffer);
    view.setUint32(0, length!, true);
    view.setUint32(4, kind!, true);
    const reader = new RecordReader(() => {});
    assertThrows(() => reader.add(header), RangeError, "Cannot read what a process sent");
  }
});

test("a stream that ends within a record says so", () => {
  const reader = new RecordReader(() => {});
  const record = makeRecord(MESSAGE, new Uint8Array(10));
  for (let end = 1; end < record.length; end++) {
    reader.add(record.subarray(end - 1, end));
    assertEquals(reader.isWhole, false);
  }
  reader.add(record.subarray(record.length - 1));
  assert(reader.isWhole);
});

test("values become bytes and values again as structured clone would have them", () => {
  const withCycle: Record<string, unknown> = { list: [1n, NaN, -0, undefined, , "\ud800"] };
  withCycle.self = withCycle;
  const buffer = new ArrayBuffer(64);
  const values: unknown[] = [
    withCycle,
    new Map<unknown, unknown>([[{ a: 1 }, new Set([new Date(5)])]]),
    [new Uint8Array(buffer, 8, 4), new Float64Array(buffer, 16, 2), buffer],
    new RangeError("out of range", { cause: new Error("the cause") }),
    /x/gi,
    [Object(1), Object("text"), Object(1n)],
    new (class Own {
      field = 1;
    })(),
  ];
  for (const value of values) {
    assertEquals(bytesToValue(valueToBytes(value)), structuredClone(value));
  }
  const [one, other] = bytesToValue(valueToBytes(values[2])) as Uint8Array[];
  assertEquals([one!.buffer === other!.buffer, one!.buffer.byteLength, one!.byteOffset], [
    true,
    64,
    8,
  ]);
});

test("what another process cannot have is refused by name, however deep it is", () => {
  const shared = new SharedArrayBuffer(8);
  const foreign: [unknown, string][] = [
    [shared, "SharedArrayBuffer"],
    [new Int32Array(shared), "SharedArrayBuffer"],
    [[{ deep: new Map([[1, new Set([shared])]]) }], "SharedArrayBuffer"],
    [new Blob(["text"]), "Blob"],
  ];
  // Bun's structured clone drops the cause of an error.
  if (!("Bun" in globalThis)) {
    foreign.push([new Error("x", { cause: { shared } }), "SharedArrayBuffer"]);
  }
  for (const [value, name] of foreign) {
    assertThrows(() => valueToBytes(value), NotCloneableError, name);
  }
  assertThrows(() => valueToBytes(() => 1));
});
