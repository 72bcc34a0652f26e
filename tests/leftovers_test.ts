import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { findLeftovers } from "../scripts/leftovers.ts";

// Put together here, so that this file has nothing left in it.
const left = [
  "// TO" + "DO later",
  "at /ho" + "me/me/a.ts",
  "see file:///tm" + "p/a",
  "jsr" + ".io",
];

test("reminders, machine paths and registry addresses are found with their lines", () => {
  assertEquals(findLeftovers(["fine", ...left].join("\n")), [
    { line: 2, message: "a reminder: TO" + "DO" },
    { line: 3, message: "a path of a machine: /ho" + "me/me" },
    { line: 4, message: "a path of a machine: file:///tm" + "p/a" },
    { line: 5, message: "the address of a registry: jsr" + ".io" },
  ]);
});

test("what only looks like one is left alone", () => {
  const fine =
    "test.todo; ./tmp/a; src/work/b; https://example.com/home/c; /workers/d; jsr:@std/assert";
  assertEquals(findLeftovers(fine), []);
});
