/**
 * Publishes to nowhere, and takes no warning but those that cannot be helped.
 *
 * @module
 */
import { relative } from "node:path";
import { note, ROOT, say } from "./project.ts";

/**
 * By file, how many imports of modules of the user there are, by URLs that nobody knows before. `deno publish` warns of every
 * import whose specifier it cannot read; there is no form of an import of just any URL that it takes.
 */
const KNOWN: Readonly<Record<string, number>> = {
  "lib/import_module.ts": 1,
  "lib/cli/run/any_export.ts": 1,
  "lib/cli/run/target.ts": 1,
};

const WARNING = /warning\[([\w-]+)\][^\n]*\n\s*--> ([^\n]+):\d+:\d+/g;

const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
  args: ["publish", "--dry-run", "--allow-dirty"],
  cwd: ROOT,
  stdin: "null",
  stdout: "piped",
  stderr: "piped",
  env: { NO_COLOR: "1" },
}).output();
const output = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
const counts = new Map<string, number>();
for (const [, code, path] of output.matchAll(WARNING)) {
  const file = relative(ROOT, path!).replaceAll("\\", "/");
  const warning = code === "unanalyzable-dynamic-import" ? file : `${code} in ${file}`;
  counts.set(warning, (counts.get(warning) ?? 0) + 1);
}
const problems = [...counts].filter(([warning, count]) => count > (KNOWN[warning] ?? 0));
// One that is shown in another form is not overlooked either.
const read = [...counts.values()].reduce((sum, count) => sum + count, 0);
const isRead = read === output.split(/^warning\b/m).length - 1;

if (!success || problems.length > 0 || !isRead) {
  note(output.trimEnd());
  note(["check_publish: the dry run did not pass", ...problems.map(([it]) => it)].join("\n  "));
  Deno.exit(1);
}
const files = output.split("\n").filter((line) => /^\s+file:/.test(line)).length;
say(`check_publish: ${files} files, nothing to warn of but imports of user modules`);
