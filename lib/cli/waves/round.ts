/**
 * One timed round: a wave through a gate, or the same calls in a plain loop.
 *
 * Both keep every result until their clock has stopped, and neither does anything else while it runs: check-sums, sums
 * of stamps and percentiles are taken afterwards.
 *
 * @module
 */

/** What a round needs of a token: that it settles, and its stamps, all on the base `timeOrigin + now()`. */
export interface WaveToken extends PromiseLike<unknown> {
  readonly timings: {
    readonly submittedMs: number;
    readonly startedMs?: number | undefined;
    readonly endedMs?: number | undefined;
  };
}

/** A plain loop over the calls of a wave. */
export interface LoopRound {
  /** Length of the loop, in milliseconds. */
  elapsedMs: number;
  /** What the calls returned, in order. */
  results: unknown[];
}

/** A wave submitted to a gate. */
export interface GateRound {
  /** Tokens that gave a result. */
  ok: number;
  /** Tokens that were rejected, and calls that were refused. */
  failed: number;
  /** Tokens that had not settled when the round was given up. */
  lost: number;
  /** From before the first submission to the settlement of the last token, in milliseconds. */
  wallMs: number;
  /** From after the last submission to the settlement of the last token, in milliseconds. */
  gatherMs: number;
  /** Sum over the tokens of the time from start to end, in milliseconds. */
  insideMs: number;
  /** From submission to settlement of each token that settled, in milliseconds, in no order that matters. */
  latenciesMs: Float64Array;
  /** Results by index of the token; undefined where there is none. */
  results: unknown[];
  /** Why tokens failed, one entry for each failed token. */
  errors: { token: number; error: unknown }[];
}

/** Options of {@linkcode runGate}. */
export interface RunGateOptions {
  /**
   * Time without any settlement after which the tokens still open are counted as lost, in milliseconds.
   *
   * @default {30000}
   */
  stallMs?: number;
}

/** The stall is counted in ticks, since a thread that was kept busy has not given tokens a chance to settle. */
const STALL_TICKS = 30;

/**
 * Makes calls 0 to n-1 one after the other in this thread.
 *
 * @param tokens Number of calls.
 * @param call Makes call `i`.
 * @returns The time taken and the results.
 * @throws {unknown} What a call throws.
 */
export function runLoop(tokens: number, call: (i: number) => unknown): LoopRound {
  const results: unknown[] = new Array(tokens);
  const startMs = performance.now();
  for (let i = 0; i < tokens; i++) results[i] = call(i);
  return { elapsedMs: performance.now() - startMs, results };
}

/**
 * Submits calls 0 to n-1 at once and waits until all of the tokens have settled.
 *
 * The clock starts before the first submission. It stops when the last token's settlement reaches the submitter, so
 * the way back is part of the time.
 *
 * @param tokens Number of calls.
 * @param submit Submits call `i`. A call that throws is counted as failed.
 * @param options When to give up.
 * @returns What was measured; failures and losses are part of it.
 * @throws {Error} When a token gave a result and has no start and end stamps.
 */
export async function runGate(
  tokens: number,
  submit: (i: number) => WaveToken,
  options: RunGateOptions = {},
): Promise<GateRound> {
  const submitted: (WaveToken | undefined)[] = new Array(tokens);
  const results: unknown[] = new Array(tokens).fill(undefined);
  const settledMs = new Float64Array(tokens).fill(NaN);
  const errors: GateRound["errors"] = [];
  // Not Promise.withResolvers, which Node 20 does not have.
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => finish = resolve);
  const origin = performance.timeOrigin;
  let open = tokens;

  function settle(i: number): void {
    settledMs[i] = origin + performance.now();
    if (--open === 0) finish();
  }
  function fail(i: number, error: unknown): void {
    errors.push({ token: i, error });
    settle(i);
  }

  const startMs = origin + performance.now();
  for (let i = 0; i < tokens; i++) {
    try {
      const token = submit(i);
      submitted[i] = token;
      token.then((value) => {
        results[i] = value;
        settle(i);
      }, (error) => fail(i, error));
    } catch (error) {
      fail(i, error);
    }
  }
  const submittedMs = origin + performance.now();

  const stopWatching = watchForStall(() => open, finish, options.stallMs ?? 30_000);
  await finished;
  stopWatching();

  let lastMs = submittedMs;
  let settled = 0;
  let lost = 0;
  let insideMs = 0;
  const latenciesMs = new Float64Array(tokens);
  for (let i = 0; i < tokens; i++) {
    const at = settledMs[i]!;
    if (Number.isNaN(at)) {
      lost++;
      continue;
    }
    if (at > lastMs) lastMs = at;
    const timings = submitted[i]?.timings;
    if (timings === undefined) continue;
    latenciesMs[settled++] = at - timings.submittedMs;
    if (timings.startedMs !== undefined && timings.endedMs !== undefined) {
      insideMs += timings.endedMs - timings.startedMs;
    } else if (results[i] !== undefined) {
      throw new Error(`Cannot measure token ${i}: it gave a result without start and end stamps`);
    }
  }
  return {
    ok: tokens - lost - errors.length,
    failed: errors.length,
    lost,
    wallMs: lastMs - startMs,
    gatherMs: lastMs - submittedMs,
    insideMs,
    latenciesMs: latenciesMs.subarray(0, settled),
    results,
    errors,
  };
}

/**
 * Calls `giveUp` when the number of open tokens has not changed for a while. Its timer also holds the event loop, without
 * which a runtime may end the process quietly while promises are pending.
 */
function watchForStall(open: () => number, giveUp: () => void, stallMs: number): () => void {
  let before = open();
  let ticks = 0;
  const timer = setInterval(() => {
    const now = open();
    ticks = now === before ? ticks + 1 : 0;
    before = now;
    if (ticks >= STALL_TICKS) giveUp();
  }, stallMs / STALL_TICKS);
  return () => clearInterval(timer);
}
