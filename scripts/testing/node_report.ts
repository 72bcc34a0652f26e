/**
 * Reads what `node_reporter.mjs` writes.
 *
 * @module
 */
import { NAME_SEPARATOR, type TestCase } from "./test_case.ts";

/** What a Node run reported. */
export interface NodeReport {
  /** The tests, without the holders. */
  cases: TestCase[];
  /** Whether the file ran to its end, rather than leave through `process.exit`. */
  complete: boolean;
}

interface Line {
  type: "pass" | "fail" | "end";
  name: string;
  nesting: number;
  suite: boolean;
  skipped: boolean;
  byChildren: boolean;
}

/**
 * Reads the lines of one file's run.
 *
 * @param text the lines; a last one that was cut off is ignored
 * @returns its tests, and whether that is all of them
 */
export function parseNodeReport(text: string): NodeReport {
  // Node tells of a holder after what it holds: the tests of each depth wait for their holder's name.
  const waiting: TestCase[][] = [];
  let complete = false;
  for (const line of text.split("\n")) {
    const event = parseLine(line);
    if (event === undefined) continue;
    if (event.type === "end") {
      complete = true;
      continue;
    }
    const inside = waiting[event.nesting + 1] ?? [];
    waiting[event.nesting + 1] = [];
    const here = waiting[event.nesting] ??= [];
    for (const { name, status } of inside) {
      here.push({ name: event.name + NAME_SEPARATOR + name, status });
    }
    const failed = event.type === "fail" && !event.skipped;
    if (failed ? !event.byChildren : inside.length === 0 && !event.suite) {
      const status = failed ? "failed" : event.skipped ? "skipped" : "passed";
      here.push({ name: event.name, status });
    }
  }
  return { cases: waiting.flat(), complete };
}

function parseLine(line: string): Line | undefined {
  try {
    return line === "" ? undefined : JSON.parse(line);
  } catch {
    return undefined;
  }
}
