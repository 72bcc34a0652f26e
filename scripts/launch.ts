/**
 * Starts a program of this repository on Deno with all arguments.
 *
 * A launcher, because these programs import `@std/cli` and the like: where JSR is away, only a program that imports
 * nothing remote can find that out and say where to take it from.
 *
 * @module
 */
import { join } from "node:path";
import { note, ROOT } from "./project.ts";
import { openToolchain, runtimeCommand } from "./runtime_command.ts";

/** Who ends this process means the program. */
const ENDING: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs the program and ends this process with its exit code.
 *
 * @param script name of its file
 * @param prepare makes sure of what it needs besides a runtime
 * @param folder the folder it is in, relative to the root
 */
export async function launch(
  script: string,
  prepare: () => Promise<void> = () => Promise.resolve(),
  folder: string = "bench",
): Promise<never> {
  try {
    const toolchain = await openToolchain(["deno"]);
    await prepare();
    const path = join(ROOT, folder, script);
    const { command, args, env } = runtimeCommand(toolchain, "deno", path, { args: Deno.args });
    const child = new Deno.Command(command, { args, env, cwd: ROOT }).spawn();
    for (const signal of ENDING) Deno.addSignalListener(signal, () => child.kill(signal));
    const { code } = await child.status;
    Deno.exit(code);
  } catch (error) {
    note(`${script}: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
