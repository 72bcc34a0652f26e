/**
 * The versions every command of this repository runs with. This is the only place that decides them: `check_release.ts`
 * refuses a `deno.json`, a README or a CI script that says something else.
 *
 * @module
 */

/** Pinned versions of the three runtimes, as their npm platform packages are numbered. */
export const RUNTIME_PINS: Readonly<Record<RuntimeName, string>> = {
  deno: "2.9.6",
  bun: "1.4.5",
  node: "24.21.0",
};

/** A runtime the package is tested and measured on. */
export type RuntimeName = "deno" | "bun" | "node";

/** All runtimes, in the order in which they are tested. */
export const RUNTIME_NAMES: readonly RuntimeName[] = ["deno", "bun", "node"];

/** Pinned version of the one test-time npm package. `deno.json` names the same. */
export const FAST_CHECK_PIN = "4.10.2";

/** The oldest Node that runs the sources: it strips types without a flag. */
export const OLDEST_SOURCE_NODE = "22.18.0";

/**
 * Pinned versions of what the comparison of `bench/` is made with: the peers, `mitata` for the micro-benchmarks, and
 * `echarts` for the plots of the report. None of them is a dependency of the package. The two that `echarts` needs are
 * pinned by itself; optional dependencies are left out.
 */
export const BENCH_PINS: Readonly<Record<string, string>> = {
  piscina: "5.3.2",
  tinypool: "2.2.0",
  poolifier: "5.3.2",
  workerpool: "10.0.3",
  comlink: "4.4.2",
  multithreading: "0.3.52",
  mitata: "1.0.34",
  echarts: "6.1.0",
};
