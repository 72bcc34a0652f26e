// deno-lint-ignore-file no-console -- warnings of crash loops are no part of this
// The waves, while one token of a hundred ends its lane, and one of a hundred never comes to its end.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { callNth, type WaveResult } from "../lib/cli/waves/calls.ts";
import * as functions from "../lib/cli/waves/functions.ts";
import {
  LaneCrashError,
  type Token,
  TokenGate,
  type TokenGateOptions,
  TokenTimeoutError,
} from "../mod.ts";
import { chaos, type ChaosDeed } from "./fixtures/chaos_operations.ts";
import { checkNoLanesLeft } from "./fixtures/no_lanes_left.ts";

checkNoLanesLeft();

const isDeno = "Deno" in globalThis;
/** From its sources Node takes a third of a second to start a lane and to import the package there, ten times what Bun takes. */
const startsSlowly = !isDeno && !("Bun" in globalThis);
/** The largest wave by TOKENGATE_CHAOS_TOKENS=65536. */
const tokensInAll = Number(process.env.TOKENGATE_CHAOS_TOKENS ?? (startsSlowly ? 1_024 : 4_096));

/** A kind of lanes. */
interface Kind {
  readonly options: TokenGateOptions;
  /** Whether a loop can be stopped in it. */
  readonly stopsLoops: boolean;
  /** Whether the answers of a lane outlive it, also those that it has not sent yet. */
  readonly keepsAnswers: boolean;
  /** How many tokens. */
  readonly tokens: number;
}

const KINDS: Readonly<Record<string, Kind>> = {
  ring: {
    options: { bridge: "ring" },
    stopsLoops: !isDeno,
    keepsAnswers: true,
    tokens: tokensInAll,
  },
  frames: {
    options: { bridge: "frames" },
    stopsLoops: !isDeno,
    keepsAnswers: false,
    tokens: tokensInAll / 4,
  },
  process: {
    options: { isolation: "process" },
    stopsLoops: true,
    keepsAnswers: false,
    tokens: tokensInAll / 4,
  },
};

function deedOf(index: number, stopsLoops: boolean): ChaosDeed {
  if (index % 100 === 37) return "exit";
  return stopsLoops && index % 100 === 73 ? "loop" : "work";
}

/** A body is run with the path of an empty file, and with the warnings of crash loops, of which there may be some, unseen. */
async function withLog(body: (log: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tokengate-chaos-"));
  const log = join(folder, "starts");
  writeFileSync(log, "");
  const { warn } = console;
  console.warn = (): void => {};
  try {
    await body(log);
  } finally {
    console.warn = warn;
    rmSync(folder, { recursive: true });
  }
}

for (const [name, kind] of Object.entries(KINDS)) {
  const { options, stopsLoops, keepsAnswers } = kind;
  const what = stopsLoops ? "end their lane or never end" : "end their lane";

  test(`${kind.tokens} tokens of the waves settle once each and run once at most, while some ${what} (${name})`, async () => {
    await withLog(async (log) => {
      const gate = new TokenGate({ lanes: 2, graceMs: 10, ...options });
      const limited = chaos.with({ gate, timeoutMs: 50 });
      const settled = new Uint8Array(kind.tokens);
      const count: Record<ChaosDeed, number> = { work: 0, exit: 0, loop: 0 };
      const tokens: Token<WaveResult>[] = [];
      for (let index = 0; index < kind.tokens; index++) {
        const deed = deedOf(index, stopsLoops);
        count[deed]++;
        const token = deed === "loop"
          ? limited(log, index, deed)
          : gate.call(chaos, log, index, deed);
        const settle = (): void => void settled[index]!++;
        token.then(settle, settle);
        tokens.push(token);
      }
      const outcomes = await Promise.allSettled(tokens);
      const { submitted, completed, failed, timeout, killed, crashes } = gate.stats();
      await gate.close();

      let lost = 0;
      const starts = new Uint16Array(kind.tokens);
      for (const line of readFileSync(log, "utf8").trimEnd().split("\n")) starts[Number(line)]!++;
      outcomes.forEach((outcome, index) => {
        assertEquals([settled[index], starts[index]], [1, 1], `token ${index}`);
        const deed = deedOf(index, stopsLoops);
        if (deed === "work" && outcome.status === "fulfilled") {
          assertEquals(outcome.value, callNth<WaveResult>(index, functions));
          return;
        }
        assert(outcome.status === "rejected", `token ${index} came to an end`);
        assertInstanceOf(outcome.reason, deed === "loop" ? TokenTimeoutError : LaneCrashError);
        if (deed === "work") lost++;
      });
      if (keepsAnswers) assertEquals(lost, 0);
      assertEquals([submitted, killed, crashes], [kind.tokens, 0, count.exit]);
      assertEquals([completed, failed, timeout], [
        count.work - lost,
        count.exit + lost,
        count.loop,
      ]);
      // The work went on.
      assert(lost < kind.tokens / 4, `${lost} answers were lost`);
      const { waiting, admitted, executing, lanes, stranded } = gate.stats();
      assertEquals([waiting, admitted, executing, lanes, stranded], [0, 0, 0, 0, 0]);
    });
  });
}
