/**
 * A worker of the ceiling: it runs its share of the calls in a loop, keeps the results, and says when it is done.
 *
 * @module
 */

import { openPort } from "../../workers/port.ts";
import { checksumOf } from "../../lib/cli/waves/checksum.ts";
import { callNth } from "../../lib/cli/waves/calls.ts";
import * as waveFunctions from "../../lib/cli/waves/functions.ts";
import { splitEvenly, splitWave } from "../wave_split.ts";
import { work } from "../work.ts";
import type { CeilingAnswer, CeilingRequest, CeilingWork } from "./ceiling_protocol.ts";

let share: readonly number[] = [];
let call: (i: number) => unknown = work.noop;
let results: unknown[] = [];

function prepare(what: CeilingWork, lane: number, lanes: number): void {
  results = [];
  switch (what.kind) {
    case "wave":
      share = splitWave(what.tokens, lanes)[lane]!;
      call = (i) => callNth<unknown>(i, waveFunctions);
      break;
    case "noop":
      share = splitEvenly(what.tokens, lanes)[lane]!;
      call = work.noop;
      break;
    case "spin":
      share = splitEvenly(what.tokens, lanes)[lane]!;
      call = () => work.spin(what.thousands)[0];
      break;
  }
}

function run(): number {
  const startMs = performance.now();
  const kept: unknown[] = new Array(share.length);
  for (let k = 0; k < share.length; k++) kept[k] = call(share[k]!);
  results = kept;
  return performance.now() - startMs;
}

function answer(request: CeilingRequest): CeilingAnswer {
  switch (request.type) {
    case "prepare":
      prepare(request.work, request.lane, request.lanes);
      return { type: "prepared" };
    case "go":
      return { type: "done", insideMs: run() };
    case "results":
      return { type: "results", indices: share, checksums: results.map(checksumOf) };
  }
}

const port = openPort(
  (message) => port.post(answer(message as CeilingRequest)),
  { type: "up" } satisfies CeilingAnswer,
);
