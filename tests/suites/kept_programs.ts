// Random programs of calls that use each other's results, some of which stay in their lanes, while lanes are recycled and crash. The same file runs on Deno, Bun and Node.
// deno-lint-ignore-file no-console -- warnings of lanes that crash are no part of this
import { test } from "node:test";
import process from "node:process";
import fc from "fast-check";
import { type Token, TokenGate, type TokenGateOptions } from "../../mod.ts";
import { checkNothingWaits } from "../fixtures/nothing_waits.ts";
import * as kept from "../fixtures/kept_operations.ts";
import { using } from "../fixtures/no_lanes_left.ts";

/** Of which earlier call a result is wanted, counted back. */
const back = fc.nat(5);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("make", "makeLater"), n: fc.nat(50) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom("add", "use", "useByKey"), a: back, b: back }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("await", "cancel", "forget"), a: back }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("crash", "reload", "turn") }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
const program = fc.record({
  lanes: fc.integer({ min: 1, max: 3 }),
  afterTokens: fc.constantFrom(2, 5, Infinity),
  steps: fc.array(step, { minLength: 3, maxLength: 25 }),
});

interface Made {
  readonly token: Token<kept.Thing>;
  readonly n: number;
}

/** What a call may reject with, and why: crashes, and cancels, of it or of one that it builds on. */
const EXPECTED = [
  "ERR_DEPENDENCY",
  "ERR_LANE_CRASH",
  "ERR_RESULT_LOST",
  "ERR_TOKEN_CANCELLED",
];

class KeptProgram {
  readonly #gate: TokenGate;
  readonly #things: (Made | undefined)[] = [];
  readonly #checks: Promise<void>[] = [];
  /** Whether something has happened by which calls may fail. */
  #mayFail = false;

  constructor(gate: TokenGate) {
    this.#gate = gate;
  }

  async do(step: Step): Promise<void> {
    const gate = this.#gate;
    if ("n" in step) {
      const { n } = step;
      const token = step.kind === "make" ? gate.call(kept.make, n) : gate.call(kept.makeLater, n);
      this.#keep(token, n);
    } else if ("b" in step) {
      const [a, b] = [this.#at(step.a), this.#at(step.b)];
      if (a === undefined || b === undefined) return;
      const [one, other] = [a.token, b.token];
      if (step.kind === "add") {
        this.#keep(gate.call(kept.add, one, other), a.n + b.n);
      } else {
        const operation = step.kind === "use" ? kept.use : kept.useByKey;
        this.#expect(gate.call(operation, one), a.n);
      }
    } else if ("a" in step) {
      const at = this.#things.length - 1 - step.a;
      const made = this.#things[at];
      if (made === undefined) return;
      if (step.kind === "await") this.#expect(made.token, made.n);
      else if (step.kind === "cancel") {
        this.#mayFail = true;
        made.token.cancel("by the program");
      } else {
        this.#things[at] = undefined;
      }
    } else if (step.kind === "crash") {
      this.#mayFail = true;
      this.#checks.push(gate.call(kept.crash).then(() => {}, () => {}));
    } else if (step.kind === "reload") await gate.reload();
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }

  async end(): Promise<void> {
    for (const made of this.#things) if (made !== undefined) this.#expect(made.token, made.n);
    await Promise.all(this.#checks);
    checkNothingWaits(this.#gate);
  }

  #at(back: number): Made | undefined {
    return this.#things[this.#things.length - 1 - back];
  }

  /** Somebody learns of its error, without having its result sent. */
  #keep(token: Token<kept.Thing>, n: number): void {
    this.#things.push({ token, n });
    this.#expect(this.#gate.call(kept.use, token), n);
  }

  #expect(token: Token<{ n: number }>, n: number): void {
    const check = (error: { code?: string }): void => {
      const isExpected = this.#mayFail && EXPECTED.includes(error.code ?? "");
      if (!isExpected) throw error;
    };
    this.#checks.push(token.then((value) => {
      if (value.n !== n) throw new Error(`${value.n} in the place of ${n}`);
    }, check));
  }
}

/**
 * @param kind what is tested, in the names of the tests
 * @param defaults options of the gates
 * @param runs how many programs; more by TOKENGATE_LANE_PROGRAMS=1000; replay a failure by the seed and path that fast-check prints
 */
export function keptPrograms(kind: string, defaults: TokenGateOptions, runs: number): void {
  const programs = Number(process.env.TOKENGATE_LANE_PROGRAMS ?? runs);

  test(`random programs of kept results give the right ones, or say why not, while lanes come and go (${kind})`, async () => {
    const { warn } = console;
    // That lanes crash is what is asked for.
    console.warn = (): void => {};
    try {
      await play();
    } finally {
      console.warn = warn;
    }
  });

  async function play(): Promise<void> {
    await fc.assert(
      fc.asyncProperty(program, async ({ lanes, afterTokens, steps }) => {
        const recycle = afterTokens < Infinity ? { recycle: { afterTokens } } : {};
        await using(new TokenGate({ ...defaults, ...recycle, lanes }), async (gate) => {
          const program = new KeptProgram(gate);
          for (const step of steps) await program.do(step);
          await program.end();
        });
      }),
      { numRuns: programs, interruptAfterTimeLimit: 300_000 + 1_000 * programs },
    );
  }
}
