/**
 * Empty projects outside of the checkout, and what is run in them.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { runChild } from "../testing/child_run.ts";

/** What a command came to. */
export interface ScratchRun {
  /** What it wrote to both outputs, trimmed. */
  readonly output: string;
  /** What was wrong with how it ended, or undefined when it ended by itself with code 0. */
  readonly problem: string | undefined;
}

/** A folder that is not in the checkout, so that nothing of it is found from there. */
export class Scratch {
  /** Its absolute path. */
  readonly folder: string;

  /** @param folder an existing folder */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes an empty project in the folder. */
  async project(name: string): Promise<Scratch> {
    const folder = join(this.folder, name);
    await Deno.mkdir(folder, { recursive: true });
    return new Scratch(folder);
  }

  /** Writes files, by path. */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      const target = join(this.folder, path);
      await Deno.mkdir(dirname(target), { recursive: true });
      await Deno.writeTextFile(target, text);
    }
  }

  /**
   * Runs a command here, kills it when it hangs, and leaves nothing of it behind.
   *
   * @param command the executable
   * @param args its arguments
   * @param env variables to add to the environment
   * @param limitMs after so many milliseconds it hangs
   * @returns what it came to
   */
  async run(
    command: string,
    args: readonly string[],
    env: Record<string, string> = {},
    limitMs: number = 60_000,
  ): Promise<ScratchRun> {
    const run = await runChild(
      { command, args: [...args], env: { NO_COLOR: "1", ...env } },
      this.folder,
      limitMs,
    );
    const output = run.output.trim().replaceAll("\r\n", "\n");
    if (run.timedOut) {
      return { output, problem: `it did not end by itself within ${limitMs} ms\n${output}` };
    }
    if (run.exitCode !== 0) {
      return { output, problem: `exit code ${run.exitCode ?? run.signal}\n${output}` };
    }
    return { output, problem: undefined };
  }

  /** Runs a command that must print exactly this, and nothing else. */
  async prints(
    expected: string,
    command: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<string | undefined> {
    const { output, problem } = await this.run(command, args, env);
    if (problem !== undefined) return problem;
    return output === expected ? undefined : `it printed\n${output}\nand not\n${expected}`;
  }

  /** Removes it. */
  async remove(): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/**
 * Adds a package to a project by npm.
 *
 * @param project has a manifest
 * @param name what to add
 * @param cache folder of what npm keeps
 * @returns what it came to
 */
export function npmAdd(project: Scratch, name: string, cache: string): Promise<ScratchRun> {
  const npm = Deno.build.os === "windows" ? "npm.cmd" : "npm";
  // An npm that has started this script tells its own project by the environment.
  const where = ["--prefix", project.folder, "--global=false", "--cache", cache];
  return project.run(npm, ["install", ...where, "--no-audit", "--no-fund", name]);
}
