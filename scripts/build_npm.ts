/**
 * `deno task npm`: builds the npm package from the sources, into the ignored folder `npm/`: the unpacked package in
 * `npm/package/`, and its tarball beside it.
 *
 * dnt makes the modules, or, where JSR is away, `deno pack`, behind the same function. Whichever it was, the manifest is ours,
 * and npm packs.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { runNpm } from "./npm_install.ts";
import { findOffenders, TEXTS } from "./npm_package/contents.ts";
import { npmManifest, type SourceManifest } from "./npm_package/manifest.ts";
import { readTarball } from "./npm_package/tarball.ts";
import { note, type Report, ROOT, say } from "./project.ts";
import { openToolchain, runtimeCommand } from "./runtime_command.ts";

/** Absolute path of the ignored folder that everything goes to. */
export const NPM_FOLDER: string = join(ROOT, "npm");

/**
 * Builds the package.
 *
 * @param report receives lines of progress
 * @returns path of the tarball
 * @throws {Error} when a step fails, or something is in the package that does not belong there
 */
export async function buildNpm(report: Report = note): Promise<string> {
  const folder = join(NPM_FOLDER, "package");
  await Deno.remove(NPM_FOLDER, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(folder, { recursive: true });
  await transform(folder, report);

  const source: SourceManifest = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const manifest = npmManifest(source, Deno.env.get("GITHUB_REPOSITORY"));
  await Deno.writeTextFile(
    join(folder, "package.json"),
    JSON.stringify(manifest, undefined, 2) + "\n",
  );
  for (const name of TEXTS) {
    await Deno.copyFile(join(ROOT, name), join(folder, name));
  }
  await makeRunnable(folder, manifest);

  const packed = await runNpm(["pack", "--json", "--pack-destination", NPM_FOLDER], folder);
  const tarball = join(NPM_FOLDER, JSON.parse(packed)[0].filename);
  const offenders = findOffenders(await readTarball(tarball));
  if (offenders.length > 0) {
    throw new Error(`Cannot use ${tarball}:\n${offenders.map((each) => `  ${each}`).join("\n")}`);
  }
  return tarball;
}

async function transform(folder: string, report: Report): Promise<void> {
  const toolchain = await openToolchain(["deno"], report);
  const tool = toolchain.imports === "jsr" ? "dnt" : "deno pack, since dnt is on JSR";
  report(`npm: building with ${tool}`);
  const script = join(ROOT, "scripts", "npm_package", "transform.ts");
  const { command, args, env } = runtimeCommand(toolchain, "deno", script, { args: [folder] });
  const { success } = await new Deno.Command(command, { args, env, cwd: ROOT }).spawn().status;
  if (!success) throw new Error("Cannot build the modules: what was printed says why");
}

/** Commands begin with a line that says what runs them; a module of JSR need not have it. */
async function makeRunnable(folder: string, manifest: Record<string, unknown>): Promise<void> {
  for (const path of Object.values((manifest.bin ?? {}) as Record<string, string>)) {
    const file = join(folder, path);
    const text = await Deno.readTextFile(file);
    if (!text.startsWith("#!")) await Deno.writeTextFile(file, `#!/usr/bin/env node\n${text}`);
  }
}

if (import.meta.main) {
  try {
    const tarball = await buildNpm();
    const { size } = await Deno.stat(tarball);
    const files = (await readTarball(tarball)).length;
    const shown = tarball.slice(dirname(NPM_FOLDER).length + 1).replaceAll("\\", "/");
    say(`npm: ${shown}, ${files} files, ${(size / 1024).toFixed(0)} KB`);
  } catch (error) {
    note(`npm: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
