/**
 * The programs that a consumer runs, and what each must print.
 *
 * @module
 */
import { join } from "node:path";
import { ROOT } from "../project.ts";

/** One program. */
export interface ConsumerProgram {
  /** What it checks: its column. */
  readonly check: string;
  /** Name of its file, without the extension. */
  readonly file: string;
  /** What it prints, and nothing else. */
  readonly prints: string;
  /** What it may do on Deno. */
  readonly permissions: readonly string[];
}

const READ = ["--allow-read"];
const PROCESSES = ["--allow-read", "--allow-run", "--allow-env"];
/** What stands for the first block of the README. */
const FIRST_EXAMPLE = "first_example";

/** All of them. */
export const PROGRAMS: readonly ConsumerProgram[] = [
  {
    check: "first example",
    file: FIRST_EXAMPLE,
    prints: "waiting\n78498",
    permissions: READ,
  },
  { check: "wave of 4,096", file: "wave", prints: "4096 true true", permissions: READ },
  {
    check: "kill",
    file: "kill",
    prints: "AbortError ERR_TOKEN_CANCELLED enough killed\n42 0",
    permissions: PROCESSES,
  },
  { check: "crash", file: "crash", prints: "ERR_LANE_CRASH failed\n2,4,6", permissions: READ },
  {
    check: "processes",
    file: "processes",
    prints: "21 true\nOddError 3\nTimeoutError",
    permissions: PROCESSES,
  },
  { check: "ends by itself", file: "unclosed", prints: "2 4 6", permissions: PROCESSES },
];

/** How the command is checked. */
export interface CommandCheck {
  /** Its column. */
  readonly check: string;
  /** Name of the file of the module that it is to run, without the extension. */
  readonly file: string;
  /** What comes after the module. */
  readonly args: readonly string[];
  /** What it prints, among other things. */
  readonly prints: RegExp;
}

/** Checked for its types only. */
const TYPES_ONLY = "typings";

/** What the command of the package is to run, if the package has one, and what it is to print among other things. */
export const COMMAND: CommandCheck = {
  check: "command",
  file: "functions",
  args: ["triple", "14", "--json"],
  prints: /"result": ?42\b/,
};

/**
 * Reads the programs.
 *
 * @returns their TypeScript by path, in a folder `ts/`
 */
export async function readPrograms(): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const file of [...PROGRAMS.map(({ file }) => file), COMMAND.file, TYPES_ONLY]) {
    files[`ts/${file}.ts`] = file === FIRST_EXAMPLE
      ? await firstExample()
      : await Deno.readTextFile(join(ROOT, "tests", "fixtures", "package", `${file}.ts`));
  }
  return files;
}

async function firstExample(): Promise<string> {
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const block = /^```ts\n(.*?)^```/ms.exec(readme)?.[1];
  if (block === undefined) throw new Error("Cannot find the first example of README.md");
  return block;
}
