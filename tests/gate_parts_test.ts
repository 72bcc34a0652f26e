// The small parts of gate and bridge, each against a simple model of it.
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ControlBlock } from "../lib/bridge/control_block.ts";
import type { LaneCall } from "../lib/bridge/contract.ts";
import { CallToken, type TokenOwner } from "../lib/call_token.ts";
import { Intake } from "../lib/gate/intake.ts";
import { Signals } from "../lib/gate/signals.ts";
import { TimeLimits } from "../lib/gate/time_limits.ts";
import { TokenTable } from "../lib/gate/token_table.ts";
import { Mailbox } from "../lib/lane/mailbox.ts";
import { RandomSource } from "../lib/runtime/random.ts";
import { VirtualClock } from "../lib/runtime/virtual_clock.ts";
import { NO_LIMITS } from "./fixtures/simulated_gate.ts";

const owner: TokenOwner = {
  cancel: () => false,
  hasStarted: () => false,
  startedMs: () => NaN,
  grant: () => {},
};

function makeToken(id: number): CallToken {
  return new CallToken(id, { url: "u:", name: "n" }, [], NO_LIMITS, owner, 0);
}

test("the intake is a queue from which any token can leave", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constantFrom("push" as const, "shift" as const), at: fc.nat() }),
    fc.record({ kind: fc.constantFrom("remove" as const, "return" as const), at: fc.nat() }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const intake = new Intake();
    const model: CallToken[] = [];
    let made = 0;
    for (const { kind, at } of steps) {
      if (kind === "push") {
        const token = makeToken(made++);
        token.sequence = token.id;
        intake.push(token);
        model.push(token);
      } else if (kind === "return") {
        // One that was taken out before, in its place by the order.
        const token = makeToken(at % (made + 1) - 0.5);
        token.sequence = token.id;
        if (model.some(({ id }) => id === token.id)) continue;
        intake.insert(token);
        const place = model.findIndex(({ id }) => id > token.id);
        model.splice(place < 0 ? model.length : place, 0, token);
      } else if (kind === "shift") assertEquals(intake.shift()?.id, model.shift()?.id);
      else if (model.length > 0) intake.remove(model.splice(at % model.length, 1)[0]!);
      assertEquals([intake.size, intake.first?.id], [model.length, model[0]?.id]);
    }
    while (model.length > 0) assertEquals(intake.shift()?.id, model.shift()!.id);
    assertEquals([intake.shift(), intake.size], [undefined, 0]);
  }));
});

test("time limits come due in their order, and a token that left never does", () => {
  const step = fc.record({ at: fc.nat(50), removes: fc.boolean(), which: fc.nat(20) });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const clock = new VirtualClock(new RandomSource(1));
    const due: [number, number][] = [];
    const limits = new TimeLimits(clock, (token, nowMs) => due.push([token.id, nowMs]));
    const model = new Map<number, number>();
    const tokens = Array.from({ length: 21 }, (_, id) => makeToken(id));
    for (const { at, removes, which } of steps) {
      if (removes) {
        limits.remove(tokens[which]!);
        model.delete(which);
      } else {
        limits.set(tokens[which]!, at);
        model.set(which, at);
      }
      assertEquals(limits.size, model.size);
    }
    while (clock.step());
    assertEquals(new Map(due), model);
    for (let i = 1; i < due.length; i++) assert(due[i - 1]![1] <= due[i]![1]);
    assertEquals(limits.size, 0);
  }));
});

test("the token table finds live tokens by id, and none by the id of a settled one", () => {
  fc.assert(fc.property(fc.array(fc.nat(5), { maxLength: 80 }), (steps) => {
    const table = new TokenTable();
    const live: CallToken[] = [];
    const dead: number[] = [];
    const ids = new Set<number>();
    for (const step of steps) {
      if (step > 1 || live.length === 0) {
        const token = makeToken(table.allocate());
        table.set(token);
        assert(!ids.has(token.id));
        ids.add(token.id);
        live.push(token);
      } else {
        const token = live.splice(step % live.length, 1)[0]!;
        table.release(token);
        dead.push(token.id);
      }
      for (const token of live) assertEquals(table.get(token.id), token);
      for (const id of dead) assertEquals(table.get(id), undefined);
      assertEquals(table.size, live.length);
    }
    assertEquals(new Set(table.live()), new Set(live));
  }));
});

test("the token table finds tokens by ids of more than 31 bits, as they are after some hundred calls", () => {
  const table = new TokenTable();
  const others = [0, 1, 2].map(() => makeToken(table.allocate()));
  for (const other of others) table.set(other);
  let last = -1;
  for (let n = 0; n < 1_100; n++) {
    const token = makeToken(table.allocate());
    table.set(token);
    assert(token.id > last);
    assertEquals(table.get(token.id), token);
    assertEquals(table.get(last), undefined);
    for (const other of others) assertEquals(table.get(other.id), other);
    last = token.id;
    table.release(token);
  }
  assert(last > 2 ** 32);
});

test("the mailbox keeps calls in order, and a slot until it is answered", () => {
  const mailbox = new Mailbox(3);
  const calls = Array.from({ length: 4 }, (_, id): LaneCall => makeToken(id));
  for (let n = 0; n < 3; n++) mailbox.put(calls[n]!);
  assertThrows(() => mailbox.put(calls[3]!), RangeError, "all 3 slots are taken");
  const slot = calls[1]!.slot;
  mailbox.forget(slot);
  // Given up, but the lane has not answered: the slot is still taken.
  assertEquals([mailbox.occupied, mailbox.holds(calls[1]!)], [3, false]);
  assertEquals(mailbox.inOrder(), [calls[0], calls[2]]);
  assertEquals(mailbox.take(slot), undefined);
  mailbox.put(calls[3]!);
  assertEquals(mailbox.inOrder(), [calls[0], calls[2], calls[3]]);
  assertEquals(mailbox.take(calls[0]!.slot), calls[0]);
  assertEquals(mailbox.occupied, 2);
});

test("a claim goes to the lane or to the gate, and never to both", () => {
  const gate = ControlBlock.allocate(2);
  const lane = new ControlBlock(gate.memory);
  gate.open(0);
  assert(lane.claim(0, 5));
  assertEquals([gate.recall(0), gate.isStarted(0), gate.startedMs(0)], [false, true, 5]);
  lane.end(0, 7);
  assertEquals([gate.endedMs(0), gate.startedCount, gate.returnCount], [7, 1, 1]);
  gate.open(1);
  assert(gate.recall(1));
  assertEquals([lane.claim(1, 6), gate.isStarted(1), gate.startedCount], [false, false, 1]);
  gate.open(0);
  assertEquals([gate.isStarted(0), lane.isAborted(0)], [false, false]);
  gate.abort(0);
  assert(lane.isAborted(0));
  gate.stop();
  assertEquals(lane.claim(0, 9), false);
});

test("a signal is listened to once for all its tokens, and not at all when they are gone", () => {
  const cancelled: number[] = [];
  const signals = new Signals((token) => {
    cancelled.push(token.id);
    signals.remove(token);
  });
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.assign(signal, {
    addEventListener(type: string, listener: () => void): void {
      listeners++;
      add(type, listener);
    },
    removeEventListener(type: string, listener: () => void): void {
      listeners--;
      remove(type, listener);
    },
  });
  const tokens = Array.from({ length: 100 }, (_, id) => makeToken(id));
  for (const token of tokens) signals.watch(token, signal);
  assertEquals(listeners, 1);
  for (let n = 0; n < 99; n++) signals.remove(tokens[n]!);
  assertEquals(listeners, 1);
  controller.abort();
  assertEquals([cancelled, listeners], [[99], 0]);
});
