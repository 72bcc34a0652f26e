/**
 * What the machine and the runtime have, without any lane: processors, shared memory, TypeScript.
 *
 * @module
 */

import { availableParallelism, cpus } from "node:os";
import { availableLanes, cpuQuota } from "../../runtime/cpu_limits.ts";
import { isGranted, thisRuntime } from "../environment.ts";
import { isAtLeast, OLDEST_SOURCE_NODE } from "../runtimes.ts";
import type { Finding } from "./finding.ts";

const WAKE_WITHIN_MS = 2_000;

/** @returns how many lanes a gate has by default, and why */
export function checkProcessors(): Finding {
  const lanes = availableLanes();
  const usable = availableParallelism();
  const inMachine = isGranted({ name: "sys" }) ? cpus().length : undefined;
  const quota = isGranted({ name: "read" }) ? cpuQuota("") : Infinity;
  const reasons = [`this process may use ${usable}`];
  if (inMachine !== undefined && inMachine !== usable) reasons.push(`the machine has ${inMachine}`);
  reasons.push(
    Number.isFinite(quota)
      ? `the quota of its container is ${quota}`
      : "no quota of a container limits them",
  );
  return {
    check: "lanes",
    works: null,
    text: `${lanes} by default, one for each processor: ${reasons.join(", ")}`,
    data: { lanes, usable, inMachine, quota: Number.isFinite(quota) ? quota : null },
  };
}

/** What `Atomics.waitAsync` gives; older declarations do not know it. */
type WaitAsync = (
  words: Int32Array,
  index: number,
  value: number,
  timeoutMs: number,
) => { readonly async: boolean; readonly value: string | Promise<string> };

/** @returns whether memory can be shared, and this thread be woken by it */
export async function checkSharedMemory(): Promise<Finding> {
  const check = "shared memory";
  try {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const waitAsync = Reflect.get(Atomics, "waitAsync") as WaitAsync;
    const waiting = waitAsync(words, 0, 0, WAKE_WITHIN_MS).value;
    const hold = setTimeout(() => {}, WAKE_WITHIN_MS);
    Atomics.notify(words, 0);
    const woken = await waiting;
    clearTimeout(hold);
    // As workers/port.ts has it: what is quicker there.
    const lanesBy = thisRuntime().name === "bun" ? "messages" : "Atomics.wait";
    if (woken !== "ok") throw new Error(`nobody was woken: ${woken}`);
    return {
      check,
      works: true,
      text:
        `calls and answers cross in it; sleeping lanes are woken by ${lanesBy}, this thread by Atomics.waitAsync`,
      data: { lanes: lanesBy, program: "Atomics.waitAsync" },
    };
  } catch (error) {
    return {
      check,
      works: false,
      text: `is not there: ${error instanceof Error ? error.message : error}`,
      advice: 'use bridge: "frames", or a newer runtime',
    };
  }
}

/** @returns whether modules of operations may be TypeScript */
export function checkTypeScript(): Finding {
  const { name, version } = thisRuntime();
  const reads = name !== "node" || isAtLeast(version, OLDEST_SOURCE_NODE);
  const [major, minor] = OLDEST_SOURCE_NODE;
  return {
    check: "TypeScript",
    works: reads,
    text: reads
      ? "modules of operations may be TypeScript sources"
      : "this Node does not read it; compile first",
    ...(reads ? {} : { advice: `or use Node ${major}.${minor}` }),
  };
}
