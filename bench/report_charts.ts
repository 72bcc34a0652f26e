/**
 * The plots of the report, as SVG that follows the colours of the page it stands in.
 *
 * @module
 */

import { speedUp } from "./bars.ts";
import { type BenchResult, type RuntimeResult, spreadOf } from "./bench_result.ts";
import { cellOf, type MetricGroup, type MetricRow } from "./bench_rows.ts";
import type { ContenderName } from "./contenders.ts";
import { formatMeasure } from "../lib/cli/table.ts";
import { tokensOfWave } from "../lib/cli/waves/plan.ts";

/** The part of echarts that is used. */
export interface Echarts {
  init(
    element: null,
    theme: null,
    options: { renderer: "svg"; ssr: true; width: number; height: number },
  ): { setOption(option: object): void; renderToSVGString(): string; dispose(): void };
}

/** Stand-ins for the colours of the page, which echarts would not take: it computes with colours. */
const TEXT = "#010203";
const LINE = "#040506";

/** Told apart on a light and on a dark ground; ours is the strong one. */
const COLOURS: Readonly<Record<ContenderName, string>> = {
  tokengate: "#2f6fed",
  loop: "#8a8f98",
  ceiling: "#3a9d5d",
  piscina: "#e07b39",
  tinypool: "#c2549b",
  poolifier: "#9a7bd1",
  workerpool: "#b08a2e",
  comlink: "#2aa3a3",
  multithreading: "#d1495b",
};

const WIDTH = 430;
const LINES_HEIGHT = 340;

function draw(echarts: Echarts, option: object, height: number): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    backgroundColor: "transparent",
    textStyle: { color: TEXT, fontFamily: "inherit" },
    ...option,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg.replaceAll(TEXT, "currentColor").replaceAll(LINE, "var(--line)");
}

function axis(more: object): object {
  return {
    axisLabel: { color: TEXT, fontSize: 11 },
    nameTextStyle: { color: TEXT, fontSize: 11 },
    axisLine: { lineStyle: { color: LINE } },
    splitLine: { lineStyle: { color: LINE } },
    ...more,
  };
}

/**
 * The waves of a runtime: speed-up over the loop by the number of tokens, on a log axis.
 *
 * @param echarts The library.
 * @param result The comparison.
 * @param runtime The runtime.
 * @returns SVG.
 */
export function wavesChart(echarts: Echarts, result: BenchResult, runtime: RuntimeResult): string {
  const contenders = runtime.contenders.filter((name) => name !== "loop");
  const series = contenders.map((name) => ({
    type: "line",
    name,
    z: name === "tokengate" ? 5 : 2,
    symbolSize: name === "tokengate" ? 6 : 3,
    lineStyle: {
      width: name === "tokengate" ? 3 : 1.3,
      type: name === "ceiling" ? "dashed" : "solid",
    },
    itemStyle: { color: COLOURS[name] },
    data: result.waves.flatMap((wave) => {
      const middle = spreadOf(speedUp(runtime, wave, name))?.median;
      return middle === undefined ? [] : [[tokensOfWave(wave), round(middle)]];
    }),
    ...(name === "tokengate" ? { markLine: loopLine } : {}),
  }));
  return draw(echarts, {
    color: contenders.map((name) => COLOURS[name]),
    legend: { bottom: 0, textStyle: { color: TEXT, fontSize: 11 }, itemWidth: 16, itemHeight: 8 },
    grid: { left: 36, right: 28, top: 12, bottom: 92 },
    xAxis: axis({
      type: "log",
      logBase: 4,
      min: 4,
      max: 65_536,
      name: "tokens in the wave",
      nameLocation: "middle",
      nameGap: 24,
    }),
    yAxis: axis({ type: "value", min: 0 }),
    series,
  }, LINES_HEIGHT);
}

const loopLine = {
  silent: true,
  symbol: "none",
  lineStyle: { color: COLOURS.loop, type: "solid", width: 1 },
  label: { formatter: "the loop", color: TEXT, fontSize: 10, position: "insideEndBottom" },
  data: [{ yAxis: 1 }],
};

/**
 * One figure of a runtime as bars, the pools (and the ceiling, where it has a meaning) from best to worst.
 *
 * @param echarts The library.
 * @param runtime The runtime.
 * @param row The figure.
 * @returns SVG; empty when nobody has a figure.
 */
export function barsChart(echarts: Echarts, runtime: RuntimeResult, row: MetricRow): string {
  const sign = row.better === "more" ? 1 : -1;
  const cells = runtime.contenders
    .filter((name) => name !== "loop" && (name !== "ceiling" || row.metric === "heavy.efficiency"))
    .map((name) => ({ name, cell: cellOf(runtime, name, row) }));
  const bars = cells
    .flatMap(({ name, cell: { spread, text } }) =>
      spread === undefined ? [] : [{ name, text, value: spread.median }]
    )
    .sort((a, b) => sign * (a.value - b.value));
  if (bars.length === 0) return "";
  // What failed, or is not offered, is at the lower end and says so.
  for (const { name, cell: { spread, text } } of cells) {
    if (spread === undefined && text !== "-") bars.unshift({ name, text, value: 0 });
  }
  return draw(echarts, {
    grid: { left: 104, right: 64, top: 4, bottom: 22 },
    yAxis: axis({
      type: "category",
      data: bars.map(({ name }) => name),
      splitLine: { show: false },
    }),
    xAxis: axis({ type: "value", min: 0, splitNumber: 3 }),
    series: [{
      type: "bar",
      barWidth: 12,
      label: {
        show: true,
        position: "right",
        color: TEXT,
        fontSize: 11,
        formatter: ({ dataIndex }: { dataIndex: number }): string => bars[dataIndex]!.text,
      },
      data: bars.map(({ name, value }) => ({ value, itemStyle: { color: COLOURS[name] } })),
    }],
  }, 30 + bars.length * 22);
}

/** The figures that are shown as bars. */
export const CHARTED: readonly string[] = [
  "noop.perSecond",
  "ping.p50Us",
  "payload.clone64K.us",
  "payload.transfer1M.us",
  "payload.integers.us",
  "payload.object.us",
  "heavy.efficiency",
  "memory.heapBytes",
  "startup.firstMs",
];

/** The rows of the figures that are shown as bars. */
export function chartedRows(groups: readonly MetricGroup[]): MetricRow[] {
  return groups.flatMap(({ rows }) => rows).filter(({ metric }) => CHARTED.includes(metric));
}

function round(value: number): number {
  return Number(formatMeasure(value).replaceAll(",", ""));
}
