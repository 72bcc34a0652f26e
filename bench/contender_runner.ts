/**
 * The process of one contender. It starts the contender, says what that took, and measures what it is asked for until its
 * input ends.
 *
 * ```text
 * <runtime> bench/contender_runner.ts <contender> <lanes>
 * ```
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";
import type { ContenderReply, MeasureRequest } from "./contender_protocol.ts";
import { CpuMeter } from "../lib/cli/cpu_meter.ts";
import { describeError } from "../lib/cli/error_tally.ts";
import { measureClasses } from "./measures/classes.ts";
import { measureGrowth } from "./measures/growth.ts";
import { calibrate, measureHeavy } from "./measures/heavy.ts";
import { measurePending } from "./measures/memory.ts";
import { measureNoop } from "./measures/noop.ts";
import { measurePayload, PAYLOADS } from "./measures/payload.ts";
import { measurePing } from "./measures/ping.ts";
import { startSubject } from "./measures/startup.ts";
import type { Measured, Subject } from "./measures/subject.ts";
import { measureWave, warmUpWaves } from "./measures/wave.ts";
import { finite } from "../lib/cli/waves/report.ts";

const MARK = "contender: ";

function reply(message: ContenderReply): void {
  process.stdout.write(`${MARK}${JSON.stringify(message)}\n`);
}

async function measure(subject: Subject, request: MeasureRequest): Promise<Measured | undefined> {
  switch (request.measure) {
    case "noop":
      return await measureNoop(subject, request);
    case "ping":
      return await measurePing(subject, request);
    case "warmUpWaves":
      await warmUpWaves(subject);
      return { metrics: {} };
    case "wave":
      return await measureWave(subject, request);
    case "growth":
      return await measureGrowth(subject, request);
    case "payload": {
      const kind = PAYLOADS.find(({ name }) => name === request.name)!;
      const offered = subject.kind === "pool" &&
        (!kind.transfer || subject.pool.callWithTransfer !== undefined);
      return offered ? await measurePayload(subject, kind) : undefined;
    }
    case "calibrate":
      return { metrics: { thousands: calibrate() } };
    case "heavy":
      return await measureHeavy(subject, request);
    case "classes":
      return await measureClasses(subject, request);
    case "memory":
      return await measurePending(subject, request.tokens);
  }
}

async function answer(task: () => Promise<Measured | undefined>): Promise<void> {
  const meter = new CpuMeter();
  const startMs = performance.now();
  try {
    const measured = await task();
    const elapsedMs = performance.now() - startMs;
    if (measured === undefined) reply({ type: "not offered" });
    else {reply({
        type: "measured",
        ...measured,
        elapsedMs,
        othersPart: finite(meter.othersPart()),
      });}
  } catch (error) {
    const { name, message } = describeError(error);
    reply({ type: "failed", error: `${name}: ${message}` });
  }
}

const [name = "", lanes = "2"] = process.argv.slice(2);
let subject: Subject | undefined;
await answer(async () => {
  const started = await startSubject(name, Number(lanes));
  subject = started.subject;
  return started.measured;
});
// Its parent is gone, however it ended: what is being measured is for nobody.
process.stdin.once("end", () => process.exit(0));
for await (const line of createInterface({ input: process.stdin })) {
  await answer(() => measure(subject!, JSON.parse(line) as MeasureRequest));
}
process.exit(0);
