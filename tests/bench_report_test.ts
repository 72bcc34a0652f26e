import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { cellOf, figureLines, groupsOf } from "../bench/bench_rows.ts";
import { type Echarts, wavesChart } from "../bench/report_charts.ts";
import { htmlReport } from "../bench/report_html.ts";
import { markdownReport } from "../bench/report_markdown.ts";
import { formatStanding, standingOf } from "../bench/standings.ts";
import { SAMPLE } from "./fixtures/bench_sample.ts";

const node = SAMPLE.runtimes[1]!;
const groups = groupsOf(SAMPLE);
const rows = groups.flatMap((group) => group.rows);
const rowOf = (metric: string): typeof rows[number] => rows.find((row) => row.metric === metric)!;

test("rows are those of which something was measured", () => {
  const titles = ["Calls", "Waves, ms", "Growth of time per token", "Memory and start-up"];
  assertEquals(groups.map(({ title }) => title), titles);
  assertStrictEquals(rowOf("heavy.ms"), undefined);
});

test("a cell tells a figure from a failure and from what is not offered", () => {
  assertStrictEquals(cellOf(node, "tokengate", rowOf("wave.3.ms")).text, "5.00");
  assertStrictEquals(cellOf(node, "piscina", rowOf("wave.3.ms")).text, "-");
  const failing = cellOf(node, "workerpool", rowOf("wave.3.ms"));
  assertEquals([failing.text, failing.error], ["fails", "did not answer <in time>"]);
  const transfer = { ...rowOf("wave.3.ms"), metric: "payload.transfer1M.us" };
  assertStrictEquals(cellOf(node, "tokengate", transfer).text, "not offered");
});

test("figures are laid out with a column for each contender", () => {
  const lines = figureLines(groups, node);
  assert(lines[0]!.endsWith("workerpool"), lines[0]);
  assert(
    lines.some((line) =>
      /no-op calls per second, the best of .* 2,000,000 +100,000 +50,000/.test(line)
    ),
  );
});

test("a place among the pools counts losses as it counts wins", () => {
  const noop = standingOf(node, rowOf("noop.perSecond"))!;
  assertStrictEquals(formatStanding(noop), "1st of 3; 20.00x piscina");
  const slow = {
    ...node,
    values: { ...node.values, tokengate: { "ping.p50Us": [40, 40, 40] } },
  };
  const ping = standingOf(slow, rowOf("ping.p50Us"))!;
  assertStrictEquals(formatStanding(ping), "3rd of 3; 0.50x piscina");
  assertStrictEquals(standingOf(node, rowOf("wave.3.ms")), undefined);
});

test("the page holds the bars, the plots and the failures, and nothing from elsewhere", () => {
  const charts = [{ title: "A plot", charts: ["<svg>one</svg>", ""] }];
  const html = htmlReport(SAMPLE, charts);
  assert(html.includes("<svg>one</svg>"));
  assert(html.includes(`<span class="miss">miss</span> 1.25x`), "the missed bar");
  assert(html.includes("workerpool fails: did not answer &lt;in time&gt;"));
  assert(html.includes("not offered") === false, "no row of it was measured");
  assert(html.includes("prefers-color-scheme:dark"));
  assert(!/<script|<link|src=|@import|url\(/.test(html));
});

test("the Markdown holds the same, in tables whose rows are all as wide", () => {
  const markdown = markdownReport(SAMPLE);
  assert(markdown.includes("**miss** 1.25x"));
  assert(markdown.includes("- workerpool fails: did not answer <in time>"));
  assert(markdown.includes("1st of 3; 20.00x piscina"));
  let width = 0;
  for (const line of markdown.split("\n")) {
    const cells = line.startsWith("|") ? line.replaceAll("\\|", "").split("|").length : 0;
    if (cells > 0 && width > 0) assertStrictEquals(cells, width, line);
    width = cells;
  }
});

test("the plot of the waves has a log axis, and takes the colours of the page", () => {
  let option: { xAxis?: { type: string }; series?: { name: string; data: unknown }[] } = {};
  const echarts: Echarts = {
    init: () => ({
      setOption: (given) => option = given,
      renderToSVGString: () => `<svg fill="#010203" stroke="#040506"/>`,
      dispose: () => {},
    }),
  };
  const svg = wavesChart(echarts, SAMPLE, node);
  assertStrictEquals(svg, `<svg fill="currentColor" stroke="var(--line)"/>`);
  assertStrictEquals(option.xAxis?.type, "log");
  const ours = option.series?.find(({ name }) => name === "tokengate");
  assertEquals(ours?.data, [[16, 1.2], [1024, 2], [65536, 1.6]]);
  assert(!option.series?.some(({ name }) => name === "loop"));
});
