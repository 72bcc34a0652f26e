/**
 * The pyramid on the runtime that runs this, and its plain loop beside it. Prints one line of JSON.
 *
 * @module
 */

import process from "node:process";
import { TokenGate } from "../mod.ts";
import { endProcess, printWhole } from "../lib/cli/terminal.ts";
import { median } from "../lib/cli/statistics.ts";
import {
  buildPyramid,
  loopPyramid,
  MILLION,
  mostLive,
  problemOf,
  type PyramidSize,
  tokensOf,
} from "./leibniz/pyramid.ts";

/** How much larger the heap may be than at the start, in bytes, garbage included. The tokens of all terms would be more than twice that. */
const MOST_HEAP_BYTES = 128 * 2 ** 20;
const LOOPS = 7;
const WARM_UP_TERMS = 50_000;

/** What is printed. */
export interface LeibnizResult {
  readonly total: number;
  readonly tokens: number;
  readonly lanes: number;
  readonly elapsedMs: number;
  readonly loopMs: number;
  /** The most tokens that had not settled at once. */
  readonly mostLive: number;
  /** How much the heap grew at most, in bytes. */
  readonly heapBytes: number;
  readonly problems: string[];
}

function timeLoop(size: PyramidSize): number {
  const times: number[] = [];
  for (let n = 0; n < LOOPS; n++) {
    const startMs = performance.now();
    loopPyramid(size);
    times.push(performance.now() - startMs);
  }
  return median(times);
}

async function measure(size: PyramidSize): Promise<LeibnizResult> {
  const gate = new TokenGate();
  await gate.started();
  await buildPyramid(gate, { ...size, terms: WARM_UP_TERMS, partials: 1 });
  const before = gate.stats();
  const heapBefore = process.memoryUsage().heapUsed;
  let live = 0;
  let heapBytes = 0;
  const look = (): void => {
    const { waiting, admitted, executing } = gate.stats();
    live = Math.max(live, waiting + admitted + executing);
    heapBytes = Math.max(heapBytes, process.memoryUsage().heapUsed - heapBefore);
  };
  const startMs = performance.now();
  const total = await buildPyramid(gate, size, look);
  const elapsedMs = performance.now() - startMs;
  const { lanes } = gate;
  const { completed, failed, killed, timeout } = gate.stats();
  await gate.close();

  const tokens = tokensOf(size);
  const problems: string[] = [];
  const wrong = problemOf(total, size);
  if (wrong !== undefined) problems.push(wrong);
  if (completed - before.completed !== tokens || failed + killed + timeout > 0) {
    problems.push(`${completed - before.completed} of ${tokens} tokens were completed`);
  }
  if (live > mostLive(size)) {
    problems.push(`${live} tokens had not settled at once: the window allows ${mostLive(size)}`);
  }
  if (heapBytes > MOST_HEAP_BYTES) problems.push(`the heap grew by ${heapBytes} bytes`);
  return {
    total,
    tokens,
    lanes,
    elapsedMs,
    loopMs: timeLoop(size),
    mostLive: live,
    heapBytes,
    problems,
  };
}

const terms = Number(process.argv[2] ?? MILLION.terms);
await printWhole(JSON.stringify(await measure({ ...MILLION, terms })));
await endProcess(0);
