/**
 * Runs the waves on the runtime it is started with and writes what it measures as JSON lines on standard output.
 *
 * ```text
 * <runtime> bench/wave_runner.ts [--lanes N] [--waves 15] [--rounds R] [--budget-ms T]
 * ```
 *
 * Start-up is not timed: lanes have started before the first clock. Then comes a warm-up of the same calls, so that the
 * loop and every lane are measured with compiled functions: twice, the loop makes 1,024 calls and the gate gets 1,024
 * for each lane; then the gate gets eight small waves, which clear away what that left.
 *
 * What follows is counted. Every round is a loop and a wave, and they swap places from round to round (loop, gate, gate,
 * loop, ...), so that a slow phase of the machine falls on both. A wave is repeated until its rounds are done or its
 * time is over; medians of the rounds are reported, with the worst and the best.
 *
 * Exits with 1 when a token failed, was lost or gave another result than the loop, and with 2 on wrong arguments.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { TokenGate } from "../mod.ts";
import { CpuMeter } from "./cpu_meter.ts";
import { describeError } from "./error_tally.ts";
import { type MeasuredWave, measureWave, warmUp } from "./wave_measurement.ts";
import {
  callNth,
  cpuCrunch,
  dataSort,
  hashChain,
  stringTransform,
  type WaveCalls,
} from "./wave_operations.ts";
import {
  DEFAULT_BUDGET_MS,
  DEFAULT_ROUNDS,
  parseCount,
  parseWaves,
  tokensOfWave,
} from "./wave_plan.ts";
import { finite, rowPassed, type RunnerMessage, waveRow } from "./wave_report.ts";
import type { WaveToken } from "./wave_round.ts";

const here: WaveCalls<unknown> = {
  cpuCrunch: cpuCrunch.local,
  stringTransform: stringTransform.local,
  dataSort: dataSort.local,
  hashChain: hashChain.local,
};

interface Arguments {
  lanes: number;
  waves: number[];
  rounds: number;
  budgetMs: number;
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      lanes: { type: "string" },
      waves: { type: "string", default: "15" },
      rounds: { type: "string", default: String(DEFAULT_ROUNDS) },
      "budget-ms": { type: "string", default: String(DEFAULT_BUDGET_MS) },
    },
  });
  return {
    lanes: values.lanes === undefined
      ? availableParallelism()
      : parseCount("--lanes", values.lanes),
    waves: parseWaves(values.waves),
    rounds: parseCount("--rounds", values.rounds),
    budgetMs: parseCount("--budget-ms", values["budget-ms"]),
  };
}

/** The runtime's own name and version; Bun and Deno also answer to Node's. */
function runtime(): { name: string; version: string } {
  const { versions } = process;
  const name = ["deno", "bun", "node"].find((candidate) => candidate in versions) ?? "unknown";
  return { name, version: versions[name] ?? "unknown" };
}

/** Resolves when the line is written: a process that ends must not take its last line with it. */
function emit(message: RunnerMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(
      JSON.stringify(message) + "\n",
      (error) => error ? reject(error) : resolve(),
    );
  });
}

function callHere(i: number): unknown {
  return callNth(i, here);
}

/** Calls through a gate. The operations are bound to it once, as a program with more than one gate would. */
function submitterFor(gate: TokenGate): (i: number) => WaveToken {
  const calls: WaveCalls<WaveToken> = {
    cpuCrunch: cpuCrunch.with({ gate }),
    stringTransform: stringTransform.with({ gate }),
    dataSort: dataSort.with({ gate }),
    hashChain: hashChain.with({ gate }),
  };
  return (i) => callNth(i, calls);
}

async function run({ lanes, waves, rounds, budgetMs }: Arguments): Promise<boolean> {
  const { name, version } = runtime();
  const gate = new TokenGate({ lanes });
  await gate.started();
  await emit({ type: "start", runtime: name, version, lanes: gate.lanes, waves });
  const submit = submitterFor(gate);
  await emit({ type: "progress", wave: 0, tokens: 0, done: 0, rounds: 0 });
  await warmUp(gate.lanes, { callHere, submit });

  const meter = new CpuMeter();
  let passed = true;
  let firstLatencyMs: number | undefined;
  for (const wave of waves) {
    const tokens = tokensOfWave(wave);
    const measured: MeasuredWave = await measureWave({
      tokens,
      rounds,
      budgetMs,
      callHere,
      submit,
      onRound: (done) => emit({ type: "progress", wave, tokens, done, rounds }),
    });
    const row = waveRow({
      ...measured,
      runtime: name,
      version,
      lanes: gate.lanes,
      wave,
      tokens,
      firstLatencyMs,
    });
    if (wave === 1) {
      firstLatencyMs = row.latencyMs;
      row.concurrency = 1;
    }
    passed &&= rowPassed(row);
    await emit(row);
    // A gate that has lost a token cannot be trusted with the next wave, nor with closing.
    if (row.lost > 0) {
      await emit({ type: "end", passed, othersPart: finite(meter.othersPart()) });
      process.exit(1);
    }
  }
  const othersPart = finite(meter.othersPart());
  await gate.close();
  await emit({ type: "end", passed, othersPart });
  return passed;
}

async function main(): Promise<void> {
  let request: Arguments;
  try {
    request = readArguments();
  } catch (error) {
    process.stderr.write(`${describeError(error).message}\n`);
    process.exitCode = 2;
    return;
  }
  // Lanes may be unreferenced while they start and end; a process that ends then would look like one that has finished.
  const hold = setInterval(() => {}, 1_000);
  try {
    process.exitCode = await run(request) ? 0 : 1;
  } catch (error) {
    await emit({ type: "error", error: describeError(error) });
    process.exitCode = 1;
  } finally {
    clearInterval(hold);
  }
}

await main();
