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

/** The lines of Node that the built package is tested on, by their number; the newest is the one above. */
export const NODE_LINE_PINS: Readonly<Record<string, string>> = {
  "20": "20.20.2",
  "22": "22.23.3",
  "24": RUNTIME_PINS.node,
};

/** Pinned versions of what looks at the packed package, and of the bundlers that applications are built with. */
export const PACKAGE_TOOL_PINS: Readonly<Record<string, string>> = {
  "@arethetypeswrong/cli": "0.18.5",
  "@types/node": "20.19.43",
  esbuild: "0.28.2",
  publint: "0.3.25",
  typescript: "7.0.2",
  "typescript-5": "npm:typescript@5.9.3",
  vite: "8.3.8",
  webpack: "5.112.2",
  "webpack-cli": "7.3.1",
};

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
