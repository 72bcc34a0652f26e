/**
 * The ceiling: what the lanes could do if dispatch cost nothing. Plain workers, started in the way of the runtime's adapter,
 * run a share each that was dealt out before the clock started; the results stay in the workers.
 *
 * @module
 */

import type { WorkerHandle } from "../../lib/runtime/adapter.ts";
import { runtimeAdapter } from "../../lib/runtime/detect.ts";
import { checksumOfSums } from "../../lib/cli/waves/checksum.ts";
import type { CeilingAnswer, CeilingRequest, CeilingWork } from "./ceiling_protocol.ts";

const ENTRY = new URL("./ceiling_worker.ts", import.meta.url).href;

/** One timed run of the ceiling. */
export interface CeilingRun {
  /** From before the first message to the last answer, in milliseconds. */
  wallMs: number;
  /** Sum over the workers of the time in their loops, in milliseconds. */
  insideMs: number;
  /** Of the results, as `checksumOfWave` gives it. */
  checksum: string;
}

/** The workers of the ceiling. */
export class Ceiling {
  readonly #workers: WorkerHandle[] = [];
  readonly #receivers: ((answer: CeilingAnswer) => void)[] = [];

  /**
   * @param lanes Number of workers.
   * @returns When they are all up.
   */
  async start(lanes: number): Promise<void> {
    const up: Promise<CeilingAnswer>[] = [];
    for (let lane = 0; lane < lanes; lane++) {
      up.push(this.#nextAnswer(lane));
      this.#workers.push(
        runtimeAdapter().startWorker(ENTRY, {}, {
          message: (data) => this.#receivers[lane]!(data as CeilingAnswer),
          error: (error) => {
            throw error;
          },
          exit: () => {},
        }),
      );
    }
    await Promise.all(up);
  }

  /**
   * Has the workers run something.
   *
   * @param work What to run.
   * @returns How long it took, and the check-sum of its results.
   */
  async run(work: CeilingWork): Promise<CeilingRun> {
    const lanes = this.#workers.length;
    await this.#askAll((lane) => ({ type: "prepare", work, lane, lanes }));
    const startMs = performance.now();
    const done = await this.#askAll(() => ({ type: "go" }));
    const wallMs = performance.now() - startMs;
    const sums = new Array<number>(work.tokens).fill(0);
    for (const answer of await this.#askAll(() => ({ type: "results" }))) {
      if (answer.type !== "results") throw unexpected(answer);
      answer.indices.forEach((token, k) => sums[token] = answer.checksums[k]!);
    }
    let insideMs = 0;
    for (const answer of done) {
      if (answer.type !== "done") throw unexpected(answer);
      insideMs += answer.insideMs;
    }
    return { wallMs, insideMs, checksum: checksumOfSums(sums) };
  }

  /** Ends the workers. */
  close(): void {
    for (const worker of this.#workers) worker.terminate();
  }

  #askAll(request: (lane: number) => CeilingRequest): Promise<CeilingAnswer[]> {
    return Promise.all(this.#workers.map((worker, lane) => {
      const answer = this.#nextAnswer(lane);
      worker.post(request(lane));
      return answer;
    }));
  }

  #nextAnswer(lane: number): Promise<CeilingAnswer> {
    return new Promise((resolve) => this.#receivers[lane] = resolve);
  }
}

function unexpected(answer: CeilingAnswer): Error {
  return new Error(`Cannot measure the ceiling: received "${answer.type}" out of turn`);
}
