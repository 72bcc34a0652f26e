// The documents are whole: their links lead somewhere, and what the package has is in them, by name.
import { readdir, readFile, stat } from "node:fs/promises";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { COMMANDS } from "../lib/cli/commands.ts";
import * as exitCodes from "../lib/cli/exit_code.ts";
import { WeightPolicy } from "../lib/gate/weight_policy.ts";
import * as surface from "../mod.ts";

const ROOT = new URL("../", import.meta.url);
const names = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];
for (const name of (await readdir(new URL("docs", ROOT))).sort()) names.push(`docs/${name}`);
const texts = new Map<string, string>();
for (const name of names) texts.set(name, await readFile(new URL(name, ROOT), "utf8"));

/** A link's anchor for a heading, as the hosts of repositories make it. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
}

test("links between documents lead to files and headings that are there", async () => {
  for (const [name, text] of texts) {
    const prose = text.replaceAll(/^```.*?^```/gms, "");
    for (const [, target] of prose.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const url = new URL(target!, new URL(name, ROOT));
      const path = url.href.slice(ROOT.href.length).replace(/#.*$/, "");
      assert((await stat(new URL(path, ROOT))).isFile(), `${name}: ${target}`);
      if (url.hash === "") continue;
      const headings = [...texts.get(path)!.matchAll(/^#+ (.*)$/gm)].map((each) => each[1]!);
      assert(headings.map(anchorOf).includes(url.hash.slice(1)), `${name}: ${target}`);
    }
  }
});

test("every document can be reached from the README", () => {
  const readme = texts.get("README.md")!;
  for (const name of names.slice(1)) assert(readme.includes(`](${name})`), name);
});

/** The keys that a refusal of an unknown option lists. */
function optionsOf(use: () => unknown): string[] {
  try {
    use();
  } catch (error) {
    return /the options are (.*)$/.exec((error as Error).message)![1]!.split(", ");
  }
  throw new Error("Cannot list the options: the unknown one was taken");
}

test("every option of gates, operations and calls is in the text on options", () => {
  const text = texts.get("docs/options.md")!;
  const wrong = { noSuchOption: true } as object;
  const declared = surface.operation(import.meta, "declared", () => 1);
  const keys = new Set([
    ...optionsOf(() => new surface.TokenGate(wrong)),
    ...optionsOf(() => surface.operation(import.meta, "other", () => 1, wrong)),
    ...optionsOf(() => declared.with(wrong)),
  ]);
  assert(keys.size > 30);
  assertEquals([...keys].filter((key) => !text.includes(`\`${key}\``)), []);
});

test("the table of weights is what the gate goes by", () => {
  const rows = texts.get("docs/routing.md")!.matchAll(
    /^\| +(\d+) \| +(\d+) \| +(\d+) \| +(\d+) \|$/gm,
  );
  const table = [...rows].map((row) => row.slice(1).map(Number));
  assert(table.length >= 5);
  for (const [lanes, ...most] of table) {
    assertEquals(
      new WeightPolicy().rules(lanes!).map((rule) => rule.lanes),
      most,
      `${lanes} lanes`,
    );
  }
});

test("every class of errors is in the text on errors, with its code", () => {
  const text = texts.get("docs/errors.md")!;
  const classes = Object.entries(surface).filter(([, value]) =>
    typeof value === "function" && value.prototype instanceof surface.TokenGateError
  );
  assert(classes.length > 10);
  for (const [name, type] of classes) {
    const { code } = new (type as new (message: string, fields: object) => { code: string })(
      "",
      {},
    );
    const row = text.split("\n").find((line) => line.startsWith(`| \`${code}\``));
    assert(row?.includes(`\`${name}\``), `${name}, ${code}`);
    assert(text.includes(`**\`${code}\``) || text.includes(`\`${code}\`**`), `what to do: ${code}`);
  }
});

test("every command, its options and every exit code are in the text on the command", async () => {
  const text = texts.get("docs/command-line.md")!;
  for (const { name, load } of COMMANDS) {
    assert(text.includes(`\`${name}\``), name);
    for (const flag of Object.keys((await load()).flags)) {
      assert(text.includes(`\`--${flag}`), `${name} --${flag}`);
    }
  }
  for (const code of Object.values(exitCodes)) {
    assert(new RegExp(`^\\| +${code} \\|`, "m").test(text), `exit code ${code}`);
  }
});

test("every event and every control of a gate is in the text on controls", async () => {
  const text = texts.get("docs/controls.md")!;
  const source = await readFile(new URL("lib/token_gate.ts", ROOT), "utf8");
  const events = [...source.matchAll(/^ \* \| `(\w+)`/gm)].map((match) => match[1]!);
  assert(events.includes("settled"));
  assertEquals(events.filter((name) => !text.includes(`| \`${name}\``)), []);
  const controls = Object.getOwnPropertyNames(
    Object.getPrototypeOf(new surface.TokenGate({ lanes: 0 }).controls),
  ).filter((name) => name !== "constructor");
  assertEquals(controls.filter((name) => !text.includes(`\`${name}`)), []);
});

test("the changelog speaks of the version that is in the manifest", async () => {
  const { version } = JSON.parse(await readFile(new URL("deno.json", ROOT), "utf8"));
  assert(texts.get("CHANGELOG.md")!.includes(`\n## ${version}`), version);
});
