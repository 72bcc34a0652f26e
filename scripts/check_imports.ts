/**
 * Checks that imports point one way, by the table in `imports/rules.ts`.
 *
 * @module
 */
import { relative } from "node:path";
import { checkImports } from "./imports/check.ts";
import { IMPORT_RULES } from "./imports/rules.ts";
import { note, ROOT, say } from "./project.ts";
import { walkFiles } from "./walk_files.ts";

const sources = [...await walkFiles("lib"), ...await walkFiles("workers")];
const files = new Map<string, string>();
for (const path of [`${ROOT}/mod.ts`, ...sources]) {
  if (!/\.[cm]?[jt]s$/.test(path)) continue;
  files.set(relative(ROOT, path).replaceAll("\\", "/"), await Deno.readTextFile(path));
}

const violations = checkImports(files, IMPORT_RULES);
for (const { file, line, message } of violations) note(`${file}:${line}: ${message}`);
if (violations.length > 0) {
  note(`check_imports: ${violations.length} breaches in ${files.size} files`);
  Deno.exit(1);
}
say(`check_imports: ${files.size} files, imports point one way`);
