/**
 * The waves of a run added up, and everything that is wrong with them.
 *
 * @module
 */

import { formatCount, formatMeasure, formatPercent, formatRatio } from "../table.ts";
import { rowPassed, type WaveRow } from "./report.ts";
import type { RuntimeRows } from "./tables.ts";

/** The waves of a runtime, added up. */
export interface WaveTotals {
  /** Tokens of the waves that were run. */
  tokens: number;
  ok: number;
  fail: number;
  lost: number;
  /** Tokens submitted in all rounds. */
  submitted: number;
  wallMs: number;
  serialMs: number;
  insideMs: number;
  tokensPerSecond: number;
  speedUp: number;
  efficiency: number;
  /** Whether every check-sum of the gate is the loop's. */
  checksumsEqual: boolean;
}

/**
 * Adds up the waves of a runtime.
 *
 * @param rows Its waves.
 * @returns The sums, and the ratios of the sums.
 */
export function waveTotals(rows: readonly WaveRow[]): WaveTotals {
  const sum = (of: (row: WaveRow) => number): number =>
    rows.reduce((total, row) => total + of(row), 0);
  const tokens = sum((row) => row.tokens);
  const wallMs = sum((row) => row.wallMs);
  const serialMs = sum((row) => row.serialMs);
  const insideMs = sum((row) => row.insideMs);
  return {
    tokens,
    ok: sum((row) => row.ok),
    fail: sum((row) => row.fail),
    lost: sum((row) => row.lost),
    submitted: sum((row) => row.tokens * row.rounds),
    wallMs,
    serialMs,
    insideMs,
    tokensPerSecond: tokens / wallMs * 1_000,
    speedUp: serialMs / wallMs,
    efficiency: insideMs / sum((row) => row.wallMs * row.lanes),
    checksumsEqual: rows.every((row) => row.checksumGate === row.checksumSerial),
  };
}

/**
 * The totals of a runtime on one line.
 *
 * @param runtime Its waves.
 * @returns A line.
 */
export function totalsLine(runtime: RuntimeRows): string {
  if (runtime.rows.length === 0) return `${runtime.title}: no waves were run`;
  const totals = waveTotals(runtime.rows);
  return `${runtime.title}: ${formatCount(totals.ok)} ok, ${formatCount(totals.fail)} failed, ` +
    `${formatCount(totals.lost)} lost, checksums ${
      totals.checksumsEqual ? "equal" : "NOT EQUAL"
    }; ` +
    `${formatMeasure(totals.wallMs)} ms against ${formatMeasure(totals.serialMs)} ms in a loop: ` +
    `speed-up ${formatRatio(totals.speedUp)}, ${formatCount(totals.tokensPerSecond)} tok/s, ` +
    `eff. ${formatPercent(totals.efficiency)} (${
      formatCount(totals.submitted)
    } tokens in all rounds)`;
}

/**
 * What is wrong with a runtime's waves.
 *
 * @param rows Its waves.
 * @returns A line for each wave that has not passed and one for each kind of error in it.
 */
export function problemsOf(rows: readonly WaveRow[]): string[] {
  const lines: string[] = [];
  for (const row of rows) {
    if (rowPassed(row)) continue;
    lines.push(
      `wave ${row.wave}: ${row.ok} ok, ${row.fail} failed, ${row.lost} lost, ${row.mismatches} wrong, ` +
        `checksum ${
          row.checksumGate ?? "of incomplete results"
        }, of the loop ${row.checksumSerial}`,
    );
    for (const { name, message, count, token } of row.errors) {
      const first = token === undefined ? "" : `, first for token ${token}`;
      lines.push(`  ${count} x ${name}: ${message}${first}`);
    }
  }
  return lines;
}

/**
 * Waves whose results differ between runtimes. The operations give the same everywhere, so there should be none.
 *
 * @param runtimes Waves of each.
 * @returns A line for each wave with more than one check-sum.
 */
export function disagreements(runtimes: readonly RuntimeRows[]): string[] {
  const lines: string[] = [];
  const waves = new Set(runtimes.flatMap(({ rows }) => rows.map((row) => row.wave)));
  for (const wave of waves) {
    const sums = runtimes.flatMap(({ title, rows }) =>
      rows.filter((row) => row.wave === wave).map((row) => ({ title, sum: row.checksumSerial }))
    );
    if (new Set(sums.map(({ sum }) => sum)).size > 1) {
      const list = sums.map(({ title, sum }) => `${title} ${sum}`).join(", ");
      lines.push(`wave ${wave}: the runtimes' loops give different results (${list})`);
    }
  }
  return lines;
}
