// The package as Deno gets it from JSR: fetched file by file from a server, and nothing of it on this disk.
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { type JsrRegistry, startJsrRegistry } from "./fixtures/jsr_registry.ts";
import { runDeno } from "./fixtures/run_program.ts";

const skip = !("Deno" in globalThis);
const FOR_PROCESSES = ["--allow-read", "--allow-run", "--allow-env"];

let registry: JsrRegistry;
let folder: string;

before(async () => {
  if (skip) return;
  registry = await startJsrRegistry();
  folder = await mkdtemp(join(tmpdir(), "tokengate-jsr-"));
  // What `deno add jsr:…` writes.
  const imports = { "@tokengate/tokengate": `jsr:${registry.specifier}` };
  await writeFile(join(folder, "deno.json"), JSON.stringify({ imports }));
  for (const name of ["wave.ts", "processes.ts"]) {
    await copyFile(
      fileURLToPath(new URL(`./fixtures/package/${name}`, import.meta.url)),
      join(folder, name),
    );
  }
});

after(async () => {
  if (skip) return;
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Deno in the project, with a cache of its own. */
async function deno(...args: string[]): Promise<Run> {
  const env = { JSR_URL: registry.url, DENO_DIR: join(folder, "cache") };
  const { code, stdout, stderr } = await runDeno(args, folder, env);
  return { code, stdout: stdout.trim(), stderr };
}

test("what JSR serves holds the entries and no test, script or benchmark", { skip }, () => {
  for (const file of ["/mod.ts", "/workers/entry.ts", "/workers/bundled.ts", "/deno.json"]) {
    assert(registry.files.includes(file), file);
  }
  const others = registry.files.filter((file) =>
    !/^\/(mod\.ts|deno\.json|LICENSE|(docs\/)?[\w-]+\.md|(lib|workers)\/[\w/]+\.ts)$/.test(file) ||
    /_test\.ts$|simulated|virtual_clock/.test(file)
  );
  assertEquals(others, []);
});

test("a wave runs from JSR on Deno, with the worker entry from there too", { skip }, async () => {
  const run = await deno("run", "--no-prompt", "--quiet", "--allow-read", "wave.ts");
  assertEquals(run, { code: 0, stdout: "4096 true true", stderr: "" });
  assert(registry.requests.some((path) => path.endsWith("/workers/entry.ts")));
});

test("lanes that are processes run from JSR on Deno", { skip }, async () => {
  const run = await deno("run", "--no-prompt", "--quiet", ...FOR_PROCESSES, "processes.ts");
  assertEquals(run, { code: 0, stdout: "21 true\nOddError 3\nTimeoutError", stderr: "" });
});

test("what deno cache has fetched is enough: nothing more is asked for, worker entry included", {
  skip,
}, async () => {
  await rm(join(folder, "cache"), { recursive: true, force: true });
  assertEquals((await deno("cache", "--quiet", "wave.ts", "processes.ts")).code, 0);
  const asked = registry.requests.length;
  const offline = ["run", "--cached-only", "--no-prompt", "--quiet"];
  const wave = await deno(...offline, "--allow-read", "wave.ts");
  assertEquals(wave, { code: 0, stdout: "4096 true true", stderr: "" });
  const processes = await deno(...offline, ...FOR_PROCESSES, "processes.ts");
  assertEquals(processes, { code: 0, stdout: "21 true\nOddError 3\nTimeoutError", stderr: "" });
  assertEquals(registry.requests.slice(asked), []);
});
