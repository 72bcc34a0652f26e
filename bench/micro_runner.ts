/**
 * Micro-benchmarks of the parts that every call goes through, with mitata, on the runtime it is started with. Writes one
 * JSON object a line.
 *
 * @module
 */

import process from "node:process";
import { allocateAnswers, AnswerReader, AnswerWriter } from "../lib/bridge/answer_ring.ts";
import { CallBoard } from "../lib/bridge/call_board.ts";
import { Decoder } from "../lib/bridge/decoder.ts";
import { Encoder } from "../lib/bridge/encoder.ts";
import { decodeError, encodeError } from "../lib/bridge/error_codec.ts";
import { type CallLimits, CallToken, COMPLETED, type TokenOwner } from "../lib/call_token.ts";
import { Intake } from "../lib/gate/intake.ts";
import { TokenTable } from "../lib/gate/token_table.ts";
import { Mailbox } from "../lib/lane/mailbox.ts";
import type { MicroRow } from "./bench_result.ts";
import { importPackage } from "./peers/locate.ts";

interface Mitata {
  measure(
    fn: () => unknown,
    options: { min_cpu_time: number },
  ): Promise<{ avg: number; p50: number; p99: number }>;
  do_not_optimize(value: unknown): void;
}

/** Time that each is measured for, in nanoseconds. */
const MEASURED_NS = 200e6;
/** How many at once where one alone would not be like a program. */
const MANY = 64;

const owner: TokenOwner = {
  cancel: () => false,
  hasStarted: () => false,
  startedMs: () => NaN,
  grant: () => {},
};
const operation = { url: "file:///operations.ts", name: "work" };
const limits: CallLimits = {
  priority: 0,
  timeoutMs: undefined,
  queueTimeoutMs: undefined,
  deadlineMs: undefined,
  inline: "never",
};
const args: readonly unknown[] = [1];

function token(id = 1): CallToken {
  return new CallToken(id, operation, args, limits, owner, 0);
}

const tokens = Array.from({ length: MANY }, (_, i) => token(i));
const intake = new Intake();
const mailbox = new Mailbox(MANY);
const table = new TokenTable();
const plain = new Error("no such file");
const rich = Object.assign(new TypeError("bad request", { cause: plain }), {
  code: "E_BAD",
  details: { field: "name", limit: 10 },
});
const encoded = encodeError(rich);

const CODEC_BYTES = 2 ** 16;
const memory = new SharedArrayBuffer(CODEC_BYTES);
const encoder = new Encoder(memory);
const decoder = new Decoder(memory);
const board = CallBoard.allocate(MANY);
const answers = allocateAnswers();
const answerWriter = new AnswerWriter(answers);
const answerReader = new AnswerReader(answers);
let generation = 0;

/** Values of the kinds that calls are made of. */
const values: Readonly<Record<string, unknown>> = {
  "two numbers": [3, 0.5],
  "300 letters": "tokengate ".repeat(30),
  "500 integers": Array.from({ length: 500 }, (_, i) => i * 150),
  "a nested object": {
    id: 7,
    name: "order",
    lines: Array.from({ length: 8 }, (_, i) => ({ sku: `sku-${i}`, count: i, price: i * 1.5 })),
  },
  "1 KB of bytes": new Uint8Array(1_024),
};

/** There and back by the codec, and by structured clone beside it. */
function codecBenchmarks(): Record<string, (keep: (value: unknown) => void) => () => unknown> {
  const made: Record<string, (keep: (value: unknown) => void) => () => unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    made[`codec: ${name}, there and back`] = (keep) => () =>
      keep(decoder.decode(0, encoder.encode(value, 0, CODEC_BYTES)));
    made[`structuredClone: ${name}`] = (keep) => () => keep(structuredClone(value));
  }
  return made;
}

const benchmarks: Readonly<Record<string, (keep: (value: unknown) => void) => () => unknown>> = {
  [`queue: ${MANY} in, ${MANY} out`]: () => () => {
    for (let i = 0; i < MANY; i++) intake.push(tokens[i]!);
    for (let i = 0; i < MANY; i++) intake.shift();
  },
  [`mailbox: ${MANY} in, ${MANY} out`]: () => () => {
    for (let i = 0; i < MANY; i++) mailbox.put(tokens[i]!);
    for (let i = 0; i < MANY; i++) mailbox.take(i);
  },
  [`board: ${MANY} posted, taken, started, ended`]: () => () => {
    generation++;
    for (let slot = 0; slot < MANY; slot++) {
      board.open(slot, generation, 0, slot, 0, Infinity);
      board.list(slot);
    }
    for (let slot = board.take(); slot >= 0; slot = board.take()) {
      board.start(slot, board.openWord(slot), 1);
      board.end(slot, 1);
    }
  },
  [`answer ring: ${MANY} numbers in, ${MANY} out`]: () => () => {
    for (let slot = 0; slot < MANY; slot++) answerWriter.write(slot, 0, slot);
    while (answerReader.next());
  },
  "token: made, settled, never awaited": (keep) => () => {
    const own = token();
    own.code = COMPLETED;
    own.fulfil(1);
    keep(own);
  },
  "token: made, awaited, settled": () => async () => {
    const own = token();
    const result = own.promise();
    own.code = COMPLETED;
    own.fulfil(1);
    await result;
  },
  "token table: id given, entered, released": (keep) => () => {
    const own = token(table.allocate());
    table.set(own);
    table.release(own);
    keep(own);
  },
  ...codecBenchmarks(),
  "error: encoded": (keep) => () => keep(encodeError(plain)),
  "error with cause, code and details: encoded": (keep) => () => keep(encodeError(rich)),
  "error with cause, code and details: decoded": (keep) => () => keep(decodeError(encoded)),
};

const { measure, do_not_optimize: keep } = await importPackage<Mitata>("mitata/src/lib.mjs");
for (const [name, make] of Object.entries(benchmarks)) {
  const { avg, p50, p99 } = await measure(make(keep), { min_cpu_time: MEASURED_NS });
  const row: MicroRow = { name, avgNs: avg, p50Ns: p50, p99Ns: p99 };
  process.stdout.write(`${JSON.stringify(row)}\n`);
}
