// The answer ring in one thread: a lane that writes and a gate that reads when it likes.
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { allocateAnswers, AnswerReader, AnswerWriter } from "../lib/bridge/answer_ring.ts";
import { strictDifference } from "./fixtures/strict_difference.ts";

// More by TOKENGATE_RING_CASES=100000.
const cases = Number(process.env.TOKENGATE_RING_CASES ?? 150);
/** Bytes for records, as in `answer_ring.ts`; head and tail lie behind them. */
const RING_BYTES = 2 ** 18;
const HEAD = RING_BYTES / 4;
const TAIL = HEAD + 32;
/** The largest record, and what of it is header of the record and of a long text. */
const MOST_RECORD_BYTES = RING_BYTES / 4;
const RECORD_HEADER_BYTES = 16;
const TEXT_HEADER_BYTES = 4;

interface Ring {
  readonly memory: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly writer: AnswerWriter;
  readonly reader: AnswerReader;
}

/** A ring whose positions have run on to `position` already. */
function ringAt(position: number): Ring {
  const memory = allocateAnswers();
  const words = new Int32Array(memory);
  words[HEAD] = words[TAIL] = position;
  return { memory, words, writer: new AnswerWriter(memory), reader: new AnswerReader(memory) };
}

/** A text whose record has exactly so many bytes; a multiple of four. */
function textOf(recordBytes: number, letter: string): string {
  return letter.repeat(recordBytes - RECORD_HEADER_BYTES - TEXT_HEADER_BYTES);
}

function assertNext(reader: AnswerReader, tag: number, outcome: number, value: unknown): void {
  assert(reader.next(), `answer ${tag} is missing`);
  assertEquals([reader.tag, reader.outcome, reader.isReadable], [tag, outcome, true]);
  assertEquals(strictDifference(reader.value, value), undefined);
}

function assertNothing(reader: AnswerReader): void {
  assertEquals([reader.isEmpty, reader.next(), reader.value], [true, false, undefined]);
}

test("answers are read in the order they were written, with tag and outcome", () => {
  const { writer, reader } = ringAt(0);
  assertNothing(reader);
  assert(writer.write(3, 0, { a: [1, "two"] }));
  assert(writer.write(~5, 1, undefined));
  assert(writer.write(0, 2, -0));
  assertEquals(reader.isEmpty, false);
  assertNext(reader, 3, 0, { a: [1, "two"] });
  assertNext(reader, ~5, 1, undefined);
  assertNext(reader, 0, 2, -0);
  assertNothing(reader);
});

test("a value that does not go as bytes is refused and leaves nothing behind", () => {
  const { writer, reader, words } = ringAt(0);
  const before = words[TAIL];
  for (const value of [/x/, new SharedArrayBuffer(8), () => 1, [new Date(0), Symbol.iterator]]) {
    assertEquals(writer.write(1, 0, value), false);
  }
  assertEquals(words[TAIL], before);
  assertNothing(reader);
  assert(writer.write(2, 0, "after"));
  assertNext(reader, 2, 0, "after");
});

test("what an accessor in a result throws is thrown, and the ring goes on", () => {
  const { writer, reader } = ringAt(RING_BYTES - 24);
  const value = {
    get bad(): number {
      throw new RangeError("no");
    },
  };
  let caught: unknown;
  try {
    writer.write(1, 0, value);
  } catch (error) {
    caught = error;
  }
  assert(caught instanceof RangeError);
  assertNothing(reader);
  assert(writer.write(2, 0, "after"));
  assertNext(reader, 2, 0, "after");
});

test("the largest record is a quarter of the ring, and four of them fill it", () => {
  const { writer, reader } = ringAt(0);
  assertEquals(writer.write(0, 0, textOf(MOST_RECORD_BYTES + 4, "x")), false);
  for (let n = 0; n < 4; n++) assert(writer.write(n, 0, textOf(MOST_RECORD_BYTES, String(n))));
  assertEquals(writer.write(4, 0, 1), false, "a full ring took an answer");
  for (let n = 0; n < 4; n++) assertNext(reader, n, 0, textOf(MOST_RECORD_BYTES, String(n)));
  assertNothing(reader);
  assert(writer.write(5, 0, 1));
  assertNext(reader, 5, 0, 1);
});

test("a record that ends where the memory ends is not moved, one that is larger is", () => {
  for (const left of [24, 32, 1_000]) {
    const fits = ringAt(RING_BYTES - left);
    assert(fits.writer.write(1, 0, textOf(left, "f")));
    assertEquals(fits.words[TAIL], RING_BYTES);
    assertNext(fits.reader, 1, 0, textOf(left, "f"));
    assertNothing(fits.reader);
    const moved = ringAt(RING_BYTES - left);
    assert(moved.writer.write(1, 0, textOf(left + 4, "m")));
    assertEquals(moved.words[TAIL], RING_BYTES + Math.ceil((left + 4) / 8) * 8);
    assertNext(moved.reader, 1, 0, textOf(left + 4, "m"));
    assertNothing(moved.reader);
  }
});

test("a piece at the end that is smaller than any record is passed over", () => {
  for (const left of [8, 16]) {
    const { writer, reader, words } = ringAt(RING_BYTES - left);
    assert(writer.write(1, 0, 5));
    assertEquals(words[TAIL], RING_BYTES + 24);
    assertNext(reader, 1, 0, 5);
    assertNothing(reader);
  }
});

test("a record is not moved to a start that is not free", () => {
  const { writer, reader } = ringAt(8);
  // To 64 bytes before the end, with 8 bytes free at the start.
  for (let n = 0; n < 3; n++) assert(writer.write(n, 0, textOf(MOST_RECORD_BYTES, "a")));
  assert(writer.write(3, 0, textOf(MOST_RECORD_BYTES - 72, "b")));
  assertEquals(writer.write(4, 0, textOf(72, "c")), false);
  assert(writer.write(5, 0, textOf(64, "d")));
  assertEquals(writer.write(6, 0, 1), false);
  for (let n = 0; n < 3; n++) assertNext(reader, n, 0, textOf(MOST_RECORD_BYTES, "a"));
  assertNext(reader, 3, 0, textOf(MOST_RECORD_BYTES - 72, "b"));
  assertNext(reader, 5, 0, textOf(64, "d"));
  assertNothing(reader);
});

test("an answer whose bytes cannot be read is told as such, and those behind it are read", () => {
  const { writer, reader, words } = ringAt(0);
  assert(writer.write(1, 0, "abcdefgh"));
  assert(writer.write(2, 0, "next"));
  words[RECORD_HEADER_BYTES / 4] = 31;
  assert(reader.next());
  assertEquals([reader.tag, reader.isReadable, reader.value instanceof Error], [1, false, true]);
  assertNext(reader, 2, 0, "next");
  assertNothing(reader);
});

// A seed for the contents, so that a program is short to print.
const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat(300) },
  { weight: 4, arbitrary: fc.integer({ min: 300, max: 30_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: MOST_RECORD_BYTES - 60, max: MOST_RECORD_BYTES }) },
  { weight: 1, arbitrary: fc.integer({ min: MOST_RECORD_BYTES, max: RING_BYTES + 1_000 }) },
);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      bytes: size,
      times: fc.integer({ min: 1, max: 6 }),
      type: fc.nat(3),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("read" as const), most: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fill" as const), bytes: fc.nat(9_000) }) },
);

function valueOf(type: number, bytes: number, seed: number): unknown {
  if (type === 0) return String.fromCharCode(97 + seed % 26).repeat(bytes);
  if (type === 1) return new Uint8Array(bytes).fill(seed);
  if (type === 2) return Array.from({ length: bytes >> 2 }, (_, n) => n + seed);
  return { seed, text: "é→".repeat(bytes >> 2), list: [seed, null, -0.5] };
}

test("whatever the sizes, and however long the gate does not read, all that was taken comes back in order", () => {
  // Places near the end of the memory, and where the counts pass 2^31 and 2^32.
  const position = fc.tuple(
    fc.constantFrom(0, RING_BYTES, 2 ** 31 - RING_BYTES, -RING_BYTES),
    fc.nat(RING_BYTES / 8 - 1),
  ).map(([base, at]) => (base + at * 8) | 0);
  fc.assert(
    fc.property(position, fc.array(step, { maxLength: 40 }), (position, steps) => {
      const { writer, reader, words } = ringAt(position);
      const model: [tag: number, outcome: number, value: unknown][] = [];
      let made = 0;
      function write(type: number, bytes: number): boolean {
        const value = valueOf(type, bytes, made);
        const tag = made % 2 === 0 ? made : ~made;
        const [head, tail] = [words[HEAD]!, words[TAIL]!];
        const isTaken = writer.write(tag, made % 3, value);
        const used = (words[TAIL]! - head) | 0;
        assertEquals(words[HEAD], head);
        if (isTaken) {
          assert(
            words[TAIL]! % 8 === 0 && used > 0 && used <= RING_BYTES,
            `${used} bytes are used`,
          );
          model.push([tag, made % 3, value]);
        } else {
          assertEquals(words[TAIL], tail);
          // Refused for a reason: it is large, or the ring is filled to more than a half.
          const isLarge = bytes > MOST_RECORD_BYTES / 4;
          assert(isLarge || used > RING_BYTES / 2, `${bytes} bytes refused with ${used} used`);
        }
        made++;
        return isTaken;
      }
      for (const step of steps) {
        if (step.kind === "read") {
          for (let n = 0; n < step.most && model.length > 0; n++) {
            assertNext(reader, ...model.shift()!);
          }
        } else if (step.kind === "fill") { while (write(1, step.bytes)); }
        else for (let n = 0; n < step.times; n++) write(step.type, step.bytes);
        assertEquals(reader.isEmpty, model.length === 0);
      }
      for (const answer of model) assertNext(reader, ...answer);
      assertNothing(reader);
    }),
    { numRuns: cases },
  );
});
