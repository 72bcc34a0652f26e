/**
 * Those who install the package: each runtime by its own command, then each program, as TypeScript where the runtime takes it,
 * and as JavaScript.
 *
 * @module
 */
import type { Cells } from "./cells.ts";
import { COMMAND, type ConsumerProgram, PROGRAMS } from "./programs.ts";
import type { LoopbackRegistry } from "./registry.ts";
import { npmAdd, type Scratch } from "./scratch.ts";

/** One runtime that installs the package. */
export interface Consumer {
  /** Its name and version. */
  readonly name: string;
  /** Its executable. */
  readonly executable: string;
  /** Which kind of runtime it is. */
  readonly kind: "node" | "bun" | "deno";
  /** The languages it runs. */
  readonly languages: readonly Language[];
}

/** What the programs are written in. */
export type Language = "js" | "ts";

/** What the consumers need. */
export interface ConsumerParts {
  /** An empty folder. */
  readonly scratch: Scratch;
  /** Where the package is installed from. */
  readonly registry: LoopbackRegistry;
  /** The programs, in folders `ts/` and `js/`. */
  readonly files: Readonly<Record<string, string>>;
  /** Receives the results. */
  readonly cells: Cells;
}

/** How a consumer is called in the table. */
export function rowOf(consumer: Consumer, language: Language): string {
  return `${consumer.name}, ${language === "js" ? "JavaScript" : "TypeScript"}`;
}

/** The columns, the last one for a package that has a command. */
export function consumerChecks(registry: LoopbackRegistry): string[] {
  const checks = ["install", ...PROGRAMS.map(({ check }) => check)];
  return registry.command === undefined ? checks : [...checks, COMMAND.check];
}

/**
 * Installs the package in a new project and runs all programs there.
 *
 * @param consumer who
 * @param parts what it needs
 */
export async function tryConsumer(consumer: Consumer, parts: ConsumerParts): Promise<void> {
  const { scratch, registry, files, cells } = parts;
  const project = await scratch.project(consumer.name.replaceAll(/\W+/g, "_"));
  // Caches of its own: what was installed before under this version is not to be found.
  const npmCache = `${scratch.folder}/npm_cache`;
  const env = {
    BUN_INSTALL_CACHE_DIR: `${scratch.folder}/bun_cache`,
    DENO_DIR: `${scratch.folder}/deno_cache`,
  };
  await project.write({
    ...files,
    ".npmrc": registry.npmrc,
    // Deno's own form is a deno.json, which it writes when there is no package.json.
    ...(consumer.kind === "deno"
      ? {}
      : { "package.json": '{ "private": true, "type": "module" }\n' }),
  });
  for (const language of consumer.languages) {
    const row = rowOf(consumer, language);
    const isInstalled = await cells.try(row, "install", async () => {
      const { problem } = await install(consumer, project, registry.name, npmCache, env);
      return problem;
    });
    if (!isInstalled) continue;
    for (const program of PROGRAMS) {
      const args = argumentsFor(consumer, language, program);
      await cells.try(
        row,
        program.check,
        () => project.prints(program.prints, consumer.executable, args, env),
      );
    }
    const command = commandOf(consumer, registry, language);
    if (command === undefined) continue;
    await cells.try(row, COMMAND.check, async () => {
      const { output, problem } = await project.run(consumer.executable, command, env);
      return problem ?? (COMMAND.prints.test(output) ? undefined : output);
    });
  }
}

function commandOf(
  { kind }: Consumer,
  { name, command }: LoopbackRegistry,
  language: Language,
): string[] | undefined {
  if (command === undefined) return undefined;
  const args = ["run", `./${language}/${COMMAND.file}.${language}`, ...COMMAND.args];
  return kind === "deno"
    ? ["run", "--allow-all", "--quiet", `npm:${name}`, ...args]
    : [`node_modules/${name}/${command}`, ...args];
}

function install(
  { kind, executable }: Consumer,
  project: Scratch,
  name: string,
  npmCache: string,
  env: Record<string, string>,
): Promise<{ problem: string | undefined }> {
  switch (kind) {
    case "node":
      return npmAdd(project, name, npmCache);
    case "bun":
      return project.run(executable, ["add", name], env);
    case "deno":
      return project.run(executable, ["add", "--quiet", `npm:${name}`], env);
  }
}

function argumentsFor(
  { kind }: Consumer,
  language: Language,
  { file, permissions }: ConsumerProgram,
): string[] {
  const path = `${language}/${file}.${language}`;
  return kind === "deno" ? ["run", "--no-prompt", "--quiet", ...permissions, path] : [path];
}
