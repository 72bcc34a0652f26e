/**
 * The report as Markdown, for a README.
 *
 * @module
 */

import { barRows, formatCell, formatLimit, formatVerdict, warningLines } from "./bar_table.ts";
import type { BarCell } from "./bars.ts";
import type { BenchResult } from "./bench_result.ts";
import { cellOf, failureLines, groupsOf, microRows } from "./bench_rows.ts";
import { SETTINGS } from "./contenders.ts";
import { READING, titleOf } from "./report_text.ts";
import { formatStanding, standingOf } from "./standings.ts";

/**
 * Makes the report.
 *
 * @param result The comparison.
 * @returns Markdown.
 */
export function markdownReport(result: BenchResult): string {
  const { cores, cpu, memoryGiB, system } = result.machine;
  const groups = groupsOf(result);
  const runtimes = result.runtimes.map(({ runtime }) => runtime);
  const lines = [
    `# ${titleOf(result)}`,
    "",
    `${result.runtimes.map(({ runtime, version }) => `${runtime} ${version}`).join(", ")}; ` +
    `${result.lanes} lanes, ${result.rounds} rounds; ${cores} cores, ${cpu}, ${memoryGiB} GiB, ${system}; ` +
    `${result.startedAt}. Command: \`${result.command}\``,
    "",
    ...READING.map((line) => `- ${line}`),
    "",
    "## The bars",
    "",
    ...tableLines(
      ["", ...runtimes],
      barRows(result).map(({ bar, cells }) => [
        bar.name,
        ...cells.map((cell) =>
          `${verdictOf(cell)} ${formatCell(bar, cell)} (asked ${formatLimit(bar, cell)})`
        ),
      ]),
    ),
    "",
    ...warningLines(result).map((line) => `**${line}**`),
    "",
    "## Where TokenGate stands among the pools",
    "",
    ...tableLines(
      ["", ...runtimes],
      groups.flatMap((group) => group.rows).flatMap((row) => {
        const standings = result.runtimes.map((runtime) => standingOf(runtime, row));
        if (standings.every((standing) => standing === undefined)) return [];
        return [[row.label, ...standings.map((each) => each ? formatStanding(each) : "-")]];
      }),
    ),
  ];
  for (const runtime of result.runtimes) {
    lines.push("", `## ${runtime.runtime} ${runtime.version}`, "");
    const rows = groups.flatMap((group) => group.rows);
    lines.push(
      ...tableLines(
        ["", ...runtime.contenders],
        rows.map((row) => [
          row.label,
          ...runtime.contenders.map((name) => cellOf(runtime, name, row).text),
        ]),
      ),
      "",
      ...[...runtime.problems, ...failureLines(runtime)].map((line) => `- ${line}`),
    );
  }
  const micro = microRows(result);
  if (micro.length > 0) {
    lines.push("", "## Micro-benchmarks, ns", "", ...tableLines(["", ...runtimes], micro));
  }
  lines.push("", "## Settings", "");
  for (const [name, why] of Object.entries(SETTINGS)) {
    lines.push(`- **${name}** ${result.peers[name] ?? ""}: ${why}`);
  }
  return lines.join("\n") + "\n";
}

function verdictOf(cell: BarCell): string {
  const verdict = formatVerdict(cell);
  return verdict === "" ? "" : `**${verdict}**`;
}

function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  const rule = `| ${head.map((_, column) => column === 0 ? ":--" : "--:").join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)];
}
