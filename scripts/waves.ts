/**
 * `deno task waves`: makes sure that the runtimes are there and starts `bench/waves.ts` on Deno with all arguments.
 *
 * A launcher, because the benchmark imports `@std/cli`: where JSR is away, only a program that imports nothing remote
 * can find that out and say where to take it from.
 *
 * @module
 */
import { join } from "node:path";
import { note, ROOT } from "./project.ts";
import { openToolchain, runtimeCommand } from "./runtime_command.ts";

async function main(): Promise<number> {
  const toolchain = await openToolchain();
  const script = join(ROOT, "bench", "waves.ts");
  const { command, args, env } = runtimeCommand(toolchain, "deno", script, { args: Deno.args });
  const { code } = await new Deno.Command(command, { args, env, cwd: ROOT }).spawn().status;
  return code;
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    note(`waves: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
