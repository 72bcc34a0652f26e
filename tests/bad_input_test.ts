// What a program can get wrong: each is told by name on the caller's side, and the gate goes on.
import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  current,
  ModuleLoadError,
  NotCloneableError,
  type Operation,
  operation,
  OperationNotFoundError,
  type OperationOptions,
  TokenGate,
  type TokenGateOptions,
} from "../mod.ts";
import { everywhere, outside } from "./fixtures/declared_outside.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { add, identity, lengthOf, returnFunction } from "./fixtures/operations.ts";
import { unreachable } from "./fixtures/throws_in_lane.ts";

checkNoLanesLeft();

test("arguments that cannot be cloned fail their own call and no other", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const before = gate.call(add, 1, 2);
    const bad = [
      gate.call(identity, () => 1),
      gate.call(identity, Symbol("s")),
      gate.call(identity, { deep: [{ fn: (): void => {} }] }),
      gate.call(identity, {
        get trap(): never {
          throw new RangeError("a getter of the caller's");
        },
      }),
    ];
    const after = gate.call(add, 3, 4);
    for (const token of bad) {
      const error = await assertRejects(() => token, NotCloneableError);
      assertEquals([error.code, token.state], ["ERR_NOT_CLONEABLE", "failed"]);
      assert(error.message.includes(`argument 1 of "identity"`), error.message);
      assertInstanceOf(error.cause, Error);
    }
    assertEquals([await before, await after], [3, 7]);
  });
});

test("a getter of an argument may use the gate that reads it", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const inner: Promise<number>[] = [];
    const argument = {
      get value(): number {
        inner.push(gate.call(add, 20, 22).then((sum) => sum));
        return 1;
      },
    };
    assertEquals(await gate.call(identity, argument), { value: 1 });
    assertEquals(await inner[0], 42);
  });
});

test("of many calls only those fail whose arguments cannot be cloned, and a getter among them may make many more", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    await gate.started();
    const inner: Promise<number[]>[] = [];
    const argument = {
      get value(): number {
        inner.push(gate.all(add, [[1, 2], [3, 4]]));
        return 1;
      },
    };
    const inputs: [unknown][] = [[argument], [1], [() => 1], [2]];
    const results = await gate.all(identity, inputs, { onError: "settle" });
    assertEquals(results.map(({ status }) => status), [
      "fulfilled",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    assertEquals(results[0], { status: "fulfilled", value: { value: 1 } });
    const { reason } = results[2] as PromiseRejectedResult;
    assertInstanceOf(reason, NotCloneableError);
    assertEquals(await inner[0], [3, 7]);
  });
});

test("a result that cannot be cloned fails its own call, and results beside it arrive", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const tokens = [gate.call(add, 1, 2), gate.call(returnFunction), gate.call(add, 3, 4)] as const;
    const error = await assertRejects(() => tokens[1], NotCloneableError);
    assert(error.message.includes(`the result of "returnFunction"`), error.message);
    assertEquals([await tokens[0], await tokens[2]], [3, 7]);
  });
});

test("a module that does not exist is told with the error of its import", async () => {
  const nowhere: Operation<[], number> = operation(
    { url: new URL("./fixtures/no_such_module.ts", import.meta.url).href },
    "nowhere",
    () => 1,
  );
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const error = await assertRejects(() => gate.call(nowhere), ModuleLoadError);
    assertEquals(error.code, "ERR_MODULE_LOAD");
    assertInstanceOf(error.cause, Error);
    assertEquals(await gate.call(add, 1, 2), 3);
  });
});

test("a module that throws on import is told with what it threw, each time", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    for (let n = 0; n < 2; n++) {
      const error = await assertRejects(() => gate.call(unreachable), ModuleLoadError);
      assertInstanceOf(error.cause, RangeError);
      assertEquals(error.cause.message, "this module does not load in a lane");
    }
    assertEquals(await gate.call(add, 1, 2), 3);
  });
});

test("an operation that its module does not declare in the lane is told with those it does", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const error = await assertRejects(() => gate.call(outside!), OperationNotFoundError);
    assertEquals(error.code, "ERR_OPERATION_NOT_FOUND");
    assert(error.message.includes(`declares "everywhere"`), error.message);
    assertEquals(await gate.call(everywhere), "here too");
  });
});

test("a string of 200 MB arrives", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    assertEquals(await gate.call(lengthOf, "x".repeat(200 * 2 ** 20)), 200 * 2 ** 20);
  });
});

test("an operation is refused where it is declared: twice, without a module, a name or a function", () => {
  operation(import.meta, "once", () => 1);
  assertThrows(() => operation(import.meta, "once", () => 2), TypeError, `"once" twice`);
  const meta = undefined as unknown as ImportMeta;
  assertThrows(() => operation(meta, "a", () => 1), TypeError, "pass import.meta");
  assertThrows(
    () => operation({ url: "relative.ts" }, "a", () => 1),
    TypeError,
    "pass import.meta",
  );
  assertThrows(() => operation(import.meta, "", () => 1), TypeError, "its name");
  const text = "text" as unknown as () => void;
  assertThrows(
    () => operation(import.meta, "a", text),
    TypeError,
    `received "text", not a function`,
  );
});

test("options of operations and calls are refused by name", () => {
  const declare = (options: unknown): unknown =>
    operation(import.meta, "refused", () => 1, options as OperationOptions);
  assertThrows(() => declare({ timeout: 5 }), TypeError, `"timeout" of operation "refused"`);
  assertThrows(() => declare({ timeoutMs: -1 }), RangeError, `"timeoutMs"`);
  assertThrows(() => declare({ timeoutMs: NaN }), RangeError, "received NaN");
  assertThrows(() => declare({ deadlineMs: "5" }), TypeError, `received "5"`);
  assertThrows(() => declare(5), TypeError, "received 5");
  // None of the refused took the name.
  operation(import.meta, "refused", () => 1);
  assertThrows(() => add.with({ timeoutMs: 0 }), RangeError, `"timeoutMs"`);
  assertThrows(() => add.with({ signal: {} as AbortSignal }), TypeError, `"signal"`);
  assertThrows(() => add.with({ gate: {} as TokenGate }), TypeError, `"gate"`);
  assertThrows(() => add.with({ lanes: 2 } as object), TypeError, `"lanes"`);
});

test("options of gates are refused by name", () => {
  const make = (options: unknown): TokenGate => new TokenGate(options as TokenGateOptions);
  assertThrows(() => make({ lane: 2 }), TypeError, `"lane" of a TokenGate`);
  assertThrows(() => make({ lanes: -1 }), RangeError, "received -1");
  assertThrows(() => make({ lanes: 1.5 }), RangeError, "received 1.5");
  assertThrows(() => make({ lanes: "2" }), TypeError, `received "2"`);
  assertThrows(() => make({ graceMs: -1 }), RangeError, `"graceMs"`);
  assertThrows(() => make({ bridge: "pigeons" }), TypeError, `received "pigeons"`);
  assertThrows(() => make({ spinUs: "long" }), TypeError, `"spinUs"`);
  assertThrows(() => make({ spinUs: -1 }), RangeError, "received -1");
  assertThrows(() => make({ workerUrl: "entry.ts" }), TypeError, `"workerUrl"`);
  assertThrows(() => make({ consolePrefix: 5 }), TypeError, `"consolePrefix"`);
  assertThrows(() => make(null), TypeError, "received null");
});

test("what is no operation cannot be called, and what is no option of close is refused", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    assertThrows(() => gate.call((() => 1) as never), TypeError, "it is no operation");
    await assertRejects(() => gate.close({ force: true } as object), TypeError, `"force"`);
    await assertRejects(() => gate.close({ timeoutMs: -1 }), RangeError, `"timeoutMs"`);
  });
});

test("current() throws outside of a running operation", () => {
  assertThrows(() => current(), Error, "none is running here");
});
