// The parts of `deno task npm` and `deno task test:package` that decide something; the tasks themselves are the test of the rest.
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { findOffenders } from "../scripts/npm_package/contents.ts";
import { npmManifest } from "../scripts/npm_package/manifest.ts";
import { type PackedFile, parseTarball } from "../scripts/npm_package/tarball.ts";
import { readRecipes } from "../scripts/package/recipes.ts";

const source = {
  name: "@scope/name",
  version: "1.2.3",
  license: "MIT",
  exports: {
    ".": "./mod.ts",
    "./worker": "./workers/entry.ts",
    "./bundled": "./workers/bundled.ts",
  },
};

function file(path: string, text: string): PackedFile {
  return { path, bytes: new TextEncoder().encode(text) };
}

/** A tarball as npm writes it, with one header for each file. */
function pack(files: Readonly<Record<string, string>>): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const [path, text] of Object.entries(files)) {
    const content = new TextEncoder().encode(text);
    const header = new Uint8Array(512);
    const kind = path.startsWith("extended ") ? "x" : "0";
    header.set(new TextEncoder().encode(`package/${path}`));
    header.set(new TextEncoder().encode(content.length.toString(8).padStart(11, "0")), 124);
    header.set(new TextEncoder().encode(kind), 156);
    const padded = new Uint8Array(Math.ceil(content.length / 512) * 512);
    padded.set(content);
    blocks.push(header, padded);
  }
  blocks.push(new Uint8Array(1_024));
  const bytes = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return gzipSync(bytes);
}

test("a tarball is read file by file, long paths included", () => {
  const long = `package/${"folder/".repeat(20)}file.js`;
  const record = ` path=${long}\n`;
  const files = parseTarball(pack({
    "a.js": "1",
    "b.js": "x".repeat(600),
    "extended header": `${record.length + 3}${record}`,
    "cut": "3",
  }));
  assertEquals(files.map(({ path, bytes }) => [path, bytes.length]), [
    ["a.js", 1],
    ["b.js", 600],
    [`${"folder/".repeat(20)}file.js`, 1],
  ]);
  assertThrows(() => parseTarball(gzipSync(new Uint8Array(512).fill(65))), Error, "tarball");
});

test("the manifest names each entry, the oldest Node, and what is imported for its effect", () => {
  const manifest = npmManifest(source, "owner/repository");
  assertEquals(manifest.exports, {
    ".": { types: "./esm/mod.d.ts", default: "./esm/mod.js" },
    "./worker": { types: "./esm/workers/entry.d.ts", default: "./esm/workers/entry.js" },
    "./bundled": { types: "./esm/workers/bundled.d.ts", default: "./esm/workers/bundled.js" },
  });
  assertEquals(manifest.sideEffects, [
    "./esm/mod.js",
    "./esm/workers/entry.js",
    "./esm/workers/bundled.js",
    "./esm/lib/token_gate.js",
  ]);
  assertEquals([manifest.type, manifest.bin, manifest.version], ["module", undefined, "1.2.3"]);
  assertEquals(manifest.engines, { node: ">=20" });
  const { url } = manifest.repository as { url: string };
  assert(url.endsWith("/owner/repository.git"));
});

test("a command of the package is one that npm knows too", () => {
  const exports = { ...source.exports, "./cli": "./lib/cli/main.ts" };
  const manifest = npmManifest({ ...source, exports }, undefined);
  assertEquals(manifest.bin, { tokengate: "esm/lib/cli/main.js" });
  assertEquals((manifest.sideEffects as string[]).includes("./esm/lib/cli/main.js"), true);
  assertEquals(manifest.repository, undefined);
});

test("whatever does not belong into the package is an offender", () => {
  const manifest = JSON.stringify(npmManifest(source, undefined));
  const entries = ["mod", "workers/entry", "workers/bundled"].flatMap((name) => [
    file(`esm/${name}.js`, "export {};"),
    file(`esm/${name}.d.ts`, "export {};"),
  ]);
  const fine = [
    file("package.json", manifest),
    file("README.md", "# Name"),
    file("CHANGELOG.md", "# Changes"),
    file("LICENSE", "MIT"),
    file("esm/lib/errors.js", `import { a } from "./a.js"; // as in import("./math.ts")`),
    ...entries,
  ];
  assertEquals(findOffenders(fine), []);
  assertEquals(findOffenders(fine.slice(0, -1)), ["esm/workers/bundled.d.ts: is missing"]);
  const bad = [
    file("esm/tests/a_test.js", ""),
    file("esm/lib/lane/simulated.ts", ""),
    file("scripts/offline/std_assert.ts", ""),
    file("esm/lib/a.js.map", ""),
    file("esm/lib/a.js", `//# sourceMapping${"URL"}=data:;base64,`),
    file("esm/lib/b.js", `const b = await import("./errors.ts");`),
    file("esm/lib/c.js", `// from /ho${"me"}/somebody/c.ts`),
  ];
  for (const each of bad) {
    const found = findOffenders([...fine, each]);
    assertEquals(found.length, 1, `${each.path}: ${found.join()}`);
    assert(found[0]!.startsWith(each.path));
  }
});

test("recipes are read from a document: files, commands, and what all of them print", () => {
  const text = [
    "# Bundles",
    "```ts alone\n// src/main.ts\nconsole.log(1);\n```",
    "```text\n1\n```",
    "## One\n```js\n// one.config.js\nexport default {};\n```",
    "```sh\nnpx one build\nnode dist/main.js\n```",
    "## Only words",
  ].join("\n\n");
  assertEquals(readRecipes(text), {
    files: { "src/main.ts": "console.log(1);\n" },
    prints: "1",
    recipes: [{
      name: "One",
      files: { "one.config.js": "export default {};\n" },
      commands: [["npx", "one", "build"], ["node", "dist/main.js"]],
    }],
  });
  assertThrows(() => readRecipes("```ts\nno_name();\n```\n"), Error, "names no file");
});

test("docs/bundlers.md has the bundlers that are promised", async () => {
  const document = await readFile(new URL("../docs/bundlers.md", import.meta.url), "utf8");
  const commands = readRecipes(document).recipes.flatMap((recipe) => recipe.commands);
  const tools = new Set(commands.map(([command, name]) => command === "npx" ? name : command));
  for (const tool of ["vite", "esbuild", "webpack", "bun", "deno"]) assert(tools.has(tool), tool);
});
