/**
 * `deno task check`: everything that can be said about the source without running it.
 *
 * @module
 */
import { join, relative } from "node:path";
import { note, ROOT, say, STAND_IN_IMPORT_MAP } from "./project.ts";
import { resolveMode } from "./resolve_mode.ts";
import { walkFiles } from "./walk_files.ts";

interface Step {
  name: string;
  args: string[];
}

const CHECKED_FOLDERS = ["lib", "workers", "tests", "bench", "scripts"];

async function steps(): Promise<Step[]> {
  // Without a list, deno would check what it finds by itself, and find the stand-ins' and the built files too.
  const files = ["mod.ts"];
  for (const folder of CHECKED_FOLDERS) {
    for (const path of await walkFiles(folder)) {
      if (path.endsWith(".ts")) files.push(relative(ROOT, path));
    }
  }
  const manifest = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const entries = Object.values<string>(manifest.exports);
  const importMap = await resolveMode() === "jsr" ? [] : ["--import-map", STAND_IN_IMPORT_MAP];
  return [
    { name: "format", args: ["fmt", "--check"] },
    { name: "lint", args: ["lint", "--quiet"] },
    { name: "types", args: ["check", "--quiet", ...importMap, ...files] },
    { name: "docs", args: ["doc", "--lint", ...entries] },
    { name: "imports", args: ["run", "--allow-read", "scripts/check_imports.ts"] },
    { name: "release", args: ["run", "--allow-read", "scripts/check_release.ts"] },
    {
      name: "publish",
      args: ["run", "--allow-read", "--allow-run", "--allow-env", "scripts/check_publish.ts"],
    },
  ];
}

async function passes({ name, args }: Step): Promise<boolean> {
  const started = performance.now();
  const { success } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  say(`check: ${name} ${success ? "passed" : "FAILED"}, ${seconds} s`);
  return success;
}

const failed: string[] = [];
for (const step of await steps()) {
  if (!await passes(step)) failed.push(step.name);
}
if (failed.length > 0) {
  note(`check: failed: ${failed.join(", ")}`);
  Deno.exit(1);
}
