// Memory that is moved instead of copied, on both forms of the bridge.
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  LaneCrashError,
  NotCloneableError,
  TokenCancelledError,
  TokenGate,
  type TokenGateOptions,
  transfer,
} from "../mod.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { changed } from "./fixtures/words.ts";
import { gated, identity } from "./fixtures/operations.ts";
import * as operations from "./fixtures/transfer_operations.ts";

const { answerOn, callsInside, exitWhenTold, giveBack, giveLater, giveTwice, length, sum } =
  operations;

checkNoLanesLeft();

function sharedInts(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * length));
}

function letGo(flag: Int32Array): void {
  Atomics.store(flag, 1, 1);
  Atomics.notify(flag, 1);
}

for (const bridge of ["ring", "frames"] as const) {
  const makeGate = (options: TokenGateOptions = {}): TokenGate =>
    new TokenGate({ lanes: 1, bridge, ...options });

  test(`an argument marked by transfer arrives whole, and is empty here from then on (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const bytes = new Uint8Array([1, 2, 3]);
      const token = gate.call(sum, transfer(bytes, [bytes.buffer]));
      // Not yet: it is moved when it is sent.
      assertEquals(bytes.length, 3);
      assertEquals(await token, 6);
      assertEquals(bytes.length, 0);
    });
  });

  test(`the option moves buffers that are inside of arguments, views standing for their buffers (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const bytes = new Uint8Array([4, 5]);
      const call = length.with({ gate, transfer: [bytes, bytes.buffer, bytes] });
      assertEquals(await call({ bytes }), 2);
      assertEquals(bytes.length, 0);
      await assertRejects(() => call({ bytes }), NotCloneableError, "detached");
    });
  });

  test(`a result marked by transfer is moved, from synchronous and asynchronous functions (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      assertEquals(await gate.call(giveBack, 5), [new Uint8Array(5).fill(7), 0]);
      assertEquals(await gate.call(giveLater, 3), new Uint8Array(3).fill(8));
      // The lane saw its buffer go: the second result has nothing left to move.
      await gate.call(giveTwice);
      await assertRejects(() => gate.call(giveTwice), NotCloneableError, "detached");
    });
  });

  test(`what cannot be moved fails its own call and no other (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const shared = new SharedArrayBuffer(8);
      const tokens = [
        gate.call(sum, transfer(new Uint8Array([1]), [shared])),
        gate.call(sum, new Uint8Array([1, 1])),
        gate.call(sum, transfer(new Uint8Array([1]), [{}])),
        gate.call(sum, [transfer(new Uint8Array([1]), [])] as never),
      ];
      const outcomes = await Promise.allSettled(tokens);
      assertEquals(outcomes.map((outcome) => outcome.status), [
        "rejected",
        "fulfilled",
        "rejected",
        "rejected",
      ]);
      for (const [i, outcome] of outcomes.entries()) {
        if (outcome.status === "rejected") assertInstanceOf(outcome.reason, NotCloneableError);
        else assertEquals([i, outcome.value], [1, 2]);
      }
    });
  });

  test(`a port is moved, and works in the lane (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const { port1, port2 } = new MessageChannel();
      const heard = new Promise((resolve) => port1.onmessage = (event) => resolve(event.data));
      await gate.call(answerOn, transfer(port2, [port2]), "it was");
      assertEquals(await heard, "it was heard");
      port1.close();
    });
  });

  test(`what has moved its arguments to a lane stays there when another is idle (${bridge})`, async () => {
    await using(makeGate({ lanes: 2 }), async (gate) => {
      await gate.started();
      const flags = [sharedInts(2), sharedInts(2)] as const;
      const running = flags.map((flag) => gate.call(gated, flag));
      for (const flag of flags) await changed(flag, 0, 0);
      const bytes = new Uint8Array([1]);
      const moved = gate.call(sum, transfer(bytes, [bytes]));
      while (bytes.length > 0) await new Promise((resolve) => setTimeout(resolve, 0));
      assertEquals(moved.state, "admitted");
      letGo(flags[1]);
      await running[1];
      // If it is behind the other one, this lane has time to take what is no longer there to be sent again.
      const others = Array.from({ length: 50 }, () => gate.call(sum, new Uint8Array([1])));
      assertEquals((await Promise.all(others)).length, 50);
      letGo(flags[0]);
      assertEquals(await moved, 1);
    });
  });

  test(`an accessor may end a call that is about to move its arguments (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      await gate.started();
      const bytes = new Uint8Array([1, 2]);
      const first = gate.call(identity, {
        get value(): number {
          last.cancel("by an accessor");
          return 1;
        },
        // Not for the board.
        pattern: /x/,
      });
      const last = gate.call(sum, transfer(bytes, [bytes]));
      await assertRejects(() => last, TokenCancelledError);
      assertEquals((await first as { value: number }).value, 1);
      assertEquals([await gate.call(sum, new Uint8Array([3])), bytes.length], [3, 2]);
    });
  });

  test(`small Buffers of the shared pool are copied, and the pool stays (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const small = Buffer.allocUnsafe(3);
      small.write("abc");
      const other = Buffer.allocUnsafe(5);
      other.write("other");
      // Bun has no pool: there each has its own memory, which may go.
      if (small.buffer !== other.buffer) return;
      assertEquals(await gate.call(sum, transfer(small, [small])), 97 + 98 + 99);
      assertEquals(await gate.call(sum, transfer(small, [small.buffer])), 97 + 98 + 99);
      assertEquals([small.toString(), other.toString()], ["abc", "other"]);
    });
  });

  test(`a call that has lost its arguments with a lane says so, and one that waits can be cancelled (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const flag = new Int32Array(new SharedArrayBuffer(4));
      const dying = gate.call(exitWhenTold, flag);
      const bytes = new Uint8Array([1]);
      const behind = gate.call(sum, transfer(bytes, [bytes.buffer]));
      const other = new Uint8Array([1]);
      const cancelled = gate.call(sum, transfer(other, [other.buffer]));
      cancelled.cancel("not needed");
      await assertRejects(() => cancelled, TokenCancelledError);
      assertEquals(other.length, 1);
      while (bytes.length > 0) await new Promise((resolve) => setTimeout(resolve, 0));
      assertEquals(behind.state, "admitted");
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
      await assertRejects(() => dying, LaneCrashError);
      await assertRejects(() => behind, LaneCrashError, "had its arguments transferred there");
    });
  });
}

test("inside an operation, and in place, marks are taken off", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    assertEquals(await gate.call(callsInside), [6, new Uint8Array(2).fill(7), 0]);
  });
  const bytes = new Uint8Array([1, 2]);
  assertEquals(sum.local(transfer(bytes, [bytes.buffer])), 3);
  assertEquals((await giveLater.local(2)).length, 2);
});

test("a list that is none is refused by name", () => {
  const bytes = new Uint8Array(1);
  assertThrows(() => transfer(bytes, bytes as never), TypeError, "array of objects");
  assertThrows(() => transfer(bytes, [5 as never]), TypeError, "array of objects");
  assertThrows(() => sum.with({ transfer: "all" as never }), TypeError, `a call of "sum"`);
});
