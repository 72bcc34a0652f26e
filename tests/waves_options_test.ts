import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { readOptions, writeOptions } from "../bench/waves_options.ts";

test("without arguments all waves run on all runtimes, with a lane for each core", () => {
  const options = readOptions([], 6);
  assertEquals(options.runtimes, ["deno", "bun", "node"]);
  assertStrictEquals(options.waves.length, 15);
  assertStrictEquals(options.lanes, 6);
  assertStrictEquals(options.json, undefined);
  assertStrictEquals(options.help, false);
});

test("options are read with and without an equals sign", () => {
  const args = ["--runtimes=node,bun", "--waves", "3-5", "--lanes=2", "--rounds", "7"];
  const options = readOptions([...args, "--budget-ms", "900", "--json", "a.json"], 6);
  assertEquals(options, {
    help: false,
    runtimes: ["node", "bun"],
    waves: [3, 4, 5],
    lanes: 2,
    rounds: 7,
    budgetMs: 900,
    json: "a.json",
  });
});

test("written options ask for the same again", () => {
  const options = readOptions(["--waves", "2,4-6", "--runtimes", "bun,bun", "--lanes", "3"], 6);
  assertEquals(readOptions(writeOptions(options), 1), options);
});

test("unknown arguments and values that cannot be used are refused by name", () => {
  for (
    const [args, part] of [
      [["--wave", "3"], `"--wave"`],
      [["-w"], `"-w"`],
      [["--no-lanes"], `"--no-lanes"`],
      [["waves"], `"waves"`],
      [["--", "waves"], `"waves"`],
      [["--runtimes", "deno,chrome"], `received "chrome"`],
      [["--runtimes"], `received ""`],
      [["--waves", "0"], `received "0"`],
      [["--lanes", "-1"], `"-1"`],
      [["--lanes=-1"], `received "-1"`],
      [["--lanes", "many"], `received "many"`],
      [["--rounds", "0"], `--rounds: received "0"`],
      [["--budget-ms", "1s"], `--budget-ms: received "1s"`],
      [["--json"], "--json"],
    ] as const
  ) {
    assertThrows(() => readOptions([...args], 2), RangeError, part);
  }
});

test("help is asked for with --help", () => {
  assertStrictEquals(readOptions(["--help"], 2).help, true);
});
