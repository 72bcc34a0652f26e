// Random programs of streams: a generator and its reader with messages between them that take their time; and, on real lanes, streams, maps and alls beside each other.
import { setImmediate } from "node:timers";
import { test } from "node:test";
import process from "node:process";
import fc from "fast-check";
import { GeneratorRun } from "../lib/bridge/generator_run.ts";
import { liveLanes } from "../lib/lane/live_lanes.ts";
import { type StreamedToken, TokenStream } from "../lib/token_stream.ts";
import { type Token, TokenGate, type TokenGateOptions } from "../mod.ts";
import { checkNoLanesLeft } from "./fixtures/no_lanes_left.ts";
import { act, add } from "./fixtures/operations.ts";
import { PROCESS_LANES } from "./fixtures/process_lanes.ts";
import { count, endsBy, made } from "./fixtures/stream_operations.ts";
import { makeWords, readWord } from "./fixtures/words.ts";

checkNoLanesLeft();

// More by these; replay a failure by the seed and path that fast-check prints.
const programs = Math.ceil(Number(process.env.TOKENGATE_SIMULATED_PROGRAMS ?? 10_000) / 10);
const lanePrograms = Number(process.env.TOKENGATE_LANE_PROGRAMS ?? 12);

function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

// One stream, message by message.

const pace = fc.constantFrom("sync", "micro", "turn");
const stream = fc.record({
  items: fc.nat(40),
  pace,
  isAsync: fc.boolean(),
  window: fc.integer({ min: 1, max: 9 }),
  end: fc.constantFrom("return", "return", "throw", "unsendable"),
  /** What happens next, over and over: something is delivered to the reader, or to the generator; an item is asked for; the reader leaves, the gate stops it. */
  steps: fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom("toReader", "toGenerator", "read", "turn") },
      { weight: 1, arbitrary: fc.constantFrom("leave", "stop", "readAhead") },
    ),
    { maxLength: 120 },
  ),
  /** Whether the reader goes on when the program is at its end. */
  isReadToEnd: fc.boolean(),
});
type StreamProgram = typeof stream extends fc.Arbitrary<infer P> ? P : never;

class StreamWorld implements StreamedToken {
  readonly program: StreamProgram;
  readonly operation: { readonly name: string } = { name: "stream" };
  readonly stream: TokenStream;
  readonly run: GeneratorRun;
  isSettled = false;
  outcome: unknown = undefined;
  made = 0;
  begun = 0;
  ended = 0;
  items: number[] = [];
  /** How the reader ended. */
  ends: string[] = [];
  settlements = 0;
  isStopped = false;
  isWaiting = false;
  readonly toReader: (() => void)[] = [];
  readonly toGenerator: (() => void)[] = [];
  readonly reads: Promise<void>[] = [];

  constructor(program: StreamProgram) {
    this.program = program;
    this.stream = new TokenStream(this, program.window);
    const isStopped = (): boolean => this.isStopped;
    const generator = program.isAsync ? this.#later() : this.#now();
    this.run = new GeneratorRun(generator, program.window, {
      get isStopped(): boolean {
        return isStopped();
      },
      within: (step) => step(),
      send: (items) => {
        const bad = items.indexOf("unsendable");
        const sent = bad < 0 ? items : items.slice(0, bad);
        this.toReader.push(() => {
          if (!this.isSettled) this.stream.receive(sent);
        });
        return bad < 0 ? undefined : new Error("unsendable");
      },
      waits: (isWaiting) => {
        check(isWaiting !== this.isWaiting, "it says twice that it waits");
        this.isWaiting = isWaiting;
      },
      afterTurn: setImmediate,
    });
    const answer = (isResult: boolean, outcome: unknown): void => {
      this.toReader.push(() => this.settle(isResult, outcome));
    };
    this.run.run().then((value) => answer(true, value), (error) => answer(false, error));
  }

  *#now(): Generator<unknown, string, undefined> {
    this.begun++;
    try {
      for (let n = 0; n < this.program.items; n++) yield this.#make(n);
      return this.#last();
    } finally {
      this.ended++;
    }
  }

  async *#later(): AsyncGenerator<unknown, string, undefined> {
    this.begun++;
    try {
      for (let n = 0; n < this.program.items; n++) {
        if (this.program.pace === "turn") await turn();
        else if (this.program.pace === "micro") await undefined;
        yield this.#make(n);
      }
      return this.#last();
    } finally {
      this.ended++;
    }
  }

  #make(n: number): unknown {
    this.made++;
    const isLast = n === this.program.items - 1;
    return isLast && this.program.end === "unsendable" ? "unsendable" : n;
  }

  #last(): string {
    if (this.program.end === "throw") throw new RangeError("at the end");
    return "end";
  }

  settle(isResult: boolean, outcome: unknown): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.settlements++;
    this.outcome = outcome;
    if (isResult) {
      // As a lane does for a stream without items.
      if (!this.stream.hasItems) this.stream.receive([]);
      this.stream.fulfilled(this);
    } else this.stream.rejected(this);
  }

  cancel(): boolean {
    if (this.isSettled) return false;
    this.settle(false, new Error("cancelled"));
    this.toGenerator.push(() => {
      this.isStopped = true;
      this.run.stop();
    });
    return true;
  }

  grant(count: number): void {
    this.toGenerator.push(() => this.run.grant(count));
  }

  read(): void {
    this.reads.push(
      this.stream.next().then(({ done, value }) => {
        if (done) this.ends.push(value === undefined ? "over" : String(value));
        else this.items.push(value as number);
      }, (error) => void this.ends.push((error as Error).message)),
    );
  }

  checkWindow(): void {
    const most = this.items.length + this.program.window;
    check(this.made <= most, `${this.made} made, ${this.items.length} read`);
  }
}

test("random programs of one stream: each item once and in order, the window kept, the generator ended, one end told", async () => {
  await fc.assert(
    fc.asyncProperty(stream, async (program) => {
      const world = new StreamWorld(program);
      let hasLeft = false;
      let wasStopped = false;
      const deliver = async (queue: (() => void)[]): Promise<void> => {
        queue.shift()?.();
        for (let n = 0; n < 3; n++) await undefined;
      };
      for (const step of program.steps) {
        if (step === "toReader") await deliver(world.toReader);
        else if (step === "toGenerator") await deliver(world.toGenerator);
        else if (step === "turn") await turn();
        else if (step === "read" || step === "readAhead") {
          for (let n = step === "read" ? 1 : 4; n > 0; n--) world.read();
        } else if (step === "leave") {
          hasLeft = true;
          await world.stream.return();
        } else wasStopped = world.cancel() || wasStopped;
        // What was resolved is counted a few microtasks later.
        for (let n = 0; n < 4; n++) await undefined;
        world.checkWindow();
      }
      if (program.isReadToEnd) {
        for (let idle = 0; idle < 5; idle++) {
          if (world.toReader.length + world.toGenerator.length > 0) idle = 0;
          await deliver(world.toReader);
          await deliver(world.toGenerator);
          await turn();
          if (world.ends.length > 0) continue;
          const before = world.items.length;
          world.read();
          await turn();
          if (world.items.length > before) idle = 0;
        }
      } else {
        hasLeft = true;
        await world.stream.return();
        for (let idle = 0; idle < 5; idle++) {
          if (world.toReader.length + world.toGenerator.length > 0) idle = 0;
          await deliver(world.toReader);
          await deliver(world.toGenerator);
          await turn();
        }
      }
      await Promise.all(world.reads);
      world.checkWindow();
      const { items, ends } = world;
      check(items.every((item, index) => item === index), `read ${items}`);
      check(world.isSettled && world.settlements === 1, `settled ${world.settlements} times`);
      check(world.ended === world.begun, "the generator was left open");
      check(!world.isWaiting, "it waits for a reader that has left");
      // One end is told, and after it that it is over.
      const told = ends.filter((end) => end !== "over");
      check(told.length <= 1, `told ${told}`);
      if (told.length === 1) check(ends[0] === told[0], `told ${ends}`);
      if (hasLeft || wasStopped) return;
      const isSent = program.end !== "unsendable" || program.items === 0;
      check(items.length === program.items - (isSent ? 0 : 1), `${items.length} were read`);
      const end = program.end === "throw" ? "at the end" : isSent ? "end" : "unsendable";
      check(told[0] === end, `ended by ${told[0]}, not ${end}`);
    }),
    { numRuns: programs },
  );
});

// On real lanes.

const how = fc.constantFrom("leave", "leave", "cancel", "abort", "read", "read", "read");
const unit = fc.oneof(
  fc.record({
    kind: fc.constant("stream" as const),
    source: fc.constantFrom("count", "made", "throw", "exit", "look", "wait"),
    items: fc.nat(150),
    how,
    after: fc.nat(120),
    isSlow: fc.boolean(),
  }),
  fc.record({
    kind: fc.constantFrom("map" as const, "all" as const),
    deeds: fc.array(
      fc.constantFrom("return", "return", "return", "throw", "wait", "look", "exit"),
      { maxLength: 25 },
    ),
    onError: fc.constantFrom("throw" as const, "skip" as const, "settle" as const),
    isOrdered: fc.boolean(),
    window: fc.integer({ min: 1, max: 12 }),
    how,
    after: fc.nat(20),
  }),
);
const laneProgram = fc.record({
  lanes: fc.integer({ min: 1, max: 2 }),
  units: fc.array(unit, { minLength: 1, maxLength: 5 }),
  closes: fc.constantFrom("drain", "end", "early"),
});
type LaneUnit = typeof unit extends fc.Arbitrary<infer U> ? U : never;

/** Errors that such a program may see. */
const EXPECTED: readonly unknown[] = [
  "ERR_TOKEN_CANCELLED",
  "ERR_LANE_CRASH",
  "ERR_LANE_START",
  "ERR_GATE_CLOSED",
];

function checkExpected(error: unknown): void {
  const { code, message } = error as { code?: unknown; message: string };
  if (EXPECTED.includes(code) || /^(thrown by|after|stopped)/.test(message)) return;
  throw error;
}

class LaneRun {
  readonly gate: TokenGate;
  readonly isShared: boolean;
  readonly tokens: Token<unknown>[] = [];

  constructor(gate: TokenGate, isShared: boolean) {
    this.gate = gate;
    this.isShared = isShared;
  }

  async run(unit: LaneUnit): Promise<void> {
    try {
      if (unit.kind === "stream") await this.#stream(unit);
      else if (unit.kind === "map") await this.#map(unit);
      else await this.#all(unit);
    } catch (error) {
      checkExpected(error);
    }
  }

  async #stream(unit: LaneUnit & { kind: "stream" }): Promise<void> {
    const { gate } = this;
    const words = makeWords(2, this.isShared);
    const controller = new AbortController();
    const options = { signal: controller.signal, gate };
    const token = unit.source === "count"
      ? count.with(options)(unit.items)
      : unit.source === "made"
      ? made.with(options)(words, unit.items)
      : endsBy.with(options)(unit.source, unit.items);
    this.tokens.push(token);
    let read = 0;
    for await (const item of token) {
      check(item === read++, `item ${item} came as number ${read}`);
      if (unit.source === "made") {
        const isAhead = readWord(words, 0) - read;
        check(isAhead <= 8, `${isAhead} ahead of the reader`);
      }
      if (unit.isSlow && read % 16 === 0) {
        await gate.call(add, read, 1);
        await turn();
      }
      if (read <= unit.after) continue;
      if (unit.how === "leave") break;
      if (unit.how === "cancel") token.cancel("program");
      if (unit.how === "abort") controller.abort("program");
    }
    // One that never ends by itself, and was read to its end, is left by the close.
  }

  #inputs(unit: LaneUnit & { kind: "map" | "all" }): Parameters<typeof act>[] {
    const words = makeWords(unit.deeds.length + 1, this.isShared);
    return unit.deeds.map((
      deed,
      index,
    ): Parameters<typeof act> => [words, index, deed as never, 5]);
  }

  async #map(unit: LaneUnit & { kind: "map" | "all" }): Promise<void> {
    const controller = new AbortController();
    const { onError, isOrdered: ordered, window } = unit;
    const options = { onError, ordered, window, signal: controller.signal };
    let read = 0;
    let last = -1;
    for await (const result of this.gate.map(act, this.#inputs(unit), options)) {
      read++;
      if (ordered && typeof result === "number") {
        check(result > last, `result ${result} came after ${last}`);
        last = result;
      }
      if (read <= unit.after) continue;
      if (unit.how === "leave") break;
      if (unit.how !== "read") controller.abort("program");
    }
  }

  async #all(unit: LaneUnit & { kind: "map" | "all" }): Promise<void> {
    const inputs = this.#inputs(unit);
    const results = await this.gate.all(act, inputs, { onError: unit.onError });
    if (unit.onError !== "skip") check(results.length === inputs.length, "results are missing");
  }
}

const KINDS: Readonly<Record<string, TokenGateOptions>> = {
  ring: {},
  frames: { bridge: "frames" },
  processes: PROCESS_LANES,
};

for (const [kind, defaults] of Object.entries(KINDS)) {
  const isShared = kind !== "processes";
  const runs = isShared ? lanePrograms : Math.ceil(lanePrograms / 3);
  test(`random programs of streams, maps and alls on real lanes settle all of their tokens, and leave nothing alive (${kind})`, async () => {
    await fc.assert(
      fc.asyncProperty(laneProgram, async ({ lanes, units, closes }) => {
        const gate = new TokenGate({ ...defaults, lanes, graceMs: 100 });
        const run = new LaneRun(gate, isShared);
        const over = Promise.all(units.map((unit) => run.run(unit)));
        const limit = new Promise((resolve) => setTimeout(resolve, closes === "early" ? 30 : 400));
        await Promise.race([over, limit]);
        // What never ends by itself is ended here.
        await gate.close(closes === "drain" ? { timeoutMs: 200 } : { drain: false });
        await over;
        const { submitted, waiting, admitted, executing } = gate.stats();
        const { completed, failed, killed, timeout } = gate.stats();
        check(waiting + admitted + executing === 0, "something is left in the gate");
        check(submitted === completed + failed + killed + timeout, "the counts do not add up");
        for (const token of run.tokens) {
          const isFinal = ["completed", "failed", "killed"].includes(token.state);
          check(isFinal, `a token is left ${token.state}`);
        }
        check(liveLanes() === 0, `${liveLanes()} lanes are left alive`);
        // One that has ended itself may have been given up for one that never ends, before it could tell.
        for (let n = 0; n < 400 && gate.stats().stranded > 0; n++) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        const { stranded } = gate.stats();
        check(stranded === 0, `${stranded} threads are stranded`);
      }),
      // Shrinking would run many more programs; the seed and path are printed all the same.
      { numRuns: runs, endOnFailure: true },
    );
  });
}
