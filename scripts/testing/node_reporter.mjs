// A reporter for `node --test`: one JSON line per finished test, and one when a file has run to its end. The stock
// reporters lose a holder's own failure (junit), or write for people.
import { resolve } from "node:path";

/**
 * @param {AsyncIterable<{ type: string, data?: any }>} events what the runner tells
 * @returns {AsyncGenerator<string>} the lines
 */
// deno-lint-ignore explicit-function-return-type -- this is JavaScript
export default async function* report(events) {
  for await (const { type, data } of events) {
    if (type === "test:summary" && data.file !== undefined) {
      yield `${JSON.stringify({ type: "end" })}\n`;
    } else if (type === "test:pass" || type === "test:fail") {
      // The runner adds a test of its own for each file, named as the file.
      if (data.nesting === 0 && data.file !== undefined && resolve(data.name) === data.file) {
        continue;
      }
      yield `${
        JSON.stringify({
          type: type === "test:pass" ? "pass" : "fail",
          name: data.name,
          nesting: data.nesting,
          suite: data.details?.type === "suite",
          skipped: (data.skip ?? data.todo ?? false) !== false,
          byChildren: data.details?.error?.failureType === "subtestsFailed",
        })
      }\n`;
    }
  }
}
