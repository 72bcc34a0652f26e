// Random programs on real lanes with shared memory between them and the gate: values of every size, bursts, crashes, limits, and both sides stalling.
import process from "node:process";
import { test } from "node:test";
import { LaneCrashError, type Token, TokenGate } from "../mod.ts";
import { liveLanes } from "../lib/lane/live_lanes.ts";
import { RandomSource } from "../lib/runtime/random.ts";
import {
  digestOf,
  fuzz,
  type FuzzDeed,
  type FuzzResult,
  makeMailed,
  makeValue,
  resultOf,
} from "./fixtures/fuzz_operations.ts";
import { checkNoLanesLeft } from "./fixtures/no_lanes_left.ts";

// More by TOKENGATE_RING_PROGRAMS=1000; TOKENGATE_RING_SEED=7 begins with that seed.
const programs = Number(process.env.TOKENGATE_RING_PROGRAMS ?? 8);
const firstSeed = Number(process.env.TOKENGATE_RING_SEED ?? Date.now() % 1_000_000_000);
const MOST_CALLS = 600;
/** More than the board has slots: a slot that is never given back would be missed. */
const LAST_BURST = 1_100;
/** A program that is not done by then hangs. */
const HANGS_AFTER_MS = 30_000;

checkNoLanesLeft();

interface Call {
  readonly token: Token<FuzzResult>;
  readonly deed: FuzzDeed;
  readonly digest: number;
  readonly resultDigest: number;
  readonly isLimited: boolean;
  settlements: number;
}

/** One program, and what it has done so far. */
class Program {
  readonly calls: Call[] = [];
  readonly starts: Int32Array = new Int32Array(
    new SharedArrayBuffer(4 * (MOST_CALLS + LAST_BURST)),
  );
  readonly gate: TokenGate;
  readonly #random: RandomSource;
  readonly #canExit: boolean;

  constructor(random: RandomSource) {
    this.#random = random;
    this.#canExit = random.chance(0.5);
    // Long enough for a function that looks to be seen returning on a busy machine.
    this.gate = new TokenGate({
      lanes: 1 + random.below(3),
      spinUs: random.chance(0.5) ? 50 : 0,
      graceMs: 2_000,
    });
  }

  async run(): Promise<void> {
    // Most programs begin with lanes that are up and know the operation: starting takes longer than all that follows.
    if (this.#random.chance(0.8)) {
      await this.gate.started();
      for (let n = 0; n < 4; n++) this.#call("return", {}, 100);
      await Promise.allSettled(this.calls.map(({ token }) => token));
    }
    const steps = 10 + this.#random.below(30);
    for (let n = 0; n < steps; n++) await this.#step();
    // What only ends when it is asked to.
    for (const { token, deed } of this.calls) if (deed === "look") token.cancel("the end");
    await Promise.allSettled(this.calls.map(({ token }) => token));
    for (let n = 0; n < LAST_BURST; n++) this.#call("return", {}, 100);
    await Promise.allSettled(this.calls.map(({ token }) => token));
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const { calls } = this;
    const which = calls[random.below(calls.length + 1)];
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2:
        return this.#burst(random.chance(0.5) ? 1 + random.below(8) : 1 + random.below(150));
      case 3:
        for (let n = random.below(20); n >= 0; n--) {
          calls[random.below(calls.length + 1)]?.token.cancel("program");
        }
        return;
      case 4:
        return void await new Promise((done) => setTimeout(done, random.below(8)));
      case 5: {
        const untilMs = performance.now() + random.below(15);
        while (performance.now() < untilMs);
        return;
      }
      case 6:
        return await Promise.resolve();
      default:
        if (which === undefined) return;
        // It may wait behind one that only ends when it is asked to.
        await Promise.race([
          which.token.catch(() => {}),
          new Promise((done) => setTimeout(done, 20)),
        ]);
    }
  }

  #burst(count: number): void {
    const random = this.#random;
    for (let n = 0; n < count && this.calls.length < MOST_CALLS; n++) {
      const limits = random.chance(0.1)
        ? { timeoutMs: 1 + random.below(40) }
        : random.chance(0.05)
        ? { deadlineMs: 1 + random.below(60) }
        : random.chance(0.05)
        ? { queueTimeoutMs: 1 + random.below(20) }
        : {};
      this.#call(this.#deed(), limits, 0);
    }
  }

  #deed(): FuzzDeed {
    const random = this.#random;
    if (random.chance(0.8)) return "return";
    if (this.#canExit && random.chance(0.03)) return "exit";
    if (random.chance(0.02)) return "look";
    return (["throw", "wait", "stall"] as const)[random.below(3)]!;
  }

  #bytes(): number {
    const random = this.#random;
    if (random.chance(0.7)) return random.below(300);
    if (random.chance(0.7)) return random.below(6_000);
    return random.below(random.chance(0.8) ? 70_000 : 300_000);
  }

  /** @param bytes size of argument and result; 0 for any */
  #call(deed: FuzzDeed, limits: object, bytes: number): void {
    const random = this.#random;
    const index = this.calls.length;
    const isMailed = random.chance(0.04);
    const argument = isMailed
      ? makeMailed(random)
      : makeValue(bytes || this.#bytes(), random.below(100));
    const resultSeed = bytes || this.#bytes();
    const starts = isMailed ? this.starts : null;
    const call = fuzz.with({ gate: this.gate, ...limits });
    const token = call(index, deed, random.below(5), argument, resultSeed, starts);
    const digest = digestOf(argument);
    const resultDigest = digestOf(resultOf(resultSeed, argument));
    const isLimited = Object.keys(limits).length > 0;
    const made: Call = { token, deed, digest, resultDigest, isLimited, settlements: 0 };
    const count = (): void => void made.settlements++;
    token.then(count, count);
    this.calls.push(made);
  }

  /** @throws {Error} when anything is not as it should be */
  async check(): Promise<void> {
    const counted: Record<string, number> = {
      submitted: this.calls.length,
      waiting: 0,
      admitted: 0,
      executing: 0,
      completed: 0,
      failed: 0,
      killed: 0,
      timeout: 0,
    };
    for (const [index, call] of this.calls.entries()) {
      counted[call.token.state]!++;
      await checkCall(index, call);
      const starts = this.starts[index]!;
      if (starts > 1) throw new Error(`function ${index} was started ${starts} times`);
    }
    const stats: Record<string, unknown> = { ...this.gate.stats() };
    for (const [name, count] of Object.entries(counted)) {
      if (stats[name] !== count) {
        throw new Error(`the gate counts ${stats[name]} ${name}, the tokens say ${count}`);
      }
    }
  }
}

async function checkCall(index: number, call: Call): Promise<void> {
  const { token, deed } = call;
  if (call.settlements !== 1) throw new Error(`token ${index} settled ${call.settlements} times`);
  if (token.state === "completed") {
    const result = await token;
    const isRight = result.index === index && result.digest === call.digest &&
      digestOf(result.value) === call.resultDigest;
    if (!isRight) throw new Error(`token ${index} has the wrong result`);
    if (deed === "throw" || deed === "exit") throw new Error(`token ${index} did not ${deed}`);
  } else if (token.state === "failed") {
    const error: unknown = await token.then(() => undefined, (error: unknown) => error);
    const isThrown = deed === "throw" && error instanceof RangeError &&
      error.message === `thrown by ${index}`;
    const isLost = deed === "exit" && error instanceof LaneCrashError;
    if (!isThrown && !isLost) {
      throw new Error(`token ${index}, told to ${deed}, failed`, { cause: error });
    }
  } else if (token.state === "timeout") {
    if (!call.isLimited) throw new Error(`token ${index} has no limit and ran out of time`);
  }
}

async function runOne(seed: number): Promise<void> {
  const program = new Program(new RandomSource(seed));
  let timer: unknown;
  const hangs = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const states = JSON.stringify(program.gate.stats());
      reject(new Error(`the program hangs: ${states}`));
    }, HANGS_AFTER_MS);
  });
  try {
    await Promise.race([program.run(), hangs]);
    await program.check();
    await Promise.race([program.gate.close(), hangs]);
    if (liveLanes() !== 0) throw new Error(`${liveLanes()} lanes are left alive`);
  } catch (cause) {
    await program.gate.close({ drain: false });
    throw new Error(`the program of seed ${seed} failed: ${cause}`, { cause });
  } finally {
    clearTimeout(timer as number);
  }
}

test("random programs over shared memory give every call its own result, once, and leave nothing behind", async () => {
  for (let n = 0; n < programs; n++) await runOne(firstSeed + n);
});
