/**
 * Reads the JUnit reports of `deno test` and `bun test`.
 *
 * They nest in different ways. Bun nests suites and lists the tests inside. Deno lists everything flat, the holders
 * among the rest, and joins the names.
 *
 * @module
 */
import { NAME_SEPARATOR, type TestCase, type TestStatus } from "./test_case.ts";

/**
 * Reads the report of `deno test --junit-path`.
 *
 * @param xml the report
 * @returns its tests, without the holders
 */
export function parseDenoReport(xml: string): TestCase[] {
  return withoutHolders(readCases(xml, false));
}

/**
 * Reads the report of `bun test --reporter=junit`. Bun reports no subtests (`t.test`): their holder is one test.
 *
 * @param xml the report
 * @returns its tests
 */
export function parseBunReport(xml: string): TestCase[] {
  return readCases(xml, true);
}

const TAG = /<(\/?)([\w-]+)((?:[^"'<>]|"[^"]*"|'[^']*')*)>/g;
const CDATA = /<!\[CDATA\[[^]*?\]\]>/g;

function readCases(xml: string, suitesName: boolean): TestCase[] {
  const cases: TestCase[] = [];
  const suites: string[] = [];
  let current: TestCase | undefined;
  for (const [, closing, tag, attributes] of xml.replace(CDATA, "").matchAll(TAG)) {
    if (tag === "testsuite") {
      if (closing) suites.pop();
      else if (!attributes!.endsWith("/")) suites.push(nameIn(attributes!));
    } else if (tag === "testcase" && !closing) {
      // The outermost suite is the file.
      const holders = suitesName ? suites.slice(1) : [];
      current = { name: [...holders, nameIn(attributes!)].join(NAME_SEPARATOR), status: "passed" };
      cases.push(current);
    } else if (!closing && current !== undefined) {
      current.status = statusBy(tag!) ?? current.status;
    }
  }
  return cases;
}

function statusBy(tag: string): TestStatus | undefined {
  switch (tag) {
    case "failure":
    case "error":
      return "failed";
    case "skipped":
      return "skipped";
    default:
      return undefined;
  }
}

function nameIn(attributes: string): string {
  const value = /\sname="([^"]*)"/.exec(attributes)?.[1] ?? "";
  return value.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (hex) return String.fromCodePoint(parseInt(hex, 16));
    return ENTITIES[name] ?? whole;
  });
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  apos: "'",
  gt: ">",
  lt: "<",
  quot: '"',
};

function withoutHolders(cases: readonly TestCase[]): TestCase[] {
  const holders = new Set<string>();
  const failedInside = new Set<string>();
  for (const { name, status } of cases) {
    for (
      let end = name.lastIndexOf(NAME_SEPARATOR);
      end > 0;
      end = name.lastIndexOf(NAME_SEPARATOR, end - 1)
    ) {
      const holder = name.slice(0, end);
      holders.add(holder);
      if (status === "failed") failedInside.add(holder);
    }
  }
  return cases.filter(({ name, status }) =>
    !holders.has(name) || (status === "failed" && !failedInside.has(name))
  );
}
