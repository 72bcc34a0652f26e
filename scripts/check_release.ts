/**
 * Checks what a release needs and no compiler looks at: the manifest, its version and the pinned ones wherever they are
 * repeated, the completeness of the stand-ins, and that nothing was left behind. With `--tag`, that a tag is that of the version.
 *
 * @module
 */
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { findLeftovers } from "./leftovers.ts";
import { FAST_CHECK_PIN, RUNTIME_PINS } from "./pins.ts";
import { note, ROOT, say } from "./project.ts";
import { findOtherVersions, findTagProblem } from "./versions.ts";
import { walkFiles } from "./walk_files.ts";

interface Manifest {
  name: string;
  version: string;
  license: string;
  exports: Record<string, string>;
  imports: Record<string, string>;
  publish: { include: string[]; exclude?: string[] };
}

const problems: string[] = [];

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(join(ROOT, path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function jsonOf<T>(path: string): Promise<T> {
  const text = await textOf(path);
  if (text === undefined) throw new Error(`Cannot check the release: there is no ${path}`);
  return JSON.parse(text);
}

async function checkManifest(manifest: Manifest): Promise<void> {
  const { name, version, license, exports, publish } = manifest;
  if (!/^@[\w-]+\/[\w-]+$/.test(name)) problems.push(`deno.json: "${name}" is no @scope/name`);
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
    problems.push(`deno.json: "${version}" is no version`);
  }
  if (!license || await textOf("LICENSE") === undefined) problems.push("there is no licence");
  for (const entry of [".", "./bundled", "./cli", "./operations", "./worker"]) {
    if (!Object.hasOwn(exports, entry)) problems.push(`deno.json: "${entry}" is not exported`);
  }
  for (const [entry, target] of Object.entries(exports)) {
    const path = target.replace(/^\.\//, "");
    if (await textOf(path) === undefined) {
      problems.push(`deno.json: the export "${entry}" is ${target}, which does not exist`);
    }
    if (
      !publish.include.some((each) => each.endsWith("/") ? path.startsWith(each) : path === each)
    ) {
      problems.push(`deno.json: the export "${entry}" is ${target}, which is not published`);
    }
  }
  for (const path of publish.exclude ?? []) {
    if (await textOf(path) === undefined) {
      problems.push(`deno.json: leaves out ${path}, which does not exist`);
    }
  }
  if (await textOf("package.json") !== undefined) {
    problems.push("package.json: the root has none, or Deno and Bun resolve names by it");
  }
}

async function checkStandIns({ imports }: Manifest): Promise<void> {
  const folder = "scripts/offline";
  const map = await jsonOf<{ imports: Record<string, string> }>(`${folder}/import_map.json`);
  const bun = await jsonOf<{ compilerOptions: { paths: Record<string, string[]> } }>(
    `${folder}/tsconfig.json`,
  );
  for (const [name, target] of Object.entries(imports)) {
    const offline = map.imports[name];
    if (offline === undefined) {
      problems.push(`${folder}/import_map.json: "${name}" of deno.json is missing`);
    } else if (!target.startsWith("jsr:") && offline !== target) {
      problems.push(`${folder}/import_map.json: "${name}" is not ${target}, as in deno.json`);
    } else if (
      target.startsWith("jsr:") && await textOf(`${folder}/${offline.slice(2)}`) === undefined
    ) {
      problems.push(`${folder}/import_map.json: "${name}" is ${offline}, which does not exist`);
    }
    if (!Object.hasOwn(bun.compilerOptions.paths, name)) {
      problems.push(`${folder}/tsconfig.json: "${name}" of deno.json is missing`);
    }
  }
  for (const name of Object.keys(map.imports)) {
    if (!Object.hasOwn(imports, name)) {
      problems.push(`${folder}/import_map.json: "${name}" is not in deno.json`);
    }
  }
}

/** What says a version: documents, workflows, and the sources that are published. */
async function checkVersions(manifest: Manifest, tag: string | undefined): Promise<void> {
  const texts = new Map<string, string>();
  for (const path of await walkFiles(".")) {
    const shown = relative(ROOT, path).replaceAll("\\", "/");
    if (/^(?:[\w-]+\.md|(?:docs|\.github|lib|workers)\/.*|mod\.ts)$/.test(shown)) {
      texts.set(shown, await Deno.readTextFile(path));
    }
  }
  problems.push(...findOtherVersions(manifest, texts));
  const problem = tag === undefined ? undefined : findTagProblem(tag, manifest.version);
  if (problem !== undefined) problems.push(problem);
}

const WORKFLOWS = [".github/workflows/ci.yml", ".github/workflows/publish.yml"];

async function checkPins({ imports }: Manifest): Promise<void> {
  const fastCheck = `npm:fast-check@${FAST_CHECK_PIN}`;
  if (imports["fast-check"] !== fastCheck) {
    problems.push(`deno.json: "fast-check" is not ${fastCheck}, as in scripts/pins.ts`);
  }
  for (const path of ["README.md", ".ci/run", ...WORKFLOWS]) {
    const text = await textOf(path);
    if (text === undefined) continue;
    const named = [...text.matchAll(/\bdeno@(\d[\w.-]*\w)/g)].map((match) => match[1]!);
    if (named.length === 0) problems.push(`${path}: does not name deno@${RUNTIME_PINS.deno}`);
    for (const version of new Set(named)) {
      if (version !== RUNTIME_PINS.deno) {
        problems.push(`${path}: names deno@${version}, but scripts/pins.ts ${RUNTIME_PINS.deno}`);
      }
    }
  }
}

/** Reports as the test runners wrote them, whose words are not ours. */
const CAPTURED = "tests/fixtures/runner_reports/";

async function checkLeftovers(): Promise<number> {
  const paths = await walkFiles(".");
  for (const path of paths) {
    const shown = relative(ROOT, path).replaceAll("\\", "/");
    const bytes = await Deno.readFile(path);
    if (shown.startsWith(CAPTURED) || bytes.includes(0)) continue;
    for (const { line, message } of findLeftovers(new TextDecoder().decode(bytes))) {
      problems.push(`${shown}:${line}: ${message}`);
    }
  }
  return paths.length;
}

const manifest = await jsonOf<Manifest>("deno.json");
await checkManifest(manifest);
await checkStandIns(manifest);
await checkPins(manifest);
const { values } = parseArgs({ args: Deno.args, options: { tag: { type: "string" } } });
await checkVersions(manifest, values.tag);
const files = await checkLeftovers();

for (const problem of problems) note(problem);
if (problems.length > 0) {
  note(`check_release: ${problems.length} problems`);
  Deno.exit(1);
}
say(`check_release: ${manifest.name} ${manifest.version}, ${files} files, nothing left behind`);
