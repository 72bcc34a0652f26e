import { assert, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { measureGrowth } from "../bench/measures/growth.ts";
import { callNth } from "../lib/cli/waves/calls.ts";
import { checksumOfWave } from "../lib/cli/waves/checksum.ts";
import * as waveFunctions from "../lib/cli/waves/functions.ts";
import { runLoop } from "../lib/cli/waves/round.ts";

function checksumOf(tokens: number): string {
  return checksumOfWave(runLoop(tokens, (i) => callNth<unknown>(i, waveFunctions)).results);
}

test("growth is the time per token of a large wave over that of small ones, all of them checked", async () => {
  const request = { smallTokens: 8, largeTokens: 64, smallWaves: 3 };
  const { metrics, checksum } = await measureGrowth({ kind: "loop" }, request);
  const { "growth.smallUs": smallUs, "growth.largeUs": largeUs, "growth.ratio": ratio } = metrics;
  assert(smallUs! > 0 && largeUs! > 0);
  assertStrictEquals(ratio, largeUs! / smallUs!);
  assertStrictEquals(checksum, `${checksumOf(8)} ${checksumOf(64)} ${checksumOf(8)}`);
});
