// Functions that were not declared: gate.module and gate.run.
import { test } from "node:test";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { inspect } from "node:util";
import {
  ModuleLoadError,
  OperationNotFoundError,
  PermitPool,
  type RemoteModule,
  TokenCancelledError,
  TokenGate,
  type TokenGateOptions,
  TokenTimeoutError,
  transfer,
} from "../mod.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { makeWords } from "./fixtures/words.ts";

checkNoLanesLeft();

type Plain = typeof import("./fixtures/plain_module.ts");
const url = new URL("./fixtures/plain_module.ts", import.meta.url);

const KINDS: Readonly<Record<string, TokenGateOptions>> = {
  ring: { lanes: 1 },
  frames: { lanes: 1, bridge: "frames" },
  processes: { ...PROCESS_LANES, lanes: 1 },
  "the caller's thread": { lanes: 0 },
};

for (const [kind, options] of Object.entries(KINDS)) {
  test(`functions of a module are called by their names (${kind})`, async () => {
    await using(new TokenGate(options), async (gate) => {
      const plain = gate.module<Plain>(url);
      const token = plain.add(2, 3);
      assertEquals([token.operation.name, token.operation.url], ["add", url.href]);
      assertEquals(await token, 5);
      assertEquals(await plain.later("now"), "now, later");
      assertEquals(await plain.default(4), -4);
      assertEquals(await plain.add(plain.add(1, 1), plain.declared(1)), 12);
      const error = await assertRejects(() => plain.refuse("this"), RangeError);
      assertEquals(error.message, "refused: this");
      // They are operations like others.
      assertEquals(await gate.all(plain.add, [[1, 2], [3, 4]]), [3, 7]);
      assertEquals(gate.stats().operations.find(({ name }) => name === "add")?.completed, 5);
    });
  });

  test(`what a module does not export is told by the lane, with what it does (${kind})`, async () => {
    await using(new TokenGate(options), async (gate) => {
      const plain = gate.module<Record<string, () => void>>(url);
      const missing = await assertRejects(() => plain.subtract!(), OperationNotFoundError);
      assertEquals(missing.code, "ERR_OPERATION_NOT_FOUND");
      assertMatch(missing.message, /"subtract".*plain_module\.ts exports .*"add"/);
      const other = await assertRejects(() => plain.limit!(), OperationNotFoundError);
      assertStringIncludes(other.message, `"limit" as a number`);
      const away = gate.module<Record<string, () => void>>(new URL("away.ts", url));
      const error = await assertRejects(() => away.any!());
      if (kind !== "the caller's thread") assertInstanceOf(error, ModuleLoadError);
    });
  });

  test(`a function is run by its text: an arrow, a function, a method, asynchronous or not (${kind})`, async () => {
    await using(new TokenGate(options), async (gate) => {
      const holder = {
        async twice(n: number): Promise<number> {
          return await Promise.resolve(2 * n);
        },
        "a b": (n: number) => n + 1,
        get(n: number): number {
          return n + 2;
        },
        async(n: number): number {
          return n + 3;
        },
        function(n: number): number {
          return n + 4;
        },
        ["com" + "puted"](n: number): number {
          return n + 5;
        },
      };
      const set = (get: number): number => get + 6;
      const functions = [
        (n: number) => n,
        function named(n: number): number {
          return n <= 1 ? n : n + named(n - 1);
        },
        async (n: number) => (await import("node:path")).sep.length * n,
        holder.twice,
        holder["a b"],
        holder.get,
        holder.async,
        holder.function,
        holder.computed!,
        set,
      ];
      const results = await Promise.all(
        functions.map((fn) => gate.run(fn as (n: number) => number, [4])),
      );
      assertEquals(results, [4, 10, 4, 8, 5, 6, 7, 8, 9, 10]);
      assertEquals(await gate.run(() => "nothing to give"), "nothing to give");
      assertEquals(await gate.run((a: number, b: number) => a + b, [gate.run(() => 1), 2]), 3);
      const error = await assertRejects(
        () => gate.run((why: string) => Promise.reject(new RangeError(why)), ["this"]),
        RangeError,
      );
      assertEquals(error.message, "this");
      assertEquals(gate.stats().operations.map(({ name }) => name), ["run"]);
    });
  });

  test(`a name that the text does not have is explained (${kind})`, async () => {
    await using(new TokenGate(options), async (gate) => {
      const factor = Math.random();
      const functions = [
        (n: number): unknown => n * factor,
        async (n: number): Promise<unknown> => (await Promise.resolve(n)) * factor,
        (n: number): unknown => test.name + n,
      ];
      for (const [index, fn] of functions.entries()) {
        const error = await assertRejects(() => gate.run(fn, [1]), ReferenceError);
        assertMatch(error.message, /sees nothing of the module.*operation\(import\.meta/);
        if (index < 2) assertStringIncludes(error.message, `"factor"`);
        assertInstanceOf(error.cause, ReferenceError);
      }
      // One that has nothing to do with that is what it is.
      const own = await assertRejects(
        () =>
          gate.run(() => {
            throw new ReferenceError("not mine is not defined");
          }),
        ReferenceError,
      );
      assertEquals(own.message, "not mine is not defined");
    });
  });
}

test("a module can be awaited, logged, compared, turned into JSON and looked into, and nothing is called by that", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const plain = gate.module<Plain>(url);
    assertStrictEquals(await plain, plain);
    assertStrictEquals(gate.module<Plain>(url.href), plain);
    assertStrictEquals(plain.add, plain.add);
    assertEquals(plain.add.name, "add");
    assertEquals(JSON.stringify({ plain }), `{"plain":{}}`);
    assertEquals(String(plain), "[object RemoteModule]");
    assertEquals(`${plain}`, "[object RemoteModule]");
    assertEquals(inspect(plain), `RemoteModule { url: "${url.href}" }`);
    assertEquals(["add" in plain, "then" in plain, "toJSON" in plain], [true, false, false]);
    assertEquals([Object.keys(plain), { ...plain }], [[], {}]);
    const any = plain as unknown as Record<string | symbol, unknown>;
    assertEquals([any.then, any.toJSON, any[Symbol.iterator]], [undefined, undefined, undefined]);
    assertStrictEquals(any.toString, Object.prototype.toString);
    assert(plain !== (gate.module<Plain>(`${url.href}?other`) as unknown));
    assertThrows(() => any.add = 5, TypeError);
    assertThrows(() => delete any.add, TypeError);
    assertEquals(gate.stats().submitted, 0);
    assertEquals(await new TokenGate({ lanes: 0 }).module<Plain>(url).add(1, 2), 3);
  });
});

test("options of a module hold for each of its functions, and the same ones give the same module", async () => {
  await using(new TokenGate({ lanes: 2 }), async (gate) => {
    const flag = makeWords(1, true);
    const options = { timeoutMs: 20, maxConcurrent: 1 };
    const quick = gate.module<Plain>(url, options);
    assertStrictEquals(gate.module<Plain>(url, { ...options }), quick);
    assert(gate.module<Plain>(url, { timeoutMs: 30 }) !== quick);
    await assertRejects(() => quick.wait(flag, 60_000), TokenTimeoutError);
    assertEquals(await quick.wait.with({ timeoutMs: 10_000 })(flag, 1), undefined);
    // What cannot be compared is another one.
    const pooled = { pools: [new PermitPool("plain", 1)] };
    assert(gate.module<Plain>(url, pooled) !== gate.module<Plain>(url, pooled));
    const error = assertThrows(() => gate.module<Plain>(url, { time: 1 } as never), TypeError);
    assertStringIncludes(error.message, `"time"`);
    assertThrows(() => gate.module<Plain>(url, { timeoutMs: -1 }), RangeError);
  });
});

test("functions of a module can be mocked, controlled and run here", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const plain = gate.module<Plain>(url);
    const restore = gate.mock(plain.add, (a, b) => a * b);
    assertEquals(await plain.add(3, 4), 12);
    restore();
    gate.controls.pause(plain.add);
    const waiting = plain.add(3, 4);
    assertEquals(await plain.later("a"), "a, later");
    assertEquals(waiting.waitingFor, "resume");
    gate.controls.resume(plain.add);
    assertEquals(await waiting, 7);
    const before = await plain.nth.local();
    assertEquals(await plain.nth.local(), before + 1);
    assertEquals(await plain.nth(), 1);
  });
});

test("only absolute URLs are taken for modules, and the fix is said", () => {
  const gate = new TokenGate({ lanes: 0 });
  for (
    const address of ["./math.ts", "../math.ts", "/math.ts", "math", "C:\\math.ts", "", 5, null]
  ) {
    const error = assertThrows(() => gate.module(address as string), TypeError);
    assertMatch(error.message, /new URL\("\.{0,2}\/math\.ts", import\.meta\.url\)\.href/);
  }
});

test("a gate takes no endless number of functions of modules", () => {
  const gate = new TokenGate({ lanes: 0 });
  const plain = gate.module<Record<string, () => void>>(url);
  const read = (n: number): unknown => plain[`name${n}`];
  for (let n = 0; n < 4_096; n++) read(n);
  assertThrows(() => read(4_096), RangeError, "4096 functions");
  assertEquals(typeof read(17), "function");
});

test("what has no text of its own to run is refused, with the fix", () => {
  const gate = new TokenGate({ lanes: 0 });
  const run = gate.run.bind(gate) as (...args: unknown[]) => unknown;
  const getter = Object.getOwnPropertyDescriptor({
    get x(): number {
      return 1;
    },
  }, "x")!.get;
  assertThrows(() => run(Math.sqrt, [4]), TypeError, `"sqrt" in a lane: it is built in, or bound`);
  assertThrows(() => run((() => 1).bind(null)), TypeError, "it is built in, or bound");
  assertThrows(() => run(class {}), TypeError, "it is a class");
  assertThrows(() => run(getter), TypeError, "it is an accessor");
  assertThrows(() => run("() => 1"), TypeError, "pass the function itself");
  assertThrows(() => run(() => 1, 5), TypeError, "an array of its arguments");
  assertThrows(() => run(() => 1, [], { time: 5 }), TypeError, `"time"`);
  assertThrows(() => run(() => 1, [], { gate }), TypeError, `"gate"`);
  assertThrows(() => run(() => 1, [], { inline: "auto" }), TypeError, `"inline"`);
  assertEquals(gate.stats().submitted, 0);
});

test("text that is code only where it stands is refused by the lane", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const where = (): string => import.meta.url;
    const error = await assertRejects(() => gate.run(where), SyntaxError);
    assertStringIncludes(error.message, "declare it with operation");
  });
});

test("a function that is run has the settings of its call, and moves what is marked", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    await assertRejects(() => gate.run(wait, [60_000], { timeoutMs: 20 }), TokenTimeoutError);
    const controller = new AbortController();
    const token = gate.run(wait, [60_000], { signal: controller.signal });
    controller.abort();
    await assertRejects(() => token, TokenCancelledError);
    const bytes = new Uint8Array(100).fill(1);
    const sum = gate.run((bytes: Uint8Array) => bytes.reduce((a, b) => a + b), [
      transfer(bytes, [bytes.buffer]),
    ]);
    assertEquals([await sum, bytes.length], [100, 0]);
  });
});

test("more functions are run than a lane keeps compiled, long ones too, and each is still itself", async () => {
  await using(new TokenGate({ lanes: 1 }), async (gate) => {
    // Of a test, and never of what comes from elsewhere.
    const make = (n: number): () => number =>
      new Function(`return () => ${n}; // ${"long ".repeat(n === 50 ? 10_000 : 1)}`)();
    const functions = Array.from({ length: 200 }, (_, n) => make(n));
    for (let round = 0; round < 2; round++) {
      const results = await Promise.all(functions.map((fn) => gate.run(fn)));
      assertEquals(results, functions.map((_, n) => n));
    }
  });
});

/** Never called: its body is for the compiler. */
export async function typed(gate: TokenGate): Promise<void> {
  const plain: RemoteModule<Plain> = gate.module<Plain>(url);
  const sum: number = await plain.add(1, 2);
  const text: string = await plain.later("a");
  const ten: number = await plain.declared(1);
  await gate.run((n: number) => n, [sum + text.length + ten]);
  await gate.run(() => 1);
  await gate.run((n?: number) => n);
  // @ts-expect-error a wrong argument
  plain.add("1", 2);
  // @ts-expect-error no function
  plain.limit();
  // @ts-expect-error a class
  plain.Thing();
  // @ts-expect-error never a remote function
  plain.toString().cancel();
  // @ts-expect-error no such function
  plain.subtract(1, 2);
  // @ts-expect-error arguments are missing
  gate.run((n: number) => n);
  // @ts-expect-error a wrong argument
  gate.run((n: number) => n, ["1"]);
}
