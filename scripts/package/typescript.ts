/**
 * What TypeScript makes of the declarations, in a project that has the package installed; and the programs as JavaScript.
 *
 * @module
 */
import { join } from "node:path";
import { PACKAGE_TOOL_PINS } from "../pins.ts";
import type { Cells } from "./cells.ts";
import type { Scratch } from "./scratch.ts";
import { TOOLS_FOLDER, toolScript } from "./tools.ts";

/** The columns. */
export const TYPE_CHECKS: readonly string[] = ["nodenext", "bundler"];

/** By the name it is installed under, the versions of TypeScript. */
const COMPILERS = ["typescript", "typescript-5"];

/** The rows. */
export const COMPILER_ROWS: readonly string[] = COMPILERS.map(rowOf);

function rowOf(compiler: string): string {
  return `TypeScript ${PACKAGE_TOOL_PINS[compiler]!.replace(/^.*@/, "")}`;
}

/** Neither a library of browsers nor anything that is newer than the oldest Node; and the declarations themselves are checked. */
const OPTIONS = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  target: "es2022",
  lib: ["es2022"],
  types: ["node"],
  typeRoots: [join(TOOLS_FOLDER, "node_modules", "@types")],
};

/**
 * Checks the programs in a project under each way of resolving modules, with each compiler.
 *
 * @param node an executable that runs the compilers
 * @param project has the package installed, and the programs in `ts/`
 * @param cells receives the results
 */
export async function tryTypes(node: string, project: Scratch, cells: Cells): Promise<void> {
  for (const moduleResolution of TYPE_CHECKS) {
    const compilerOptions = {
      ...OPTIONS,
      moduleResolution,
      module: moduleResolution === "bundler" ? "esnext" : moduleResolution,
      noEmit: true,
    };
    const config = `tsconfig.${moduleResolution}.json`;
    await project.write({ [config]: JSON.stringify({ compilerOptions, include: ["ts"] }) });
    for (const compiler of COMPILERS) {
      await cells.try(rowOf(compiler), moduleResolution, async () => {
        const { problem } = await project.run(node, [
          await toolScript(compiler, "tsc"),
          "-p",
          config,
        ]);
        return problem;
      });
    }
  }
}

/**
 * Compiles the programs.
 *
 * @param node an executable that runs the compiler
 * @param scratch an empty project
 * @param files the programs, in `ts/`
 * @returns the JavaScript, in `js/`
 * @throws {Error} when there is none
 */
export async function compile(
  node: string,
  scratch: Scratch,
  files: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  await scratch.write(files);
  const compilerOptions = {
    ...OPTIONS,
    module: "nodenext",
    rootDir: "ts",
    outDir: "js",
    noCheck: true,
  };
  await scratch.write({
    "tsconfig.json": JSON.stringify({ compilerOptions, include: ["ts"] }),
    "package.json": '{ "type": "module" }\n',
  });
  const compiler = await toolScript("typescript", "tsc");
  const { problem } = await scratch.run(node, [compiler, "-p", "."]);
  if (problem !== undefined) throw new Error(`Cannot compile the programs: ${problem}`);
  const compiled: Record<string, string> = {};
  for (const path of Object.keys(files)) {
    const target = path.replace(/^ts\//, "js/").replace(/\.ts$/, ".js");
    compiled[target] = await Deno.readTextFile(join(scratch.folder, target));
  }
  return compiled;
}
