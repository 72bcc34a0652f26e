// How long a lane looks for calls before it sleeps. The same file runs on Deno, Bun and Node.
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { Lingering } from "../workers/lingering.ts";

/** Runs out of calls so many times. @returns how often it looked */
function rest(lingering: Lingering, times: number, paysOff: boolean): number {
  let looks = 0;
  for (let n = 0; n < times; n++) {
    if (lingering.limitMs() === 0) continue;
    looks++;
    lingering.note(paysOff);
  }
  return looks;
}

test("a lane that finds calls when it looks for them goes on doing so", () => {
  const lingering = new Lingering(undefined);
  assertEquals(rest(lingering, 1_000, true), 1_000);
});

test("a lane that looks in vain soon stops, and hardly ever tries again", () => {
  const lingering = new Lingering(undefined);
  rest(lingering, 1_000, true);
  assert(rest(lingering, 20, false) < 10);
  const looks = rest(lingering, 1_000, false);
  assert(looks > 0 && looks < 20, `it looked ${looks} times`);
  const later = rest(lingering, 10_000, false);
  assert(later > 0 && later < 20, `it looked ${later} times`);
});

test("a lane that has found calls so far waits less long for a program that does not answer", () => {
  const lingering = new Lingering(undefined);
  const { unheardMs } = lingering;
  assertEquals(unheardMs, lingering.limitMs());
  lingering.note(true);
  assert(lingering.unheardMs < lingering.limitMs());
  rest(lingering, 100, false);
  assertEquals(lingering.unheardMs, unheardMs);
});

test("a lane whose trial has paid off looks again", () => {
  const lingering = new Lingering(undefined);
  rest(lingering, 100, false);
  while (lingering.limitMs() === 0);
  lingering.note(true);
  assertEquals(rest(lingering, 100, true), 100);
});

test("a time that was asked for is kept, whatever comes of it", () => {
  const lingering = new Lingering(0.05);
  assertEquals(rest(lingering, 100, false), 100);
  assertEquals(lingering.limitMs(), 0.05);
  assertEquals(lingering.unheardMs, 0.05);
  assertEquals(rest(new Lingering(0), 100, true), 0);
});
