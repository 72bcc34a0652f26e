/**
 * `deno task bench`: makes sure that the packages of the comparison are there and starts `bench/bench.ts`, which sees to the
 * runtimes itself.
 *
 * @module
 */
import { ensureBenchPackages } from "./bench_packages.ts";
import { launch } from "./launch.ts";
import { note } from "./project.ts";

if (import.meta.main) {
  await launch("bench.ts", async () => {
    try {
      await ensureBenchPackages();
    } catch (error) {
      // What is missing is shown as failing; the rest can be measured.
      note(`bench: ${error instanceof Error ? error.message : error}`);
    }
  });
}
