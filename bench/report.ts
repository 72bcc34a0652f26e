/**
 * Writes the report of a comparison: `report.html` with plots, and `report.md`.
 *
 * @module
 */

import type { BenchResult } from "./bench_result.ts";
import { groupsOf } from "./bench_rows.ts";
import { importPackage } from "./peers/locate.ts";
import { barsChart, chartedRows, type Echarts, wavesChart } from "./report_charts.ts";
import { type ChartRow, htmlReport } from "./report_html.ts";
import { markdownReport } from "./report_markdown.ts";

/**
 * Writes the report.
 *
 * @param result The comparison.
 * @param folder Where to; it is created when it is not there.
 * @returns Paths of the files.
 * @throws {Error} When echarts is not installed, or the folder cannot be written to.
 */
export async function writeReport(result: BenchResult, folder: string): Promise<string[]> {
  const echarts = await importPackage<Echarts>("echarts/dist/echarts.esm.mjs");
  await Deno.mkdir(folder, { recursive: true });
  const files = [
    { path: `${folder}/report.html`, content: htmlReport(result, chartsOf(echarts, result)) },
    { path: `${folder}/report.md`, content: markdownReport(result) },
  ];
  for (const { path, content } of files) await Deno.writeTextFile(path, content);
  return files.map(({ path }) => path);
}

function chartsOf(echarts: Echarts, result: BenchResult): ChartRow[] {
  const rows: ChartRow[] = chartedRows(groupsOf(result)).map((row) => ({
    title: row.label,
    charts: result.runtimes.map((runtime) => barsChart(echarts, runtime, row)),
  }));
  if (result.waves.length === 0) return rows;
  const waves = result.runtimes.map((runtime) => wavesChart(echarts, result, runtime));
  return [{ title: "Waves: speed-up over the plain loop", charts: waves }, ...rows];
}
