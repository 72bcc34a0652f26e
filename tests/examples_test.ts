// Every example of the README and of the documentation runs, as it stands, as a program of its own.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { runFile } from "./fixtures/run_program.ts";

const root = new URL("../", import.meta.url);
const documented = [
  "mod.ts",
  "lib/operation.ts",
  "lib/operation_options.ts",
  "lib/token.ts",
  "lib/token_gate.ts",
  "lib/lane_context.ts",
  "lib/gate_controls.ts",
  "lib/gate/permit_pool.ts",
  "lib/bridge/transfer.ts",
  "lib/bridge/revivables.ts",
  "lib/lifecycle.ts",
  "workers/bundled.ts",
];

/** The TypeScript blocks of a Markdown file, or of the comments of a source file. */
async function blocksOf(name: string): Promise<string[]> {
  const source = await readFile(new URL(name, root), "utf8");
  const text = name.endsWith(".md") ? source : source.replaceAll(/^ {0,4}\* ?/gm, "");
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1]!);
}

for (const name of ["README.md", ...documented]) {
  test(`the examples of ${name} run`, async () => {
    const blocks = await blocksOf(name);
    assert(blocks.length > 0, `${name} has no example`);
    const folder = await mkdtemp(join(tmpdir(), "tokengate-examples-"));
    try {
      for (const block of blocks) {
        const file = join(folder, "example.ts");
        const module = JSON.stringify(new URL("mod.ts", root).href);
        const bundled = JSON.stringify(new URL("workers/bundled.ts", root).href);
        const text = block
          .replaceAll(`"@tokengate/tokengate"`, module)
          .replaceAll(`"@tokengate/tokengate/bundled"`, bundled);
        await writeFile(file, text);
        // Only processes need more than reading, on Deno.
        const needsMore = block.includes('isolation: "process"');
        const run = await runFile(file, needsMore ? "--allow-all" : "--allow-read");
        assertEquals([run.code, run.stderr], [0, ""], block);
        // What a comment behind a console.log says is what it prints.
        const said = [...block.matchAll(/console\.log\(.*\); \/\/ (\d+|"[^"]*"|\[[^\]]*\])$/gm)];
        const expected = said.map((match) => match[1]!);
        for (const line of expected) {
          assert(normal(run.stdout).includes(normal(line)), `${line}\n${run.stdout}`);
        }
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

/** Runtimes put arrays on lines, and their texts in quotes, as they like. */
function normal(text: string): string {
  return text.replaceAll(/[\s"']+/g, "");
}
