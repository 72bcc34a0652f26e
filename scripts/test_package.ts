/**
 * `deno task test:package`: installs the packed npm package into empty projects, as its users do, and runs it there: on the lines
 * of Node, Bun and Deno, as JavaScript and TypeScript, checked by TypeScript, and built by bundlers. Prints who could do what, and
 * ends with one line, `N passed, N failed`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { buildNpm, NPM_FOLDER } from "./build_npm.ts";
import { BUNDLER_CHECKS, bundlerRecipes, tryRecipe } from "./package/bundlers.ts";
import { Cells } from "./package/cells.ts";
import {
  type Consumer,
  consumerChecks,
  type Language,
  rowOf,
  tryConsumer,
} from "./package/consumers.ts";
import { freshTarball } from "./package/fresh_tarball.ts";
import { readPrograms } from "./package/programs.ts";
import { type LoopbackRegistry, startRegistry } from "./package/registry.ts";
import { npmAdd, Scratch } from "./package/scratch.ts";
import { TARBALL_CHECKS, TARBALL_ROW, tryTarball } from "./package/tarball_checks.ts";
import { ensureNodeLine, ensureTools } from "./package/tools.ts";
import { compile, COMPILER_ROWS, tryTypes, TYPE_CHECKS } from "./package/typescript.ts";
import { NODE_LINE_PINS } from "./pins.ts";
import { note, say } from "./project.ts";
import { ensureRuntimes, versionOf } from "./runtimes.ts";
import { killRunning } from "./testing/child_run.ts";

const HELP = `deno task test:package [options]

Tests the packed npm package in empty projects. Builds it when a source is newer than it is.

  --only TEXT      only rows whose name contains TEXT, such as "Node 20" or "esbuild"
  --jobs NUMBER    projects at once (2)
  --keep           leave the projects there, and say where
  --help           show this`;

/** The runtimes, by what they say they are, the lines of Node from the oldest on. */
async function consumersHere(bun: string, deno: string): Promise<Consumer[]> {
  const consumers: Consumer[] = [];
  const add = async (
    label: string,
    kind: Consumer["kind"],
    executable: string,
    languages: readonly Language[],
  ): Promise<void> => {
    const name = `${label} ${await versionOf(executable)}`;
    consumers.push({ name, kind, executable, languages });
  };
  for (const line of Object.keys(NODE_LINE_PINS)) {
    // Node 20 takes no TypeScript.
    await add("Node", "node", await ensureNodeLine(line), line === "20" ? ["js"] : ["js", "ts"]);
  }
  await add("Bun", "bun", bun, ["js", "ts"]);
  await add("Deno", "deno", deno, ["js", "ts"]);
  return consumers;
}

/** A project with the package and the programs, and no more. */
async function typedProject(
  scratch: Scratch,
  registry: LoopbackRegistry,
  files: Readonly<Record<string, string>>,
): Promise<Scratch> {
  const project = await scratch.project("types");
  const manifest = '{ "private": true, "type": "module" }\n';
  await project.write({ ...files, ".npmrc": registry.npmrc, "package.json": manifest });
  const { problem } = await npmAdd(project, registry.name, `${scratch.folder}/npm_cache`);
  if (problem !== undefined) throw new Error(problem);
  return project;
}

/** Runs them with so many at once. */
async function runAll(jobs: number, work: readonly (() => Promise<void>)[]): Promise<void> {
  const queue = [...work];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await next();
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

async function main(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", default: "" },
      jobs: { type: "string", default: "2" },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    say(HELP);
    return true;
  }
  const jobs = Number(values.jobs);
  if (!(Number.isInteger(jobs) && jobs > 0)) {
    throw new RangeError(`Cannot use --jobs: received "${values.jobs}", not a number above zero`);
  }
  const isWanted = (row: string): boolean => row.toLowerCase().includes(values.only.toLowerCase());

  const started = performance.now();
  const tarball = await freshTarball(NPM_FOLDER) ?? await buildNpm();
  await ensureTools();
  const { deno, bun } = await ensureRuntimes(["deno", "bun"]);
  const cells = new Cells(note);
  const consumers = await consumersHere(bun!, deno!);
  const node20 = consumers[0]!.executable;
  const node = consumers.findLast(({ kind }) => kind === "node")!.executable;
  const recipes = await bundlerRecipes();
  const readyMs = performance.now() - started;

  const scratch = new Scratch(await Deno.makeTempDir({ prefix: "tokengate_package_" }));
  const registry = await startRegistry(tarball);
  try {
    const programs = await readPrograms();
    const compiled = await compile(node, await scratch.project("compiled"), programs);
    const files = { ...programs, ...compiled };
    const work: (() => Promise<void>)[] = [];
    for (const consumer of consumers) {
      const languages = consumer.languages.filter((it) => isWanted(rowOf(consumer, it)));
      if (languages.length === 0) continue;
      work.push(() => tryConsumer({ ...consumer, languages }, { scratch, registry, files, cells }));
    }
    for (const recipe of recipes.recipes) {
      if (!isWanted(recipe.name)) continue;
      const executables = { node, node20, bun: bun!, deno: deno! };
      work.push(() => tryRecipe(recipe, recipes, executables, { scratch, registry, cells }));
    }
    if (isWanted(TARBALL_ROW)) {
      work.push(async () => tryTarball(node, tarball, await scratch.project("tarball"), cells));
    }
    if (COMPILER_ROWS.some(isWanted)) {
      work.push(async () => tryTypes(node, await typedProject(scratch, registry, files), cells));
    }
    await runAll(jobs, work);
  } finally {
    await registry.close();
    if (values.keep) note(`test:package: the projects are in ${scratch.folder}`);
    else await scratch.remove();
  }
  const rows = consumers.flatMap((each) => each.languages.map((it) => rowOf(each, it)));
  const tables: [readonly string[], readonly string[]][] = [
    [rows, consumerChecks(registry)],
    [COMPILER_ROWS, TYPE_CHECKS],
    [recipes.recipes.map(({ name }) => name), BUNDLER_CHECKS],
    [[TARBALL_ROW], TARBALL_CHECKS],
  ];
  for (const [names, checks] of tables) {
    const wanted = names.filter(isWanted);
    if (wanted.length > 0) say(["", ...cells.table(wanted, checks)].join("\n"));
  }
  const seconds = (performance.now() - started - readyMs) / 1000;
  say(`\n${seconds.toFixed(0)} s, after ${(readyMs / 1000).toFixed(0)} s of making ready`);
  const { passed, failed } = cells;
  say(`${passed} passed, ${passed + failed === 0 ? 1 : failed} failed`);
  return failed === 0 && passed > 0;
}

if (import.meta.main) {
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) {
    Deno.addSignalListener(signal, () => {
      killRunning();
      Deno.exit(130);
    });
  }
  try {
    Deno.exit(await main(Deno.args) ? 0 : 1);
  } catch (error) {
    killRunning();
    note(`test:package: ${error instanceof Error ? error.message : error}`);
    say("0 passed, 1 failed");
    Deno.exit(1);
  }
}
