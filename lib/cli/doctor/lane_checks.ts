/**
 * What lanes do here: their start, the way of a call, and how a loop in them is stopped. Threads and processes.
 *
 * @module
 */

import { TokenGate } from "../../token_gate.ts";
import type { Operation } from "../../operation.ts";
import { describeError } from "../error_tally.ts";
import { median } from "../statistics.ts";
import { formatMeasure } from "../table.ts";
import type { Finding } from "./finding.ts";
import { echo, spin } from "./probes.ts";

const CALLS_BEFORE = 200;
const CALLS = 200;
/** As little as there can be: what is measured is the stopping, and not the patience before it. */
const GRACE_MS = 1;
/** How long the loop that is to be stopped goes on where it cannot be. */
const LOOP_MS = 1_000;
const START_WITHIN_MS = 15_000;

type Isolation = "thread" | "process";

/**
 * Starts a lane, makes calls in it, and stops a loop in it.
 *
 * @param isolation what kind of lane
 * @returns two findings: how a lane works, and how a loop is stopped; one when there is no lane
 */
export async function checkLanes(isolation: Isolation): Promise<Finding[]> {
  const gate = new TokenGate({
    lanes: 1,
    isolation,
    graceMs: GRACE_MS,
    startTimeoutMs: START_WITHIN_MS,
    maxStranded: Infinity,
  });
  try {
    const lane = await laneFinding(gate, isolation);
    return [lane, await loopFinding(gate, isolation)];
  } catch (error) {
    const message = firstLine(describeError(error).message);
    const advice = isolation === "process"
      ? "on Deno a process lane needs --allow-run and --allow-env; without it only threads can be used"
      : "on Deno a lane needs --allow-read for modules that are files";
    return [{ check: `${isolation} lane`, works: false, text: message, advice }];
  } finally {
    await gate.close({ drain: false });
  }
}

/** A runtime's own messages may go on for lines, and in colours. */
function firstLine(message: string): string {
  // deno-lint-ignore no-control-regex -- that is what colours begin with
  return message.split("\n")[0]!.replaceAll(/\x1b\[[\d;]*m/g, "");
}

async function laneFinding(gate: TokenGate, isolation: Isolation): Promise<Finding> {
  const beginMs = performance.now();
  await gate.started();
  await gate.call(echo, 0);
  const startMs = performance.now() - beginMs;
  // Compiled code, and a lane that has found its pace.
  await callsOf(gate, CALLS_BEFORE);
  const callMs = median(await callsOf(gate, CALLS));
  const way = isolation === "thread" ? "by shared memory" : "over pipes";
  return {
    check: `${isolation} lane`,
    works: true,
    text: `takes ${formatMeasure(startMs)} ms from nothing to its first answer; then a call ${
      formatMeasure(callMs * 1_000)
    } µs there and back, ${way}`,
    data: { startMs, callMs },
  };
}

async function callsOf(gate: TokenGate, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const beginMs = performance.now();
    await gate.call(echo, i);
    times.push(performance.now() - beginMs);
  }
  return times;
}

async function loopFinding(gate: TokenGate, isolation: Isolation): Promise<Finding> {
  const check = `loop in a ${isolation}`;
  const killMs = await timeToKill(gate, spin);
  if (gate.stats().stranded === 0) {
    const text = `is stopped ${
      formatMeasure(killMs)
    } ms after the call was cancelled, its lane with it`;
    return { check, works: true, text, data: { killMs } };
  }
  return {
    check,
    works: false,
    text: "cannot be stopped by this runtime: its thread runs on, and keeps a core busy",
    advice: `let long loops look at current().aborted, or declare them with isolation: "process"`,
    data: { killMs: null },
  };
}

/** From the cancellation of a call that runs to the end of its lane. */
async function timeToKill(
  gate: TokenGate,
  loop: Operation<[forMs: number], number>,
): Promise<number> {
  const token = gate.call(loop, LOOP_MS);
  while (token.state !== "executing") await new Promise((resolve) => setTimeout(resolve, 1));
  const gone = new Promise<void>((resolve) => {
    gate.addEventListener("laneexit", () => resolve(), { once: true });
  });
  const beginMs = performance.now();
  token.cancel("enough");
  await gone;
  return performance.now() - beginMs;
}
