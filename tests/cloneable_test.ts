// What is said of a value that cannot cross: which one it is, and where.
import { test } from "node:test";
import { assertStringIncludes } from "@std/assert";
import { findUncloneable, uncloneableResult } from "../lib/bridge/cloneable.ts";

function messageOf(value: unknown): string {
  return uncloneableResult("make", value, new Error("refused")).message;
}

test("a value that cannot cross is found inside of others, and its place is told", () => {
  for (
    const [value, place] of [
      [() => 1, "received a function;"],
      [Symbol("mark"), "received Symbol(mark);"],
      [{ run: () => 1 }, "an object with such a value at .run;"],
      [
        [1, { steps: [0, { "on done": () => 1 }] }],
        `an array with such a value at [1].steps[1]["on done"];`,
      ],
      [{ a: 1, mark: Symbol("mark") }, "at .mark;"],
    ] as const
  ) assertStringIncludes(messageOf(value), place);
});

test("what cannot be found is not made up", () => {
  class Secret {
    readonly #value = 1;
    read(): number {
      return this.#value;
    }
  }
  const circle: Record<string, unknown> = { deep: {} };
  circle["self"] = circle;
  const trap = new Proxy({}, {
    ownKeys: () => {
      throw new Error("nobody is to look");
    },
  });
  const getter = {
    get value(): never {
      throw new Error("nobody is to call");
    },
  };
  for (const value of [new Secret(), circle, trap, getter]) {
    assertStringIncludes(messageOf(value), "an object that holds such a value;");
  }
});

test("of many arguments the one is named that was refused", () => {
  const error = findUncloneable("apply", [1, { then: () => 1 }], new Error("refused"));
  assertStringIncludes(error.message, `argument 2 of "apply"`);
  assertStringIncludes(error.message, "at .then;");
});
