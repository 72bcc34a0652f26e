/**
 * The benchmark of waking: how soon two sleeping threads are at work on this machine, without any of this package's code. A wave that is over in a millisecond cannot gain more.
 *
 * @module
 */

import { RUNTIME_NAMES } from "../scripts/pins.ts";
import { openToolchain } from "../scripts/runtime_command.ts";
import { runRunner } from "./runner.ts";
import { formatMeasure, formatTable } from "../lib/cli/table.ts";
import { print } from "../lib/cli/terminal.ts";
import type { WakeResult } from "./wake_runner.ts";

const HEADINGS = ["runtime", "woken by", "first µs", "second µs", "both done µs", "in turn"];

const toolchain = await openToolchain(RUNTIME_NAMES);
const rows: string[][] = [];
for (const runtime of RUNTIME_NAMES) {
  const result = await runRunner<WakeResult>(toolchain, runtime, "./wake_runner.ts");
  for (const [by, times] of Object.entries(result)) {
    const { first, second, done, partInTurn } = times;
    rows.push([
      runtime,
      by,
      formatMeasure(first),
      formatMeasure(second),
      formatMeasure(done),
      `${Math.round(partInTurn * 100)} %`,
    ]);
  }
}
for (const line of formatTable(HEADINGS, rows)) print(line);
print();
print(
  "Two threads that sleep are woken one after the other, and each is busy for 400 µs: medians of 200 rounds, 5 ms apart, from the first " +
    "wake-up on. In turn: rounds in which the second one began when the first one was done, on whichever core.",
);
