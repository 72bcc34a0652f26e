import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { HELP, MEASURE_NAMES, readOptions, writeOptions } from "../bench/bench_options.ts";
import { planRound } from "../bench/bench_plan.ts";
import { PEER_NAMES } from "../bench/contenders.ts";

test("without arguments everything is measured of all peers on all runtimes", () => {
  const options = readOptions([]);
  assertEquals(options.runtimes, ["deno", "bun", "node"]);
  assertEquals(options.measures, [...MEASURE_NAMES]);
  assertEquals(options.peers, [...PEER_NAMES]);
  assertStrictEquals(options.waves.length, 15);
  assertStrictEquals(options.rounds, 5);
  assertStrictEquals(options.furtherRounds, 10);
  assertStrictEquals(options.lanes, 2);
});

test("a comparison can be narrowed", () => {
  const options = readOptions(["--only", "ping,noop", "--runtimes=node", "--peers", "piscina"]);
  assertEquals(options.measures, ["noop", "ping"]);
  assertEquals(options.runtimes, ["node"]);
  assertEquals(options.peers, ["piscina"]);
  assertEquals(planRound(options, 1).map(({ what }) => what), ["noop", "ping"]);
  assertEquals(readOptions(["--peers", "none"]).peers, []);
});

test("a quick comparison is shorter, and can be lengthened", () => {
  const quick = readOptions(["--quick"]);
  assert(quick.rounds < 5 && quick.waves.length < 15);
  assert(!quick.measures.includes("payloads"));
  const longer = readOptions(["--quick", "--rounds", "9", "--waves", "2", "--only", "payloads"]);
  assertStrictEquals(longer.rounds, 9);
  assertEquals(longer.waves, [1, 2]);
  assertEquals(longer.measures, ["payloads"]);
});

test("written options of a comparison ask for the same again", () => {
  for (
    const args of [
      [],
      ["--quick"],
      ["--peers", "none", "--waves", "9-15", "--lanes", "3"],
      ["--only", "micro,waves", "--runtimes", "bun", "--rounds", "7", "--further", "0"],
    ]
  ) {
    const options = readOptions(args);
    assertEquals(readOptions(writeOptions(options)), options);
  }
});

test("arguments that cannot be used are refused by name", () => {
  for (
    const [args, part] of [
      [["--peer", "piscina"], `"--peer"`],
      [["noop"], `"noop"`],
      [["--only", "pings"], `--only: received "pings"`],
      [["--peers", "threads"], `--peers: received "threads"`],
      [["--peers", "none,piscina"], `--peers: received "none"`],
      [["--runtimes", "node,chrome"], `--runtimes: received "chrome"`],
      [["--rounds", "0"], `--rounds: received "0"`],
      [["--further", "some"], `--further: received "some"`],
      [["--lanes", "two"], `--lanes: received "two"`],
      [["--waves", "16"], `received "16"`],
      [["--json"], "--json"],
      [["--report"], "--report"],
    ] as const
  ) {
    assertThrows(() => readOptions([...args]), RangeError, part);
  }
});

test("the help names every measure and every peer", () => {
  assertStrictEquals(readOptions(["--help"]).help, true);
  for (const name of [...MEASURE_NAMES, ...PEER_NAMES]) assert(HELP.includes(name), name);
});

test("the peers run the largest waves in the first round only, ours, the loop and the ceiling in all", () => {
  const plan = planRound(readOptions(["--only", "waves"]), 1);
  const largest = plan.find(({ what }) => what === "wave.15")!;
  assert(largest.concerns("comlink", 0) && !largest.concerns("comlink", 1));
  for (const name of ["tokengate", "loop", "ceiling"] as const) assert(largest.concerns(name, 4));
  const small = plan.find(({ what }) => what === "wave.3")!;
  assert(small.concerns("comlink", 4));
});

test("growth is measured of ours and the loop, each in a process of its own", () => {
  const [growth] = planRound(readOptions(["--only", "growth"]), 1);
  assert(growth!.ownProcess);
  for (const name of ["tokengate", "loop"] as const) assert(growth!.concerns(name, 7), name);
  for (const name of ["ceiling", "piscina"] as const) assert(!growth!.concerns(name, 0), name);
});

test("neither warming up nor repeating a wave makes anybody slow", () => {
  for (const flags of [[], ["--quick"]]) {
    const plan = planRound(readOptions([...flags, "--only", "noop,ping,waves,payloads"]), 1);
    const [payload] = plan.filter(({ what }) => what.startsWith("payload"));
    for (const step of plan) {
      const { request } = step;
      const warmUpMs = request !== undefined && "warmUpMs" in request ? request.warmUpMs : 0;
      const budgetMs = request !== undefined && "budgetMs" in request ? request.budgetMs : 0;
      assertStrictEquals(step.slowMs - warmUpMs - budgetMs, payload!.slowMs, step.what);
    }
  }
});
