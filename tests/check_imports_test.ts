import { describe, it } from "node:test";
import { assertEquals, assertMatch } from "@std/assert";
import { checkImports } from "../scripts/imports/check.ts";
import { IMPORT_RULES } from "../scripts/imports/rules.ts";
import { scanModule } from "../scripts/imports/scan.ts";

/** The breaches of a tree, one line each. */
function breaches(tree: Record<string, string>): string[] {
  return checkImports(new Map(Object.entries(tree)), IMPORT_RULES)
    .map(({ file, line, message }) => `${file}:${line}: ${message}`);
}

describe("the scanner", () => {
  const found = (source: string): unknown[] =>
    scanModule(source).imports.map(({ specifier, line, kind }) => [specifier, line, kind]);

  it("finds every form of import and re-export", () => {
    assertEquals(
      found(`import "./a.ts";
import b from "./b.ts";
import * as c from './c.ts';
import d, { e as f, type G } from "./d.ts";
import {
  g,
} from "./g.ts";
import type { H } from "./h.ts";
import type I from "./i.ts";
import type * as J from "./j.ts";
export * from "./k.ts";
export * as l from "./l.ts";
export { m } from "./m.ts";
export type { N } from "./n.ts";
export type * from "./o.ts";
const p = await import("./p.ts");
type Q = import("./q.ts", { with: {} }).Q;
const r = import(\`./r.ts\`);
`),
      [
        ["./a.ts", 1, "value"],
        ["./b.ts", 2, "value"],
        ["./c.ts", 3, "value"],
        ["./d.ts", 4, "value"],
        ["./g.ts", 5, "value"],
        ["./h.ts", 8, "type"],
        ["./i.ts", 9, "type"],
        ["./j.ts", 10, "type"],
        ["./k.ts", 11, "value"],
        ["./l.ts", 12, "value"],
        ["./m.ts", 13, "value"],
        ["./n.ts", 14, "type"],
        ["./o.ts", 15, "type"],
        ["./p.ts", 16, "dynamic"],
        ["./q.ts", 17, "dynamic"],
        ["./r.ts", 18, "dynamic"],
      ],
    );
  });

  it("tells a value called type from a type", () => {
    assertEquals(found(`import type from "./a.ts"; import type, { b } from "./b.ts";`), [
      ["./a.ts", 1, "value"],
      ["./b.ts", 1, "value"],
    ]);
    assertEquals(found(`import type from from "./a.ts";`), [["./a.ts", 1, "type"]]);
  });

  it("is not misled by comments, strings, templates and regular expressions", () => {
    assertEquals(
      found(`// import "./a.ts";
/* import "./b.ts";
*/
const text = "import './c.ts'" + 'export * from "./d.ts"';
const template = \`import "./e.ts" \${ nested(\`\${ { a: "}" } }\`) } import "./f.ts"\`;
const pattern = /import "\\/.\\/g.ts" [/"]/.test(text) ? 4 / 2 / 1 : /"/;
const address = import.meta.url; thing.import("./h.ts"); import(address);
export { text, template }
const from = "./i.ts";
import { last } from "./last.ts";
`),
      [["./last.ts", 10, "value"]],
    );
  });
});

describe("the import rules", () => {
  const GOOD: Record<string, string> = {
    "mod.ts": `export { TokenGate } from "./lib/token_gate.ts";`,
    "lib/token_gate.ts":
      `import "./gate/intake.ts"; import "./lane/thread.ts"; import "./token.ts";`,
    "lib/token.ts": `import "./errors.ts";`,
    "lib/errors.ts": `import "node:util";`,
    "lib/gate/intake.ts":
      `import "./queue.ts"; import "../bridge/protocol.ts"; import "../errors.ts";`,
    "lib/gate/queue.ts": `/** "Deno" and Bun are only words here. */ const name = "Deno";`,
    "lib/lane/thread.ts": `import "../runtime/deno.ts"; import "../observe/trace.ts";`,
    "lib/observe/trace.ts": "",
    "lib/runtime/deno.ts": `import "node:worker_threads"; Deno.exit;`,
    "lib/runtime/entry_url.ts": `new URL("../../workers/entry.ts", import.meta.url);`,
    "lib/bridge/protocol.ts": `import "../errors.ts";`,
    "lib/registry.ts": `import "./errors.ts";`,
    "lib/dashboard/server.ts": `import "../token_gate.ts"; Deno.serve;`,
    "workers/entry.ts": `import "./port.ts"; import "../lib/registry.ts";`,
    "workers/port.ts": `import "node:worker_threads"; import "../lib/bridge/protocol.ts";`,
  };

  it("accept a tree whose imports point one way", () => {
    assertEquals(breaches(GOOD), []);
  });

  const bad: [string, Record<string, string>, RegExp][] = [
    ["a gate that imports a lane", {
      "lib/gate/intake.ts": `import "../errors.ts";\nimport "../lane/thread.ts";`,
    }, /^lib\/gate\/intake.ts:2: imports lib\/lane\/thread.ts, which the gate may not: /],
    ["a lane that imports a gate, be it for a type", {
      "lib/lane/thread.ts": `import type { Queue } from "../gate/queue.ts";`,
    }, /the lanes may not/],
    ["a bridge that imports an observer", {
      "lib/bridge/protocol.ts": `import "../observe/trace.ts";`,
    }, /the bridge may not/],
    ["a plane that imports the composition", {
      "lib/gate/queue.ts": `import type { A } from "../token_gate.ts";`,
    }, /^lib\/gate\/queue.ts:1: imports lib\/token_gate.ts/],
    ["anybody who imports mod.ts", {
      "lib/dashboard/server.ts": `import "../../mod.ts";`,
    }, /imports mod.ts, which nobody may/],
    ["anybody who imports the entry of bundles", {
      "workers/bundled.ts": "",
      "workers/port.ts": `import "./bundled.ts";`,
    }, /imports workers\/bundled.ts, which nobody may/],
    [
      "declarations that have the gates loaded, by whatever way",
      {
        "lib/declarations.ts":
          `import type { A } from "./operation.ts";\nexport * from "./operation.ts";`,
        "lib/operation.ts": `import "./default_gate.ts";`,
        "lib/default_gate.ts": `import "./token_gate.ts";`,
        "lib/token_gate.ts": "",
      },
      /^lib\/declarations.ts:2: has lib\/token_gate.ts loaded: .*operation.ts → lib\/default_gate.ts → /,
    ],
    ["a worker that imports a plane", {
      "workers/port.ts": `import "../lib/lane/thread.ts";`,
    }, /the worker side may not/],
    ["an entry that imports an optional part", {
      "mod.ts": `export * from "./lib/dashboard/server.ts";`,
    }, /the entry may not/],
    ["one optional part that imports another", {
      "lib/cluster/nats.ts": `import "../dashboard/server.ts";`,
    }, /the cluster may not/],
    ["a dependency", { "lib/errors.ts": `import "npm:left-pad";` }, /only node: built-ins/],
    ["a dependency by a mapped name", {
      "workers/port.ts": `import { assert } from "@std/assert";`,
    }, /imports "@std\/assert": the package has no dependency/],
    [
      "a file that is not there",
      { "lib/token.ts": `import "./errors.js";` },
      /there is no lib\/er/,
    ],
    ["a way out of the package", { "lib/token.ts": `import "../scripts/pins.ts";` }, /there is no/],
    [
      "a global of a runtime",
      { "lib/gate/queue.ts": `\nglobalThis.Bun;` },
      /queue.ts:2: names Bun/,
    ],
    ["a built-in of a runtime", {
      "lib/lane/thread.ts": `import { Worker } from "node:worker_threads";`,
    }, /imports node:worker_threads: only the files/],
    ["the worker entry spelled elsewhere", {
      "lib/runtime/deno.ts": "const url = `${base}/workers/entry.ts`;",
    }, /spells "\/workers\/entry.ts"/],
    ["a file without a place", { "lib/misc/util.ts": "" }, /belongs to no place/],
  ];
  for (const [what, change, message] of bad) {
    it(`refuse ${what}`, () => {
      const found = breaches({ ...GOOD, ...change });
      assertEquals(found.length, 1, found.join("\n"));
      assertMatch(found[0]!, message);
    });
  }

  it("refuse a circle of values, once", () => {
    assertEquals(
      breaches({
        "lib/gate/a.ts": `import "./b.ts";`,
        "lib/gate/b.ts": `\nexport { c } from "./c.ts";`,
        "lib/gate/c.ts": `import("./a.ts");`,
        "lib/gate/d.ts": `import "./a.ts";`,
      }),
      [
        "lib/gate/a.ts:1: imports itself in a circle: " +
        "lib/gate/a.ts → lib/gate/b.ts → lib/gate/c.ts → lib/gate/a.ts",
      ],
    );
    assertEquals(breaches({ "lib/gate/a.ts": `import "./a.ts";` }).length, 1);
  });

  it("accept a circle that a type closes", () => {
    assertEquals(
      breaches({
        "lib/gate/a.ts": `import "./b.ts";`,
        "lib/gate/b.ts": `import type { A } from "./a.ts";`,
      }),
      [],
    );
  });
});
