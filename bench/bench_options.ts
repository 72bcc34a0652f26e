/**
 * The command line of the comparison.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { RUNTIME_NAMES, type RuntimeName } from "../scripts/pins.ts";
import { PEER_NAMES, type PeerName } from "./contenders.ts";
import { formatWaves, parseCount, parseWaves, WAVES } from "../lib/cli/waves/plan.ts";

/** What can be measured. */
export type MeasureName =
  | "startup"
  | "noop"
  | "ping"
  | "waves"
  | "growth"
  | "payloads"
  | "heavy"
  | "classes"
  | "memory"
  | "micro";

/** All that can be measured, in the order in which it is. */
export const MEASURE_NAMES: readonly MeasureName[] = [
  "startup",
  "noop",
  "ping",
  "waves",
  "growth",
  "payloads",
  "heavy",
  "classes",
  "memory",
  "micro",
];

const DEFAULT_LANES = 2;
const DEFAULT_ROUNDS = 5;
const QUICK_ROUNDS = 3;
const DEFAULT_FURTHER_ROUNDS = 10;
const QUICK_FURTHER_ROUNDS = 0;
const QUICK_MEASURES: readonly MeasureName[] = ["startup", "noop", "ping", "waves", "memory"];
const QUICK_WAVES: readonly number[] = [1, 3, 4, 5, 9, 11];

/** What `--help` prints. */
export const HELP: string =
  `Compares TokenGate with a plain loop, with the ceiling (the same work without dispatch) and with its peers.

Usage: deno task bench [options]

  --runtimes LIST  runtimes to run on  [default: ${RUNTIME_NAMES.join(",")}]
  --only LIST      what to measure  [default: ${MEASURE_NAMES.join(",")}]
  --peers LIST     peers to compare with, or none  [default: ${PEER_NAMES.join(",")}]
  --waves WAVES    the first N (7), a list (3,5) or a range (4-10)  [default: ${WAVES}]
  --lanes N        lanes, or workers, of each  [default: ${DEFAULT_LANES}]
  --rounds N       rounds: in each, everything is measured once, all in turn  [default: ${DEFAULT_ROUNDS}]
  --further N      further rounds at most, of what bars are about whose verdict is not yet certain  [default: ${DEFAULT_FURTHER_ROUNDS}]
  --quick          ${QUICK_ROUNDS} rounds of ${QUICK_MEASURES.join(", ")}, with waves ${
    formatWaves(QUICK_WAVES)
  }, less repetition and no further rounds
  --json FILE      write everything that was measured to a file
  --report DIR     write report.html and report.md to a folder
  --help           print this

All of it takes somewhat more than an hour on two cores, --quick five minutes. A wave that a peer would take more than
three seconds for is left out, and shown as a dash. deno task compare makes a report of a
file written with --json, and of two says whether they come to the same verdicts.

Exits with 0 whatever the figures are, with 1 when a result of TokenGate was wrong or missing or a runtime could not run,
and with 2 on wrong arguments.`;

/** What is asked for. */
export interface BenchOptions {
  help: boolean;
  quick: boolean;
  /** Each once, in the order asked for. */
  runtimes: RuntimeName[];
  /** In the order of {@linkcode MEASURE_NAMES}. */
  measures: MeasureName[];
  /** In the order of {@linkcode PEER_NAMES}. */
  peers: PeerName[];
  /** Numbers of the waves, in ascending order. */
  waves: number[];
  lanes: number;
  rounds: number;
  /** How many more at most are measured of what is not yet decided. */
  furtherRounds: number;
  /** File for the figures; undefined for none. */
  json: string | undefined;
  /** Folder for the report; undefined for none. */
  report: string | undefined;
}

/**
 * Reads the command line.
 *
 * @param args Arguments after the name of the program.
 * @returns The options.
 * @throws {RangeError} When an argument is unknown or has a value that cannot be used.
 */
export function readOptions(args: string[]): BenchOptions {
  const unknown: string[] = [];
  const parsed = parseArgs(args, {
    string: ["runtimes", "only", "peers", "waves", "lanes", "rounds", "further", "json", "report"],
    boolean: ["help", "quick"],
    unknown: (arg: string): boolean => {
      unknown.push(arg);
      return false;
    },
  });
  unknown.push(...parsed._.map(String));
  if (unknown.length > 0) {
    throw new RangeError(`Cannot use ${unknown.map((arg) => `"${arg}"`).join(", ")}: see --help`);
  }
  if (parsed.json === "") throw new RangeError("Cannot write --json: received no file name");
  if (parsed.report === "") throw new RangeError("Cannot write --report: received no folder");
  const { quick } = parsed;
  const rounds = parsed.rounds ?? String(quick ? QUICK_ROUNDS : DEFAULT_ROUNDS);
  const further = parsed.further ?? String(quick ? QUICK_FURTHER_ROUNDS : DEFAULT_FURTHER_ROUNDS);
  const waves = quick && parsed.waves === undefined
    ? [...QUICK_WAVES]
    : parseWaves(parsed.waves ?? String(WAVES));
  return {
    help: parsed.help,
    quick,
    runtimes: readList("--runtimes", parsed.runtimes, RUNTIME_NAMES, RUNTIME_NAMES),
    measures: inOrder(
      MEASURE_NAMES,
      readList("--only", parsed.only, MEASURE_NAMES, quick ? QUICK_MEASURES : MEASURE_NAMES),
    ),
    peers: parsed.peers === "none"
      ? []
      : inOrder(PEER_NAMES, readList("--peers", parsed.peers, PEER_NAMES, PEER_NAMES)),
    waves,
    lanes: parseCount("--lanes", parsed.lanes ?? String(DEFAULT_LANES)),
    rounds: parseCount("--rounds", rounds),
    furtherRounds: further === "0" ? 0 : parseCount("--further", further),
    json: parsed.json,
    report: parsed.report,
  };
}

/**
 * The arguments that ask for the same measurement again.
 *
 * @param options What was asked for.
 * @returns Arguments, without those that say where to write.
 */
export function writeOptions(options: BenchOptions): string[] {
  return [
    ...(options.quick ? ["--quick"] : []),
    "--runtimes",
    options.runtimes.join(","),
    "--only",
    options.measures.join(","),
    "--peers",
    options.peers.join(",") || "none",
    "--waves",
    formatWaves(options.waves),
    "--lanes",
    String(options.lanes),
    "--rounds",
    String(options.rounds),
    "--further",
    String(options.furtherRounds),
  ];
}

function readList<T extends string>(
  flag: string,
  text: string | undefined,
  known: readonly T[],
  otherwise: readonly T[],
): T[] {
  if (text === undefined) return [...otherwise];
  const chosen = text.split(",").map((part) => {
    const name = known.find((candidate) => candidate === part.trim());
    if (name !== undefined) return name;
    throw new RangeError(
      `Cannot use ${flag}: received "${part}", expected any of ${known.join(", ")}`,
    );
  });
  return [...new Set(chosen)];
}

function inOrder<T>(order: readonly T[], chosen: readonly T[]): T[] {
  return order.filter((each) => chosen.includes(each));
}
