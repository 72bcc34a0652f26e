/**
 * Lines by the place in the order of the calls that the first token of each has.
 *
 * A binary heap; a line knows its own place in it. Taking from one of k lines costs log k steps; where all tokens are in one, none.
 *
 * @module
 */

import type { Line } from "./line.ts";

/** Lines that have tokens. */
export class LineHeap {
  readonly #lines: Line[] = [];

  /** The line whose first token is next; undefined when there is none. */
  get top(): Line | undefined {
    return this.#lines[0];
  }

  /** Takes a line in, which has a token and is in no heap. */
  add(line: Line): void {
    line.heapIndex = this.#lines.length;
    this.#lines.push(line);
    this.#rise(line.heapIndex);
  }

  /** Leaves a line out that is here. */
  remove(line: Line): void {
    const index = line.heapIndex;
    line.heapIndex = -1;
    const last = this.#lines.pop()!;
    if (last === line) return;
    this.#lines[index] = last;
    last.heapIndex = index;
    this.#rise(index);
    this.#sink(last.heapIndex);
  }

  /** A line that is here has another first token. */
  update(line: Line): void {
    this.#rise(line.heapIndex);
    this.#sink(line.heapIndex);
  }

  #rise(index: number): void {
    const lines = this.#lines;
    const line = lines[index]!;
    const { sequence } = line.queue.first!;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const other = lines[above]!;
      if (other.queue.first!.sequence < sequence) break;
      lines[index] = other;
      other.heapIndex = index;
      index = above;
    }
    lines[index] = line;
    line.heapIndex = index;
  }

  #sink(index: number): void {
    const lines = this.#lines;
    const line = lines[index]!;
    const { sequence } = line.queue.first!;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= lines.length) break;
      if (
        below + 1 < lines.length &&
        lines[below + 1]!.queue.first!.sequence < lines[below]!.queue.first!.sequence
      ) below++;
      const other = lines[below]!;
      if (other.queue.first!.sequence > sequence) break;
      lines[index] = other;
      other.heapIndex = index;
      index = below;
    }
    lines[index] = line;
    line.heapIndex = index;
  }
}
