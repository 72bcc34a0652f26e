/**
 * Publishes to nowhere, and takes no warning but the one that cannot be helped.
 *
 * @module
 */
import { note, ROOT, say } from "./project.ts";

/**
 * The lanes import the modules of the user, by URLs that nobody knows before. `deno publish` warns of every import whose
 * specifier it cannot read; there is no form of an import of just any URL that it takes.
 */
const KNOWN = { code: "unanalyzable-dynamic-import", file: "workers/import_module.ts", times: 1 };

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
const warnings = [...output.matchAll(WARNING)].map(([, code, path]) => ({
  code: code!,
  file: path!.replaceAll("\\", "/"),
}));
const others = warnings.filter(({ code, file }) =>
  code !== KNOWN.code || !file.endsWith(KNOWN.file)
);
const known = warnings.length - others.length;
// One that is shown in another form is not overlooked either.
const isRead = warnings.length === output.split(/^warning\b/m).length - 1;

if (!success || others.length > 0 || known > KNOWN.times || !isRead) {
  note(output.trimEnd());
  note("check_publish: the dry run did not pass, or warned of something new");
  Deno.exit(1);
}
const files = output.split("\n").filter((line) => /^\s+file:/.test(line)).length;
say(`check_publish: ${files} files, nothing to warn of but the import of user modules`);
