/**
 * Carries out the recipes of `docs/bundlers.md` in empty projects that have the package installed.
 *
 * @module
 */
import { join } from "node:path";
import { PACKAGE_TOOL_PINS } from "../pins.ts";
import { ROOT } from "../project.ts";
import type { Cells } from "./cells.ts";
import { readRecipes, type Recipe, type Recipes } from "./recipes.ts";
import type { LoopbackRegistry } from "./registry.ts";
import { npmAdd, type Scratch } from "./scratch.ts";
import { toolScript } from "./tools.ts";

/** What a bundle that Node runs is run on too. */
const ELSEWHERE = ["on Node 20", "on Bun", "on Deno"];

/** The columns: all commands but the last, the last, and what else runs the same file. */
export const BUNDLER_CHECKS: readonly string[] = ["build", "run", ...ELSEWHERE];

/** The executables that the commands name. */
export interface BundlerExecutables {
  /** Runs bundlers, and what they make. */
  readonly node: string;
  /** The oldest Node. */
  readonly node20: string;
  /** Bun. */
  readonly bun: string;
  /** Deno. */
  readonly deno: string;
}

/** Reads the document. */
export async function bundlerRecipes(): Promise<Recipes> {
  return readRecipes(await Deno.readTextFile(join(ROOT, "docs", "bundlers.md")));
}

/**
 * Carries out one recipe.
 *
 * @param recipe the recipe
 * @param recipes the document it is from
 * @param executables what the commands run
 * @param parts an empty folder, where to install the package from, and what receives the results
 */
export async function tryRecipe(
  recipe: Recipe,
  recipes: Recipes,
  executables: BundlerExecutables,
  { scratch, registry, cells }: {
    scratch: Scratch;
    registry: LoopbackRegistry;
    cells: Cells;
  },
): Promise<void> {
  const project = await scratch.project(recipe.name.replaceAll(/\W+/g, "_"));
  await project.write({
    ...recipes.files,
    ...recipe.files,
    ".npmrc": registry.npmrc,
    "package.json": '{ "private": true, "type": "module" }\n',
  });
  const last = await commandOf(recipe.commands.at(-1)!, executables, project);
  const isBuilt = await cells.try(recipe.name, "build", async () => {
    const installed = await npmAdd(project, registry.name, `${scratch.folder}/npm_cache`);
    if (installed.problem !== undefined) return installed.problem;
    for (const words of recipe.commands.slice(0, -1)) {
      const [command, ...args] = await commandOf(words, executables, project);
      const { problem } = await project.run(command!, args);
      if (problem !== undefined) return problem;
    }
    // What the bundle needs of the package is in it, or the recipe says otherwise.
    if (!isOutside(recipe)) {
      await Deno.remove(join(project.folder, "node_modules"), { recursive: true });
    }
    return undefined;
  });
  if (!isBuilt) return;
  const [command, ...args] = last;
  await cells.try(recipe.name, "run", () => project.prints(recipes.prints, command!, args));
  if (recipe.commands.at(-1)![0] !== "node") return;
  const { node20, bun, deno } = executables;
  const commands = [[node20, ...args], [bun, ...args], [deno, ...DENO_FLAGS, ...args]];
  for (const [i, [command, ...args]] of commands.entries()) {
    await cells.try(
      recipe.name,
      ELSEWHERE[i]!,
      () => project.prints(recipes.prints, command!, args),
    );
  }
}

const DENO_FLAGS = ["run", "--no-prompt", "--allow-read", "--allow-run", "--allow-env"];

function isOutside({ commands }: Recipe): boolean {
  return commands.some((words) => words.includes("--packages=external"));
}

/** The pinned executable in the place of the name. */
async function commandOf(
  words: readonly string[],
  { node, bun, deno }: Omit<BundlerExecutables, "node20">,
  project: Scratch,
): Promise<string[]> {
  const [command, ...args] = words as [string, ...string[]];
  switch (command) {
    case "npx": {
      const name = args[0]!;
      if (!Object.hasOwn(PACKAGE_TOOL_PINS, name)) {
        throw new Error(`Cannot run "${name}": scripts/pins.ts does not pin it`);
      }
      return [node, await toolScript(name), ...args.slice(1)];
    }
    case "node":
      return [node, ...args];
    case "bun":
      return [bun, ...args];
    case "deno":
      return [deno, ...args];
  }
  if (command.startsWith("./")) {
    const suffix = Deno.build.os === "windows" ? ".exe" : "";
    return [join(project.folder, command) + suffix, ...args];
  }
  throw new Error(`Cannot run "${command}" of a recipe: it is none of npx, node, bun and deno`);
}
