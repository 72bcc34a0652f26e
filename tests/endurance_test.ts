// Many short tokens, one wave after the other: the counters stay right, and nothing is left behind.
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { type GateStats, TokenGate } from "../mod.ts";
import { heapBytes } from "./fixtures/heap.ts";
import { checkNoLanesLeft, using } from "./fixtures/no_lanes_left.ts";
import { add, lengthOf } from "./fixtures/operations.ts";

checkNoLanesLeft();

/** Ten million by TOKENGATE_ENDURANCE_TOKENS=10000000. */
const tokensInAll = Number(process.env.TOKENGATE_ENDURANCE_TOKENS ?? 200_000);
/** After so many tokens everything is compiled, and every table as large as it will be. */
const WARM_UP_TOKENS = 100_000;
const WAVE_TOKENS = 2_000;
const POLL_MS = 100;

/** A wave: some tokens whose results are added up, and one in a hundred that is cancelled. */
async function runWave(gate: TokenGate): Promise<void> {
  let sum = 0;
  const note = (value: number): void => void (sum += value);
  const quiet = (): void => {};
  const text = "x".repeat(10);
  const waiting: Promise<void>[] = [];
  for (let n = 0; n < WAVE_TOKENS; n++) {
    const token = n % 2 === 0 ? gate.call(add, n, 1) : gate.call(lengthOf, text);
    if (n % 100 === 99) {
      token.cancel();
      waiting.push(token.then(note, quiet));
    } else waiting.push(token.then(note));
  }
  await Promise.all(waiting);
  // n + 1 for the even ones; ten for each of the odd ones that were not cancelled.
  const evens = WAVE_TOKENS / 2;
  const odds = evens - WAVE_TOKENS / 100;
  assertEquals(sum, evens * evens + 10 * odds);
}

function checkSum(stats: GateStats): void {
  const { submitted, waiting, admitted, executing, completed, failed, killed, timeout } = stats;
  const sum = waiting + admitted + executing + completed + failed + killed + timeout;
  assertEquals(sum, submitted);
}

for (const bridge of ["ring", "frames"] as const) {
  test(`${tokensInAll} short tokens leave the heap as it was after the first ${WARM_UP_TOKENS} (${bridge})`, async () => {
    await using(new TokenGate({ lanes: 2, bridge, history: 100 }), async (gate) => {
      const problems: unknown[] = [];
      let polls = 0;
      const poll = setInterval(() => {
        polls++;
        try {
          checkSum(gate.stats());
        } catch (error) {
          problems.push(error);
        }
      }, POLL_MS);
      try {
        let warmBytes = 0;
        for (let done = 0; done < tokensInAll; done += WAVE_TOKENS) {
          if (done === WARM_UP_TOKENS) warmBytes = await heapBytes();
          await runWave(gate);
        }
        const grown = await heapBytes() - warmBytes;
        assertEquals(problems, []);
        assert(polls > 0, "the counters were never looked at");
        const { submitted, completed, killed, waiting, admitted, executing } = gate.stats();
        assertEquals([submitted, killed], [tokensInAll, tokensInAll / 100]);
        assertEquals([completed + killed, waiting + admitted + executing], [tokensInAll, 0]);
        assertEquals([gate.history().length, gate.controls.live()], [100, []]);
        // A pending token takes some 300 bytes: of the later ones of the suite not one in ten may be left.
        assert(grown < 3 * 2 ** 20, `the heap has grown by ${grown} bytes`);
      } finally {
        clearInterval(poll);
      }
    });
  });
}
