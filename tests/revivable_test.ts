// Classes that arrive as instances, on both forms of the bridge.
import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { NotCloneableError, revivable, TokenGate } from "../mod.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { identity } from "./fixtures/operations.ts";
import {
  addPoints,
  Broken,
  fails,
  inspectShape,
  Path,
  Point,
  RouteError,
  SecretError,
} from "./fixtures/shapes.ts";

checkNoLanesLeft();

for (const bridge of ["ring", "frames"] as const) {
  const makeGate = (): TokenGate => new TokenGate({ lanes: 1, bridge });

  test(`instances arrive as instances, as arguments, results, and inside of them (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const path = new Path([new Point(1, 2), new Point(3, 4)]);
      const value = { path, list: [1, new Point(5, 6), { deep: new Point(7, 8) }], plain: "x" };
      const [seen, back] = await gate.call(inspectShape, value);
      const expected =
        "{path:Path(Point(1,2),Point(3,4)),list:[1,Point(5,6),{deep:Point(7,8)}],plain:x}";
      assertEquals(seen, expected);
      const copy = back as typeof value;
      assertInstanceOf(copy.path, Path);
      assertEquals(copy.path.points.map((point) => point.toPair()), [[1, 2], [3, 4]]);
      assertInstanceOf(copy.list[1], Point);
      assertEquals((copy.list[2] as { deep: Point }).deep.toPair(), [7, 8]);
      // The caller's own value is as it was.
      assert(value.list[1] instanceof Point && value.path === path);
    });
  });

  test(`results of other calls are revived as arguments too, and asynchronous functions work (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const sum = gate.call(addPoints, new Point(1, 2), new Point(3, 4));
      const total = await gate.call(addPoints, sum, new Point(10, 10));
      assertInstanceOf(total, Point);
      assertEquals(total.toPair(), [14, 16]);
    });
  });

  test(`a lane that does not know a class imports its module first (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      // The operation is of a module that has never heard of points.
      const back = await gate.call(identity, [new Point(1, 2)]) as [Point];
      assertInstanceOf(back[0], Point);
      assertEquals(back[0].toPair(), [1, 2]);
    });
  });

  test(`errors arrive with the worker's stack and are instances of their class (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const route = await assertRejects(() => gate.call(fails, "route"), RouteError, "no way");
      assertEquals([route.where, route.isFar], ["far", true]);
      assert(route.stack!.includes("shapes.ts"), route.stack);
      const secret = await assertRejects(() => gate.call(fails, "secret"), SecretError, "hidden");
      assertEquals(secret.secret, 42);
      const [seen, back] = await gate.call(inspectShape, new RouteError("as a value", "near"));
      assertEquals(seen, "RouteError(near)");
      assertInstanceOf(back, RouteError);
      assertEquals(back.message, "as a value");
    });
  });

  test(`a codec that throws fails its own call (${bridge})`, async () => {
    await using(makeGate(), async (gate) => {
      const tokens = [gate.call(identity, new Broken()), gate.call(identity, 1)];
      const sent = await assertRejects(() => tokens[0]!, NotCloneableError, `"identity"`);
      assertInstanceOf(sent.cause, TypeError);
      assertEquals(await tokens[1], 1);
      const returned = await assertRejects(
        () => gate.call(fails, "broken"),
        NotCloneableError,
        `"fails"`,
      );
      assertEquals((returned.cause as Error).message, "cannot be taken apart");
      const { failed, completed, executing } = gate.stats();
      assertEquals([failed, completed, executing], [2, 1, 0]);
    });
  });
}

test("on the caller's own thread instances are copied as between threads", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const call = inspectShape.with({ gate, inline: "auto" });
    for (let n = 0; n < 40; n++) {
      const point = new Point(n, n);
      const [seen, back] = await call({ point });
      assertEquals(seen, `{point:Point(${n},${n})}`);
      const copy = (back as { point: Point }).point;
      assertInstanceOf(copy, Point);
      assert(copy !== point);
    }
  });
});

test("a class is declared once, with a codec unless it is an error class", () => {
  class Other {}
  class OtherError extends Error {}
  const codec = { encode: () => 1, decode: () => new Other() };
  assertThrows(() => revivable(import.meta, "Other", Other), TypeError, "no codec");
  assertThrows(() => revivable(import.meta, "", Other, codec), TypeError, "name");
  assertThrows(() => revivable(import.meta, "Other", {} as never, codec), TypeError, "not a class");
  assertThrows(() => revivable({} as never, "Other", Other, codec), TypeError, "import.meta");
  revivable(import.meta, "Other", Other, codec);
  assertThrows(() => revivable(import.meta, "Again", Other, codec), TypeError, "twice");
  assertThrows(() => revivable(import.meta, "Other", OtherError), TypeError, "twice");
});
