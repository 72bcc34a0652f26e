/**
 * Runs the waves in this process, and tells what it measures, message by message.
 *
 * Start-up is not timed: lanes have started before the first clock. Then comes a warm-up of the same calls, so that the
 * loop and every lane are measured with compiled functions: twice, the loop makes 1,024 calls and the gate gets 1,024
 * for each lane; then the gate gets eight small waves, which clear away what that left.
 *
 * What follows is counted. Every round is a loop and a wave, and they swap places from round to round (loop, gate, gate,
 * loop, ...), so that a slow phase of the machine falls on both. A wave is repeated until its rounds are done or its
 * time is over; medians of the rounds are reported, with the worst and the best.
 *
 * @module
 */

import { CpuMeter } from "../cpu_meter.ts";
import { thisRuntime } from "../environment.ts";
import { describeError } from "../error_tally.ts";
import { TokenGate } from "../../token_gate.ts";
import { callNth, type WaveCalls } from "./calls.ts";
import { type MeasuredWave, measureWave, warmUp } from "./measurement.ts";
import { cpuCrunch, dataSort, hashChain, stringTransform } from "./operations.ts";
import type { WaveOptions } from "./options.ts";
import { tokensOfWave } from "./plan.ts";
import { finite, rowPassed, type RunnerMessage, waveRow } from "./report.ts";
import type { WaveToken } from "./round.ts";

const here: WaveCalls<unknown> = {
  cpuCrunch: cpuCrunch.local,
  stringTransform: stringTransform.local,
  dataSort: dataSort.local,
  hashChain: hashChain.local,
};

/** How a run ended. */
export interface WavesEnd {
  /** Whether every wave passed: see {@linkcode rowPassed}. */
  passed: boolean;
  /** Whether a token was lost. A gate that has lost one cannot be trusted with closing, and was left as it is. */
  lost: boolean;
}

/** Told of each message; the next step waits for it. */
export type Tell = (message: RunnerMessage) => void | Promise<void>;

/**
 * Runs the waves.
 *
 * @param options What is to be measured.
 * @param tell Told of each message.
 * @returns How it ended. What goes wrong as a whole is told as a message too.
 */
export async function runWaves(options: WaveOptions, tell: Tell): Promise<WavesEnd> {
  try {
    return await run(options, tell);
  } catch (error) {
    await tell({ type: "error", error: describeError(error) });
    return { passed: false, lost: false };
  }
}

async function run(options: WaveOptions, tell: Tell): Promise<WavesEnd> {
  const { lanes, waves, rounds, budgetMs } = options;
  const { name, version } = thisRuntime();
  const gate = new TokenGate({ lanes });
  await gate.started();
  await tell({ type: "start", runtime: name, version, lanes: gate.lanes, waves });
  const submit = submitterFor(gate);
  await tell({ type: "progress", wave: 0, tokens: 0, done: 0, rounds: 0 });
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
      onRound: (done) => tell({ type: "progress", wave, tokens, done, rounds }),
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
    await tell(row);
    // Nor can it be trusted with the next wave.
    if (row.lost > 0) {
      await tell({ type: "end", passed, othersPart: finite(meter.othersPart()) });
      return { passed, lost: true };
    }
  }
  const othersPart = finite(meter.othersPart());
  await gate.close();
  await tell({ type: "end", passed, othersPart });
  return { passed, lost: false };
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
