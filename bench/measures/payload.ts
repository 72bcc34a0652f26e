/**
 * Payloads: many calls at once that carry something, by its kind and size.
 *
 * @module
 */

import { median } from "../../lib/cli/statistics.ts";
import { work } from "../work.ts";
import { type Measured, repeat, type Subject, timeAll } from "./subject.ts";

/** A payload: its name in metrics, and how many calls carry it at once. */
export interface PayloadKind {
  readonly name: string;
  /** As people read it. */
  readonly label: string;
  readonly calls: number;
  /** Bytes of a byte payload; undefined for values that are sent there and back. */
  readonly bytes?: number;
  /** Whether the memory is handed over. */
  readonly transfer?: boolean;
}

/** All payloads. */
export const PAYLOADS: readonly PayloadKind[] = [
  { name: "clone1K", label: "1 KB cloned", calls: 2_000, bytes: 1_024 },
  { name: "clone64K", label: "64 KB cloned", calls: 100, bytes: 65_536 },
  { name: "clone1M", label: "1 MB cloned", calls: 16, bytes: 1_048_576 },
  { name: "transfer1K", label: "1 KB transferred", calls: 2_000, bytes: 1_024, transfer: true },
  { name: "transfer64K", label: "64 KB transferred", calls: 100, bytes: 65_536, transfer: true },
  { name: "transfer1M", label: "1 MB transferred", calls: 16, bytes: 1_048_576, transfer: true },
  { name: "integers", label: "500 integers, there and back", calls: 1_000 },
  { name: "doubles", label: "500 doubles, there and back", calls: 1_000 },
  { name: "object", label: "nested object, there and back", calls: 1_000 },
];

const REPEATS = 3;
const BUDGET_MS = 200;
const LENGTH = 500;

/** Makes the values that are sent there and back. */
const MAKERS: Readonly<Record<string, () => unknown>> = {
  integers: () => Array.from({ length: LENGTH }, (_, i) => i * 37 % 100_003),
  doubles: () => Array.from({ length: LENGTH }, (_, i) => i / 7),
  object: () => ({
    id: 12_345,
    title: "A nested object of about a kilobyte",
    owner: { name: "Ada Lovelace", roles: ["author", "reviewer"], active: true },
    items: Array.from({ length: 12 }, (_, i) => ({
      key: `item-${i}`,
      size: { width: i * 10, height: i * 7.5 },
      tags: ["red", "green"],
    })),
  }),
};

/**
 * @param subject A pool.
 * @param kind The payload.
 * @returns Microseconds per call.
 */
export async function measurePayload(subject: Subject, kind: PayloadKind): Promise<Measured> {
  if (subject.kind !== "pool") throw new Error("only a pool takes payloads");
  const { pool } = subject;
  const { calls, bytes, transfer } = kind;
  // Each call has a value of its own. Where many calls go in one message, one value would cross once for all of them.
  const time = async (count: number): Promise<number> => {
    const own = Array.from({ length: count });
    if (bytes === undefined) {
      const sent = own.map(MAKERS[kind.name]!);
      const { elapsedMs, results } = await timeAll(count, (i) => pool.call("echo", [sent[i]]));
      checkEcho(results, sent[0]);
      return elapsedMs;
    }
    const sent = own.map(() => new Uint8Array(bytes).fill(3));
    const expected = work.readBytes(sent[0]!);
    const { elapsedMs, results } = await timeAll(
      count,
      transfer
        ? (i) => pool.callWithTransfer!("readBytes", sent[i]!)
        : (i) => pool.call("readBytes", [sent[i]!]),
    );
    if (results.some((result) => result !== expected)) throw new Error("bytes came out wrong");
    if (transfer && sent[0]!.length > 0) throw new Error("the memory was not handed over");
    return elapsedMs;
  };
  await time(Math.ceil(calls / 10));
  const times = await repeat(REPEATS, BUDGET_MS, () => time(calls));
  return { metrics: { [`payload.${kind.name}.us`]: median(times) / calls * 1_000 } };
}

function checkEcho(results: readonly unknown[], sent: unknown): void {
  const expected = JSON.stringify(sent);
  for (const at of [0, results.length - 1]) {
    if (JSON.stringify(results[at]) !== expected) throw new Error("a value came back changed");
  }
}
