/**
 * Which part of the house may import which. Change the table here; `check_imports.ts` only applies it.
 *
 * A pattern is a file (`lib/errors.ts`) or, with a slash at its end, a folder with everything in it (`lib/gate/`).
 *
 * @module
 */

/** A part of the source tree, and what it may import. */
export interface Place {
  /** How messages call it. */
  name: string;
  /** Patterns of the files that belong to it. The first place of the table that has a file counts. */
  files: readonly string[];
  /** Patterns of the files it may import, besides files of its own. */
  mayImport: readonly string[];
  /** Why it may import nothing else. */
  why: string;
  /** Patterns of its files that may name a runtime. @default {[]} */
  namesRuntime?: readonly string[];
}

/** Everything that `check_imports.ts` checks. */
export interface ImportRules {
  /** The parts; a file that none of them has is an error. */
  places: readonly Place[];
  /** Files that no other file may import, and why. */
  imported: readonly { by: readonly string[]; file: string; why: string }[];
  /** Files that may not have others loaded with them, by whatever way, and why. */
  apart: readonly { file: string; from: readonly string[]; why: string }[];
  /** Globals that name a runtime. */
  runtimeGlobals: readonly string[];
  /** Built-in modules that behave differently on each runtime. */
  runtimeBuiltins: readonly string[];
  /** A text that only some files may spell, in strings. */
  spelling: { text: RegExp; only: readonly string[]; why: string };
}

/** Where the planes meet: nothing below imports these. */
const COMPOSITION = [
  "lib/token_gate.ts",
  "lib/operation.ts",
  "lib/declarations.ts",
  "lib/operations.ts",
  "lib/importable_url.ts",
  "lib/lifecycle.ts",
  "lib/operation_options.ts",
  "lib/bound_call.ts",
  "lib/caller_context.ts",
  "lib/default_gate.ts",
  "lib/gate_options.ts",
  "lib/process_options.ts",
  "lib/nested_call.ts",
  "lib/nested_scope.ts",
  "lib/breaker_options.ts",
  "lib/rate_limit_options.ts",
  "lib/retry_options.ts",
  "lib/queue_options.ts",
  "lib/recycle_options.ts",
  "lib/weight_options.ts",
  "lib/affinity_options.ts",
  "lib/lane_options.ts",
  "lib/gate_controls.ts",
  "lib/reservation.ts",
  "lib/reserve.ts",
  "lib/many_options.ts",
  "lib/abort_watch.ts",
  "lib/call_batch.ts",
  "lib/all_calls.ts",
  "lib/input_reader.ts",
  "lib/result_ring.ts",
  "lib/map_calls.ts",
  "lib/make_operation.ts",
  "lib/function_text.ts",
  "lib/remote_module.ts",
  "lib/run_function.ts",
];
/** Leaves that any part may use that is told something from outside. */
const READING = ["lib/options.ts"];
/** A leaf for all that is declared by modules. */
const EVALUATION = "lib/evaluation.ts";
const PLANES = ["lib/gate/", "lib/lane/", "lib/bridge/", "lib/runtime/", "lib/observe/"];
/** One call, as the caller sees it and as the gate keeps it. */
const CALL = [
  "lib/token.ts",
  "lib/call_token.ts",
  "lib/token_follower.ts",
  "lib/token_stream.ts",
  "lib/token_progress.ts",
];
/** What the caller's side and the worker's side both load. */
const SHARED = [
  "lib/registry.ts",
  "lib/undeclared.ts",
  "lib/import_module.ts",
  "lib/lane_context.ts",
  "lib/lane_mark.ts",
  "lib/lane_scope.ts",
];
const EVERYTHING_BELOW = [
  ...COMPOSITION,
  ...READING,
  ...PLANES,
  ...CALL,
  ...SHARED,
  EVALUATION,
  "lib/errors.ts",
];

/** The rules of this repository. */
export const IMPORT_RULES: ImportRules = {
  places: [
    {
      name: "the entry",
      files: ["mod.ts"],
      mayImport: EVERYTHING_BELOW,
      why: "it re-exports the surface; the optional parts are separate entries",
    },
    {
      name: "errors",
      files: ["lib/errors.ts"],
      mayImport: [],
      why: "everything imports it",
    },
    {
      name: "the reading of options",
      files: READING,
      mayImport: [],
      why: "whatever takes options imports it",
    },
    {
      name: "the evaluations of modules",
      files: [EVALUATION],
      mayImport: [],
      why: "whatever is declared by a module imports it",
    },
    {
      name: "what both sides of a lane share",
      files: SHARED,
      mayImport: ["lib/errors.ts", EVALUATION, "lib/bridge/"],
      why: "every lane loads it: what it imports costs each lane's start",
    },
    {
      name: "the record of a call",
      files: CALL,
      mayImport: ["lib/bridge/", "lib/errors.ts"],
      why: "the planes write it and it knows none of them",
    },
    {
      name: "the composition",
      files: COMPOSITION,
      mayImport: EVERYTHING_BELOW,
      why: "the planes meet here, and the optional parts are leaves",
    },
    {
      name: "the gate",
      files: ["lib/gate/"],
      mayImport: [
        "lib/bridge/",
        "lib/observe/",
        "lib/errors.ts",
        "lib/options.ts",
        ...CALL,
        "lib/runtime/clock.ts",
        "lib/runtime/random.ts",
      ],
      why: "the gate knows no lane; they meet in lib/token_gate.ts",
    },
    {
      name: "the lanes",
      files: ["lib/lane/"],
      mayImport: ["lib/bridge/", "lib/observe/", "lib/runtime/", "lib/errors.ts"],
      why: "a lane knows no gate; they meet in lib/token_gate.ts",
    },
    {
      name: "the bridge",
      files: ["lib/bridge/"],
      mayImport: ["lib/errors.ts", EVALUATION],
      why: "it moves bytes and decides nothing",
    },
    {
      name: "the address of the worker entry",
      files: ["lib/runtime/entry_url.ts"],
      mayImport: ["workers/entry.ts"],
      why: "it spells the entry and nothing else",
    },
    {
      name: "the runtime adapters",
      files: ["lib/runtime/"],
      mayImport: ["lib/bridge/", "lib/errors.ts"],
      why: "they adapt a runtime and know nothing of gates and lanes",
      namesRuntime: ["lib/runtime/"],
    },
    {
      name: "observation",
      files: ["lib/observe/"],
      mayImport: ["lib/bridge/", "lib/errors.ts"],
      why: "it is told, and asks nobody",
    },
    {
      name: "the dashboard",
      files: ["lib/dashboard/"],
      mayImport: EVERYTHING_BELOW,
      why: "the optional parts know nothing of each other",
      namesRuntime: ["lib/dashboard/"],
    },
    {
      name: "the cluster",
      files: ["lib/cluster/"],
      mayImport: EVERYTHING_BELOW,
      why: "the optional parts know nothing of each other",
      namesRuntime: ["lib/cluster/"],
    },
    {
      name: "the command",
      files: ["lib/cli/"],
      mayImport: [...EVERYTHING_BELOW, "lib/dashboard/", "lib/cluster/"],
      why: "it is the outermost leaf",
      namesRuntime: ["lib/cli/"],
    },
    {
      name: "the worker entry of bundles",
      files: ["workers/bundled.ts"],
      mayImport: ["workers/", "lib/bridge/", "lib/runtime/entry_url.ts", ...SHARED],
      why: "it is the entry, and says where it is",
    },
    {
      name: "the worker side",
      files: ["workers/"],
      mayImport: ["lib/bridge/", "lib/errors.ts", ...SHARED],
      why: "every lane loads it: what it imports costs each lane's start",
      namesRuntime: ["workers/port.ts", "workers/process_port.ts", "workers/console.ts"],
    },
  ],
  imported: [
    { by: [], file: "mod.ts", why: "imports point away from it" },
    { by: [], file: "lib/operations.ts", why: "imports point away from it" },
    {
      by: ["lib/runtime/entry_url.ts"],
      file: "workers/entry.ts",
      why: "importing it would start a lane in the importer",
    },
    { by: [], file: "workers/bundled.ts", why: "the program decides whether it is a bundle" },
  ],
  apart: [
    {
      file: "lib/declarations.ts",
      from: ["lib/token_gate.ts", "lib/gate/engine.ts", "lib/lane/"],
      why: "every lane loads it with the modules of operations, and has no use for gates",
    },
  ],
  runtimeGlobals: ["Deno", "Bun"],
  runtimeBuiltins: ["node:worker_threads", "node:child_process", "node:cluster"],
  spelling: {
    text: /\bworkers\/entry\b/,
    only: ["lib/runtime/entry_url.ts"],
    why: "one file computes the address of the worker entry",
  },
};

/** Whether a file falls under a pattern. */
export function falls(file: string, pattern: string): boolean {
  return pattern.endsWith("/") ? file.startsWith(pattern) : file === pattern;
}
