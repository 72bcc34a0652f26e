// deno-lint-ignore-file explicit-function-return-type -- what is inferred is what is tested
// The assertions here are the compiler's: this file is type-checked, and each "expect-error" line must be an error.
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import {
  type Operation,
  operation,
  type ResultIterator,
  type StreamOperation,
  type StreamToken,
  type Token,
  TokenGate,
} from "../mod.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<A, B>(_: Same<A, B>): void {}

export const join: Operation<[parts: string[], separator: string], string> = operation(
  import.meta,
  "join",
  (parts, separator) => parts.join(separator),
);
export const later: Operation<[n: number], number> = operation(
  import.meta,
  "later",
  async (n: number) => await Promise.resolve(n),
);
export const optional: Operation<[n: number, digits?: number], string> = operation(
  import.meta,
  "optional",
  (n: number, digits?: number) => n.toFixed(digits),
);
export const variadic: Operation<number[], number> = operation(
  import.meta,
  "variadic",
  (...all: number[]) => all.length,
);

/** Never called: its body is for the compiler. */
export async function typed(gate: TokenGate): Promise<void> {
  const inferred = operation(import.meta, "inferred", (a: number, b: string) => [a, b] as const);
  same<typeof inferred, Operation<[a: number, b: string], readonly [number, string]>>(true);

  const text = join(["a"], "-");
  same<typeof text, Token<string>>(true);
  const awaited = await text;
  same<typeof awaited, string>(true);
  // An asynchronous function's token gives what its promise gives.
  const number = await later(1);
  same<typeof number, number>(true);
  same<Awaited<ReturnType<typeof later>>, number>(true);

  // @ts-expect-error a wrong argument
  join("a", "-");
  // @ts-expect-error a missing argument
  join(["a"]);
  // @ts-expect-error an argument too many
  join(["a"], "-", 1);
  optional(1);
  optional(1, 2);
  // @ts-expect-error a wrong optional argument
  optional(1, "2");
  variadic(1, 2, 3);

  // A token in the place of an argument, and of the right type.
  join(["a"], join(["b"], "-"));
  later(later(1));
  // @ts-expect-error a token of another type
  later(join(["a"], "-"));

  const called = gate.call(join, ["a"], "-");
  same<typeof called, Token<string>>(true);
  // @ts-expect-error a wrong argument through a gate
  gate.call(join, 1, "-");
  same<ReturnType<typeof join.local>, string | Promise<string>>(true);
  const bound = join.with({ gate, timeoutMs: 5 });
  same<typeof bound, typeof join>(true);
  // @ts-expect-error an unknown option
  join.with({ timeout: 5 });
  // @ts-expect-error an unknown option of the declaration
  operation(import.meta, "unknown", () => 1, { time: 5 });
  join.with({ inline: "auto" });
  // @ts-expect-error no such place to run
  join.with({ inline: "always" });
  // @ts-expect-error an unknown option of the gate
  new TokenGate({ lane: 2 });
}

/** Never called either. */
export async function many(gate: TokenGate): Promise<void> {
  const results = await gate.all(join, [[["a"], "-"], [["b"], join(["-"], "")]]);
  same<typeof results, string[]>(true);
  const numbers = await gate.all(later, [1, 2].map((n) => [n]));
  same<typeof numbers, number[]>(true);
  const settled = await gate.all(later, [[1]], { onError: "settle" });
  same<typeof settled, PromiseSettledResult<number>[]>(true);
  // @ts-expect-error a bare value in the place of an array of arguments
  gate.all(later, [1, 2]);
  // @ts-expect-error a wrong argument
  gate.all(later, [["1"]]);
  // @ts-expect-error no option of all
  gate.all(later, [[1]], { window: 2 });
  // @ts-expect-error no such thing to do about errors
  gate.all(later, [[1]], { onError: "ignore" });

  const mapped = gate.map(later, [1, 2].map((n) => [n]), { window: 2 });
  same<typeof mapped, ResultIterator<number>>(true);
  async function* inputs(): AsyncGenerator<[parts: string[], separator: string]> {
    yield await Promise.resolve([["a"], "-"]);
  }
  for await (const result of gate.map(join, inputs(), { onError: "settle" })) {
    same<typeof result, PromiseSettledResult<string>>(true);
  }
  // @ts-expect-error arguments of another operation
  gate.map(later, inputs());
}

/** Nor this. */
export async function streamed(gate: TokenGate): Promise<void> {
  const inferred = operation(import.meta, "inferredStream", async function* (to: number) {
    yield await Promise.resolve(to);
    return "end";
  });
  same<typeof inferred, StreamOperation<[to: number], number, string>>(true);
  const written: StreamOperation<[to: number], number> = operation(
    import.meta,
    "writtenStream",
    function* (to) {
      yield to;
    },
  );
  const promised = operation(import.meta, "promisedStream", function* () {
    yield Promise.resolve(1);
  });
  same<typeof promised, StreamOperation<[], number>>(true);
  // What comes from outside has any type, and is no stream for that.
  const parsed = operation(import.meta, "parsed", async (text: string) => {
    return await Promise.resolve(JSON.parse(text));
  });
  // deno-lint-ignore no-explicit-any -- that is what JSON.parse gives
  same<typeof parsed, Operation<[text: string], any>>(true);
  const field: Operation<[text: string], number> = operation(
    import.meta,
    "field",
    async (text) => (await Promise.resolve(JSON.parse(text))).field,
  );
  same<ReturnType<typeof field>, Token<number>>(true);
  const byText = gate.run(async () => await Promise.resolve(JSON.parse("1")));
  // deno-lint-ignore no-explicit-any -- that is what JSON.parse gives
  same<typeof byText, Token<any>>(true);

  const thrown = operation(import.meta, "thrown", (): never => {
    throw new Error();
  });
  same<typeof thrown, Operation<[], never>>(true);
  const thrownLater = operation(import.meta, "thrownLater", async () => {
    await Promise.reject(new Error());
    throw new Error();
  });
  same<typeof thrownLater, Operation<[], never>>(true);

  const token = inferred(5);
  same<typeof token, StreamToken<number, string>>(true);
  for await (const n of token) same<typeof n, number>(true);
  const end = await token;
  same<typeof end, string>(true);
  const called = gate.call(written, written(5) as unknown as Token<number>);
  same<typeof called, StreamToken<number, void>>(true);
  same<ReturnType<typeof written.with>, typeof written>(true);
  for await (const n of await inferred.local(5)) same<typeof n, number>(true);

  // @ts-expect-error a wrong argument
  gate.call(inferred, "5");
  // @ts-expect-error only results can be gathered
  gate.all(inferred, [[5]]);
  // @ts-expect-error only results can be mapped
  gate.map(inferred, [[5]]);
  // @ts-expect-error no stream
  for await (const _ of later(1));
  gate.mock(inferred, function* (to) {
    yield to;
    return "mocked";
  });
  // @ts-expect-error items of another type
  gate.mock(inferred, function* () {
    yield "text";
    return "mocked";
  });
  const run = gate.run(async function* (to: number) {
    yield await Promise.resolve(to);
  }, [5]);
  same<typeof run, StreamToken<number, void>>(true);
  // @ts-expect-error options of another type
  operation(import.meta, "optionsOfStream", function* () {
    yield 1;
  }, { time: 5 });
  const { latest } = token.progress;
  same<typeof latest, unknown>(true);
}

test("an operation keeps the name, and its local function the behaviour", async () => {
  assertEquals(join.name, "join");
  assertEquals(join.local(["a", "b"], "-"), "a-b");
  assertEquals(await later.local(4), 4);
  assertEquals(optional.local(1, 2), "1.00");
  assertEquals(variadic.local(1, 2, 3), 3);
});
