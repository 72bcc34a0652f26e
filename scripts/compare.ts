/**
 * `deno task compare`: makes sure that the library for the plots is there and starts `bench/compare.ts`.
 *
 * @module
 */
import { ensureBenchPackages } from "./bench_packages.ts";
import { launch } from "./launch.ts";
import { note } from "./project.ts";

if (import.meta.main) await launch("compare.ts", () => ensureBenchPackages(note, ["echarts"]));
