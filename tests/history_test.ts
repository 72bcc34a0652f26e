import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { TokenCancelledError } from "../lib/errors.ts";
import { errorLabel, History, type HistoryEntry } from "../lib/observe/history.ts";

const stamp = fc.option(fc.nat(), { nil: undefined });
const entry: fc.Arbitrary<HistoryEntry> = fc.record({
  id: fc.maxSafeNat(),
  operation: fc.string(),
  state: fc.constantFrom("completed", "failed", "killed", "timeout"),
  submittedMs: fc.double({ noNaN: true, noDefaultInfinity: true }),
  admittedMs: stamp,
  startedMs: stamp,
  endedMs: stamp,
  lane: fc.integer({ min: -3, max: 1_024 }),
  attempts: fc.nat(100),
  error: fc.option(fc.string(), { nil: undefined }),
});

function record(history: History, it: HistoryEntry): void {
  history.record(
    it.id,
    it.operation,
    it.state,
    it.submittedMs,
    it.admittedMs ?? NaN,
    it.startedMs ?? NaN,
    it.endedMs ?? NaN,
    it.lane,
    it.attempts,
    it.error,
  );
}

test("the history has the last tokens in their order, and no more of them than it may", () => {
  fc.assert(fc.property(
    fc.nat(8),
    fc.array(fc.option(entry, { freq: 20 }), { maxLength: 40, size: "max" }),
    (capacity, steps) => {
      const history = new History(capacity);
      let model: HistoryEntry[] = [];
      for (const step of steps) {
        if (step === null) {
          history.clear();
          model = [];
        } else {
          record(history, step);
          model = [...model, step].slice(capacity === 0 ? Infinity : -capacity);
        }
        assertEquals(history.entries(), model);
        assertEquals([history.size, history.capacity], [model.length, capacity]);
      }
    },
  ));
});

test("as text it is the list of its entries, without the stamps there are none of", () => {
  const history = new History(2);
  history.record(7, "resize", "killed", 10, 11, NaN, NaN, 3, 0, "ERR_TOKEN_CANCELLED");
  assertEquals(JSON.parse(JSON.stringify(history)), [{
    id: 7,
    operation: "resize",
    state: "killed",
    submittedMs: 10,
    admittedMs: 11,
    lane: 3,
    attempts: 0,
    error: "ERR_TOKEN_CANCELLED",
  }]);
  assertEquals(history.recorded, 1);
});

test("an error is named by its code, else by its name, else by its type", () => {
  assertEquals(errorLabel(new TokenCancelledError("no")), "ERR_TOKEN_CANCELLED");
  assertEquals(errorLabel(Object.assign(new Error("no"), { code: "ENOENT" })), "ENOENT");
  assertEquals(errorLabel(Object.assign(new TypeError("no"), { code: 7 })), "TypeError");
  assertEquals(errorLabel({ status: 404 }), "object");
  assertEquals([errorLabel("no"), errorLabel(null), errorLabel(undefined)], [
    "string",
    "object",
    "undefined",
  ]);
});

test("what cannot be read, or is no name, does not become a label", () => {
  const hostile = {
    get code(): string {
      throw new Error("no");
    },
    name: "Hostile",
  };
  assertEquals(errorLabel(hostile), "Hostile");
  assertEquals(errorLabel(Object.assign(new RangeError("no"), { code: "" })), "RangeError");
  const long = { code: "x".repeat(65), name: "y".repeat(65) };
  assertEquals(errorLabel(long), "object");
});

test("a capacity that is none is refused", () => {
  for (const capacity of [-1, 0.5, NaN, Infinity, 1_000_001]) {
    assertThrows(() => new History(capacity), RangeError, `a capacity of ${capacity}`);
  }
});
