/**
 * What may be in the npm package: modules and declarations of the library, and what every package has. Everything else is an
 * offender, and so is a text with a path of somebody's machine or a source map in it.
 *
 * @module
 */
import { posix } from "node:path";
import { findLeftovers } from "../leftovers.ts";
import { type ExportTarget, MODULES } from "./manifest.ts";
import type { PackedFile } from "./tarball.ts";

/** Texts that people look for in a package. */
export const TEXTS: readonly string[] = ["README.md", "CHANGELOG.md", "LICENSE"];

const AT_THE_TOP: ReadonlySet<string> = new Set(["package.json", ...TEXTS]);
/** Modules that are no entries. Tests, benchmarks, scripts and their stand-ins are in other folders. */
const MODULE = new RegExp(`^${MODULES}/(?:lib|workers)/[\\w/]+\\.(?:js|d\\.ts)$`);
const SOURCE_MAP = /\/\/[#@] ?sourceMapping|sourcesContent/;

/**
 * Finds what must not be in the package, and what must and is not.
 *
 * @param files the files of the tarball
 * @returns one line for each offender
 */
export function findOffenders(files: readonly PackedFile[]): string[] {
  const offenders: string[] = [];
  const paths = new Set(files.map(({ path }) => path));
  const entries = entriesOf(files);
  for (const { path, bytes } of files) {
    // dnt says so of the folder of modules, beside the manifest that says it of all.
    if (path === `${MODULES}/package.json`) continue;
    if (!AT_THE_TOP.has(path) && !entries.has(path) && !MODULE.test(path)) {
      offenders.push(`${path}: belongs to no part of the package`);
    }
    const text = new TextDecoder().decode(bytes);
    if (SOURCE_MAP.test(text)) offenders.push(`${path}: has a source map`);
    for (const { line, message } of findLeftovers(text)) {
      offenders.push(`${path}:${line}: ${message}`);
    }
    for (const [, target] of text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+\.ts)"/g)) {
      // An example in a comment may import what it likes, so long as that is no module of the package.
      const module = posix.join(posix.dirname(path), target!).replace(/\.ts$/, ".js");
      if (!paths.has(module)) continue;
      offenders.push(`${path}: imports ${target}, which only the sources have`);
    }
  }
  for (const path of [...AT_THE_TOP, ...entries]) {
    if (!paths.has(path)) offenders.push(`${path}: is missing`);
  }
  return offenders;
}

function entriesOf(files: readonly PackedFile[]): Set<string> {
  const manifest = files.find(({ path }) => path === "package.json");
  if (manifest === undefined) return new Set();
  const { exports } = JSON.parse(new TextDecoder().decode(manifest.bytes));
  const targets = Object.values(exports as Record<string, ExportTarget>);
  return new Set(
    targets.flatMap(({ types, default: module }) => [types.slice(2), module.slice(2)]),
  );
}
