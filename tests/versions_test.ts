import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { findOtherVersions, findTagProblem } from "../scripts/versions.ts";

const manifest = { name: "@scope/name", version: "1.2.3" };
const fine: [string, string][] = [
  ["README.md", "Version 1.2.3 is out: `npm install @scope/name@1.2.3`; it needs Node 20.19.0"],
  ["CHANGELOG.md", "# Changes\n\n## Unreleased\n\n## 1.2.3 (2026-11-25)\n\n## 1.2.2\n"],
  ["docs/install.md", "deno add jsr:@scope/name@^1.2.3, beside other@9.9.9"],
  ["lib/cli/version.ts", 'export const VERSION: string = "1.2.3";'],
];

test("where every text says the same version there is nothing to say", () => {
  assertEquals(findOtherVersions(manifest, new Map(fine)), []);
  assertEquals(findOtherVersions(manifest, new Map()), []);
});

test("a text that says another version is named", () => {
  for (const [path, text] of fine) {
    const changed = new Map([...fine, [path, text.replaceAll("1.2.3", "1.2.4")]]);
    const found = findOtherVersions(manifest, changed);
    assertEquals(found.length > 0 && found.every((line) => line.startsWith(`${path}: `)), true);
  }
  const bare = new Map([["CHANGELOG.md", "# Changes\n"]]);
  assertEquals(findOtherVersions(manifest, bare).length, 1);
});

test("the tag of a release is that of the version", () => {
  assertEquals(findTagProblem("v1.2.3", "1.2.3"), undefined);
  assertEquals(findTagProblem("1.2.3", "1.2.3"), "the tag is 1.2.3, and not v1.2.3");
});
