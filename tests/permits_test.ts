import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { PermitPool, storageTiers } from "../mod.ts";
import { permitsOf } from "../lib/gate/permit_pool.ts";
import { type PermitListener, Permits } from "../lib/gate/permits.ts";

/** Wants permits, waits while it lacks them, and takes what it can when it is told. */
class Taker implements PermitListener {
  readonly permits: Permits;
  readonly taken: number[] = [];
  wanted: number[] = [];

  constructor(permits: Permits) {
    this.permits = permits;
    permits.listen(this);
  }

  want(n: number): void {
    if (this.wanted.length === 0 && this.permits.tryTake(n)) this.taken.push(n);
    else {
      this.wanted.push(n);
      this.permits.wait();
    }
  }

  permitsFree(): void {
    while (this.wanted.length > 0 && this.permits.tryTake(this.wanted[0]!)) {
      this.taken.push(this.wanted.shift()!);
      this.permits.leave();
    }
  }

  giveBack(): void {
    const n = this.taken.shift();
    if (n !== undefined) this.permits.give(n);
  }
}

test("no more permits are out than there were when they were taken, and nobody waits for free ones", () => {
  const step = fc.record({
    action: fc.constantFrom("want", "want", "give", "give", "resize", "leave"),
    who: fc.nat(2),
    n: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 6 }),
    fc.array(step, { maxLength: 80, size: "max" }),
    (limit, steps) => {
      const permits = new Permits(limit);
      const takers = [new Taker(permits), new Taker(permits), new Taker(permits)];
      const out = (): number =>
        takers.reduce((sum, taker) => sum + taker.taken.reduce((a, b) => a + b, 0), 0);
      for (const { action, who, n } of steps) {
        const taker = takers[who]!;
        const before = out();
        if (action === "want") taker.want(n);
        else if (action === "give") taker.giveBack();
        else if (action === "resize") permits.resize(n);
        else if (taker.wanted.length > 0) {
          // The first in the row is ended; the next may need less.
          taker.wanted.shift();
          permits.leave();
          taker.permitsFree();
        }
        assertEquals(permits.inUse, out());
        assertEquals(permits.isFree, permits.inUse < permits.limit);
        assertEquals(permits.waiting, takers.reduce((sum, it) => sum + it.wanted.length, 0));
        // Above the limit only by what was taken before it was lowered.
        assert(permits.inUse <= Math.max(permits.limit, before));
        for (const { wanted } of takers) {
          assert(wanted.length === 0 || permits.inUse + wanted[0]! > permits.limit);
        }
      }
    },
  ));
});

test("shrinking revokes nothing, and nothing is given until enough came back", () => {
  const permits = new Permits(3);
  assert(permits.tryTake(3));
  permits.resize(1);
  assertEquals([permits.inUse, permits.limit, permits.isFree], [3, 1, false]);
  permits.give();
  permits.give();
  assertEquals([permits.tryTake(), permits.inUse], [false, 1]);
  permits.give();
  assert(permits.tryTake());
  permits.resize(2);
  assert(permits.tryTake());
});

test("permits are taken all or none", () => {
  const permits = new Permits(3);
  assert(permits.tryTake(2));
  assertEquals([permits.tryTake(2), permits.inUse], [false, 2]);
  assertEquals([permits.tryTake(4), permits.tryTake(1)], [false, true]);
});

test("listeners are told in turns, and only while somebody waits and something is free", () => {
  const permits = new Permits(1);
  const told: string[] = [];
  const listeners = ["a", "b", "c"].map((name) => ({
    permitsFree(): void {
      told.push(name);
      permits.tryTake();
    },
  }));
  for (const listener of listeners) permits.listen(listener);
  permits.listen(listeners[0]!);
  permits.tryTake();
  permits.give();
  assertEquals(told, []);
  permits.tryTake();
  permits.wait();
  for (let n = 0; n < 6; n++) permits.give();
  assertEquals(told.toSorted(), ["a", "a", "b", "b", "c", "c"]);
  permits.leave();
  permits.give();
  assertEquals(told.length, 6);
});

test("a listener may leave, and others come, while they are told", () => {
  const permits = new Permits(2);
  let told = 0;
  const late = { permitsFree: (): void => void told++ };
  const listener = {
    permitsFree(): void {
      told++;
      permits.unlisten(listener);
      permits.listen(late);
    },
  };
  permits.listen(listener);
  permits.wait();
  permits.tryTake();
  permits.give();
  assertEquals(told, 1);
  permits.resize(3);
  assertEquals(told, 2);
});

test("a permit for what has begun already is taken beyond the limit, and none is free until it is back", () => {
  const permits = new Permits(1);
  assert(permits.tryTake());
  permits.takeAnyway();
  assertEquals([permits.inUse, permits.isFree], [2, false]);
  permits.give();
  assertEquals([permits.inUse, permits.isFree, permits.tryTake()], [1, false, false]);
  permits.give();
  assertEquals([permits.inUse, permits.isFree], [0, true]);
});

test("what was not taken cannot be given back, nor what did not wait leave", () => {
  const permits = new Permits(1);
  assertThrows(() => permits.give(), RangeError, "more than the 0 taken");
  assertThrows(() => permits.leave(), RangeError, "no call that waits");
  for (const limit of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(() => new Permits(limit), RangeError, `received ${limit}`);
    assertThrows(() => permits.resize(limit), RangeError, `received ${limit}`);
  }
  assertEquals(permits.limit, 1);
});

test("a pool shows what its limit is like, and is resized by its owner", () => {
  const pool = new PermitPool("database", 2);
  const permits = permitsOf(pool);
  assert(permits.tryTake(2));
  permits.wait();
  const seen = { name: "database", limit: 2, inUse: 2, waiting: 1 };
  assertEquals(JSON.parse(JSON.stringify(pool)), seen);
  pool.resize(3);
  assert(permits.tryTake());
  assertEquals([pool.limit, pool.inUse, pool.waiting], [3, 3, 1]);
});

test("a pool refuses what is no name and no limit", () => {
  assertThrows(() => new PermitPool("", 1), TypeError, `received "", not a name`);
  assertThrows(() => new PermitPool(1 as never, 1), TypeError, "received 1, not a name");
  assertThrows(() => new PermitPool("disk", "2" as never), TypeError, `received "2"`);
  assertThrows(() => new PermitPool("disk", 0), RangeError, "received 0");
  assertThrows(() => storageTiers.slow.resize(-1), RangeError, "received -1");
});

test("there are pools for four speeds of storage", () => {
  const limits = Object.entries(storageTiers).map(([tier, pool]) => [tier, pool.limit]);
  assertEquals(limits, [["slow", 10], ["moderate", 25], ["fast", 50], ["insane", 70]]);
  assert(Object.isFrozen(storageTiers));
});
