// The command, as its users start it: in a process of its own, with arguments, reading what it prints.
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../lib/cli/commands.ts";
import { runTokengate } from "./fixtures/run_tokengate.ts";

const MODULE = "./command_module.ts";

test("without arguments it says how it is used, which is a mistake of the user's", async () => {
  const run = await runTokengate([]);
  assertEquals([run.code, run.stdout], [2, ""]);
  assertStringIncludes(run.stderr, "Usage: tokengate COMMAND");
});

test("the help names every command, and each command explains its options", async () => {
  const { code, stdout } = await runTokengate(["--help"]);
  assertEquals(code, 0);
  for (const { name, load } of COMMANDS) {
    assertStringIncludes(stdout, name);
    const own = await runTokengate([name, "--help"]);
    assertEquals([own.code, own.stderr], [0, ""], name);
    assertStringIncludes(own.stdout, `Usage: tokengate ${name}`);
    for (const flag of ["json", "help", ...Object.keys((await load()).flags)]) {
      assertStringIncludes(own.stdout, `--${flag}`);
    }
  }
});

test("help for a command is the command's help", async () => {
  const [asked, own] = await Promise.all([
    runTokengate(["help", "run"]),
    runTokengate(["run", "--help"]),
  ]);
  assertEquals(asked, own);
});

test("the version is that of the package", async () => {
  const manifest = JSON.parse(await readFile(new URL("../deno.json", import.meta.url), "utf8"));
  assertEquals((await runTokengate(["--version"])).stdout, `${manifest.version}\n`);
});

test("what is mistyped is refused, with what may have been meant", async () => {
  for (
    const [args, ...parts] of [
      [["wave"], `Cannot run "wave"`, `did you mean "tokengate waves"?`],
      [["dance"], `Cannot run "dance"`, "run, doctor, waves, compare"],
      [["run", MODULE, "triple", "--lane", "2"], `did you mean "--lanes"?`],
      [["waves", "-w", "2"], `Cannot use "-w"`, "tokengate waves --help"],
      [["run", MODULE, "triple", "--lanes"], "--lanes: it needs a value", "--lanes N"],
      [["run", MODULE, "triple", "--json=yes"], "it takes no value"],
      [["run", MODULE, "triple", "--lanes", "0"], `--lanes: received "0"`],
      [["waves", "--waves", "16"], `received "16"`],
      [["compare", "--runtimes", "deno,chrome"], `received "chrome"`],
      [["doctor", "who"], `Cannot use "who"`],
      [["run"], "received no module"],
      [["run", MODULE], "received no name of an export"],
      [["run", "./nowhere.ts", "x"], "there is no file", "nowhere.ts"],
      [["run", "./throwing_module.ts", "x"], "Cannot load", "this module does not load"],
      [["run", MODULE, "triples"], `exports no "triples"`, `did you mean "triple"?`],
      [["run", MODULE, "zzzzzzzzz"], "triple (operation)", "join"],
      [["run", MODULE, "notAFunction"], "is no function"],
      [["run", MODULE, "join", "text"], "argument 1: received text", `'"text"'`],
    ] as [string[], ...string[]][]
  ) {
    const run = await runTokengate(args);
    assertEquals([run.code, run.stdout], [2, ""], args.join(" ") + run.stderr);
    assertMatch(run.stderr, /^tokengate: Cannot /);
    assert(!run.stderr.includes("\n    at "), run.stderr);
    for (const part of parts) assertStringIncludes(run.stderr, part);
  }
});

test("with --json a mistake is an object on the standard output too", async () => {
  const run = await runTokengate(["run", MODULE, "triples", "--json"]);
  assertEquals(run.code, 2);
  const { error } = JSON.parse(run.stdout);
  assertEquals(error.name, "UsageError");
  assertStringIncludes(run.stderr, error.message);
});
