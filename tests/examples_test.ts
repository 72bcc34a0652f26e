// Every example of the README, of docs/ and of the documentation of the sources is checked, and runs as it stands. Most of them run in one process, one after the
// other, as modules of one program; those marked `alone`, such as programs that end themselves, have one each.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  documents,
  type Example,
  type ExampleRun,
  EXAMPLES_PROGRAM,
  normal,
  promisedBy,
  REPORT_MARK,
  shown,
  writeExamples,
} from "./fixtures/examples.ts";
import { type Permission, runFile, runTestFile } from "./fixtures/run_program.ts";

const isDeno = "Deno" in globalThis;
const folder = await mkdtemp(join(tmpdir(), "tokengate-examples-"));
after(() => rm(folder, { recursive: true, force: true }));

const names = await documents();
const examples: Example[] = [];
for (const name of names) examples.push(...await writeExamples(name, folder));

/** Each of them has a limit of its own in there. */
const HANGS_AFTER_MS = 240_000;

/** What became of the examples that run in one process. */
interface Batch {
  readonly runs: ReadonlyMap<string, ExampleRun>;
  /** How the process ended, and what it printed as errors. */
  readonly end: readonly [code: number | null, stderr: string];
}

/** On Deno, what only needs lanes of threads is to run with no more than permission to read. */
const modest = runTogether("--allow-read", (example) => !example.needsAll);
const demanding = runTogether("--allow-all", (example) => example.needsAll);

async function runTogether(
  permission: Permission,
  choose: (example: Example) => boolean,
): Promise<Batch> {
  const files = examples.filter((example) => example.mark === "" && choose(example))
    .map(({ file }) => file);
  const input = files.join("\n");
  const run = await runFile(EXAMPLES_PROGRAM, permission, input, HANGS_AFTER_MS);
  const { code, stdout, stderr } = run;
  const runs = new Map<string, ExampleRun>();
  for (const line of stdout.split("\n")) {
    if (!line.startsWith(REPORT_MARK)) continue;
    const run = JSON.parse(line.slice(REPORT_MARK.length)) as ExampleRun;
    runs.set(run.file, run);
  }
  return { runs, end: [code, stderr] };
}

test("programs made of examples end by themselves, without a word on the error stream", async () => {
  for (const { end } of await Promise.all([modest, demanding])) assertEquals(end, [0, ""]);
});

test("there are examples in the README, in every text of docs/ and in the sources", () => {
  assert(names.includes("README.md") && names.includes("mod.ts"));
  assert(names.some((name) => name.startsWith("lib/")));
});

for (const name of names) {
  test(`the examples of ${name} run, and print what they say`, async () => {
    for (const example of examples.filter(({ document }) => document === name)) {
      if (example.mark === "check") continue;
      const printed = example.mark === ""
        ? await printedTogether(example)
        : await runAlone(example);
      for (const line of promisedBy(example.text)) {
        assert(normal(printed).includes(normal(line)), `${shown(example)}: ${line}\n${printed}`);
      }
    }
  });
}

async function printedTogether(example: Example): Promise<string> {
  const { runs, end } = await (example.needsAll ? demanding : modest);
  const run = runs.get(example.file);
  assert(run !== undefined, `${shown(example)} did not run: ${end.join(", ")}`);
  assertEquals(run.error, undefined, shown(example));
  return run.printed;
}

async function runAlone({ file, mark, needsAll, text }: Example): Promise<string> {
  const permission = needsAll ? "--allow-all" : "--allow-read";
  const run = await (mark === "test" ? runTestFile(file) : runFile(file, permission));
  // A test runner says how it went on either stream.
  assertEquals([run.code, mark === "test" ? "" : run.stderr], [0, ""], text + run.stderr);
  return run.stdout;
}

test("the types of all examples are right", { skip: !isDeno }, async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "--no-config", ...examples.map(({ file }) => file)],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
});
