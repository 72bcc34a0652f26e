/**
 * What is found out, cell by cell: who tried what, and how it went.
 *
 * @module
 */

/** One result: one cell of a table. */
export interface Cell {
  /** The row: who tried. */
  readonly consumer: string;
  /** The column: what was tried. */
  readonly check: string;
  /** What was wrong, or undefined when nothing was. */
  readonly problem: string | undefined;
}

/** Collects results, and says each failure when it is known. */
export class Cells {
  readonly #cells: Cell[] = [];
  readonly #report: (line: string) => void;

  /** @param report receives what is to be said at once */
  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  /**
   * Does something, and notes how it went.
   *
   * @param consumer who tries
   * @param check what is tried
   * @param work does it, and throws or returns what is wrong
   * @returns whether nothing was wrong
   */
  async try(
    consumer: string,
    check: string,
    work: () => Promise<string | undefined | void>,
  ): Promise<boolean> {
    let problem: string | undefined;
    try {
      problem = await work() ?? undefined;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    this.#cells.push({ consumer, check, problem });
    if (problem === undefined) return true;
    this.#report(`FAILED: ${consumer}, ${check}`);
    this.#report(problem.trimEnd().replaceAll(/^/gm, "  | "));
    return false;
  }

  /** Number of those that went well. */
  get passed(): number {
    return this.#cells.filter(({ problem }) => problem === undefined).length;
  }

  /** Number of those that did not. */
  get failed(): number {
    return this.#cells.length - this.passed;
  }

  /** One table: a row for each consumer, a column for each check, in the order given. */
  table(consumers: readonly string[], checks: readonly string[]): string[] {
    const rows = consumers.map((consumer) => [
      consumer,
      ...checks.map((check) => {
        const cell = this.#cells.find((each) => each.consumer === consumer && each.check === check);
        if (cell === undefined) return "-";
        return cell.problem === undefined ? "ok" : "FAILED";
      }),
    ]);
    const all = [["", ...checks], ...rows];
    const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
    return all.map((row) => row.map((text, i) => text.padEnd(widths[i]!)).join("  ").trimEnd());
  }
}
