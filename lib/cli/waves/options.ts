/**
 * The options of a measurement of waves, wherever they were typed.
 *
 * @module
 */

import type { Flags } from "../command.ts";
import {
  DEFAULT_BUDGET_MS,
  DEFAULT_ROUNDS,
  formatWaves,
  parseCount,
  parseWaves,
  WAVES,
} from "./plan.ts";

/** What is to be measured. */
export interface WaveOptions {
  /** Numbers of the waves, in ascending order. */
  waves: number[];
  lanes: number;
  /** Rounds of each wave at most. */
  rounds: number;
  /** Time after which a wave gets no further round, in milliseconds. */
  budgetMs: number;
}

/** What was typed of them. */
export interface WaveValues {
  readonly waves?: string | undefined;
  readonly lanes?: string | undefined;
  readonly rounds?: string | undefined;
  readonly "budget-ms"?: string | undefined;
}

/** The options of the command line. */
export const WAVE_FLAGS: Flags = {
  waves: {
    type: "string",
    value: "WAVES",
    help: `the first N (7), a list (3,5) or a range (4-10); 15-15 is one wave  [default: ${WAVES}]`,
  },
  lanes: {
    type: "string",
    value: "N",
    help: "lanes of the gate  [default: the number of cores]",
  },
  rounds: {
    type: "string",
    value: "N",
    help: `rounds of each wave: a loop and a wave, in turn  [default: ${DEFAULT_ROUNDS}]`,
  },
  "budget-ms": {
    type: "string",
    value: "T",
    help:
      `time after which a wave gets no further round; it has one at least  [default: ${DEFAULT_BUDGET_MS}]`,
  },
};

/**
 * Reads what was typed.
 *
 * @param values The options of {@linkcode WAVE_FLAGS} that were given.
 * @param lanes Lanes when none are asked for.
 * @returns The options.
 * @throws {RangeError} When a value cannot be used.
 */
export function readWaveOptions(values: WaveValues, lanes: number): WaveOptions {
  return {
    waves: parseWaves(values.waves ?? String(WAVES)),
    lanes: parseCount("--lanes", values.lanes ?? String(lanes)),
    rounds: parseCount("--rounds", values.rounds ?? String(DEFAULT_ROUNDS)),
    budgetMs: parseCount("--budget-ms", values["budget-ms"] ?? String(DEFAULT_BUDGET_MS)),
  };
}

/**
 * The arguments that ask for the same measurement again, on any machine.
 *
 * @param options What was asked for.
 * @returns Arguments.
 */
export function writeWaveOptions(options: WaveOptions): string[] {
  return [
    "--waves",
    formatWaves(options.waves),
    "--lanes",
    String(options.lanes),
    "--rounds",
    String(options.rounds),
    "--budget-ms",
    String(options.budgetMs),
  ];
}
