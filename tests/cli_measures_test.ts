// `tokengate doctor`, `waves` and `compare`. What they measure is not judged; that they measure is.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { RUNTIME_NAMES, thisRuntime } from "../lib/cli/environment.ts";
import { FIXTURES, runTokengate } from "./fixtures/run_tokengate.ts";

const own = thisRuntime().name;
const others = RUNTIME_NAMES.filter((name) => name !== own);
const SMALL = ["--waves", "1-2", "--rounds", "1", "--lanes", "2"];
/** Nothing is found in a folder without programs, so that a test sees the same on every machine. */
const ALONE = {
  PATH: FIXTURES,
  TOKENGATE_DENO: undefined,
  TOKENGATE_BUN: undefined,
  TOKENGATE_NODE: undefined,
};

test("the doctor says what works here", async () => {
  const run = await runTokengate(["doctor", "--json"], { env: ALONE });
  assertEquals([run.code, run.stderr], [0, ""]);
  const report = JSON.parse(run.stdout);
  assertEquals(report.runtime, { ...thisRuntime() });
  assertEquals(report.works, true);
  const works = Object.fromEntries(
    report.findings.map((each: { check: string; works: unknown }) => [each.check, each.works]),
  );
  assertEquals(works, {
    "lanes": null,
    "shared memory": true,
    "thread lane": true,
    "loop in a thread": own !== "deno",
    "process lane": true,
    "loop in a process": true,
    "TypeScript": true,
    // On Deno it asks itself, and what comes of that depends on the network.
    "JSR": own === "deno" ? works["JSR"] : null,
  });
});

test(
  "where something does not work the doctor says what to do",
  { skip: own !== "deno" },
  async () => {
    const { stdout } = await runTokengate(["doctor"], { env: ALONE });
    assertStringIncludes(stdout, "cannot be stopped by this runtime");
    assertStringIncludes(stdout, 'isolation: "process"');
  },
);

test("the waves are a table, and end by themselves", async () => {
  const run = await runTokengate(["waves", ...SMALL]);
  assertEquals(run.code, 0, run.stderr);
  assertStringIncludes(run.stdout, "speed-up");
  assertStringIncludes(run.stdout, `Command: tokengate waves --waves 1-2 --lanes 2 --rounds 1`);
  assert(!run.stdout.includes("Side by side"));
});

test("the waves with --json are one object", async () => {
  const run = await runTokengate(["waves", ...SMALL, "--json"]);
  const report = JSON.parse(run.stdout);
  assertEquals([run.code, report.passed], [0, true]);
  assertEquals(report.runtimes.map(({ runtime }: { runtime: string }) => runtime), [own]);
  assertEquals(report.runtimes[0].totals.ok, 12);
});

test("compare leaves out what it does not find, and says how it would be found", async () => {
  const run = await runTokengate(["compare", ...SMALL, "--json"], { env: ALONE });
  const report = JSON.parse(run.stdout);
  assertEquals([run.code, report.passed], [0, true], run.stderr);
  assertEquals(report.runtimes.map(({ runtime }: { runtime: string }) => runtime), [own]);
  for (const name of others) {
    assertStringIncludes(run.stderr, `${name} is left out`);
    assertStringIncludes(run.stderr, `TOKENGATE_${name.toUpperCase()}`);
  }
});

test("a runtime that was asked for and is not there is a failure", async () => {
  const [absent] = others;
  const run = await runTokengate(
    ["compare", ...SMALL, "--runtimes", `${absent},${own}`, "--json"],
    {
      env: ALONE,
    },
  );
  const report = JSON.parse(run.stdout);
  assertEquals([run.code, report.passed], [1, false]);
  assertStringIncludes(report.runtimes[0].problems[0], `there is no ${absent} on the path`);
  assertEquals(report.runtimes[1].problems, []);
});

test("a variable that names a program which does not run is told", async () => {
  const key = `TOKENGATE_${others[0]!.toUpperCase()}`;
  const run = await runTokengate(["compare", ...SMALL, "--runtimes", others[0]!], {
    env: { ...ALONE, [key]: "no-such-program" },
  });
  assertEquals(run.code, 1);
  assertStringIncludes(run.stdout, `Cannot use ${key}: received "no-such-program"`);
});

const here = installed();
test("compare runs on the other runtimes, with equal results", {
  skip: Object.keys(here).length === 0,
}, async () => {
  const run = await runTokengate(["compare", ...SMALL], { env: { ...ALONE, ...here } });
  assertEquals(run.code, 0, run.stdout + run.stderr);
  assertStringIncludes(run.stdout, "Side by side");
  assertEquals(run.stdout.match(/checksums equal/g)?.length, Object.keys(here).length + 1);
});

/** The runtimes that the scripts of this repository have installed, as variables of the command. */
function installed(): Record<string, string> {
  const folder = fileURLToPath(new URL("../.runtimes/node_modules/", import.meta.url));
  const suffix = process.platform === "win32" ? ".exe" : "";
  const found: Record<string, string> = {};
  const look = (name: string, path: string): void => {
    if (name !== own && existsSync(path)) found[`TOKENGATE_${name.toUpperCase()}`] = path;
  };
  for (const name of list(folder)) {
    if (name.startsWith("node-")) look("node", join(folder, name, "bin", `node${suffix}`));
  }
  for (const scope of ["@oven", "@deno"]) {
    for (const name of list(join(folder, scope))) {
      look("bun", join(folder, scope, name, "bin", `bun${suffix}`));
      look("deno", join(folder, scope, name, `deno${suffix}`));
    }
  }
  return found;
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
