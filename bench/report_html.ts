/**
 * The report as one page: no scripts, no files beside it, light and dark.
 *
 * @module
 */

import { barRows, formatCell, formatLimit, formatVerdict, warningLines } from "./bar_table.ts";
import type { BenchResult, RuntimeResult } from "./bench_result.ts";
import {
  cellOf,
  failureLines,
  groupsOf,
  type MetricGroup,
  microRows,
  rangeOf,
} from "./bench_rows.ts";
import { SETTINGS } from "./contenders.ts";
import { READING, titleOf } from "./report_text.ts";
import { formatStanding, standingOf } from "./standings.ts";
import { formatPercent } from "../lib/cli/table.ts";

/** A plot for each runtime, side by side. */
export interface ChartRow {
  readonly title: string;
  /** SVG, in the order of the runtimes; empty where there is nothing to show. */
  readonly charts: readonly string[];
}

const STYLE = `
:root{color-scheme:light dark;--back:#fff;--text:#1b1f24;--soft:#5c6570;--line:#d9dde3;--card:#f6f7f9;
--good:#1a7f3c;--bad:#b3261e;--ours:#2f6fed22}
@media(prefers-color-scheme:dark){:root{--back:#14171b;--text:#e6e8eb;--soft:#9aa3ae;--line:#333a43;--card:#1c2026;
--good:#5bc47f;--bad:#ff8a80;--ours:#2f6fed44}}
body{margin:0 auto;padding:1.5rem;max-width:88rem;background:var(--back);color:var(--text);
font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;margin:0 0 .3rem}h2{font-size:1.2rem;margin:2.2rem 0 .6rem}h3{font-size:1rem;margin:1.4rem 0 .4rem}
p,li{color:var(--soft);max-width:72rem}code{overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums}
th,td{padding:.28rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}td small{display:block;color:var(--soft);font-size:.72rem}
.ours{background:var(--ours)}.pass,.win{color:var(--good);font-weight:600}.miss,.fails{color:var(--bad);font-weight:600}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:1rem}
figure{margin:0;background:var(--card);border-radius:8px;padding:.6rem}figcaption{font-weight:600;font-size:.86rem}
svg{max-width:100%;height:auto}
`.replaceAll("\n", "");

/**
 * Makes the page.
 *
 * @param result The comparison.
 * @param charts The plots.
 * @returns HTML.
 */
export function htmlReport(result: BenchResult, charts: readonly ChartRow[]): string {
  const groups = groupsOf(result);
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8">`,
    `<meta name="viewport" content="width=device-width"><title>${text(titleOf(result))}</title>`,
    `<style>${STYLE}</style></head><body>`,
    header(result),
    barsTable(result),
    standingsTable(result, groups),
    ...charts.map((row) => chartSection(row, result)),
    ...result.runtimes.map((runtime) => figures(result, runtime, groups)),
    microTable(result),
    `<h2>Settings</h2><ul>`,
    ...Object.entries(SETTINGS).map(([name, why]) =>
      `<li><b>${text(name)}</b> ${text(result.peers[name] ?? "")}: ${text(why)}</li>`
    ),
    `</ul></body></html>\n`,
  ].join("\n");
}

function header(result: BenchResult): string {
  const { cores, cpu, memoryGiB, system } = result.machine;
  const versions = result.runtimes.map(({ runtime, version }) => `${runtime} ${version}`).join(
    ", ",
  );
  return `<h1>${text(titleOf(result))}</h1>
<p>${text(versions)}; ${result.lanes} lanes; ${result.rounds} rounds; ${cores} cores, ${
    text(cpu)
  }, ${memoryGiB} GiB,
${text(system)}; ${text(result.startedAt)}.<br><code>${text(result.command)}</code></p>
<ul>${READING.map((line) => `<li>${text(line)}</li>`).join("")}</ul>`;
}

function barsTable(result: BenchResult): string {
  const head = result.runtimes.map(({ runtime }) => `<th>${runtime}</th>`).join("");
  const rows = barRows(result).map(({ bar, cells }) =>
    `<tr><td>${text(bar.name)}</td>${
      cells.map((cell) =>
        `<td><span class="${cell.verdict ?? ""}">${formatVerdict(cell) || "-"}</span> ${
          text(formatCell(bar, cell))
        }<small>asked: ${text(formatLimit(bar, cell))}</small></td>`
      ).join("")
    }</tr>`
  );
  const warnings = warningLines(result).map((line) => `<p class="fails">${text(line)}</p>`);
  return table("The bars", `<th></th>${head}`, rows) + warnings.join("");
}

function standingsTable(result: BenchResult, groups: readonly MetricGroup[]): string {
  const head = result.runtimes.map(({ runtime }) => `<th>${runtime}</th>`).join("");
  const rows = groups.flatMap((group) => group.rows).flatMap((row) => {
    const standings = result.runtimes.map((runtime) => standingOf(runtime, row));
    if (standings.every((standing) => standing === undefined)) return [];
    const cells = standings.map((standing) =>
      standing === undefined
        ? "<td>-</td>"
        : `<td class="${standing.place === 1 ? "win" : "fails"}">${
          text(formatStanding(standing))
        }</td>`
    );
    return [`<tr><td>${text(row.label)}</td>${cells.join("")}</tr>`];
  });
  return table("Where TokenGate stands among the pools", `<th></th>${head}`, rows);
}

function chartSection({ title, charts }: ChartRow, result: BenchResult): string {
  const figures = charts.map((svg, index) =>
    svg === ""
      ? ""
      : `<figure><figcaption>${text(result.runtimes[index]!.runtime)}</figcaption>${svg}</figure>`
  );
  return `<h2>${text(title)}</h2><div class="charts">${figures.join("")}</div>`;
}

function figures(
  result: BenchResult,
  runtime: RuntimeResult,
  groups: readonly MetricGroup[],
): string {
  const { contenders } = runtime;
  const marked = (name: string): string => name === "tokengate" ? ` class="ours"` : "";
  const head = `<th></th>${
    contenders.map((name) => `<th${marked(name)}>${text(name)}</th>`).join("")
  }`;
  const rows = groups.flatMap((group) => [
    `<tr><th colspan="${contenders.length + 1}">${text(group.title)}</th></tr>`,
    ...group.rows.map((row) =>
      `<tr><td>${text(row.label)}</td>${
        contenders.map((name) => {
          const cell = cellOf(runtime, name, row);
          const fails = cell.error === undefined
            ? text(cell.text)
            : `<span class="fails" title="${text(cell.error)}">fails</span>`;
          const range = rangeOf(cell, row);
          return `<td${marked(name)}>${fails}${range === "" ? "" : `<small>${range}</small>`}</td>`;
        }).join("")
      }</tr>`
    ),
  ]);
  const problems = [...runtime.problems, ...failureLines(runtime)];
  const list = problems.map((line) => `<li class="fails">${text(line)}</li>`).join("");
  const others = formatPercent(runtime.othersPart ?? NaN);
  return table(`${runtime.runtime} ${runtime.version}, ${result.lanes} lanes`, head, rows) +
    `<p>Medians of the rounds, their range below. Other programs used ${others} of the processors.</p>` +
    `<ul>${list}</ul>`;
}

function microTable(result: BenchResult): string {
  const rows = microRows(result).map((cells) =>
    `<tr>${cells.map((cell) => `<td>${text(cell)}</td>`).join("")}</tr>`
  );
  if (rows.length === 0) return "";
  const head = result.runtimes.map(({ runtime }) => `<th>${runtime}</th>`).join("");
  return table("Micro-benchmarks, ns", `<th></th>${head}`, rows);
}

function table(title: string, head: string, rows: readonly string[]): string {
  return `<h2>${text(title)}</h2><div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${
    rows.join("\n")
  }</tbody></table></div>`;
}

function text(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
