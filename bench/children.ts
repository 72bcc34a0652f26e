/**
 * The benchmark of children: what a call costs that an operation makes in its own lane, beside a call of the program.
 *
 * @module
 */

import { RUNTIME_NAMES } from "../scripts/pins.ts";
import { openToolchain } from "../scripts/runtime_command.ts";
import type { ChildrenResult, ChildrenTimes } from "./children_runner.ts";
import { runRunner } from "./runner.ts";
import { formatMeasure, formatTable } from "../lib/cli/table.ts";
import { print } from "../lib/cli/terminal.ts";

/** A child in its lead's lane is to cost less than this part of a call of the program. */
const BAR = 0.1;

const HEADINGS = ["runtime", "calls", "program µs", "in lane µs", "spread µs", "in lane / program"];

const toolchain = await openToolchain(RUNTIME_NAMES);
const rows: string[][] = [];
let isBelow = true;
for (const runtime of RUNTIME_NAMES) {
  const result = await runRunner<ChildrenResult>(toolchain, runtime, "./children_runner.ts");
  rows.push(rowOf(runtime, "one by one", result.oneByOne));
  rows.push(rowOf(runtime, "all at once", result.allAtOnce));
  isBelow &&= result.oneByOne.inLane < BAR * result.oneByOne.program;
}
for (const line of formatTable(HEADINGS, rows)) print(line);
print();
print(
  `One by one, a child in its lead's lane costs ${isBelow ? "less" : "NOT less"} than a tenth ` +
    `of a call of the program on ${isBelow ? "each runtime" : "each of them"}.`,
);

function rowOf(runtime: string, calls: string, times: ChildrenTimes): string[] {
  const { program, inLane, spread } = times;
  return [
    runtime,
    calls,
    formatMeasure(program),
    formatMeasure(inLane),
    formatMeasure(spread),
    formatMeasure(inLane / program),
  ];
}
